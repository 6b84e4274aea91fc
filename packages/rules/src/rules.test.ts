import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { judgeBatch } from "./judge-batch.ts";
import { judgeWindow, type Verdict } from "./judge-window.ts";
import { CODES } from "./row-code.ts";
import { compileRuleSet, type RuleSet } from "./rule-set.ts";
import type { RuleSpec } from "./spec.ts";
import { addTally, countRows, emptyTally, type OpenTally } from "./tally.ts";
import { timeWindows } from "./time-windows.ts";
import { windowTime } from "./window-id.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: { x: { type: ["number", "null"] }, s: { type: ["string", "null"] }, m: {} },
});
const compile = (rules: readonly RuleSpec[], minRecords = 0): RuleSet =>
  compileRuleSet(rules, { stage: "gate", contract, sha256, minRecords });

function judge(rules: RuleSet, values: readonly string[]): ReturnType<typeof judgeBatch> {
  const batch = batchOf(
    { topic: "in", partition: 0 },
    values.map((v) => ({ value: new TextEncoder().encode(v) })),
  );
  return judgeBatch(rules, { batch, read: contract.reader(rules.requests).read(batch), repeats: new Map() }, null);
}

describe("record rules", () => {
  const cases: readonly [RuleSpec, string, string | null][] = [
    [{ id: "r", kind: "required", field: "/x" }, '{"x":0}', null],
    [{ id: "r", kind: "required", field: "/x" }, '{"x":null}', "r: /x is null, a value is required"],
    [{ id: "r", kind: "required", field: "/x" }, "{}", "r: /x is absent, a value is required"],
    [{ id: "r", kind: "required", field: "/x", missing: { null: false } }, '{"x":null}', null],
    [{ id: "r", kind: "required", field: "/x", missing: { sentinels: [-999] } }, '{"x":-999}', "r: /x is -999, a value is required"],
    [{ id: "r", kind: "required", field: "/s", missing: { sentinels: ["NA"] } }, '{"s":"NA"}', 'r: /s is "NA", a value is required'],
    [{ id: "r", kind: "range", field: "/x", min: 1, max: 2 }, '{"x":2}', null],
    [{ id: "r", kind: "range", field: "/x", min: 1, max: 2 }, '{"x":2.5}', "r: /x is 2.5, allowed: 1 to 2"],
    [{ id: "r", kind: "range", field: "/x", min: 1 }, '{"x":null}', null],
    [{ id: "r", kind: "range", field: "/m", min: 1 }, '{"m":"5"}', "r: /m is of another type, allowed: at least 1"],
    [{ id: "r", kind: "oneOf", field: "/s", values: ["a", "b"] }, '{"s":"b"}', null],
    [{ id: "r", kind: "oneOf", field: "/s", values: ["a", "b"] }, '{"s":"c"}', 'r: /s is "c", allowed: "a", "b"'],
    [{ id: "r", kind: "oneOf", field: "/m", values: ["a", 1, true] }, '{"m":1}', null],
    [{ id: "r", kind: "oneOf", field: "/m", values: ["a", 1, true] }, '{"m":false}', 'r: /m is false, allowed: "a", 1, true'],
    [{ id: "r", kind: "pattern", field: "/s", pattern: "^N[0-9]+$" }, '{"s":"N12"}', null],
    [{ id: "r", kind: "pattern", field: "/s", pattern: "^N[0-9]+$" }, '{"s":"M12"}', 'r: /s is "M12", allowed: text like ^N[0-9]+$'],
    [{ id: "r", kind: "length", field: "/s", max: 2 }, '{"s":"\u00e9\u{1f600}"}', null],
    [{ id: "r", kind: "length", field: "/s", min: 2, max: 3 }, '{"s":"\u00e9"}', 'r: /s is "\u00e9", allowed: 2 to 3 characters'],
    [{ id: "r", kind: "range", field: "/x", max: 1, mode: "observe" }, '{"x":5}', null],
    [{ id: "r", kind: "range", field: "/x", max: 1, mode: "off" }, '{"x":5}', null],
    [{ id: "r", kind: "range", field: "/x", max: 1, action: "alert" }, '{"x":5}', null],
  ];
  it.each(cases)("%j on %s", (rule, record, message) => {
    expect(judge(compile([rule]), [record]).refused.get(0)?.failure.message ?? null).toBe(message);
  });

  it("collects all violations of a record, at most 20", () => {
    const rules = compile(Array.from({ length: 25 }, (_, i): RuleSpec => ({ id: `r${i}`, kind: "range", field: "/x", max: i })));
    const { failure } = judge(rules, ['{"x":100}']).refused.get(0)!;
    expect(failure.rules).toHaveLength(20);
    expect(failure.rules![1]).toBe(`gate@${rules.digest.slice(0, 8)}/r1`);
  });
});

