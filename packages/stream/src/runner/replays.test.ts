import { createHash } from "node:crypto";
import { headerText, type Batch, type Header, type Lane } from "@weir/record";
import { expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "../memory-log.ts";
import { decideAll, type Decided, type Stage } from "../stage.ts";
import type { ReplayInput, RunnerOptions } from "./options.ts";
import { createRunner, type Runner } from "./runner.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const header = (key: string, value: string): Header => ({ key, value: encoder.encode(value) });

/** Sends everything on, notes what it was given and which ends it was told. */
function noting(id: string, holds = false): Stage & { readonly seen: string[] } {
  const seen: string[] = [];
  const held = new Map<string, Batch[]>();
  const key = (lane: Lane): string => `${lane.topic}/${lane.partition}`;
  return {
    seen,
    id,
    holds,
    ports: [
      { name: "out", kind: "data" },
      { name: "dlq", kind: "dead-letter" },
    ],
    process: (batches) => {
      for (const batch of batches)
        for (let row = 0; row < batch.count; row++)
          seen.push(`${batch.topic} ${decoder.decode(batch.bytes.subarray(batch.valueAt[row], batch.valueAt[row]! + batch.valueLength[row]!))}`); // row < count
      if (!holds) return batches.map((batch) => decideAll(batch, 0));
      for (const batch of batches) held.get(key(batch))?.push(batch);
      return [];
    },
    position: (lane) => held.get(key(lane))?.[0]?.offset[0] ?? null,
    snapshot: () => [],
    assign: (lane) => void held.set(key(lane), []),
    revoke: (lane) => void held.delete(key(lane)),
    endOfInput: (lane): Decided[] => {
      const open = held.get(key(lane)) ?? [];
      seen.push(`end of ${lane.topic}`);
      held.set(key(lane), []);
      return open.map((batch) => decideAll(batch, 0));
    },
    describe: () => ({ spec: "0".repeat(64), owner: "user:o" }),
  }; // prettier-ignore
}

const REPLAYS: ReadonlyMap<string, ReplayInput> = new Map([
  ["a.replay", { link: 0, groups: ["a", "b"] }],
  ["b.replay", { link: 1, groups: ["a", "b"] }],
]);

async function createWorld() {
  const clock = createManualClock(1_700_000_000_000);
  const log = createMemoryLog({ clock });
  const names = ["in", "out", "dlq", "executions", "verdicts", "control", ...REPLAYS.keys()];
  await log.createTopics(names.map((name) => ({ name, partitions: 1 })));
  const start = (
    stages: readonly Stage[],
    changes: Partial<RunnerOptions> = {},
  ): { readonly runner: Runner; readonly done: Promise<void> } => {
    const runner = createRunner({
      log,
      clock,
      slot: "s",
      group: "a",
      inputs: ["in"],
      replays: REPLAYS,
      links: stages.map((stage, i) => ({
        stage,
        outputs: new Map([
          ["out", i < stages.length - 1 ? { topic: null, next: i + 1 } : { topic: "out", next: null }],
          ["dlq", { topic: "dlq", next: null }],
        ]),
        stateTopic: null,
      })),
      idsOf: () => null,
      topics: { executions: "executions", verdicts: "verdicts", control: "control" },
      commit: { everyMs: 50, bytes: 1_000_000 },
      handsOnTo: ["out"],
      idleAfterMs: 10,
      onOutOfRange: "stop",
      transactionTimeoutMs: 10_000,
      minimalHeaders: false,
      keepTimestamps: false,
      hash: (data) => createHash("sha256").update(data).digest("hex"),
      events: { committed: () => {}, aborted: () => {}, assigned: () => {}, revoked: () => {}, lagging: () => {}, stuck: () => {}, waiting: () => {}, resumed: () => {}, skipped: () => {}, halted: () => {}, retried: () => {}, ended: () => {} },
      ...changes,
    }); // prettier-ignore
    return { runner, done: runner.run() };
  };
  return { clock, log, start };
}

function write(log: MemoryLog, topic: string, value: string, headers: readonly Header[] = []): void {
  log.append({ topic, partition: 0 }, [{ value: encoder.encode(value), headers }]);
}

async function until(clock: ManualClock, holds: () => boolean): Promise<void> {
  for (let i = 0; i < 100 && !holds(); i++) await clock.advance(100);
  if (!holds()) throw new Error("it did not come to that");
}

async function stop(clock: ManualClock, { runner, done }: { readonly runner: Runner; readonly done: Promise<void> }): Promise<void> {
  runner.stop();
  await clock.advance(5000);
  await done;
}

const out = (log: MemoryLog) => (log.read("out")[0] ?? []).map((r) => ({ value: decoder.decode(r.value ?? undefined), id: headerText(r.headers, "weir.id"), replay: headerText(r.headers, "weir.replay.id") })); // prettier-ignore

test("a replay enters at its stage of a fused chain, and only there its headers are believed", async () => {
  const { clock, log, start } = await createWorld();
  const [a, b] = [noting("a"), noting("b")];
  const marks = [header("weir.id", "x"), header("weir.replay.id", "r1")];
  write(log, "in", "1", marks);
  write(log, "a.replay", "2", marks);
  write(log, "b.replay", "3", marks);
  const running = start([a, b]);
  await until(clock, () => out(log).length === 3);
  await stop(clock, running);
  expect([...out(log)].sort((x, y) => x.value.localeCompare(y.value))).toEqual([
    { value: "1", id: "x", replay: null },
    { value: "2", id: "x", replay: "r1" },
    { value: "3", id: "x", replay: "r1" },
  ]);
  expect([...a.seen].sort()).toEqual(["a.replay 2", "in 1"]);
  expect([...b.seen].sort()).toEqual(["a.replay 2", "b.replay 3", "in 1"]);
});

test("what another shape of the pipeline has replayed is not replayed again", async () => {
  const { clock, log, start } = await createWorld();
  write(log, "b.replay", "1");
  const alone = start([noting("b")], { group: "b", inputs: [], replays: new Map([["b.replay", { link: 0, groups: ["a", "b"] }]]) });
  await until(clock, () => out(log).length === 1);
  await stop(clock, alone);
  write(log, "b.replay", "2");
  const fused = start([noting("a"), noting("b")]);
  await until(clock, () => out(log).length === 2);
  await stop(clock, fused);
  expect(out(log).map((r) => r.value)).toEqual(["1", "2"]);
});

test("the end of a run judges what is open of it, once, and nobody behind is told an end", async () => {
  const { clock, log, start } = await createWorld();
  const endAt = (offset: number): void => {
    const note = { v: 1, kind: "end", topic: "a.replay", partition: 0, offset };
    const key = encoder.encode("end/a.replay/0");
    log.append({ topic: "control", partition: 0 }, [{ key, value: encoder.encode(JSON.stringify(note)) }]);
  };
  const gate = noting("a", true);
  const first = start([gate, noting("b")]);
  write(log, "a.replay", "1");
  endAt(1);
  await until(clock, () => out(log).length === 1);
  write(log, "a.replay", "2");
  await until(clock, () => gate.seen.includes("a.replay 2"));
  await stop(clock, first);
  const again = noting("a", true);
  const second = start([again, noting("b")]);
  await until(clock, () => again.seen.includes("a.replay 2"));
  expect(again.seen).toEqual(["a.replay 2"]); // the first run's end lies before: the second run's records stay held
  const end = (await log.bounds([{ topic: "a.replay", partition: 0 }])).get("a.replay/0")?.end ?? 0;
  endAt(end);
  await until(clock, () => out(log).length === 2);
  await stop(clock, second);
  expect(again.seen).toEqual(["a.replay 2", "end of a.replay"]);
  expect((log.read("control")[0] ?? []).map((r) => decoder.decode(r.key ?? undefined))).toEqual(["end/a.replay/0", "end/a.replay/0"]);
});
