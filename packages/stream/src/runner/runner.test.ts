// Longer than 400 lines: all of it happens in one world, which stands at the top.
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { batchOf, headerText, laneKey, recordAt, type Batch, type PlainRecord } from "@weir/record";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "../memory-log.ts";
import { decideAll, type Decided, type Stage } from "../stage.ts";
import type { Execution } from "./execution.ts";
import { writeSkipNote } from "./notes.ts";
import type { RunnerOptions } from "./options.ts";
import { SILENT } from "./silent.ts";
import { createRunner, type Runner } from "./runner.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const text = (value: Uint8Array | null): string => decoder.decode(value ?? new Uint8Array(0));

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  /** Everything that runners reported, one word an event. */
  readonly told: string[];
  start(stage: Stage, slot: string, changes?: Partial<RunnerOptions>): { readonly runner: Runner; readonly done: Promise<void> };
  values(topic: string): string[];
}

async function createWorld(partitions = 2): Promise<World> {
  const clock = createManualClock(1_700_000_000_000);
  const log = createMemoryLog({ clock });
  await log.createTopics(["in", "out", "refused", "executions", "verdicts", "state", "control"].map((name) => ({ name, partitions })));
  const told: string[] = [];
  return {
    clock,
    log,
    told,
    start: (stage, slot, changes = {}) => {
      const runner = createRunner({
        log,
        clock,
        slot,
        group: "g",
        inputs: ["in"],
        links: [
          {
            stage,
            outputs: new Map([
              ["out", { topic: "out", next: null }],
              ["dlq", { topic: "refused", next: null }],
            ]),
            stateTopic: stage.holds ? "state" : null,
          },
        ],
        idsOf: null,
        topics: { executions: "executions", verdicts: "verdicts", control: "control" },
        commit: { everyMs: 100, bytes: 1_000_000 },
        handsOnTo: ["out"],
        idleAfterMs: null,
        onOutOfRange: "stop",
        transactionTimeoutMs: 10_000,
        minimalHeaders: false,
        keepTimestamps: false,
        hash: (data) => createHash("sha256").update(data).digest("hex"),
        events: {
          committed: () => told.push(`${slot} committed`),
          aborted: () => told.push(`${slot} aborted`),
          assigned: (lanes) => told.push(`${slot} assigned ${lanes.map(laneKey).join()}`),
          revoked: (lanes, lost) => told.push(`${slot} ${lost ? "lost" : "revoked"} ${lanes.map(laneKey).join()}`),
          lagging: () => {},
          waiting: (lane, ms) => {
            if (ms >= 5000 && !told.includes(`${slot} waits ${laneKey(lane)}`)) told.push(`${slot} waits ${laneKey(lane)}`);
          },
          stuck: (ms) => told.push(`${slot} stuck ${ms}`),
          halted: (lane) => told.push(`${slot} halted ${laneKey(lane)}`),
          resumed: (lane) => told.push(`${slot} resumed ${laneKey(lane)}`),
          skipped: (lane, from, to) => told.push(`${slot} skipped ${laneKey(lane)} ${from}-${to}`),
          retried: () => {},
          ended: (lane) => told.push(`${slot} ended ${laneKey(lane)}`),
        },
        ...changes,
      });
      const done = runner.run();
      done.catch(() => {}); // tests await it
      return { runner, done };
    },
    values: (topic) => log.read(topic).flatMap((partition) => partition.map((r) => text(r.value))),
  };
}

const PORTS = [
  { name: "out", kind: "data" },
  { name: "dlq", kind: "dead-letter" },
] as const;

