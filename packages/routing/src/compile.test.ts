import { ABSENT, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import type { FieldTypes, KernelRead } from "@weir/expr";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileRouter } from "./compile.ts";
import { UNDECIDED, type Router } from "./decision.ts";
import type { RouterSpec } from "./spec.ts";

const fields: FieldTypes = new Map([
  ["record.carrier", "string"],
  ["record.distance", "number"],
  ["prediction.confidence", "number"],
]);
const high = { id: "high", when: "prediction.confidence >= 0.9", to: "auto" };
const middle = { id: "middle", when: "prediction.confidence >= 0.6", to: "review" };
const spec = (more: Partial<RouterSpec> = {}): RouterSpec => ({ rules: [high, middle], default: "manual", ...more });

interface Row {
  readonly record?: unknown;
  readonly prediction?: unknown;
}
const at = (row: Row, path: string): unknown =>
  path
    .split(".")
    .reduce<unknown>(
      (value, name) => (typeof value === "object" && value !== null && name in value ? Reflect.get(value, name) : undefined),
      row,
    );
const columnOf = (read: KernelRead, rows: readonly Row[]): Column => {
  const values = rows.map((row) => at(row, read.path));
  const presence = Uint8Array.from(values, (v) => (v === undefined ? ABSENT : v === null ? NULL : typeof v === read.as ? PRESENT : OTHER));
  if (read.as === "string")
    return {
      kind: "string",
      codes: Int32Array.from(values, (v, i) => (presence[i] === PRESENT ? i : -1)),
      dictionary: values.map(String),
      presence,
    };
  if (read.as === "boolean") return { kind: "boolean", values: Uint8Array.from(values, (v) => (v === true ? 1 : 0)), presence };
  return { kind: "number", values: Float64Array.from(values, (v) => (typeof v === "number" ? v : NaN)), presence };
};
const compiled = (of: RouterSpec): Router => {
  const { router, problems } = compileRouter(of, fields);
  if (!router) throw new Error(JSON.stringify(problems));
  return router;
};
const route = (of: RouterSpec, rows: readonly Row[], leaveOut: ReadonlyMap<number, unknown> = new Map()): readonly string[] => {
  const router = compiled(of);
  const asked: number[] = [];
  const scopeAt = (row: number): Row => (asked.push(row), rows[row] ?? {});
  const { decided, failures } = router.decide({
    count: rows.length,
    columns: router.reads.map((read) => columnOf(read, rows)),
    scopeAt,
    leaveOut,
  });
  expect(new Set(asked).size).toBe(asked.length);
  return Array.from(decided, (decision, row) =>
    decision === UNDECIDED ? (failures.get(row)?.message ?? "left out") : (router.labels[decision] ?? ""),
  );
};
const sure = (confidence: unknown): Row => ({ record: {}, prediction: { confidence } });