describe("window rules", () => {
  const x = (...values: (number | null | undefined)[]): string[] => values.map((v) => JSON.stringify({ x: v }));
  const cases: readonly [RuleSpec, string[], number, Verdict, number, number][] = [
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.5 }, x(1, null), 0, "pass", 1, 2],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.5 }, x(1, null, undefined), 0, "breach", 2, 3],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.5 }, x(null), 2, "insufficient", 1, 1],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0 }, ["{", "{"], 0, "insufficient", 0, 0],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.5 }, ['{"x":"text"}', ...x(1, null)], 0, "pass", 1, 2],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.4 }, ['{"x":null,"s":1}', ...x(1)], 0, "breach", 1, 2],
    [{ id: "r", kind: "range", field: "/x", max: 1, mostly: 0.5 }, x(1, 2, null), 0, "pass", 1, 2],
    [{ id: "r", kind: "range", field: "/x", max: 1, mostly: 0.6 }, x(1, 2, null), 0, "breach", 1, 2],
    [{ id: "r", kind: "range", field: "/x", max: 1, mostly: 0.6, denominator: "all" }, x(1, 2, null), 0, "pass", 1, 3],
    [{ id: "r", kind: "range", field: "/x", max: 1, mostly: 0.6 }, x(null, null), 0, "insufficient", 0, 0],
    [{ id: "r", kind: "required", field: "/x", action: "quarantineWindow" }, x(1, null), 0, "breach", 1, 2],
    [{ id: "r", kind: "nullRate", field: "/x", max: 0.5, warn: 0.25 }, x(1, 1, null), 0, "pass", 1, 3],
    [{ id: "r", kind: "volume", min: 2 }, x(1), 5, "breach", 1, 1],
    [{ id: "r", kind: "volume", min: 2, max: 2 }, x(1, 2), 5, "pass", 2, 2],
  ];
  it.each(cases)("%j on %j with minRecords %i: %s", (rule, records, minRecords, verdict, k, n) => {
    const rules = compile([rule], minRecords);
    const tally = emptyTally(rules);
    countRows(tally, judge(rules, records), 0, records.length);
    expect(judgeWindow(rules, tally).rules[0]).toMatchObject({ verdict, k, n });
  });

  it("above the lower bar a window passes with a flag, at it without", () => {
    const rules = compile([{ id: "r", kind: "nullRate", field: "/x", max: 0.5, warn: 0.25 }]);
    const judged = (records: readonly string[]): [string, readonly string[], true | undefined] => {
      const tally = emptyTally(rules);
      countRows(tally, judge(rules, records), 0, records.length);
      const { verdict, tags, rules: answers } = judgeWindow(rules, tally);
      return [verdict, tags, answers[0]?.warns];
    };
    expect(judged(x(1, 1, null))).toEqual(["pass", ["r=warn"], true]);
    expect(judged(x(1, 1, 1, null))).toEqual(["pass", [], undefined]);
    expect(judged(x(1, null, null))).toEqual(["breach", [], true]);
  });

  it.each([
    ["pass", "pass"],
    ["quarantine", "quarantine"],
    ["mergeNext", "mergeNext"],
  ] as const)("not enough evidence with onInsufficient %s: %s", (onInsufficient, outcome) => {
    const rules = compile([{ id: "r", kind: "nullRate", field: "/x", max: 0, onInsufficient }], 5);
    expect(judgeWindow(rules, emptyTally(rules))).toMatchObject({ outcome, verdict: "insufficient", tags: ["r=insufficient"] });
  });
});

describe("a rule that stops its stage", () => {
  const halt: RuleSpec = { id: "h", kind: "required", field: "/x", action: "halt", owner: "user:b" };
  const pause: RuleSpec = { id: "p", kind: "nullRate", field: "/x", max: 0.5, action: "pause" };
  const stopBy = (rules: readonly RuleSpec[], ...xs: (number | null)[]) => {
    const set = compile(rules);
    const tally = emptyTally(set);
    countRows(tally, judge(set, xs.map((x) => JSON.stringify({ x }))), 0, xs.length); // prettier-ignore
    const { outcome, stop } = judgeWindow(set, tally);
    return [outcome, stop, set.stops];
  };
  it.each<[string, RuleSpec[], (number | null)[], unknown[]]>([
    [
      "judges windows, also where its kind judges records",
      [halt],
      [1, null],
      ["quarantine", { rule: "h", action: "halt", owner: "user:b", forMs: null }, true],
    ],
    ["pauses for five minutes", [pause], [null, null], ["quarantine", { rule: "p", action: "pause", forMs: 300_000 }, true]],
    ["pauses for as long as it says", [{ ...pause, for: 1000 }], [null], ["quarantine", { rule: "p", action: "pause", forMs: 1000 }, true]],
    ["does nothing while it is kept", [pause], [1, null], ["pass", undefined, true]],
    [
      "gives way to one that stops for longer",
      [pause, halt],
      [null],
      ["quarantine", { rule: "h", action: "halt", owner: "user:b", forMs: null }, true],
    ],
    ["stops nothing while it observes", [{ ...halt, mode: "observe" }], [null], ["pass", undefined, false]],
  ])("%s", (_, rules, xs, expected) => {
    expect(stopBy(rules, ...xs)).toEqual(expected);
  });
});

