import { createHash } from "node:crypto";
import { headerText, type Batch, type Failure, type PlainRecord } from "@weir/record";
import { expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "../memory-log.ts";
import { decideAll, type Stage } from "../stage.ts";
import type { FailureCare } from "./options.ts";
import { createRunner } from "./runner.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const RETRY = { attempts: 3, backoffMinMs: 200, backoffMaxMs: 5000, then: "dead-letter" } as const;
const BREAKER: FailureCare = {
  retries: [RETRY],
  breaker: { ratio: 0.05, overMs: 10_000 },
  breakerClasses: new Set(["MODEL_ERROR", "INTERNAL"]),
  alerts: { topic: "alerts", pipeline: "p" },
};

/** Fails the records that `fails` names. */
function judging(fails: (value: string, lane: number) => Failure | null, changes: Partial<Stage> = {}): Stage {
  return {
    id: "score",
    holds: false,
    ports: [
      { name: "out", kind: "data" },
      { name: "dlq", kind: "dead-letter" },
    ],
    process: (batches) =>
      batches.map((batch) => {
        const failures = new Map<number, Failure>();
        for (let row = 0; row < batch.count; row++) {
          const failure = fails(valueAt(batch, row), batch.partition);
          if (failure) failures.set(row, failure);
        }
        const decided = decideAll(batch, 0);
        for (const row of failures.keys()) decided.ports[row] = 1;
        return { ...decided, failures };
      }),
    position: () => null,
    snapshot: () => [],
    assign: () => {},
    revoke: () => {},
    describe: () => ({ spec: "0".repeat(64), owner: "group:models" }),
    ...changes,
  };
}

function valueAt(batch: Batch, row: number): string {
  const at = batch.valueAt[row] ?? 0;
  return decoder.decode(batch.bytes.subarray(at, at + (batch.valueLength[row] ?? 0)));
}

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  append(partition: number, values: readonly string[]): void;
  out(): string[];
  letters(): readonly PlainRecord[];
  alerts(): { state: string; owner: string; lane: string }[];
  until(holds: () => boolean): Promise<void>;
  stop(): Promise<void>;
}

async function start(stage: Stage, care: FailureCare): Promise<World> {
  const clock = createManualClock(1_700_000_000_000);
  const log = createMemoryLog({ clock });
  await log.createTopics(["in", "out", "dlq", "executions", "verdicts", "state", "alerts"].map((name) => ({ name, partitions: 2 })));
  const runner = createRunner({
    log,
    clock,
    care,
    slot: "s",
    group: "g",
    inputs: ["in"],
    links: [{ stage, outputs: new Map([["out", { topic: "out", next: null }], ["dlq", { topic: "dlq", next: null }]]), stateTopic: stage.holds ? "state" : null }],
    idsOf: null,
    topics: { executions: "executions", verdicts: "verdicts", control: null },
    commit: { everyMs: 50, bytes: 1_000_000 },
    handsOnTo: [],
    idleAfterMs: null,
    onOutOfRange: "stop",
    transactionTimeoutMs: 10_000,
    minimalHeaders: false,
    keepTimestamps: false,
    hash: (data) => createHash("sha256").update(data).digest("hex"),
    events: { committed: () => {}, aborted: () => {}, assigned: () => {}, revoked: () => {}, lagging: () => {}, halted: () => {}, retried: () => {}, ended: () => {}, stuck: () => {}, waiting: () => {}, resumed: () => {}, skipped: () => {} },
  }); // prettier-ignore
  const done = runner.run();
  const values = (topic: string): string[] => log.read(topic).flatMap((p) => p.map((r) => decoder.decode(r.value ?? undefined)));
  return {
    clock,
    log,
    append: (partition, given) => log.append({ topic: "in", partition }, given.map((v) => ({ value: encoder.encode(v) }))),
    out: () => values("out"),
    letters: () => log.read("dlq").flat(),
    alerts: () => values("alerts").map((text) => JSON.parse(text)),
    until: async (holds) => {
      for (let i = 0; i < 1000 && !holds(); i++) await clock.advance(50);
      if (!holds()) throw new Error("it did not come to that");
    },
    stop: async () => {
      runner.stop();
      await clock.advance(5000);
      await done;
    },
  }; // prettier-ignore
}

const numbers = (from: number, count: number): string[] => Array.from({ length: count }, (_, i) => String(from + i));

test("what may pass by itself is tried again in place: its partition waits, the other goes on, nothing is written twice", async () => {
  let broken = true;
  const world = await start(
    judging((_, lane) => (broken && lane === 0 ? { class: "MODEL_TIMEOUT", message: "slow" } : null)),
    BREAKER,
  );
  world.append(0, ["a", "b"]);
  world.append(1, ["c"]);
  await world.until(() => world.out().length === 1);
  world.append(1, ["d"]);
  await world.until(() => world.out().length === 2);
  expect(world.out()).toEqual(["c", "d"]);
  broken = false;
  await world.until(() => world.out().length === 4);
  expect([world.out().sort(), world.letters()]).toEqual([["a", "b", "c", "d"], []]); // prettier-ignore
  await world.stop();
});

