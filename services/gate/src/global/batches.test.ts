import { crc32 } from "node:zlib";
import type { Header } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { group, idsIn, shake, type Item, type Step } from "../../testdata/group.ts";
import { header, type Seen } from "../../testdata/harness.ts";

const WINDOW: Extract<WindowSpec, { kind: "batch" }> = { kind: "batch", scope: "global", hold: true };
const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "x", kind: "required", field: "/x" },
  { id: "whole", kind: "complete", action: "alert" },
];

interface Batch {
  readonly id: string;
  readonly xs: readonly (number | null)[];
  /** What the producer says: records, checksum. */
  readonly count: number | null;
  readonly sums?: boolean;
}

/** One batch after the other, each spread over the partitions by the keys of its records. */
function itemsOf(batches: readonly Batch[]): Item[] {
  let id = 0;
  return batches.flatMap((batch) => {
    const items = batch.xs.map((x): Omit<Item, "headers"> => ({ id: id++, t: 0, x }));
    const sum = items.reduce((all, item) => (all + crc32(JSON.stringify(item))) >>> 0, 0);
    const headers: Header[] = [
      header("batch-id", batch.id),
      ...(batch.count === null ? [] : [header("batch-count", String(batch.count))]),
      ...(batch.sums ? [header("batch-checksum", sum.toString(16).padStart(8, "0"))] : []),
    ];
    return items.map((item): Item => ({ ...item, headers }));
  });
}

const told = (id: string, xs: readonly (number | null)[], more: Partial<Batch> = {}): Batch => ({ id, xs, count: xs.length, ...more });

interface Told {
  readonly window: { readonly id: string };
  readonly n: number;
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly closedBy: string;
  readonly rules: readonly { readonly id: string; readonly verdict: string; readonly declared?: unknown }[];
}
const verdictsOf = (seen: readonly Seen[]): Told[] =>
  seen.flatMap((s) => s.verdicts).map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));

/** What does not depend on partitions: the port of every record, and what is said of every batch but where it lay. */
function facts(seen: readonly Seen[], ids: (partition: number, offset: number) => number): unknown {
  const fates = seen.flatMap(({ ports }, partition) =>
    Object.entries(ports).flatMap(([port, lines]) => lines.map((line) => [ids(partition, Number(line.split(" ")[0])), port] as const)),
  );
  const verdicts = verdictsOf(inOrder(seen)).map((verdict) => ({ ...verdict, id: null, partitions: null }));
  return { fates: fates.sort((a, b) => a[0] - b[0]), verdicts };
}

/** Verdicts on batches that share no partition may come in either order. */
const inOrder = (seen: readonly Seen[]): Seen[] => seen.map(({ ports, verdicts }) => ({ ports, verdicts: verdicts.toSorted() }));

const start = (batches: readonly Batch[], partitions: number, processes = 1, window: WindowSpec = WINDOW): ReturnType<typeof group> =>
  group({ partitions, items: itemsOf(batches), processes, window, rules: () => RULES });

const x = fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 });
const batches = fc
  .array(fc.record({ xs: fc.array(x, { minLength: 1, maxLength: 20 }), sums: fc.boolean() }), { minLength: 1, maxLength: 5 })
  .map((list) => list.map(({ xs, sums }, i): Batch => told(`b-${i}`, xs, { sums })));

const step: fc.Arbitrary<Step> = fc.record({
  process: fc.integer({ min: 0, max: 1 }),
  partition: fc.integer({ min: 0, max: 11 }),
  count: fc.integer({ min: 1, max: 9 }),
  act: fc.constantFrom<Step["act"][]>("read", "read", "read", "hear", "hear", "commit", "commit", "crash", "move"),
});

