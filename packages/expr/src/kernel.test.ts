import { ABSENT, NULL, OTHER, PRESENT, type Column } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { compileExpression } from "./compile.ts";
import { FALSE, RAISED, TRUE, type Expression, type FieldTypes, type KernelRead, type Scope } from "./expression.ts";

const fields: FieldTypes = new Map([
  ["record.n", "number"],
  ["record.m", "number"],
  ["record.s", "string"],
  ["record.t", "string"],
  ["record.f", "bool"],
  ["record.g", "bool"],
  ["record.deep.n", "number"],
  ["record.odd-name", "number"],
  ["record.any", "dyn"],
  ["prediction.confidence", "number"],
  ["prediction.label", "string"],
  ["ctx.limit", "number"],
  ["ctx.carrier", "string"],
  ["ctx.carriers", "list"],
  ["ctx.on", "bool"],
]);
const ctx = { limit: 0.5, carrier: "UA", carriers: ["UA", "AA"], on: true };

function valueOf(scope: Scope, path: string): unknown {
  const [root = "", ...names] = path.split(".");
  let value: unknown = root === "record" ? scope.record : scope.prediction;
  for (const name of names) {
    if (typeof value !== "object" || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) return undefined;
    value = Reflect.get(value, name);
  }
  return value;
}

/** The columns that a reader makes; NaN, which is no JSON, as a present value. */
function columnOf(read: KernelRead, scopes: readonly Scope[]): Column {
  const values = scopes.map((scope) => valueOf(scope, read.path));
  const fits = (v: unknown): boolean => (read.as === "number" ? typeof v === "number" && Math.abs(v) !== Infinity : typeof v === read.as);
  const presence = Uint8Array.from(values, (v) => (v === undefined ? ABSENT : v === null ? NULL : fits(v) ? PRESENT : OTHER));
  if (read.as === "boolean") return { kind: "boolean", values: Uint8Array.from(values, (v) => (v === true ? 1 : 0)), presence };
  if (read.as === "number")
    return { kind: "number", values: Float64Array.from(values, (v) => (typeof v === "number" && fits(v) ? v : NaN)), presence };
  const dictionary = [...new Set(values.filter((v) => typeof v === "string"))];
  return {
    kind: "string",
    codes: Int32Array.from(values, (v) => (typeof v === "string" ? dictionary.indexOf(v) : -1)),
    dictionary,
    presence,
  };
}

function decide(expression: Expression, scope: Scope): number {
  try {
    return expression.evaluate(scope) === true ? TRUE : FALSE;
  } catch (error) {
    if (error instanceof Error && error.name === "ExpressionError") return RAISED;
    throw error;
  }
}

const compiled = (source: string): Expression => {
  const { expression, problems } = compileExpression(source, fields, { expect: "bool", ctx });
  if (!expression) throw new Error(`${source}: ${JSON.stringify(problems)}`);
  return expression;
};

const number = fc.constantFrom("0", "1", "-1", "0.5", "2.0", "1e3", "9007199254740992", "-0.0", "ctx.limit");
const string = fc.constantFrom(`"UA"`, `'AA'`, `""`, `"é😀"`, `"\\n"`, "ctx.carrier");
const numberField = fc.constantFrom("record.n", "record.m", "record.deep.n", `record["odd-name"]`, "prediction.confidence");
const stringField = fc.constantFrom("record.s", "record.t", "prediction.label", `record["s"]`);
const flagField = fc.constantFrom("record.f", "record.g");
const order = fc.constantFrom("<", "<=", ">", ">=", "==", "!=");
const equality = fc.constantFrom("==", "!=");
const infix = (a: fc.Arbitrary<string>, op: fc.Arbitrary<string>, b: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.tuple(a, op, b).map((parts) => parts.join(" "));
const listOf = (item: fc.Arbitrary<string>): fc.Arbitrary<string> =>
  fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => `[${items.join(", ")}]`);