test("after the last attempt it is a dead letter that says how often it was tried", async () => {
  const world = await start(
    judging((v) => (v === "b" ? { class: "DEPENDENCY", message: "away" } : null)),
    BREAKER,
  );
  const begun = world.clock.monotonic();
  world.append(0, ["a", "b", "c"]);
  await world.until(() => world.letters().length === 1);
  expect(world.clock.monotonic() - begun).toBeGreaterThanOrEqual(200 + 400 + 800);
  expect(world.letters().map((r) => headerText(r.headers, "__dlq.errors.delivery.count"))).toEqual(["4"]);
  expect(world.out()).toEqual(["a", "c"]);
  await world.stop();
});

test("with everything failing dead letters stop at the ratio, the partition waits, its owner is told, and it goes on by itself", async () => {
  let broken = false;
  const world = await start(
    judging((_, lane) => (broken && lane === 0 ? { class: "MODEL_ERROR", message: "no" } : null)),
    BREAKER,
  );
  world.append(0, numbers(0, 400));
  await world.until(() => world.out().length === 400);
  broken = true;
  for (let i = 0; i < 20; i++) {
    world.append(0, numbers(400 + i * 5, 5));
    await world.clock.advance(100);
  }
  world.append(1, ["x"]);
  await world.until(() => world.out().includes("x"));
  const letters = world.letters().length;
  expect(letters).toBeGreaterThan(0);
  expect(letters / (400 + letters)).toBeLessThanOrEqual(0.05);
  expect(world.alerts()).toMatchObject([{ state: "firing", owner: "group:models", lane: "in/0" }]);
  broken = false;
  await world.until(() => world.out().length + letters === 501);
  expect(world.letters()).toHaveLength(letters);
  await world.until(() => world.alerts().some((a) => a.state === "resolved")); // not in the same transaction
  expect(new Set([...world.out(), ...world.letters().map((r) => decoder.decode(r.value ?? undefined))]).size).toBe(501);
  await world.stop();
});

test("one poison record in ten thousand is one dead letter, found by halves, and nobody waits", async () => {
  let asked = 0;
  const bad = (): Stage["process"] => (batches) => {
    asked++;
    for (const batch of batches) for (let row = 0; row < batch.count; row++) if (valueAt(batch, row) === "7777") throw new TypeError("cannot read this");
    return batches.map((batch) => decideAll(batch, 0));
  }; // prettier-ignore
  const world = await start(
    judging(() => null, { process: bad() }),
    BREAKER,
  );
  world.append(0, numbers(0, 10_000));
  await world.until(() => world.out().length === 9999);
  expect(world.letters().map((r) => [decoder.decode(r.value ?? undefined), headerText(r.headers, "weir.dlq.class"), headerText(r.headers, "__dlq.errors.message")])).toEqual([
    ["7777", "INTERNAL", "stage score cannot bear the record: TypeError: cannot read this"],
  ]); // prettier-ignore
  expect(world.out()).toEqual(numbers(0, 10_000).filter((v) => v !== "7777"));
  expect(world.alerts()).toEqual([]);
  expect(asked).toBeLessThan(100);
  await world.stop();
});

test("a stage with state begins again from what is committed, and keeps nothing of what it was given before", async () => {
  let broken = true;
  const held = new Map<number, Batch[]>();
  const stage = judging(() => null, {
    holds: true,
    assign: ({ partition }) => void held.set(partition, []),
    position: ({ partition }) => held.get(partition)?.[0]?.offset[0] ?? null,
    process: (batches) =>
      batches.flatMap((batch) => {
        const list = held.get(batch.partition) ?? [];
        list.push(batch);
        if (list.reduce((n, b) => n + b.count, 0) < 4) return [];
        held.set(batch.partition, []);
        const failures: [number, Failure][] = broken ? [[0, { class: "DEPENDENCY", message: "away" }]] : [];
        return list.map((b) => ({ ...decideAll(b, 0), ports: new Uint8Array(b.count).fill(0, 0).map((_, i) => (failures.some(([row]) => row === i) ? 1 : 0)), failures: new Map(failures) }));
      }),
  }); // prettier-ignore
  const world = await start(stage, { ...BREAKER, retries: [{ ...RETRY, attempts: 50, backoffMaxMs: 200 }] });
  world.append(0, ["a", "b"]);
  await world.clock.advance(300);
  world.append(0, ["c", "d"]);
  await world.clock.advance(1000);
  expect([world.out(), world.letters()]).toEqual([[], []]);
  broken = false;
  await world.until(() => world.out().length === 4);
  expect(world.out()).toEqual(["a", "b", "c", "d"]);
  await world.stop();
});
