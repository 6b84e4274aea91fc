import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { createKafkaLog } from "@weir/kafka";
import { batchOf, partitionOf } from "@weir/record";
import { loadPipeline, systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Topology } from "@weir/pipeline";
import { createRandom } from "@weir/testkit";
import { start, weir, type Ran } from "../command.ts";
import { serviceIn, startFleet } from "../fleet.ts";
import { readCommitted } from "../read-committed.ts";
import { witness, type Witnessed } from "../witness.ts";
import { isSelected, keyOf, valueOf, writeTextPipeline } from "./pipeline.ts";

export interface ReplayRun {
  readonly address: string;
  readonly seed: number;
  /** Dead letters to begin with; three fifths of them are sent again. */
  readonly letters: number;
  /** Records a second. */
  readonly rate: number;
  /** How often the tool is killed. */
  readonly kills: number;
  /** Called after the first kill: the broker goes and comes back. */
  readonly restartBroker?: () => Promise<void>;
}

export interface ReplayResult extends Witnessed {
  readonly seed: number;
  readonly planned: number;
  readonly kills: number;
  readonly deadLetters: number;
  readonly outcomes: Readonly<Record<string, number>>;
  readonly state: string;
  readonly auditWhole: boolean;
  readonly auditActions: readonly string[];
  /** Exit code and words of a second execution of the same plan. */
  readonly again: number | null;
  readonly seconds: number;
}

const PARTITIONS = 4;
const DEADLINE_MS = 120_000;
const encoder = new TextEncoder();

/** Dead letters, a plan of some of them, an edit, an execution that is killed again and again; then a foreign reader counts. */
export async function replayRun(run: ReplayRun): Promise<ReplayResult> {
  const { address, seed, letters } = run;
  const startedAt = systemClock.monotonic();
  const folder = mkdtempSync(path.join(tmpdir(), "weir-replay-"));
  const name = `replay${seed}-${Date.now().toString(36)}`;
  writeTextPipeline(folder, name, PARTITIONS);
  const { topology } = loadPipeline(folder, {});
  await using log = await createKafkaLog({ brokers: [address], clientId: "weir-replay-test" });
  await log.createTopics(topology.topics);
  const fleet = startFleet({ pipeline: folder, address, processes: [serviceIn("gate", "gate-0")], logs: folder });
  try {
    await produce(log, topology, letters);
    await waitForLetters(log, topology, letters);
    const tool = toolFor(folder, address, run.rate);
    const planned = await tool.plan();
    const { kills, last } = await executeUnderFire(run, tool);
    if (last.code !== 0) throw new Error(`the last execution ended with ${last.code}:\n${last.stderr}`);
    const again = await tool.run().ended;
    const status = JSON.parse(last.stdout) as { run: string; state: string; outcomes: Record<string, number> };
    const audit = await weir(["audit", "log", "--verify", "--json", "--broker", address]);
    const seen = await witness({ address, topics: [`${name}.out`], produced: letters, numberOf });
    const selected = Array.from({ length: letters }, (_, n) => n).filter(isSelected).length;
    return {
      ...seen,
      lost: seen.lost - (letters - selected), // the others are to stay where they are
      seed,
      planned,
      kills,
      deadLetters: await countLetters(log, topology),
      outcomes: status.outcomes,
      state: status.state,
      auditWhole: audit.code === 0,
      auditActions: audit.stdout.trim().split("\n").map((line) => JSON.parse(line) as { writer: string; action: string }).filter((e) => e.writer === `replay-${status.run}`).map((e) => e.action), // prettier-ignore
      again: again.code,
      seconds: Math.round((systemClock.monotonic() - startedAt) / 1000),
    };
  } finally {
    await fleet.kill();
  }
}

/** Of the selected ones; another record at the output is foreign. */
function numberOf(value: string): number | null {
  const match = /"n":(\d+),"v":(\d+)\}$/.exec(value);
  const n = match && match[1] === match[2] ? Number(match[1]) : null;
  return n !== null && isSelected(n) ? n : null;
}

interface Tool {
  plan(): Promise<number>;
  run(): ReturnType<typeof start>;
}

function toolFor(folder: string, address: string, rate: number): Tool {
  const file = path.join(folder, "plan.json");
  const common = ["--pipeline", folder, "--broker", address, "--json"];
  return {
    plan: async () => {
      const made = await weir([
        "dlq",
        "plan",
        "--class",
        "CONTRACT",
        "--filter",
        "record.group < 3.0",
        "--map",
        "/v=double(record.v)",
        "-o",
        file,
        ...common,
      ]);
      if (made.code !== 0) throw new Error(`the plan failed with ${made.code}:\n${made.stderr}`);
      return (JSON.parse(made.stdout) as { records: number }).records;
    },
    run: () =>
      start([
        "replay",
        "run",
        file,
        "--reason",
        "the producer sends numbers again",
        "--by",
        "user:tests",
        "--rate",
        `${rate}/s`,
        "--yes",
        ...common,
      ]),
  };
}

/** Kills the tool at a random moment after it has begun to send, starts it again; the last one may finish. */
async function executeUnderFire({ seed, kills: wanted, restartBroker }: ReplayRun, tool: Tool): Promise<{ kills: number; last: Ran }> {
  const random = createRandom(seed);
  for (let kills = 0; ; kills++) {
    const running = tool.run();
    if (kills === wanted) return { kills, last: await running.ended };
    const over = await Promise.race([running.says("replayed").then(() => null), running.ended]).catch(() => running.ended);
    if (over) return { kills, last: over };
    await systemClock.sleep(random() * 1500);
    running.signal("SIGKILL");
    await running.ended;
    if (kills === 0) await restartBroker?.();
  }
}

async function produce(log: Log, topology: Topology, letters: number): Promise<void> {
  await using producer = await log.producer({ transactionalId: `fill-${topology.entryTopic}` });
  const transaction = producer.begin();
  const lists = Array.from({ length: PARTITIONS }, (): { key: Uint8Array; value: Uint8Array }[] => []);
  for (let n = 0; n < letters; n++) {
    const key = encoder.encode(keyOf(n));
    lists[partitionOf(key, PARTITIONS)]?.push({ key, value: encoder.encode(valueOf(n)) });
  }
  for (const [partition, list] of lists.entries()) {
    const lane = { topic: topology.entryTopic, partition };
    if (list.length > 0) transaction.write(lane, batchOf(lane, list));
  }
  await transaction.commit(null);
}

async function countLetters(log: Log, topology: Topology): Promise<number> {
  let count = 0;
  await readCommitted(log, [topology.dlq], (batch) => void (count += batch.count));
  return count;
}

async function waitForLetters(log: Log, topology: Topology, letters: number): Promise<void> {
  for (const until = systemClock.monotonic() + DEADLINE_MS; (await countLetters(log, topology)) < letters; await systemClock.sleep(300)) {
    if (systemClock.monotonic() > until) throw new Error("the dead letters did not come");
  }
}
