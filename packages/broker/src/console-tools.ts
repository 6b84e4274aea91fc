import { execFile, spawn } from "node:child_process";
import { createInterface } from "node:readline";
import path from "node:path";
import { promisify } from "node:util";
import type { Note } from "./broker.ts";
import { toolJars } from "./embedded/artifacts.ts";
import { cacheRoot } from "./embedded/cache.ts";
import { findJava } from "./embedded/java.ts";
import { brokerProblem } from "./problems.ts";

export interface ConsoleConsumerOptions {
  readonly address: string;
  /** Of several the lines are mixed. */
  readonly topic: string | readonly string[];
  readonly isolation: "read_committed" | "read_uncommitted";
  /** Ends when nothing came for so long. */
  readonly timeoutMs: number;
  /** Ends after so many records. */
  readonly maxRecords?: number;
  /** Such as `{ "print.key": "true" }`. */
  readonly formatter?: Readonly<Record<string, string>>;
  /** Further arguments. */
  readonly args?: readonly string[];
}

const KEPT_OF_STDERR = 2000;
const PRINTED_LIMIT = 64 * 1024 * 1024;

/** Fetches Kafka's own console tools, once. */
export function consoleTools(note: Note = () => {}): Promise<readonly string[]> {
  return toolJars(cacheRoot(process.env), process.env, note);
}

/** Runs another of Kafka's own tools, such as `org.apache.kafka.tools.TopicCommand`: what it printed. Rejects when it fails. */
export async function consoleTool(main: string, args: readonly string[], input = ""): Promise<string> {
  const [java = "", ...flags] = await toolCommand(main);
  const running = promisify(execFile)(java, [...flags, ...args], { maxBuffer: PRINTED_LIMIT });
  running.child.stdin?.end(input);
  return (await running).stdout;
}

async function toolCommand(main: string): Promise<readonly string[]> {
  const java = await findJava(process.env);
  const jars = await consoleTools();
  // Without a configuration log4j prints errors among the records, the time-out that ends a reading included.
  const quiet = "-Dorg.apache.logging.log4j.level=OFF";
  return [java.command, quiet, "-Xmx512m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", jars.join(path.delimiter), main];
}

/** Lines of Kafka's own console consumer, from the beginning of the topics: the reader that is not ours. */
export async function* consoleConsumer(options: ConsoleConsumerOptions): AsyncGenerator<string> {
  const [java = "", ...flags] = await toolCommand("org.apache.kafka.tools.consumer.ConsoleConsumer");
  const child = spawn(java, [...flags, ...consumerArguments(options)], { stdio: ["ignore", "pipe", "pipe"] });
  let said = "";
  child.stderr.on("data", (piece: Buffer) => (said = (said + piece.toString()).slice(-KEPT_OF_STDERR)));
  const ended = new Promise<number | null>((resolve, reject) => child.once("error", reject).once("close", resolve));
  ended.catch(() => {}); // awaited below, unless the reader stops early
  try {
    yield* createInterface({ input: child.stdout, crlfDelay: Infinity });
    if ((await ended) !== 0) throw failed(options, said);
  } finally {
    child.kill("SIGKILL");
  }
}

export function consumerArguments({
  address,
  topic,
  isolation,
  timeoutMs,
  maxRecords,
  formatter = {},
  args = [],
}: ConsoleConsumerOptions): string[] {
  return [
    "--bootstrap-server",
    address,
    ...(typeof topic === "string" ? ["--topic", topic] : ["--include", topic.map(escaped).join("|")]),
    "--isolation-level",
    isolation,
    "--from-beginning",
    "--timeout-ms",
    String(timeoutMs),
    ...(maxRecords === undefined ? [] : ["--max-messages", String(maxRecords)]),
    ...Object.entries(formatter).flatMap(([name, value]) => ["--formatter-property", `${name}=${value}`]),
    ...args,
  ];
}

/** A name of a topic as a pattern: of what it may hold, only the dot means something else there. */
function escaped(topic: string): string {
  return topic.replaceAll(".", "\\.");
}

function failed({ address, topic }: ConsoleConsumerOptions, said: string): Error {
  return brokerProblem({
    code: "WEIR-4313",
    what: "Kafka's console consumer failed",
    where: `topic ${[topic].flat().join(", ")} on ${address}`,
    why: said.trim().split("\n").at(-1) ?? "it said nothing",
    fix: "look whether the topic exists and the broker answers",
  });
}
