import { createHash } from "node:crypto";
import { readDeadLetter, recordHeaders, resentHeaders, type Letter } from "@weir/deadletter";
import { allRows, recordAt, type Batch, type Failure } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { createManualClock, type ManualClock } from "../manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "../memory-log.ts";
import { createRunner } from "../runner/runner.ts";
import { writeLeftOutNote } from "../runner/notes.ts";
import type { Decided, Stage } from "../stage.ts";
import { createQueues, keyName } from "./queues.ts";
import { WAITING_PORT } from "./sequenced-stage.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const hash = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const text = (bytes: Uint8Array | null): string => decoder.decode(bytes ?? undefined);

/** Refuses what `fails` says, sends on the rest. */
function stageOf(id: string, fails: (value: string) => boolean): Stage {
  return {
    id,
    holds: false,
    ports: [
      { name: "out", kind: "data" },
      { name: "dlq", kind: "dead-letter" },
    ],
    process: (batches) => batches.map((batch) => judged(batch, fails)),
    position: () => null,
    snapshot: () => [],
    assign: () => {},
    revoke: () => {},
    describe: () => ({ spec: "0".repeat(64), owner: "user:o" }),
  };
}

function judged(batch: Batch, fails: (value: string) => boolean): Decided {
  const failures = new Map<number, Failure>();
  for (let row = 0; row < batch.count; row++)
    if (fails(text(recordAt(batch, row).value))) failures.set(row, { class: "ROUTE", message: "not now", retriable: true });
  const ports = Uint8Array.from({ length: batch.count }, (_, row) => (failures.has(row) ? 1 : 0));
  return { batch, rows: allRows(batch.count), ports, failures };
}

interface World {
  readonly clock: ManualClock;
  readonly log: MemoryLog;
  /** Starts a process; what it returns ends it, with or without a good-bye. */
  start(slot: string): { stop(): Promise<void>; crash(): Promise<void> };
  produce(key: string | null, value: string): void;
  values(topic: string): string[];
  letters(): Letter[];
}

const TOPICS = [
  "in",
  "out",
  "dlq",
  "executions",
  "verdicts",
  "control",
  "state.a",
  "state.b",
  "a.replay",
  "b.replay",
  "a.waiting",
  "b.waiting",
];

/** Two stages, fused or apart, that keep the order of keys. */
async function createWorld(fused: boolean, fails: (stage: string, value: string) => boolean): Promise<World> {
  const clock = createManualClock(1_700_000_000_000);
  const log = createMemoryLog({ clock });
  await log.createTopics([...TOPICS, "between"].map((name) => ({ name, partitions: 1 })));
  const linkOf = (id: string, out: { topic: string | null; next: number | null }) => ({
    stage: stageOf(id, (value) => fails(id, value)),
    outputs: new Map([
      ["out", out],
      ["dlq", { topic: "dlq", next: null }],
      [WAITING_PORT, { topic: `${id}.waiting`, next: null }],
    ]),
    stateTopic: `state.${id}`,
    sequenced: { replays: `${id}.replay`, waiting: `${id}.waiting` },
  });
  const groups = ["a", "b"];
  const chains = fused
    ? [{ group: "a", input: "in", links: [linkOf("a", { topic: null, next: 1 }), linkOf("b", { topic: "out", next: null })], replays: new Map([["a.replay", { link: 0, groups }], ["b.replay", { link: 1, groups }]]) }]
    : [
        { group: "a", input: "in", links: [linkOf("a", { topic: "between", next: null })], replays: new Map([["a.replay", { link: 0, groups }]]) },
        { group: "b", input: "between", links: [linkOf("b", { topic: "out", next: null })], replays: new Map([["b.replay", { link: 0, groups }]]) },
      ]; // prettier-ignore
  return {
    clock,
    log,
    start: (slot) => {
      let cut = false;
      const refuse = (): never => {
        throw new Error("the process is dead");
      };
      const own: MemoryLog = new Proxy(log, { get: (target, name) => (cut ? refuse : Reflect.get(target, name)) });
      const runners = chains.map(({ group, input, links, replays }) =>
        createRunner({
          log: own, clock, slot, group, inputs: [input], replays, links, idsOf: group === "a" ? () => null : null, entryTopic: "in",
          topics: { executions: "executions", verdicts: "verdicts", control: "control" },
          commit: { everyMs: 50, bytes: 1_000_000 }, handsOnTo: [], idleAfterMs: null, onOutOfRange: "stop", transactionTimeoutMs: 10_000,
          minimalHeaders: false, keepTimestamps: false, hash,
          events: { committed: () => {}, aborted: () => {}, assigned: () => {}, revoked: () => {}, lagging: () => {}, stuck: () => {}, waiting: () => {}, resumed: () => {}, skipped: () => {}, halted: () => {}, retried: () => {}, ended: () => {} },
        }),
      ); // prettier-ignore
      const done = Promise.allSettled(runners.map((runner) => runner.run()));
      const stop = async (): Promise<void> => {
        for (const runner of runners) runner.stop();
        await clock.advance(5000);
        await done;
      };
      return {
        stop,
        crash: async () => {
          cut = true;
          await stop();
        },
      };
    },
    produce: (key, value) =>
      log.append({ topic: "in", partition: 0 }, [{ key: key === null ? null : encoder.encode(key), value: encoder.encode(value) }]),
    values: (topic) => (log.read(topic)[0] ?? []).map((r) => text(r.value)),
    letters: () =>
      (log.read("dlq")[0] ?? []).map((record) => ({ topic: "dlq", partition: 0, record, description: readDeadLetter(record)! })), // ours
  };
}

