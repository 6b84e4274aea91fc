import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf, partitionOf, type Lane } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Decided, Stage, StateNote } from "@weir/stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { emptySeen, see, type Seen } from "../../testdata/harness.ts";
import { createStage } from "../stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const encoder = new TextEncoder();
const CONTRACT = compileContract(
  { type: "object", properties: { t: { type: "integer" }, x: { type: ["number", "null"] } }, required: ["t"] },
  { sha256 },
);
const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "x", kind: "required", field: "/x" },
  { id: "few", kind: "volume", min: 3, action: "tag" },
];
const WINDOW = { kind: "time", scope: "global", every: 30, lateness: 0, late: "quarantine", hold: true } as const;

interface Item {
  readonly id: number;
  readonly t: number;
  readonly x: number | null;
}

/** Processes that share the partitions of one topic, the committed log and the state topic; everything in between is theirs to lose. */
function group(options: {
  readonly partitions: number;
  readonly items: readonly Item[];
  readonly processes: number;
  readonly window?: WindowSpec;
  readonly rules?: (process: number) => readonly RuleSpec[];
}) {
  const { partitions, items, processes, window = WINDOW, rules = () => RULES } = options;
  const build = (process: number): Stage =>
    createStage({
      pipeline: "p",
      stage: "gate",
      owner: "group:a",
      spec: "00",
      contract: CONTRACT,
      rules: rules(process),
      window,
      time: { pointer: "/t", unit: "ms" },
      sha256,
    });
  const lanes = Array.from({ length: partitions }, (_, partition): Lane => ({ topic: "in", partition }));
  const log = lanes.map(() => [] as { offset: number; value: Uint8Array }[]);
  for (const item of items) {
    const of = log[partitionOf(encoder.encode(`k${item.id % 7}`), partitions)]!; // below the number of partitions
    of.push({ offset: of.length, value: encoder.encode(JSON.stringify(item)) });
  }
  const notes: StateNote[] = [];
  const states = lanes.map(() => new Map<string, string>());
  const committed = lanes.map(() => 0);
  const seen = lanes.map(() => emptySeen());
  const running = Array.from({ length: processes }, (_, process) => ({
    stage: build(process),
    lanes: new Map<number, number>(),
    pending: lanes.map(() => emptySeen()),
    heard: 0,
  }));
  type Running = (typeof running)[number];
  const take = (process: Running, partition: number): void => {
    process.stage.assign(lanes[partition]!, committed[partition]!, new Map(states[partition])); // below the number of partitions, here and below
    process.lanes.set(partition, committed[partition]!);
  };
  lanes.forEach((_, partition) => take(running[partition % processes]!, partition));
  const add = (process: Running, decided: readonly Decided[]): void => {
    for (const d of decided) see(process.pending[d.batch.partition]!, process.stage, [d]);
  };
  const commit = (process: Running): void => {
    for (const { lane, key, value } of process.stage.snapshot()) {
      if (value === null) states[lane.partition]!.delete(key);
      else states[lane.partition]!.set(key, value);
      notes.push({ partition: lane.partition, key, value });
    }
    for (const [partition, next] of process.lanes) committed[partition] = process.stage.position(lanes[partition]!) ?? next;
    process.pending.forEach((pending, partition) => {
      for (const [port, lines] of Object.entries(pending.ports)) seen[partition]!.ports[port]!.push(...lines);
      seen[partition]!.verdicts.push(...pending.verdicts);
    });
    process.pending = lanes.map(() => emptySeen());
  };
  const api = {
    seen,
    running,
    read: (process: Running, partition: number, count: number): void => {
      const next = process.lanes.get(partition);
      if (next === undefined) return;
      const records = log[partition]!.slice(next, next + count);
      if (records.length === 0) return;
      process.lanes.set(partition, next + records.length);
      const decided = process.stage.process([batchOf(lanes[partition]!, records)]);
      if (decided instanceof Promise) throw new Error("a gate decides at once");
      add(process, decided);
    },
    hear: (process: Running, count = Infinity): void => {
      const until = Math.min(notes.length, process.heard + count);
      add(process, process.stage.hear!(notes.slice(process.heard, until), partitions));
      process.heard = until;
    },
    commit,
    crash: (index: number): void => {
      const old = running[index]!;
      // A fresh process listens before it decides anything.
      const fresh = { stage: build(index), lanes: new Map<number, number>(), pending: lanes.map(() => emptySeen()), heard: 0 };
      running[index] = fresh;
      for (const partition of old.lanes.keys()) take(fresh, partition);
      api.hear(fresh);
    },
    move: (from: number, partition: number): void => {
      const [old, other] = [running[from]!, running[(from + 1) % processes]!];
      if (!old.lanes.has(partition) || old === other) return;
      commit(old);
      old.stage.revoke(lanes[partition]!);
      old.lanes.delete(partition);
      take(other, partition);
    },
    silence: (process: Running, partition: number): void => {
      if (process.lanes.has(partition)) process.stage.close!({ lane: lanes[partition]!, offset: 0, watermark: Number.MAX_SAFE_INTEGER });
    },
    end: (process: Running, partition: number): void => add(process, process.stage.endOfInput!(lanes[partition]!)),
    /** What is left of a transaction is read on its own: the marker of its end, no record. */
    marker: (process: Running, partition: number): void => void process.stage.process([batchOf(lanes[partition]!, [])]),
    /** Reads everything, ends the input of every partition and waits until nothing is held. */
    finish: (ends = true): void => {
      for (let round = 0; round < 12; round++) {
        for (const process of running) {
          for (const partition of process.lanes.keys()) api.read(process, partition, 1000);
          if (ends && round === 0) for (const partition of process.lanes.keys()) api.end(process, partition);
          api.hear(process);
          commit(process);
        }
      }
    },
    /** Lets everybody hear everybody. */
    settle: (): void => {
      for (let round = 0; round < 6; round++) {
        for (const process of running) {
          commit(process);
          api.hear(process);
        }
      }
    },
    held: () => running.reduce((n, p) => n + p.stage.held!(), 0),
    states,
  };
  return api;
}

