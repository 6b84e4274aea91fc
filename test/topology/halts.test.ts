import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { createStage } from "@weir/gate";
import { laneKey } from "@weir/record";
import type { RuleSpec } from "@weir/rules";
import { createManualClock, createMemoryLog, createRunner, writeResumeNote, type ManualClock, type MemoryLog } from "@weir/stream";
import { expect, test } from "vitest";
import { Killed, mortalLog } from "../e2e/determinism/mortal-log.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const contract = compileContract({ type: "object", properties: { n: { type: "integer" }, x: { type: ["number", "null"] } } }, { sha256 });
const HALT: RuleSpec = { id: "nulls", kind: "nullRate", field: "/x", max: 0.25, action: "halt", owner: "user:b" };
const START = 1_700_000_000_000;
const FOREVER = Infinity;

interface Stopped {
  readonly state: string;
  readonly verdict: string;
  readonly since: number;
  readonly lane: string;
  readonly action: string;
  readonly by?: string;
}

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  readonly told: string[];
  /** A process of the gate; it dies at so many acts upon the log. */
  start(slot: string, dies?: number): { stop(): Promise<void>; readonly done: Promise<unknown> };
  /** Numbers of the records of a topic, partition by partition. */
  numbers(topic: string): number[][];
  alerts(): Stopped[];
  resume(stop: Stopped, by: string): Promise<void>;
}

async function createWorld(rule = HALT, partitions = 1): Promise<World> {
  const clock = createManualClock(START);
  const log = createMemoryLog({ clock });
  const names = ["in", "pass", "quarantine", "dlq", "executions", "verdicts", "state", "control"];
  await log.createTopics([...names.map((name) => ({ name, partitions })), { name: "alerts", partitions: 1 }]);
  const told: string[] = [];
  const json = <T>(value: Uint8Array | null): T => JSON.parse(new TextDecoder().decode(value ?? undefined)) as T;
  return {
    clock,
    log,
    told,
    start: (slot, dies = FOREVER) => {
      let acts = 0;
      const stage = createStage({
        ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, rules: [rule], time: null, sha256, stops: true },
        window: { kind: "count", size: 4, hold: true },
      });
      const to = (topic: string) => ({ topic, next: null });
      const runner = createRunner({
        log: mortalLog(log, { poll: () => 3, diesNow: () => ++acts > dies }),
        ...{ clock, slot, group: "g", inputs: ["in"], idsOf: null, handsOnTo: [], idleAfterMs: null, onOutOfRange: "stop" },
        links: [{ stage, outputs: new Map(["pass", "quarantine", "dlq"].map((port) => [port, to(port)])), stateTopic: "state" }],
        topics: { executions: "executions", verdicts: "verdicts", control: "control" },
        commit: { everyMs: 100, bytes: 1_000_000 },
        care: { retries: [], breaker: null, breakerClasses: new Set(), alerts: { topic: "alerts", pipeline: "p" } },
        ...{ transactionTimeoutMs: 10_000, minimalHeaders: false, keepTimestamps: false, hash: sha256 },
        events: {
          committed: () => {},
          aborted: () => {},
          assigned: () => {},
          revoked: () => {},
          lagging: (lane, records) => told.push(`lag of ${laneKey(lane)}: ${records}`),
          waiting: () => {},
          halted: (lane, reason) => told.push(`halted ${laneKey(lane)}: ${reason}`),
          resumed: (lane) => told.push(`resumed ${laneKey(lane)}`),
          skipped: () => {},
          stuck: () => told.push("stuck"),
          retried: () => {},
          ended: () => {},
        },
      });
      const done = runner.run().catch((error: unknown) => error);
      const stop = async (): Promise<void> => {
        runner.stop();
        for (let i = 0; i < 20; i++) await clock.advance(50);
        await done;
      };
      return { stop, done };
    },
    numbers: (topic) => log.read(topic).map((records) => records.map(({ value }) => json<{ n: number }>(value).n)),
    alerts: () => log.read("alerts").flatMap((records) => records.map(({ value }) => json<Stopped>(value))),
    resume: async ({ lane, verdict, since }, by) => {
      const producer = await log.producer({ transactionalId: "person", rotate: 1 });
      const transaction = producer.begin();
      writeResumeNote(transaction, "control", { topic: "in", partition: Number(lane.split("/")[1]) }, { verdict, since, by });
      await transaction.commit(null);
    },
  };
}

function append({ log }: World, partition: number, xs: readonly (number | null)[], from = 0): void {
  const encoder = new TextEncoder();
  log.append({ topic: "in", partition }, xs.map((x, i) => ({ value: encoder.encode(JSON.stringify({ n: from + i, x })) }))); // prettier-ignore
}