describe("what cannot be judged is refused", () => {
  it("a limit finer than millionths", () => {
    expect(() => compile([{ id: "r", kind: "nullRate", field: "/x", max: 0.12345678 }])).toThrow(/WEIR-2203/);
  });
});

describe("tallies are a commutative monoid", () => {
  const rules = { rules: { length: 3 }, cells: 7, distinct: [{ limit: 1 }, { limit: 4 }], names: true };
  const numbers = (length: number): fc.Arbitrary<Float64Array> =>
    fc.array(fc.nat(1e6), { minLength: length, maxLength: length }).map((counts) => Float64Array.from(counts));
  const values = (limit: number): fc.Arbitrary<Set<number> | null> =>
    fc.uniqueArray(fc.nat(6), { maxLength: 7 }).map((list) => (list.length > limit ? null : new Set(list)));
  const names = fc.option(
    fc
      .uniqueArray(fc.tuple(fc.nat(1200).map(String), fc.nat(1e6)), { maxLength: 700, selector: ([name]) => name })
      .map((list) => new Map(list)),
    { freq: 9 },
  );
  const tally: fc.Arbitrary<OpenTally> = fc.record({
    records: fc.nat(1e6),
    counts: numbers(3 * CODES),
    cells: numbers(7),
    distinct: fc.tuple(values(1), values(4)),
    names: names,
  });
  const sum = (...parts: OpenTally[]): OpenTally => {
    const to = emptyTally(rules);
    for (const part of parts) addTally(rules, to, part);
    return to;
  };
  it("identity, associativity, commutativity", () => {
    fc.assert(
      fc.property(tally, tally, tally, (a, b, c) => {
        expect(sum(emptyTally(rules), a)).toEqual(a);
        expect(sum(sum(a, b), c)).toEqual(sum(a, sum(b, c)));
        expect(sum(a, b)).toEqual(sum(b, a));
      }),
    );
  });
  it("any split of the rows adds up to the whole", () => {
    const ruleSet = compile([
      { id: "n", kind: "nullRate", field: "/x", max: 0.5 },
      { id: "r", kind: "range", field: "/x", max: 1, mostly: 0.5 },
      { id: "v", kind: "volume", min: 1 },
      { id: "q", kind: "quantile", field: "/x", q: 0.5, max: 1 },
      { id: "m", kind: "mean", field: "/x", max: 1 },
      { id: "c", kind: "cardinality", field: "/x", max: 1 },
    ]);
    const record = fc.constantFrom('{"x":1}', '{"x":2}', '{"x":null}', '{"x":"text"}', "{}", "{");
    fc.assert(
      fc.property(fc.array(record, { minLength: 1, maxLength: 50 }), fc.nat(50), (records, at) => {
        const judgement = judge(ruleSet, records);
        const cut = Math.min(at, records.length);
        const [whole, left, right] = [emptyTally(ruleSet), emptyTally(ruleSet), emptyTally(ruleSet)];
        countRows(whole, judgement, 0, records.length);
        countRows(left, judgement, 0, cut);
        countRows(right, judgement, cut, records.length);
        addTally(ruleSet, left, right);
        expect(left).toEqual(whole);
      }),
    );
  });
});

describe("windows of event time", () => {
  it.each([
    ["2013-02-01T05:00:00Z", { every: 86_400_000, offset: 18_000_000 }, "2013-02-01T05:00Z", "2013-02-02T05:00Z"],
    ["2013-02-01T04:59:59.999Z", { every: 86_400_000, offset: 18_000_000 }, "2013-01-31T05:00Z", "2013-02-01T05:00Z"],
    ["1969-12-31T23:59:59Z", { every: 60_000 }, "1969-12-31T23:59Z", "1970-01-01T00:00Z"],
    ["2013-03-10T12:00:00Z", { every: 86_400_000, timezone: "America/New_York" }, "2013-03-10T05:00Z", "2013-03-11T04:00Z"],
    ["2013-11-03T12:00:00Z", { every: 86_400_000, timezone: "America/New_York" }, "2013-11-03T04:00Z", "2013-11-04T05:00Z"],
    ["2018-11-04T12:00:00Z", { every: 86_400_000, timezone: "America/Sao_Paulo" }, "2018-11-04T03:00Z", "2018-11-05T02:00Z"],
  ])("%s in %j begins at %s and ends at %s", (at, spec, start, end) => {
    const window = timeWindows(spec)(Date.parse(at));
    expect([windowTime(window.start), windowTime(window.end)]).toEqual([start, end]);
  });
  it("shows seconds only where there are any", () => {
    expect([windowTime(30_000), windowTime(30_500)]).toEqual(["1970-01-01T00:00:30Z", "1970-01-01T00:00:30.500Z"]);
  });
});