/** What does not depend on partitions: every record's fate, every window's verdict. */
function facts(seen: readonly Seen[], ids: (partition: number, offset: number) => number): unknown {
  const fates = seen.flatMap(({ ports }, partition) =>
    Object.entries(ports).flatMap(([port, lines]) =>
      lines.map((line) => [ids(partition, Number(line.split(" ")[0])), port, line.slice(line.indexOf(" "))]),
    ),
  );
  const verdicts = seen.flatMap((s) => s.verdicts).map((line) => ({ ...JSON.parse(line.slice(line.indexOf(" ") + 1)), partitions: null }));
  return { fates: fates.sort((a, b) => Number(a[0]) - Number(b[0])), verdicts };
}

const items = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 14 }), x: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }) }), { maxLength: 60 })
  .map((list) => {
    let t = 0;
    return list.map(({ gap, x }, id): Item => ({ id, t: (t += gap), x }));
  });
const disordered = fc
  .tuple(items, fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 60, maxLength: 60 }))
  .map(([list, back]) => list.map((item, i): Item => ({ ...item, t: Math.max(0, item.t - (back[i]! > 60 ? back[i]! : 0)) }))); // as long as the longest list
type Step = {
  readonly process: number;
  readonly partition: number;
  readonly count: number;
  readonly act: "read" | "hear" | "commit" | "crash" | "move";
};
const step: fc.Arbitrary<Step> = fc.record({
  process: fc.integer({ min: 0, max: 1 }),
  partition: fc.integer({ min: 0, max: 11 }),
  count: fc.integer({ min: 1, max: 9 }),
  act: fc.constantFrom<Step["act"][]>("read", "read", "read", "hear", "hear", "commit", "commit", "crash", "move"),
});

function idsIn(list: readonly Item[], partitions: number): (partition: number, offset: number) => number {
  const byPartition: number[][] = Array.from({ length: partitions }, () => []);
  for (const { id } of list) byPartition[partitionOf(encoder.encode(`k${id % 7}`), partitions)]!.push(id); // below the number of partitions
  return (partition, offset) => byPartition[partition]![offset]!; // an offset of the log
}

/** Reads, hears, commits, crashes and hands over as the steps say, then to the end. */
function shake(api: ReturnType<typeof group>, partitions: number, processes: number, steps: readonly Step[]): void {
  for (const { process, partition, count, act } of steps) {
    const index = process % processes;
    const running = api.running[index]!; // below the number of processes
    if (act === "read") api.read(running, partition % partitions, count);
    else if (act === "hear") api.hear(running, count);
    else if (act === "commit") api.commit(running);
    else if (act === "crash") api.crash(index);
    else api.move(index, partition % partitions);
  }
  api.finish();
  expect(api.held()).toBe(0);
}

