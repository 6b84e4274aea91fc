import { createHash } from "node:crypto";
import type { Batch } from "@weir/record";
import { expect, test } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "../memory-log.ts";
import { decideAll, type Stage } from "../stage.ts";
import { isReplaced } from "./replaced.ts";
import { SILENT } from "./silent.ts";
import { createRunner, type Runner } from "./runner.ts";

const PARTITIONS = 2;
const encoder = new TextEncoder();
const decoder = new TextDecoder();

interface Running {
  readonly runner: Runner;
  readonly done: Promise<void>;
}

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  start(stage: Stage): Running;
  /** Values of a partition of a topic. */
  values(topic: string, partition?: number): string[];
}

/** All runners have the same slot of a pipeline that is at-least-once. */
async function createWorld(): Promise<World> {
  const clock = createManualClock(1_700_000_000_000);
  const log = createMemoryLog({ clock });
  await log.createTopics(["in", "out", "executions", "verdicts", "state"].map((name) => ({ name, partitions: PARTITIONS })));
  return {
    clock,
    log,
    start: (stage) => {
      const runner = createRunner({
        log,
        clock,
        slot: "s",
        group: "g",
        inputs: ["in"],
        links: [{ stage, outputs: new Map([["out", { topic: "out", next: null }]]), stateTopic: stage.holds ? "state" : null }],
        idsOf: null,
        topics: { executions: "executions", verdicts: "verdicts", control: null },
        guarantee: "at-least-once",
        commit: { everyMs: 100, bytes: 1_000_000 },
        handsOnTo: [],
        idleAfterMs: null,
        onOutOfRange: "stop",
        transactionTimeoutMs: 10_000,
        minimalHeaders: false,
        keepTimestamps: false,
        hash: (data) => createHash("sha256").update(data).digest("hex"),
        events: SILENT,
      });
      const done = runner.run();
      done.catch(() => {}); // tests await it
      return { runner, done };
    },
    values: (topic, partition = 0) => (log.read(topic)[partition] ?? []).map((r) => decoder.decode(r.value ?? new Uint8Array())),
  };
}

function createPass(changes: Partial<Stage> = {}): Stage {
  return {
    id: "pass",
    ports: [{ name: "out", kind: "data" }],
    holds: false,
    process: (batches) => batches.map((b) => decideAll(b, 0)),
    position: () => null,
    snapshot: () => [],
    assign: () => {},
    revoke: () => {},
    describe: () => ({ spec: "5bec", owner: "user:test" }),
    ...changes,
  };
}

function append(log: MemoryLog, partition: number, values: readonly string[]): void {
  log.append(
    { topic: "in", partition },
    values.map((v) => ({ value: encoder.encode(v) })),
  );
}

async function stop({ clock }: World, { runner, done }: Running): Promise<void> {
  runner.stop();
  await clock.advance(5000);
  await done;
}

const numbers = (from: number, to: number): string[] => Array.from({ length: to - from }, (_, i) => `${from + i}`);

test("records are there before their offsets are committed; a process that takes over writes again what was not, in the same order", async () => {
  const world = await createWorld();
  append(world.log, 0, numbers(0, 5));
  const dead = world.start(createPass());
  await world.clock.advance(1000);
  const goOn = world.log.holdCommits(); // the process stops there, until it is of no use any more
  append(world.log, 0, numbers(5, 8));
  await world.clock.advance(1000);
  expect(world.values("out")).toEqual(numbers(0, 8));
  const successor = world.start(createPass());
  await world.clock.advance(500);
  goOn();
  await world.clock.advance(1000);
  append(world.log, 0, numbers(8, 10));
  await world.clock.advance(1000);
  await stop(world, successor);
  expect(world.values("out")).toEqual([...numbers(0, 8), ...numbers(5, 10)]);
  await expect(dead.done.catch(isReplaced)).resolves.toBe(true); // the slot is somebody else's
});

test("killed again and again, anywhere between reading and committing: none is missing, and the first of each come in order", async () => {
  const world = await createWorld();
  const all = numbers(0, 400);
  for (const partition of [0, 1]) append(world.log, partition, all);
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  const lives = 40;
  for (let life = 0; life < lives; life++) {
    let dies = false;
    const stage = createPass({
      process: (batches) => {
        if (random() < 0.3) {
          dies = true;
          return new Promise(() => {});
        }
        return batches.map((b) => decideAll(b, 0));
      },
    });
    world.start(stage);
    const held = random() < 0.5 ? world.log.holdCommits() : null;
    for (let i = 0; i < 8 && !dies; i++) await world.clock.advance(25 * (1 + Math.floor(4 * random())));
    for (const partition of [0, 1]) append(world.log, partition, [`${400 + life}`]);
    held?.();
  }
  const last = world.start(createPass());
  await world.clock.advance(30_000);
  await stop(world, last);
  const expected = [...all, ...numbers(400, 400 + lives)];
  for (const partition of [0, 1]) expect([...new Set(world.values("out", partition))]).toEqual(expected);
  expect(world.values("out").length).toBeGreaterThan(expected.length);
});

/** Holds records until it has so many of a lane, and keeps nothing else. */
function createHolder(size: number): Stage {
  const held = new Map<number, { readonly batch: Batch; readonly row: number }[]>();
  return createPass({
    holds: true,
    process: (batches) =>
      batches.flatMap((batch) => {
        const list = held.get(batch.partition) ?? [];
        held.set(batch.partition, list);
        for (let row = 0; row < batch.count; row++) list.push({ batch, row });
        return list
          .splice(0, list.length - (list.length % size))
          .map(({ batch: of, row }) => ({ ...decideAll(of, 0), rows: Int32Array.of(row), ports: new Uint8Array(1) }));
      }),
    position: ({ partition }) => {
      const first = held.get(partition)?.[0];
      return first === undefined ? null : (first.batch.offset[first.row] ?? null);
    },
    revoke: ({ partition }) => void held.delete(partition),
  });
}

test("a chain with state is exactly-once all the same: what was not committed is not there, and nothing is there twice", async () => {
  const world = await createWorld();
  const dead = world.start(createHolder(3));
  await world.clock.advance(1000);
  const goOn = world.log.holdCommits();
  append(world.log, 0, numbers(0, 7));
  await world.clock.advance(1000);
  expect(world.values("out")).toEqual([]);
  const successor = world.start(createHolder(3));
  await world.clock.advance(500);
  goOn();
  await world.clock.advance(1000);
  append(world.log, 0, numbers(7, 9));
  await world.clock.advance(1000);
  await stop(world, successor);
  expect(world.values("out")).toEqual(numbers(0, 9));
  await expect(dead.done.catch(isReplaced)).resolves.toBe(true);
});