describe("a router", () => {
  it("takes the first rule that matches, and the default where none does", () => {
    expect(route(spec(), [sure(0.95), sure(0.9), sure(0.899999), sure(0.6), sure(0.1)])).toEqual([
      "auto/high",
      "auto/high",
      "review/middle",
      "review/middle",
      "manual/default",
    ]);
  });

  it("names branches in order of first mention, the default last", () => {
    const router = compiled(spec({ rules: [high, middle, { id: "far", when: "record.distance > 5", to: "auto" }], default: "review" }));
    expect([router.branches, router.labels, [...router.branchOf]]).toEqual([
      ["auto", "review"],
      ["auto/high", "review/middle", "auto/far", "review/default"],
      [0, 1, 0, 1],
    ]);
  });

  it("fails records for which a rule has no value, with the rule's reason", () => {
    expect(route(spec(), [sure(null), { record: {} }, sure("high"), sure(0.7)])).toEqual([
      "rule high: `prediction.confidence >= 0.9`: no such overload: null >= double",
      "rule high: `prediction.confidence >= 0.9`: No such key: confidence",
      "rule high: `prediction.confidence >= 0.9`: prediction.confidence is not a number",
      "review/middle",
    ]);
  });

  it.each([
    ["skip", ["manual/default"]],
    ["dead-letter", ["rule high: `prediction.confidence >= 0.9`: No such key: confidence"]],
  ] as const)("with onError %s", (onError, expected) => {
    expect(route(spec({ rules: [{ ...high, onError }] }), [{ record: {} }])).toEqual(expected);
  });

  it("mixes rules over columns with rules over objects, in their order", () => {
    const rules = [high, { id: "united", when: "record.carrier.startsWith('U')", to: "united" }, middle];
    const rows = [
      { record: { carrier: "UA" }, prediction: { confidence: 0.95 } },
      { record: { carrier: "UA" }, prediction: { confidence: 0.7 } },
      { record: { carrier: "AA" }, prediction: { confidence: 0.7 } },
      { record: {}, prediction: { confidence: 0.7 } },
    ];
    expect(route(spec({ rules }), rows)).toEqual([
      "auto/high",
      "united/united",
      "review/middle",
      "rule united: `record.carrier.startsWith('U')`: No such key: carrier",
    ]);
  });

  it("asks for no object where columns decide", () => {
    const router = compiled(spec());
    const rows = [sure(0.95), sure(0.1)];
    const scopeAt = (): Row => {
      throw new Error("an object was asked for");
    };
    expect([...router.decide({ count: 2, columns: router.reads.map((read) => columnOf(read, rows)), scopeAt }).decided]).toEqual([0, 2]);
    expect(router.needsObjects).toBe(false);
  });

  it("decides nothing about rows that are left out", () => {
    expect(route(spec(), [sure(0.95), sure(0.95)], new Map([[0, "no JSON"]]))).toEqual(["left out", "auto/high"]);
  });

  it("knows the lists and thresholds of its spec", () => {
    const rules = [{ id: "known", when: "record.carrier in ctx.carriers && prediction.confidence >= ctx.limits.high", to: "auto" }];
    const of = spec({ rules, ctx: { carriers: ["UA"], limits: { high: 0.8 } } });
    expect(compiled(of).needsObjects).toBe(false);
    expect(
      route(of, [
        { record: { carrier: "UA" }, prediction: { confidence: 0.8 } },
        { record: { carrier: "AA" }, prediction: { confidence: 0.8 } },
      ]),
    ).toEqual(["auto/known", "manual/default"]);
  });

  it("decides over columns as over objects", () => {
    // `[…][0]` keeps a rule from having a kernel and means the same.
    const conditions = [
      "prediction.confidence >= 0.9",
      "record.carrier == 'UA'",
      "record.distance > 100.0 && record.carrier != 'AA'",
      "has(record.carrier)",
    ];
    const rule = fc.record({
      when: fc.constantFrom(...conditions),
      to: fc.constantFrom("a", "b"),
      onError: fc.constantFrom("fail" as const, "skip" as const),
    });
    const value = fc.option(fc.oneof(fc.constantFrom<unknown>(0.95, 0.5, "UA", "AA", 200, null)), { nil: undefined });
    const row = fc
      .record({ carrier: value, distance: value, confidence: value })
      .map(
        ({ carrier, distance, confidence }): Row =>
          JSON.parse(JSON.stringify({ record: { carrier, distance }, prediction: { confidence } })) as Row,
      );
    fc.assert(
      fc.property(fc.array(rule, { maxLength: 4 }), fc.array(row, { maxLength: 8 }), (chosen, rows) => {
        const rules = chosen.map((r, i) => ({ id: `r${i}`, ...r }));
        const byObject = rules.map((r) => ({ ...r, when: `[${r.when}][0]` }));
        const plain = (labels: readonly string[]): readonly string[] => labels.map((label) => label.replaceAll(/\[|\]\[0\]/g, ""));
        expect(plain(route(spec({ rules: byObject }), rows))).toEqual(route(spec({ rules }), rows));
      }),
      { numRuns: 300 },
    );
  });
});

describe("a router is refused", () => {
  it.each<[string, Partial<RouterSpec>, object]>([
    ["without a default", { default: "" }, { kind: "default", rule: "default" }],
    ["with one id twice", { rules: [high, { ...middle, id: "high" }] }, { kind: "rule", rule: "high" }],
    ["with a rule that is called default", { rules: [{ ...high, id: "default" }] }, { kind: "rule", rule: "default" }],
    ["with a branch that is called dlq", { rules: [{ ...high, to: "dlq" }] }, { kind: "branch", rule: null }],
    ["with a share above 1", { sample: { share: 2, to: "audit" } }, { kind: "sample", rule: null }],
    ["with a share that is no number", { sample: { share: NaN, to: "audit" } }, { kind: "sample", rule: null }],
    [
      "with a rule on an unknown field",
      { rules: [{ ...high, when: "prediction.confidense > 0.5" }] },
      { kind: "expression", rule: "high", column: 12, hint: "did you mean `prediction.confidence`?" },
    ],
    [
      "with a rule that is no question",
      { rules: [{ ...high, when: "prediction.confidence" }] },
      { kind: "expression", rule: "high", column: 1 },
    ],
    [
      "with a constant that is not there",
      { rules: [{ ...high, when: "prediction.confidence > ctx.low" }] },
      { kind: "expression", rule: "high" },
    ],
  ])("%s", (_, more, problem) => {
    const { router, problems } = compileRouter(spec(more), fields);
    expect(router).toBeNull();
    expect(problems).toEqual([expect.objectContaining(problem)]);
  });
});