function createPass(changes: Partial<Stage> = {}): Stage {
  return {
    id: "pass",
    ports: PORTS,
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

/** Holds records until it has so many of a lane, or input ends. */
function createHolder(size: number): Stage {
  const held = new Map<string, { batch: Batch; row: number }[]>();
  const release = (key: string, count: number): Decided[] => {
    const rows = (held.get(key) ?? []).splice(0, count);
    return rows.map(({ batch, row }) => ({ batch, rows: Int32Array.of(row), ports: new Uint8Array(1) }));
  };
  return createPass({
    id: "hold",
    holds: true,
    held: () => [...held.values()].reduce((n, list) => n + list.length, 0),
    process: (batches) =>
      batches.flatMap((batch) => {
        const list = held.get(laneKey(batch)) ?? [];
        held.set(laneKey(batch), list);
        for (let row = 0; row < batch.count; row++) list.push({ batch, row });
        return release(laneKey(batch), list.length - (list.length % size));
      }),
    position: (lane) => {
      const first = held.get(laneKey(lane))?.[0];
      return first ? (first.batch.offset[first.row] ?? null) : null;
    },
    revoke: (lane) => void held.delete(laneKey(lane)),
    endOfInput: (lane) => release(laneKey(lane), Infinity),
  });
}

function append(log: MemoryLog, partition: number, values: readonly string[]): void {
  log.append(
    { topic: "in", partition },
    values.map((v): Partial<PlainRecord> => ({ value: encoder.encode(v) })),
  );
}

async function stopAll(world: World, ...running: readonly { readonly runner: Runner; readonly done: Promise<void> }[]): Promise<void> {
  for (const { runner } of running) runner.stop();
  await world.clock.advance(5000);
  await Promise.all(running.map((r) => r.done));
}

test("records go through in order, and the execution log adds up to them", async () => {
  const world = await createWorld();
  append(world.log, 0, ["a", "b"]);
  append(world.log, 1, ["c"]);
  const running = world.start(createPass(), "s", { idsOf: () => null });
  await world.clock.advance(1000);
  append(world.log, 0, ["d"]);
  await world.clock.advance(1000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["a", "b", "d", "c"]);
  expect(world.log.read("out")[0]?.map((r) => headerText(r.headers, "weir.id"))).toEqual(["in-0-0", "in-0-1", "in-0-2"]);
  const entries = world.values("executions").map((v) => JSON.parse(v) as Execution);
  expect(entries.flatMap((e) => e.in).reduce((n, r) => n + r.count, 0)).toBe(4);
  expect(entries.reduce((n, e) => n + (e.ports["out"] ?? 0), 0)).toBe(4);
  expect(new Set(entries.map((e) => e.id)).size).toBe(entries.length);
});

test("a second process takes its share over and every record comes out once, in the order of its partition", async () => {
  const world = await createWorld();
  const feed = async (from: number, to: number): Promise<void> => {
    for (let i = from; i < to; i++) {
      append(world.log, i % 2, [`${i}`]);
      await world.clock.advance(20);
    }
  };
  const first = world.start(createPass(), "one");
  await feed(0, 40);
  const second = world.start(createPass(), "two");
  await feed(40, 120);
  await stopAll(world, first);
  await feed(120, 160);
  await world.clock.advance(2000);
  await stopAll(world, second);
  const even = Array.from({ length: 80 }, (_, i) => `${2 * i}`);
  expect(world.log.read("out").map((partition) => partition.map((r) => text(r.value)))).toEqual([
    even,
    even.map((n) => `${Number(n) + 1}`),
  ]);
  expect(world.told.some((event) => event.startsWith("two assigned in/"))).toBe(true);
});

test("told to stop while records are on their way, a runner decides them before it commits its position", async () => {
  const world = await createWorld(1);
  let stop: (() => void) | null = null;
  const log: MemoryLog = {
    ...world.log,
    fetcher: (options) => {
      const fetcher = world.log.fetcher(options);
      return {
        fetch: async (positions, waitMs) => {
          const fetched = await fetcher.fetch(positions, waitMs);
          if (fetched.batches.some((batch) => batch.count > 0 && batch.offset[0]! >= 2)) stop?.();
          return fetched;
        },
        [Symbol.asyncDispose]: () => fetcher[Symbol.asyncDispose](),
      };
    },
  };
  const running = world.start(createPass(), "one", { log, commit: { everyMs: 10_000, bytes: 1_000_000 } });
  stop = () => running.runner.stop();
  await world.clock.advance(500);
  append(world.log, 0, ["a", "b"]);
  await world.clock.advance(5);
  append(world.log, 0, ["c", "d"]); // a transaction with the first two is open when these come
  await world.clock.advance(5000);
  await running.done;
  const next = world.start(createPass(), "two");
  await world.clock.advance(2000);
  await stopAll(world, next);
  expect(world.values("out")).toEqual(["a", "b", "c", "d"]);
});

test("what comes after a silence is committed at once, what follows it when it is due, also where nothing more comes", async () => {
  const world = await createWorld(1);
  const running = world.start(createPass(), "s", { commit: { everyMs: 20, bytes: 1_000_000 } });
  await world.clock.advance(500);
  append(world.log, 0, ["a"]);
  await world.clock.advance(2);
  expect(world.values("out")).toEqual(["a"]);
  append(world.log, 0, ["b"]);
  await world.clock.advance(15);
  expect(world.values("out")).toEqual(["a"]);
  await world.clock.advance(5);
  expect(world.values("out")).toEqual(["a", "b"]);
  append(world.log, 0, ["c"]); // for a fetch that was asked for before the last commit
  await world.clock.advance(25);
  expect(world.values("out")).toEqual(["a", "b", "c"]);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["a", "b", "c"]);
});

test("what was read before the group forgot the member is not committed under its next life", async () => {
  const world = await createWorld(1);
  const running = world.start(createPass(), "s");
  await world.clock.advance(500);
  const goOn = world.log.holdCommits();
  append(world.log, 0, ["a", "b"]);
  await world.clock.advance(300);
  world.log.forget("g", "weir-g-s");
  goOn();
  await world.clock.advance(3000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["a", "b"]);
  expect(world.told).toContain("s aborted");
});

test("whoever wants to know that a decision is visible is told once, also when the first attempt was given up", async () => {
  const world = await createWorld(1);
  const seen: string[] = [];
  const tell = (batch: Batch): Decided => ({
    ...decideAll(batch, 0),
    onCommitted: () => void seen.push(`${batch.offset[0]}+${batch.count}`),
  });
  const running = world.start(createPass({ process: (batches) => batches.map(tell) }), "s");
  await world.clock.advance(500);
  const goOn = world.log.holdCommits();
  append(world.log, 0, ["a", "b"]);
  await world.clock.advance(300);
  expect(seen).toEqual([]);
  world.log.forget("g", "weir-g-s");
  goOn();
  await world.clock.advance(3000);
  await stopAll(world, running);
  expect(world.told).toContain("s aborted");
  expect(seen).toEqual(["0+2"]);
});

test("lag is told in records and as the age of the newest record taken in, none when everything is", async () => {
  const world = await createWorld(1);
  const lags: (readonly [records: number, ageMs: number | null])[] = [];
  append(
    world.log,
    0,
    ["a", "b", "c"].map((v) => v.repeat(700_000)),
  ); // one fits a fetch
  await world.clock.advance(5000);
  const lagging = (_lane: unknown, records: number, ageMs: number | null): void => void lags.push([records, ageMs]);
  const running = world.start(createPass(), "s", { events: { ...SILENT, lagging } });
  await world.clock.advance(2000);
  await stopAll(world, running);
  expect(lags.slice(0, 3).map(([records]) => records)).toEqual([2, 1, 0]);
  expect(lags[0]?.[1]).toBeGreaterThanOrEqual(5000);
  expect(lags[0]?.[1]).toBeLessThan(7000);
  expect(lags.at(-1)).toEqual([0, 0]);
});

test("held records are not committed: the next owner reads them again and lets them out once", async () => {
  const world = await createWorld(1);
  append(world.log, 0, ["a", "b", "c", "d", "e"]);
  const first = world.start(createHolder(3), "one");
  await world.clock.advance(1000);
  await stopAll(world, first);
  expect(world.values("out")).toEqual(["a", "b", "c"]);
  const second = world.start(createHolder(3), "one");
  await world.clock.advance(1000);
  append(world.log, 0, ["f"]);
  await world.clock.advance(1000);
  await stopAll(world, second);
  expect(world.values("out")).toEqual(["a", "b", "c", "d", "e", "f"]);
});

test("at the noted end of its input a lane is judged and told to have ended", async () => {
  const world = await createWorld(1);
  append(world.log, 0, ["a", "b", "c", "d"]);
  world.log.append({ topic: "control", partition: 0 }, [
    { value: encoder.encode(JSON.stringify({ v: 1, kind: "end", topic: "in", partition: 0, offset: 4 })) },
  ]);
  const running = world.start(createHolder(3), "s");
  await world.clock.advance(3000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["a", "b", "c", "d"]);
  expect(world.told.filter((event) => event === "s ended in/0")).toEqual(["s ended in/0"]);
  const handedOn = world
    .values("control")
    .map((v) => JSON.parse(v) as { topic: string; offset: number })
    .find((note) => note.topic === "out");
  expect(handedOn?.offset).toBeGreaterThanOrEqual(4);
});

test("a refused record keeps its bytes and headers and gets the reason", async () => {
  const world = await createWorld(1);
  world.log.append({ topic: "in", partition: 0 }, [
    {
      key: encoder.encode("k"),
      value: encoder.encode("{"),
      headers: [
        { key: "h", value: null },
        { key: "h", value: encoder.encode("2") },
      ],
    },
  ]);
  const refuse = createPass({
    process: (batches) =>
      batches.map((batch) => ({ ...decideAll(batch, 1), failures: new Map([[0, { class: "DECODE", message: "no JSON" } as const]]) })),
  });
  const running = world.start(refuse, "s", { idsOf: () => null });
  await world.clock.advance(1000);
  await stopAll(world, running);
  const [letter] = world.log.read("refused")[0] ?? [];
  expect({
    key: text(letter?.key ?? null),
    value: text(letter?.value ?? null),
    own: letter?.headers.slice(0, 3).map((h) => [h.key, h.value && text(h.value)]),
  }).toEqual({
    key: "k",
    value: "{",
    own: [
      ["h", null],
      ["h", "2"],
      ["weir.id", "in-0-0"],
    ],
  });
  const header = (name: string): string | null => headerText(letter?.headers ?? [], name);
  expect([
    header("__dlq.errors.topic"),
    header("__dlq.errors.offset"),
    header("weir.dlq.class"),
    header("weir.dlq.payload"),
    header("weir.dlq.origin"),
  ]).toEqual(["in", "0", "DECODE", "source", `in/0/0/${letter?.timestamp === undefined ? "" : 1_700_000_000_000}`]);
});

test("a value that no topic takes is dead-lettered without it, with its coordinates", async () => {
  const world = await createWorld(1);
  world.log.append({ topic: "in", partition: 0 }, [{ value: new Uint8Array(2_000_001) }, { value: encoder.encode("b") }]);
  const refuse = createPass({
    process: (batches) =>
      batches.map((batch) => ({
        ...decideAll(batch, 1),
        failures: new Map(Array.from({ length: batch.count }, (_, i) => [i, { class: "DECODE", message: "no" } as const])),
      })),
  });
  const running = world.start(refuse, "s", { idsOf: () => null });
  await world.clock.advance(1000);
  await stopAll(world, running);
  const letters = world.log.read("refused")[0] ?? [];
  expect(
    letters.map((r) => [r.value?.length ?? null, headerText(r.headers, "weir.dlq.class"), headerText(r.headers, "weir.dlq.payload")]),
  ).toEqual([
    [null, "TOO_LARGE", "none"],
    [1, "DECODE", "source"],
  ]);
  expect(headerText(letters[0]?.headers ?? [], "weir.dlq.origin")).toMatch(/^in\/0\/0\//);
});

test("a fault of a stage ends the run and commits nothing", async () => {
  const world = await createWorld(1);
  append(world.log, 0, ["a"]);
  const broken = createPass({
    process: () => {
      throw new Error("a bug");
    },
  });
  const running = world.start(broken, "s");
  await world.clock.advance(1000);
  await expect(running.done).rejects.toThrow("a bug");
  expect(world.values("out")).toEqual([]);
});

test("a lane whose bytes are damaged halts and the others go on", async () => {
  const world = await createWorld(2);
  append(world.log, 0, ["a", "b"]);
  append(world.log, 1, ["c"]);
  world.log.damage({ topic: "in", partition: 0 }, 1, "wrong checksum");
  const running = world.start(createPass(), "s");
  await world.clock.advance(1000);
  append(world.log, 1, ["d"]);
  await world.clock.advance(1000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(expect.arrayContaining(["c", "d"]));
  expect(world.values("out")).not.toContain("b");
  expect(world.told).toContain("s halted in/0");
});

test("a lane whose state is damaged halts before it begins, and the others go on", async () => {
  const world = await createWorld(2);
  append(world.log, 0, ["a"]);
  append(world.log, 1, ["c"]);
  world.log.append({ topic: "state", partition: 0 }, [{ key: encoder.encode("k"), value: encoder.encode("1") }]);
  world.log.damage({ topic: "state", partition: 0 }, 0, "wrong checksum");
  const running = world.start({ ...createPass(), holds: true }, "s");
  await world.clock.advance(1000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["c"]);
  expect(world.told).toContain("s halted in/0");
});

test("what was decided of a lane before it halted is committed with its position: nothing comes twice after a restart", async () => {
  const world = await createWorld(1);
  append(world.log, 0, ["a", "b"]);
  world.log.damage({ topic: "in", partition: 0 }, 1, "wrong checksum");
  for (const slot of ["first", "second"]) {
    const running = world.start(createPass(), slot);
    await world.clock.advance(1000);
    await stopAll(world, running);
  }
  expect(world.values("out")).toEqual(["a"]);
  expect(world.told).toEqual(expect.arrayContaining(["first halted in/0", "second halted in/0"]));
});

test("a halted lane goes on behind what somebody said to leave out, in every later life too", async () => {
  const world = await createWorld(1);
  append(world.log, 0, ["a", "b", "c", "d"]);
  world.log.damage({ topic: "in", partition: 0 }, 1, "wrong checksum");
  const first = world.start(createPass(), "first");
  await world.clock.advance(1000);
  expect(first.runner.status()).toEqual({ joined: true, lanes: 0, halted: ["in/0 at offset 1: wrong checksum"] });
  const producer = await world.log.producer({ transactionalId: "people" });
  const transaction = producer.begin();
  writeSkipNote(transaction, "control", { topic: "in", partition: 0 }, 1, 3);
  await transaction.commit(null);
  await world.clock.advance(2000);
  expect(first.runner.status()).toEqual({ joined: true, lanes: 1, halted: [] });
  await stopAll(world, first);
  const second = world.start(createPass(), "second");
  await world.clock.advance(1000);
  await stopAll(world, second);
  expect(world.values("out")).toEqual(["a", "d"]);
  expect(world.told.filter((t) => t.includes("skipped"))).toEqual(["first skipped in/0 1-3"]);
});

test("records that an open transaction keeps from being read are told with how long they have been waiting", async () => {
  const world = await createWorld(1);
  const running = world.start(createPass(), "s");
  const producer = await world.log.producer({ transactionalId: "hanging", timeoutMs: 60_000 });
  const transaction = producer.begin();
  const lane = { topic: "in", partition: 0 };
  transaction.write(lane, batchOf(lane, [{ key: null, value: encoder.encode("a") }]));
  await world.clock.advance(4000);
  expect(world.told).not.toContain("s waits in/0");
  await world.clock.advance(4000);
  expect(world.told).toContain("s waits in/0");
  await transaction.commit(null);
  await world.clock.advance(1000);
  await stopAll(world, running);
  expect(world.values("out")).toEqual(["a"]);
});

test("a stage that never answers is told of after a minute, and ends the runner after two", async () => {
  const world = await createWorld();
  append(world.log, 0, ["a"]);
  const { done } = world.start(createPass({ process: () => new Promise(() => {}) }), "s");
  const ended = done.catch((error: unknown) => String(error));
  await world.clock.advance(130_000);
  expect(world.told.filter((word) => word.includes("stuck"))).toHaveLength(1);
  expect(await ended).toContain("WEIR-5005");
});

/** A stage that ends the process: it is entered and never left. */
function createKiller(kills: (values: readonly string[]) => boolean): { readonly stage: Stage; hasKilled(): boolean } {
  let killed = false;
  const stage = createPass({
    process: (batches) => {
      const values = batches.flatMap((b) => Array.from({ length: b.count }, (_, row) => text(recordAt(b, row).value)));
      if (!kills(values)) return batches.map((b) => decideAll(b, 0));
      killed = true;
      return new Promise<Decided[]>(() => {});
    },
  });
  return { stage, hasKilled: () => killed };
}

/** One process after the other in the same slot, until one lives for so long; gives how many died. */
async function restartUntilAlive(world: World, kills: (values: readonly string[], life: number) => boolean, most: number): Promise<number> {
  for (let life = 0; life <= most; life++) {
    const { stage, hasKilled } = createKiller((values) => kills(values, life));
    const running = world.start(stage, "s");
    for (let waited = 0; waited < 20_000 && !hasKilled(); waited += 250) await world.clock.advance(250);
    if (hasKilled()) continue; // nobody stops it: it is dead
    await stopAll(world, running);
    return life;
  }
  throw new Error(`after ${most} deaths it dies still`);
}

test("a record that kills every process becomes a dead letter, with its bytes; the others go on, once and in order", async () => {
  const world = await createWorld();
  const even = Array.from({ length: 700 }, (_, i) => `${2 * i}`);
  const odd = even.map((n) => `${Number(n) + 1}`);
  append(world.log, 0, even);
  append(world.log, 1, odd);
  const deaths = await restartUntilAlive(world, (values) => values.includes("888"), 20);
  expect(deaths).toBeLessThanOrEqual(7); // 700, 44, 3 and three times 1, and one of a first fetch that was smaller
  expect(world.log.read("out").map((partition) => partition.map((r) => text(r.value)))).toEqual([even.filter((n) => n !== "888"), odd]);
  const [letter, ...others] = world.log.read("refused").flat();
  expect([text(letter?.value ?? null), others.length]).toEqual(["888", 0]);
  const { headers = [] } = letter ?? {};
  expect([headerText(headers, "weir.dlq.class"), headerText(headers, "__dlq.errors.delivery.count")]).toEqual(["INTERNAL", "3"]);
  expect(headerText(headers, "__dlq.errors.message")).toBe("3 processes ended while stage pass worked on this record alone");
});

test("two of them, in both partitions, are found one after the other", async () => {
  const world = await createWorld();
  append(world.log, 0, ["a", "b", "kill 1", "c"]);
  append(world.log, 1, ["kill 2", "d"]);
  await restartUntilAlive(world, (values) => values.some((v) => v.startsWith("kill")), 30);
  expect(world.values("out").sort()).toEqual(["a", "b", "c", "d"]);
  expect(world.values("refused").sort()).toEqual(["kill 1", "kill 2"]);
});

test("processes that are killed by something else, however often, leave no dead letter and double nothing", async () => {
  const world = await createWorld();
  const values = Array.from({ length: 300 }, (_, i) => `${i}`);
  append(world.log, 0, values);
  let seed = 7;
  const random = (): number => (seed = (seed * 48_271) % 2_147_483_647) / 2_147_483_647;
  await restartUntilAlive(world, (given, life) => life < 60 && given.length > 0 && random() < 0.5, 61);
  expect(world.values("out")).toEqual(values);
  expect(world.values("refused")).toEqual([]);
});
