import { partitionOf } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { facts, group, idsIn, RULES, shake, WINDOW, type Item, type Step } from "../../testdata/group.ts";

const encoder = new TextEncoder();

const items = fc
  .array(fc.record({ gap: fc.integer({ min: 0, max: 14 }), x: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }) }), { maxLength: 60 })
  .map((list) => {
    let t = 0;
    return list.map(({ gap, x }, id): Item => ({ id, t: (t += gap), x }));
  });
const disordered = fc
  .tuple(items, fc.array(fc.integer({ min: 0, max: 90 }), { minLength: 60, maxLength: 60 }))
  .map(([list, back]) => list.map((item, i): Item => ({ ...item, t: Math.max(0, item.t - (back[i]! > 60 ? back[i]! : 0)) }))); // as long as the longest list
const step: fc.Arbitrary<Step> = fc.record({
  process: fc.integer({ min: 0, max: 1 }),
  partition: fc.integer({ min: 0, max: 11 }),
  count: fc.integer({ min: 1, max: 9 }),
  act: fc.constantFrom<Step["act"][]>("read", "read", "read", "hear", "hear", "commit", "commit", "crash", "move"),
});

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

it("a verdict over all partitions stops those that have records of the window, and nothing behind it is let go", () => {
  const halting: RuleSpec[] = [{ id: "nulls", kind: "nullRate", field: "/x", max: 0.25, action: "halt" }];
  const list = Array.from({ length: 28 }, (_, id): Item => ({ id, t: 3 * id, x: id < 10 ? null : 1 }));
  const api = group({ partitions: 2, items: list, processes: 2, rules: () => halting });
  for (const process of api.running) for (const partition of process.lanes.keys()) api.read(process, partition, 1000);
  api.settle();
  const counts = (): number[][] => api.seen.map(({ ports }) => [ports["quarantine"]!.length, ports["pass"]!.length]); // ports of a gate
  const stops = () =>
    api.running.flatMap(({ stage, lanes }) => [...lanes.keys()].map((partition) => stage.stopped!({ topic: "in", partition }, 7)));
  expect(counts().map(([q, p]) => [q! > 0, p])).toEqual([[true, 0], [true, 0]]); // prettier-ignore
  expect(counts().reduce((n, [q]) => n + q!, 0)).toBe(10);
  expect(stops()).toMatchObject(Array.from({ length: 2 }, () => ({ verdict: "gate/time/1970-01-01T00:00Z", rule: "nulls", since: 7 })));
  api.settle();
  api.crash(0); // it is in the state
  expect(stops().every((stop) => stop !== null)).toBe(true);
  for (const { stage, lanes } of api.running) for (const partition of lanes.keys()) stage.goOn!({ topic: "in", partition });
  api.finish();
  expect([stops(), counts().reduce((n, [, p]) => n + p!, 0)]).toEqual([[null, null], 18]);
});