const GOOD = [1, 2, 3, 4];
const BAD = [null, 1, null, 1];
const from = (first: number, count: number): number[] => Array.from({ length: count }, (_, i) => first + i);

test("a partition stands still behind the verdict until somebody resumes it, its lag grows, the others go on", async () => {
  const world = await createWorld(HALT, 2);
  append(world, 0, [...GOOD, ...BAD, ...GOOD, ...GOOD]);
  append(world, 1, GOOD);
  const process = world.start("a");
  await world.clock.advance(5_000);
  expect([world.numbers("pass"), world.numbers("quarantine")]).toEqual([
    [from(0, 4), from(0, 4)],
    [from(4, 4), []],
  ]);
  append(world, 0, GOOD, 16);
  append(world, 1, GOOD, 4);
  await world.clock.advance(300_000);
  expect([world.numbers("pass"), world.numbers("quarantine")]).toEqual([
    [from(0, 4), from(0, 8)],
    [from(4, 4), []],
  ]);
  expect(world.told.findLast((line) => line.startsWith("lag of in/0"))).toBe("lag of in/0: 12");
  expect(world.told).not.toContain("stuck");
  const [stop] = world.alerts();
  expect(world.alerts()).toMatchObject([
    { alertname: "StageStopped", state: "firing", severity: "critical", pipeline: "p", stage: "gate", lane: "in/0", action: "halt", rule: "nulls", owner: "user:b", verdict: "gate/count/0-1/0", next: 8, until: null },
  ]); // prettier-ignore
  await world.resume({ ...stop!, since: stop!.since - 1 }, "user:c"); // an earlier stop of the same verdict
  await world.clock.advance(1_000);
  expect(world.numbers("pass")[0]).toEqual(from(0, 4));
  await world.resume(stop!, "user:c");
  await world.clock.advance(5_000);
  expect(world.numbers("pass")).toEqual([[...from(0, 4), ...from(8, 12)], from(0, 8)]);
  expect(world.alerts().map(({ state, by }) => [state, by])).toEqual([["firing", undefined], ["resolved", "user:c"]]); // prettier-ignore
  expect(world.told.filter((line) => /^(halted|resumed)/.test(line)).map((line) => line.split(":")[0])).toEqual([
    "halted in/0",
    "resumed in/0",
  ]);
  await process.stop();
});

test("killed at any act upon the log it stands still behind the same verdict, and goes on exactly once", { timeout: 60_000 }, async () => {
  let before = 0;
  for (let dies = 1; dies <= 40; dies++) {
    const world = await createWorld();
    append(world, 0, [...GOOD, ...BAD, ...GOOD, 1]);
    const first = world.start("a", dies);
    await world.clock.advance(3_000);
    if (!world.told.some((line) => line.startsWith("halted"))) before++;
    const second = world.start("a");
    await world.clock.advance(20_000);
    expect(world.numbers("pass"), `dies ${dies}`).toEqual([from(0, 4)]);
    expect(world.numbers("quarantine"), `dies ${dies}`).toEqual([from(4, 4)]);
    expect(world.alerts().map(({ state }) => state), `dies ${dies}`).toEqual(["firing"]); // prettier-ignore
    // Whoever resumes it dies, too, now and then.
    await second.stop();
    await world.resume(world.alerts()[0]!, "user:c");
    const third = world.start("a", dies);
    await world.clock.advance(3_000);
    const fourth = world.start("a");
    await world.clock.advance(20_000);
    expect(world.numbers("pass"), `dies ${dies}`).toEqual([[...from(0, 4), ...from(8, 4)]]);
    expect(world.alerts().map(({ state }) => state), `dies ${dies}`).toEqual(["firing", "resolved"]); // prettier-ignore
    await fourth.stop();
    expect([await first.done, await third.done].map((end) => end instanceof Killed)).toEqual([true, true]);
  }
  expect(before).toBeGreaterThan(5);
  expect(before).toBeLessThan(35);
});

test("a pause ends by itself, at its time also where another process has taken over", async () => {
  const world = await createWorld({ ...HALT, action: "pause", for: 300_000 });
  append(world, 0, [...BAD, ...GOOD]);
  const first = world.start("a");
  await world.clock.advance(200_000);
  expect(world.told).not.toContain("stuck"); // it stands still on purpose
  await first.stop();
  expect(world.numbers("pass")).toEqual([[]]);
  const second = world.start("b");
  await world.clock.advance(95_000);
  expect(world.numbers("pass")).toEqual([[]]);
  await world.clock.advance(15_000);
  expect(world.numbers("pass")).toEqual([from(4, 4)]);
  expect(world.alerts().map(({ state, action, by }) => [state, action, by])).toEqual([
    ["firing", "pause", undefined],
    ["resolved", "pause", "time"],
  ]);
  await second.stop();
});