describe("windows over all partitions", () => {
  const steps = fc.array(step, { maxLength: 80 });
  const processes = fc.integer({ min: 1, max: 2 });

  it.each([1, 3, 12])("give one verdict whatever crashes, moves and lags: %i partitions", (partitions) => {
    const property = fc.property(items, steps, processes, (list, acts, several) => {
      const whole = group({ partitions: 1, items: list, processes: 1 });
      whole.finish();
      const shaken = group({ partitions, items: list, processes: several });
      shake(shaken, partitions, several, acts);
      expect(facts(shaken.seen, idsIn(list, partitions))).toEqual(facts(whole.seen, idsIn(list, 1)));
    });
    fc.assert(property, { numRuns: 25 });
  });

  it.each(["quarantine", "nextWindow", "recordRulesOnly"] as const)(
    "write the same in the same order with late records, too: %s",
    (late) => {
      const window = { ...WINDOW, late, lateness: 5 };
      const property = fc.property(disordered, steps, processes, (list, acts, several) => {
        const whole = group({ partitions: 3, items: list, processes: 1, window });
        whole.finish();
        const shaken = group({ partitions: 3, items: list, processes: several, window });
        shake(shaken, 3, several, acts);
        expect(shaken.seen).toEqual(whole.seen);
      });
      fc.assert(property, { numRuns: 25 });
    },
  );

  const TWO: readonly Item[] = [0, 1, 2, 3, 4, 5, 6].map((id) => ({ id, t: id * 10, x: 1 }));
  const verdictsOf = (api: ReturnType<typeof group>): unknown[] =>
    api.seen
      .flatMap((s) => s.verdicts)
      .map((line) => {
        const { id, n, closedBy } = JSON.parse(line.slice(line.indexOf(" ") + 1)) as { id: string; n: number; closedBy: string };
        return [id.slice(-4), n, closedBy];
      });

  it("wait for a partition that has said nothing yet", () => {
    const api = group({ partitions: 3, items: TWO, processes: 1 });
    for (const partition of [0, 1, 2]) if (partition !== 1) api.read(api.running[0]!, partition, 9);
    api.settle();
    expect(verdictsOf(api)).toEqual([]);
  });

  it("do not wait for silent partitions, and close by silence only where the pipeline says so", () => {
    const windows = (window: WindowSpec): unknown[] => {
      const api = group({ partitions: 3, items: TWO, processes: 1, window });
      for (const partition of [0, 1, 2]) api.read(api.running[0]!, partition, 9);
      for (const partition of [0, 1, 2]) api.silence(api.running[0]!, partition);
      api.settle();
      return verdictsOf(api);
    };
    expect(windows(WINDOW)).toEqual([]);
    expect(windows({ ...WINDOW, idleAfter: 1000 })).toEqual([
      [":00Z", 3, "log"],
      ["030Z", 3, "log"],
      ["060Z", 1, "marker"],
    ]);
  });

  it("are judged with what a silent partition has; what comes to it afterwards is late", () => {
    const late: readonly Item[] = [...TWO, { id: 7, t: 1, x: 1 }];
    const [speaking, silent] = partitionOf(encoder.encode("k0"), 2) === 0 ? [1, 0] : [0, 1];
    const api = group({ partitions: 2, items: late, processes: 1 });
    const running = api.running[0]!; // one process
    api.read(running, speaking, 9);
    api.read(running, silent, 1);
    api.silence(running, silent);
    api.settle();
    expect(verdictsOf(api).map((v) => (v as unknown[])[0])).toContain(":00Z");
    api.finish();
    expect(api.held()).toBe(0);
    const quarantined = api.seen[silent]!.ports["quarantine"]!;
    expect(quarantined.every((line) => line.includes("WINDOW late"))).toBe(true);
    expect(quarantined.length).toBeGreaterThan(0);
  });

  it("opened under two rule sets are judged by both, and the worse verdict counts", () => {
    const nulls = TWO.map((item) => ({ ...item, t: 0, x: null }));
    const lenient: readonly RuleSpec[] = [{ id: "nulls", kind: "nullRate", field: "/x", max: 1 }];
    const api = group({ partitions: 2, items: nulls, processes: 2, rules: (process) => (process === 0 ? lenient : RULES) });
    api.finish();
    const verdict = JSON.parse(api.seen[0]!.verdicts[0]!.replace(/^\S+ /, "")) as { verdict: string; n: number; ruleSets: string[] };
    expect([verdict.verdict, verdict.n, verdict.ruleSets.length]).toEqual(["breach", 7, 2]);
    expect(api.seen.map((s) => s.ports["pass"])).toEqual([[], []]);
  });

  it("are judged at the end of input, though the marker of the last transaction is read after it", () => {
    const api = group({ partitions: 2, items: TWO, processes: 1 });
    const running = api.running[0]!; // one process
    for (const act of [
      (p: number) => api.read(running, p, 1000),
      (p: number) => api.end(running, p),
      (p: number) => api.marker(running, p),
    ])
      [0, 1].forEach(act);
    api.settle();
    expect(api.held()).toBe(0);
  });

  it("are judged at the end of input, though it was quiet for long before their judge came", () => {
    const api = group({ partitions: 2, items: TWO, processes: 1 });
    const running = api.running[0]!; // one process
    for (const act of [
      (p: number) => api.read(running, p, 1000),
      (p: number) => api.end(running, p),
      (p: number) => api.silence(running, p),
    ])
      [0, 1].forEach(act);
    api.settle();
    expect(api.held()).toBe(0);
  });

  it("leave no notes behind once they are let go", () => {
    const api = group({ partitions: 3, items: TWO, processes: 2 });
    api.finish();
    const left = api.states.flatMap((state) => [...state.keys()]).filter((key) => /^(partial|verdict)/.test(key));
    expect(left).toEqual([]);
  });
});
