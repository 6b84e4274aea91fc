import { spawn, type ChildProcess } from "node:child_process";
import { createInterface } from "node:readline";
import { systemClock } from "@weir/service";

/** A committed record, as librdkafka's own tool sees it. */
export interface KcatRecord {
  readonly topic: string;
  readonly partition: number;
  readonly offset: number;
  readonly key: string;
  readonly value: string;
}

const FORMAT = "%t\\t%p\\t%o\\t%k\\t%s\\n";
const AGAIN_MS = 500;
const COMMITTED = ["-E", "-X", "isolation.level=read_committed", "-f", FORMAT];

/** Everything that is committed in the topic by now. */
export async function* readAll(address: string, topic: string): AsyncGenerator<KcatRecord> {
  const child = kcat(["-b", address, "-C", "-t", topic, "-o", "beginning", "-e", ...COMMITTED]);
  let said = "";
  child.stderr?.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-2000)));
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  ended.catch(() => {}); // awaited below, unless the reader stops early
  try {
    for await (const line of linesOf(child)) yield parse(line);
    const code = await ended;
    if (code !== 0) throw new Error(`kcat of ${topic} ended with ${String(code)}: ${said}`);
  } finally {
    child.kill("SIGKILL");
  }
}

/** Which record lies where: a number for each place, so that a million of them are no burden. */
export class Places {
  readonly #lanes = new Map<string, number[]>();
  #count = 0;

  get count(): number {
    return this.#count;
  }

  add({ topic, partition, offset, key, value }: KcatRecord): void {
    const lane = `${topic}/${partition}`;
    const list = this.#lanes.get(lane) ?? [];
    this.#lanes.set(lane, list);
    if (list[offset] === undefined) this.#count++;
    list[offset] = fingerprint(key, value);
  }

  /** Places of which the other says nothing, or something else. */
  missingIn(other: Places): number {
    let missing = 0;
    for (const [lane, list] of this.#lanes) {
      const theirs = other.#lanes.get(lane) ?? [];
      list.forEach((print, offset) => {
        if (theirs[offset] !== print) missing++;
      });
    }
    return missing;
  }
}

/** 32 bits of FNV-1a over key and the value's beginning, where its id stands, and its length. */
function fingerprint(key: string, value: string): number {
  let hash = 0x811c9dc5 ^ value.length;
  for (const text of [key, value.slice(0, 60)])
    for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  return hash >>> 0;
}

/** Reads along in a group of its own; what it sees more than once at the same place it has read again. */
export interface Follower {
  /** Everything it has ever been given. */
  readonly seen: Places;
  stop(): void;
}

export function follow(address: string, topics: readonly string[], group: string): Follower {
  const seen = new Places();
  let child: ChildProcess | null = null;
  let stopped = false;
  const start = (): void => {
    if (stopped) return;
    child = kcat(["-b", address, ...COMMITTED, "-X", "auto.offset.reset=earliest", "-q", "-G", group, ...topics]);
    child.stderr?.resume();
    child.once("error", () => {}).once("close", () => void systemClock.sleep(AGAIN_MS).then(start)); // no broker answered for long: it gives up
    void remember(child, seen);
  };
  start();
  return {
    seen,
    stop: () => {
      stopped = true;
      child?.kill("SIGKILL");
    },
  };
}

async function remember(child: ChildProcess, seen: Places): Promise<void> {
  for await (const line of linesOf(child)) seen.add(parse(line));
}

function kcat(args: readonly string[]): ChildProcess {
  return spawn("kcat", [...args], { stdio: ["ignore", "pipe", "pipe"] });
}

async function* linesOf(child: ChildProcess): AsyncGenerator<string> {
  if (child.stdout) yield* createInterface({ input: child.stdout, crlfDelay: Infinity });
}

function parse(line: string): KcatRecord {
  const [topic = "", partition = "", offset = "", key = "", ...value] = line.split("\t");
  return { topic, partition: Number(partition), offset: Number(offset), key, value: value.join("\t") };
}