const leaf = fc.oneof(
  infix(numberField, order, number),
  infix(number, order, numberField),
  infix(numberField, order, numberField),
  infix(stringField, order, string),
  infix(string, order, stringField),
  infix(stringField, order, stringField),
  infix(flagField, equality, fc.constantFrom("true", "false", "ctx.on")),
  infix(flagField, order, flagField),
  flagField,
  infix(fc.oneof(numberField, stringField, flagField), equality, fc.constant("null")),
  infix(fc.constant("null"), equality, numberField),
  infix(numberField, fc.constant("in"), listOf(number)),
  infix(stringField, fc.constant("in"), fc.oneof(listOf(string), fc.constant("ctx.carriers"))),
  fc.constantFrom(
    "has(record.n)",
    "has(record.s)",
    "has(record.any)",
    "has(prediction.confidence)",
    "has(record.deep)",
    "true",
    "false",
    "ctx.on",
  ),
);
const { condition } = fc.letrec<{ condition: string }>((tie) => ({
  condition: fc.oneof(
    { maxDepth: 4, withCrossShrink: true },
    leaf,
    infix(tie("condition"), fc.constantFrom("&&", "||"), tie("condition")).map((c) => `(${c})`),
    tie("condition").map((c) => `!(${c})`),
  ),
}));

const odd = fc.constantFrom<unknown>(null, [], [1], {}, { constructor: 1 }, "UA", 7, true, Infinity, -Infinity, "");
const member = (good: fc.Arbitrary<unknown>): fc.Arbitrary<unknown> =>
  fc.oneof({ weight: 4, arbitrary: good }, { weight: 2, arbitrary: odd });
const aNumber = member(fc.constantFrom(0, -0, 1, -1, 0.5, 2, 1000, 2 ** 53, NaN, 5e-324));
const aString = member(fc.constantFrom("UA", "AA", "", "é😀", "\n", "ua"));
const aRecord = fc.record(
  {
    n: aNumber,
    m: aNumber,
    s: aString,
    t: aString,
    f: member(fc.boolean()),
    g: member(fc.boolean()),
    "odd-name": aNumber,
    any: odd,
    deep: fc.oneof(fc.record({ n: aNumber }, { requiredKeys: [] }), odd),
    constructor: odd,
  },
  { requiredKeys: [] },
);
const aScope: fc.Arbitrary<Scope> = fc.record(
  {
    record: fc.oneof({ weight: 12, arbitrary: aRecord }, { weight: 1, arbitrary: odd }),
    prediction: fc.oneof(fc.record({ confidence: aNumber, label: aString }, { requiredKeys: [] }), odd),
  },
  { requiredKeys: ["record"] },
);

describe("a kernel", () => {
  it("decides every row as the evaluator decides the record", () => {
    let kernels = 0;
    fc.assert(
      fc.property(condition, fc.array(aScope, { minLength: 1, maxLength: 12 }), (source, scopes) => {
        const expression = compiled(source);
        if (expression.kernel === null) throw new Error(`no kernel for ${source}`);
        kernels++;
        const columns = expression.kernel.reads.map((read) => columnOf(read, scopes));
        const decisions = [...expression.kernel.run(columns, scopes.length)];
        expect({ source, decisions }).toEqual({ source, decisions: scopes.map((scope) => decide(expression, scope)) });
      }),
      { numRuns: 4000 },
    );
    expect(kernels).toBeGreaterThanOrEqual(4000);
  });

  it.each([
    ["record.n + 1 > 2"],
    ["record.s.startsWith('U')"],
    ["record.any == 5"],
    ["record.n == 9007199254740993"],
    ["record.s.matches('^U')"],
    ["has(record.deep.n)"],
    ["record.f ? true : false"],
    ["record.n in [1, null]"],
    ["size(record.s) > 1"],
    ["record.f && record.n + 1 > 2"],
  ])("leaves %s to the evaluator", (source) => {
    expect(compiled(source).kernel).toBeNull();
  });

  it("reads each column once, and needs the kind it asked for", () => {
    const kernel = compiled("record.n > 1 && (record.n < 5 || has(record.n)) && prediction.label == 'late'").kernel;
    expect(kernel?.reads).toEqual([
      { path: "record.n", as: "number" },
      { path: "prediction.label", as: "string" },
    ]);
    expect(() => kernel?.run([], 0)).toThrow("record.n as a column of kind number and was given none");
  });

  it("takes the spec's constants as literals", () => {
    const kernel = compiled("prediction.confidence >= ctx.limit && record.s in ctx.carriers").kernel;
    const scopes = [
      { record: { s: "AA" }, prediction: { confidence: 0.5 } },
      { record: { s: "DL" }, prediction: { confidence: 0.9 } },
    ];
    expect([
      ...(kernel?.run(
        kernel.reads.map((read) => columnOf(read, scopes)),
        2,
      ) ?? []),
    ]).toEqual([TRUE, FALSE]);
  });
});