describe("batches over all partitions", () => {
  const steps = fc.array(step, { maxLength: 80 });

  it.each([1, 3, 12])("give one verdict and the same outputs whatever crashes, moves and lags: %i partitions", (partitions) => {
    const property = fc.property(batches, steps, fc.integer({ min: 1, max: 2 }), (list, acts, several) => {
      const items = itemsOf(list);
      const whole = start(list, 1);
      whole.finish();
      const calm = start(list, partitions);
      calm.finish();
      const shaken = start(list, partitions, several);
      shake(shaken, partitions, several, acts);
      expect(inOrder(shaken.seen)).toEqual(inOrder(calm.seen));
      expect(facts(shaken.seen, idsIn(items, partitions))).toEqual(facts(whole.seen, idsIn(items, 1)));
    });
    fc.assert(property, { numRuns: 25 });
  });

  it("are over when all partitions together have as many records as was declared, before anything has ended", () => {
    const api = start([told("a", [1, 2, 3, 4, 5, 6, 7], { sums: true }), told("b", [null, null, 1], { sums: true })], 3);
    api.finish(false);
    expect(api.held()).toBe(0);
    expect(
      verdictsOf(api.seen).map(({ window, n, verdict, quarantined, closedBy }) => [window.id, n, verdict, quarantined, closedBy]),
    ).toEqual([
      ["a", 7, "pass", false, "log"],
      ["b", 3, "breach", true, "log"],
    ]);
    expect(verdictsOf(api.seen).map(({ rules }) => rules.find(({ id }) => id === "whole")?.verdict)).toEqual(["pass", "pass"]);
  });

  it("wait for what is missing, and are incomplete when it does not come until the end", () => {
    const api = start([told("a", [1, 2, 3, 4, 5], { count: 6 })], 3);
    api.finish(false);
    expect(verdictsOf(api.seen)).toEqual([]);
    expect(api.held()).toBe(5);
    api.finish();
    expect(api.held()).toBe(0);
    expect(verdictsOf(api.seen)).toMatchObject([
      { n: 5, closedBy: "endOfInput", rules: [{ id: "nulls" }, { id: "whole", verdict: "breach" }] },
    ]);
  });

  it("of which no number was declared are over by silence, where the pipeline says so", () => {
    const over = (window: WindowSpec): Told[] => {
      const api = start([told("a", [1, 2, 3, 4], { count: null })], 2, 1, window);
      for (const partition of [0, 1]) api.read(api.running[0]!, partition, 9);
      for (const partition of [0, 1]) api.silence(api.running[0]!, partition);
      api.settle();
      return verdictsOf(api.seen);
    };
    expect(over(WINDOW)).toEqual([]);
    expect(over({ ...WINDOW, idleAfter: 1000 })).toMatchObject([{ window: { id: "a" }, n: 4, closedBy: "marker" }]);
  });

  it("that get more than was declared: what came after the verdict is quarantined as late, or a batch of its own", () => {
    const api = start([told("a", [1, 2, 3, 4, 5, 6, 7, 8, 9], { count: 4 })], 2);
    const running = api.running[0]!; // one process
    for (const partition of [0, 1, 0, 1, 0, 1, 0, 1, 0, 1]) {
      api.read(running, partition, 1);
      api.commit(running);
      api.hear(running);
    }
    api.finish();
    expect(api.held()).toBe(0);
    const fates = api.seen.flatMap(({ ports }) => Object.values(ports).flat());
    expect(fates).toHaveLength(9);
    expect(verdictsOf(api.seen).length).toBeGreaterThan(0);
  });

  it("may bear an id again once that batch is over", () => {
    const api = start([told("a", [1, 2, 3]), told("b", [1, 2, 3, 4]), told("a", [null, null])], 2);
    const running = api.running[0]!; // one process
    for (let round = 0; round < 9; round++) {
      for (const partition of [0, 1]) api.read(running, partition, 1);
      api.settle();
    }
    api.finish();
    expect(verdictsOf(api.seen).map(({ window, n, verdict }) => [window.id, n, verdict])).toEqual([
      ["a", 3, "pass"],
      ["b", 4, "pass"],
      ["a", 2, "breach"],
    ]);
    expect(new Set(api.seen.flatMap((s) => s.verdicts).map((line) => line.split(" ")[0])).size).toBe(3);
  });

  it("stop the partitions that have records of one that breaks a rule with halt, and nothing behind is let go", () => {
    const items = itemsOf([
      told(
        "bad",
        Array.from({ length: 14 }, () => null),
      ),
      told(
        "good",
        Array.from({ length: 14 }, () => 1),
      ),
    ]);
    const rules: RuleSpec[] = [{ id: "nulls", kind: "nullRate", field: "/x", max: 0.25, action: "halt" }];
    const api = group({ partitions: 2, items, processes: 1, window: WINDOW, rules: () => rules });
    const [running] = api.running;
    for (const partition of [0, 1]) api.read(running!, partition, 1000);
    api.settle();
    const count = (port: string): number => api.seen.reduce((n, { ports }) => n + ports[port]!.length, 0);
    const stops = () => [0, 1].map((partition) => running!.stage.stopped!({ topic: "in", partition }, 7));
    expect([count("quarantine"), count("pass")]).toEqual([14, 0]);
    const verdict = api.seen.flatMap((s) => s.verdicts).find((line) => line.includes('"breach"'))?.split(" ")[0]; // prettier-ignore
    expect(stops()).toMatchObject([{ verdict, rule: "nulls" }, { verdict }]);
    for (const partition of [0, 1]) running!.stage.goOn!({ topic: "in", partition });
    api.settle();
    expect([count("quarantine"), count("pass"), stops()]).toEqual([14, 14, [null, null]]);
  });

  it("leave no notes behind once they are let go", () => {
    const api = start([told("a", [1, 2, 3, 4, 5, 6, 7]), told("b", [1, 2])], 3, 2);
    api.finish();
    const left = api.states.flatMap((state) => [...state.keys()]).filter((key) => /^(partial|verdict)/.test(key));
    expect(left).toEqual([]);
  });
});