/** Sends letters to the stage that refused them, as a run of replays does. */
function replay({ log }: World, letters: readonly Letter[], run: string): void {
  for (const letter of letters) {
    const headers = resentHeaders(letter, recordHeaders(letter), { run, edited: null });
    log.append({ topic: `${letter.description.stage ?? ""}.replay`, partition: 0 }, [
      { key: letter.record.key, value: letter.record.value, headers },
    ]);
  }
}

const settle = async ({ clock }: World): Promise<void> => {
  for (let i = 0; i < 30; i++) await clock.advance(100);
};

describe("a stage that keeps the order of keys", () => {
  it("lets nothing of a key pass behind a record that failed, and everything else", async () => {
    const broken = new Set(["a2"]);
    const world = await createWorld(false, (stage, value) => stage === "b" && broken.has(value));
    const running = world.start("s");
    for (const value of ["a1", "b1", "a2", "b2", "a3", "a4"]) world.produce(value.slice(0, 1), value);
    world.produce(null, "a5");
    await settle(world);
    expect(world.values("out")).toEqual(["a1", "b1", "b2", "a5"]);
    expect(world.letters().map(({ record, description: d }) => [text(record.value), d.stage, d.class])).toEqual([["a2", "b", "ROUTE"]]);
    expect(world.values("b.waiting")).toEqual(["a3", "a4"]);

    replay(world, world.letters(), "nothing has changed");
    await settle(world);
    expect(world.letters().map(({ record }) => text(record.value))).toEqual(["a2", "a2"]);

    broken.delete("a2");
    broken.add("a4");
    replay(world, world.letters().slice(1), "mended");
    world.produce("a", "a5");
    await settle(world);
    expect(world.values("out").slice(4)).toEqual(["a2", "a3"]); // it is the turn of a4, which fails now
    expect(world.letters().map(({ record }) => text(record.value))).toEqual(["a2", "a2", "a4"]);

    broken.clear();
    replay(world, world.letters().slice(2), "mended as well");
    await settle(world);
    world.produce("a", "a6");
    await settle(world);
    expect(world.values("out").slice(4)).toEqual(["a2", "a3", "a4", "a5", "a6"]);
    expect(world.values("b.waiting")).toEqual(["a3", "a4", "a5"]); // a6 came when nothing waited any more
    await running.stop();
  });

  it("goes on behind a record that people dealt with otherwise, also after a restart", async () => {
    const world = await createWorld(true, (stage, value) => stage === "b" && value === "a1");
    const leaveOut = async ({ record, description }: Letter): Promise<void> => {
      await using producer = await world.log.producer({ transactionalId: "people" });
      const transaction = producer.begin();
      const { place } = description;
      writeLeftOutNote(transaction, "control", { topic: "b.replay", partition: 0, key: keyName(record.key!, hash), place: place! });
      await transaction.commit(null);
    };
    const first = world.start("s");
    for (const value of ["a1", "a2", "a3"]) world.produce("a", value);
    await settle(world);
    await first.crash();
    await leaveOut(world.letters()[0]!); // there is one
    const second = world.start("s");
    world.produce("a", "a4");
    await settle(world);
    await second.crash();
    const third = world.start("s");
    await settle(world);
    expect(world.values("out")).toEqual(["a2", "a3", "a4"]);
    await third.stop();
  });

  it("brings every record through once and in the order of its key: any failures, any choice of replays, any deaths", async () => {
    const step = fc.oneof(
      { weight: 6, arbitrary: fc.record({ do: fc.constant("produce" as const), key: fc.integer({ min: 0, max: 2 }), breaks: fc.constantFrom("", "", "", "a", "b") }) },
      { weight: 3, arbitrary: fc.record({ do: fc.constant("replay" as const), choice: fc.infiniteStream(fc.boolean()) }) },
      { weight: 1, arbitrary: fc.record({ do: fc.constant("mend" as const), stage: fc.constantFrom("a", "b") }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("crash" as const), after: fc.constantFrom(0, 60, 500) }) },
      { weight: 2, arbitrary: fc.record({ do: fc.constant("wait" as const), ms: fc.integer({ min: 1, max: 400 }) }) },
    ); // prettier-ignore
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { minLength: 10, maxLength: 60 }), async (fused, steps) => {
        const breaks = new Map<string, string>();
        const world = await createWorld(fused, (stage, value) => breaks.get(value) === stage);
        let running = world.start("s");
        const produced: string[] = [];
        let dealt = 0;
        const open = new Map<number, Letter>();
        const look = (): void => {
          for (const letter of world.letters().slice(dealt)) open.set(letter.record.offset, letter);
          dealt = world.letters().length;
        };
        let runs = 0;
        const send = (letters: readonly Letter[]): void => {
          for (const { record } of letters) open.delete(record.offset);
          replay(world, letters, `r${runs++}`);
        };
        for (const [i, now] of steps.entries()) {
          if (now.do === "produce") {
            const value = `${now.key}-${i}`;
            produced.push(value);
            if (now.breaks !== "") breaks.set(value, now.breaks);
            world.produce(String(now.key), value);
          } else if (now.do === "mend") for (const [value, stage] of breaks) void (stage === now.stage && breaks.delete(value));
          else if (now.do === "wait") await world.clock.advance(now.ms);
          else if (now.do === "crash") {
            await world.clock.advance(now.after);
            await running.crash();
            running = world.start("s");
          } else {
            look();
            send([...open.values()].filter(() => now.choice.next().value));
          }
        }
        breaks.clear();
        for (let i = 0; i < 60 && (await settle(world), look(), open.size > 0); i++) send([...open.values()]);
        await running.stop();
        for (const key of ["0", "1", "2"]) {
          const of = (value: string): boolean => value.startsWith(`${key}-`);
          expect(world.values("out").filter(of)).toEqual(produced.filter(of));
        }
      }),
      { numRuns: 300 },
    );
  }, 60_000);
});

describe("the queues of a partition", () => {
  it("are in the state topic, whatever bytes the key has", () => {
    const queues = createQueues(new Map(), hash);
    const keys = [Uint8Array.of(0, 255, 10), new Uint8Array(5000).fill(7), new Uint8Array(0)].map((key) => keyName(key, hash));
    for (const key of keys) queues.take({ key, failed: true, from: "input", place: null }, () => "e");
    const saved = new Map(queues.changes().map(({ key, value }) => [key, value ?? ""]));
    const again = createQueues(saved, hash);
    for (const key of keys) {
      expect(again.take({ key, failed: false, from: "input", place: null }, () => "x")).toEqual({ goes: "waiting", place: "e.1" });
      expect(again.take({ key, failed: false, from: "replay", place: "e.0" }, () => "x")).toEqual({ goes: "on" });
    }
    expect(again.ready).toBe(true);
    expect(queues.changes()).toEqual([]);
  });
});
