import { Environment, EvaluationError } from "@marcbachmann/cel-js";
import { ROOTS, type FieldType } from "./expression.ts";
import { compileRe2, type Pattern } from "./pattern.ts";

export const MAX_DEPTH = 50;
export const MAX_NODES = 500;
export const MAX_BYTES = 2048;

/** CEL's names of our types. */
const CEL_TYPES: Readonly<Record<FieldType, string>> = {
  number: "double",
  string: "string",
  bool: "bool",
  timestamp: "google.protobuf.Timestamp",
  list: "list",
  map: "map",
  dyn: "dyn",
};

/** Calls around the reads of declared fields: `number_(record.distance, "record.distance")`. */
export function guardName(type: FieldType): string {
  return `${type}_`;
}

/** What `matches` is renamed to: the built-in one backtracks. */
export const MATCHES = "matchesLinear";

/**
 * Three dialects of one language. `source`: as people write it, with the limits. `checked`: with guarded reads that have
 * their declared type, for errors before the first record. `evaluated`: with guarded reads that have the type of their
 * value, because a field may be null and CEL binds operators of known types without looking.
 */
export interface Dialects {
  readonly source: Environment;
  readonly checked: Environment;
  readonly evaluated: Environment;
}

let dialects: Dialects | null = null;

/** Made at first use: environments are expensive, and have no state. */
export function celDialects(): Dialects {
  dialects ??= { source: createSource(), checked: createGuarded(true), evaluated: createGuarded(false) };
  return dialects;
}

function createSource(): Environment {
  return withRoots(new Environment({ limits: { maxAstNodes: MAX_NODES, maxDepth: MAX_DEPTH } }));
}

function createGuarded(typed: boolean): Environment {
  // Room for the guards around every node; the source has kept the real limits.
  const env = withRoots(
    new Environment({ homogeneousAggregateLiterals: false, limits: { maxAstNodes: MAX_NODES * 4, maxDepth: MAX_DEPTH * 3 } }),
  );
  for (const [type, accepts, wanted] of GUARDS) {
    const result = typed ? CEL_TYPES[type] : "dyn";
    const handler = (value: unknown, path: unknown): unknown => guard(value, String(path), accepts, wanted);
    env.registerFunction(`${guardName(type)}(dyn, string): ${result}`, handler, { async: false });
  }
  env.registerFunction(`string.${MATCHES}(string): bool`, matches, { async: false });
  env.registerFunction("timestamp(google.protobuf.Timestamp): google.protobuf.Timestamp", (time: unknown) => time, { async: false });
  registerMixedArithmetic(env);
  if (typed) registerStaticOnly(env);
  return env;
}

function withRoots(env: Environment): Environment {
  for (const root of ROOTS) env.registerVariable(root, "dyn");
  return env;
}

/** Takes the value as it is or in CEL's form; undefined: not of the type. */
type Accepts = (value: unknown) => unknown;

const GUARDS: readonly (readonly [FieldType, Accepts, string])[] = [
  // JSON text such as 1e999 parses as Infinity, which is no value of a number column.
  ["number", (v) => (typeof v === "number" && Math.abs(v) !== Infinity ? v : undefined), "a number"],
  ["string", (v) => (typeof v === "string" ? v : undefined), "text"],
  ["bool", (v) => (typeof v === "boolean" ? v : undefined), "true or false"],
  ["timestamp", timeOf, "a time (RFC 3339 text, or milliseconds since 1970)"],
  ["list", (v) => (Array.isArray(v) ? v : undefined), "a list"],
  ["map", (v) => (v instanceof Map ? v : undefined), "an object"],
];

function guard(value: unknown, path: string, accepts: Accepts, wanted: string): unknown {
  if (value === null) return null;
  const accepted = accepts(value);
  if (accepted === undefined) throw new EvaluationError(`${path} is not ${wanted}`);
  return accepted;
}

const RFC_3339 = /^\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}:\d{2}(?:\.\d+)?(?:[Zz]|[+-]\d{2}:\d{2})$/;

function timeOf(value: unknown): Date | undefined {
  if (value instanceof Date) return value;
  if (typeof value === "string" && !RFC_3339.test(value)) return undefined;
  if (typeof value !== "string" && typeof value !== "number") return undefined;
  const time = new Date(value);
  return Number.isNaN(time.getTime()) ? undefined : time;
}

const MAX_PATTERNS = 1000;
const patterns = new Map<string, Pattern>();

function matches(text: unknown, source: unknown): boolean {
  return compiledPattern(String(source)).test(String(text));
}

/** Throws PatternError. */
export function compiledPattern(source: string): Pattern {
  let pattern = patterns.get(source);
  if (!pattern) {
    if (patterns.size >= MAX_PATTERNS) patterns.clear();
    patterns.set(source, (pattern = compileRe2(source)));
  }
  return pattern;
}

/** JSON has one kind of number, CEL three: doubles and integers meet as doubles. */
function registerMixedArithmetic(env: Environment): void {
  const operations: readonly (readonly [string, (a: number, b: number) => number])[] = [
    ["+", (a, b) => a + b],
    ["-", (a, b) => a - b],
    ["*", (a, b) => a * b],
    ["/", (a, b) => a / b],
    ["%", (a, b) => a % b],
  ];
  for (const [symbol, compute] of operations) {
    const asDoubles = (a: unknown, b: unknown): number => compute(Number(a), Number(b));
    env.registerOperator(`double ${symbol} int: double`, asDoubles);
    env.registerOperator(`int ${symbol} double: double`, asDoubles);
    if (symbol === "%") env.registerOperator("double % double: double", asDoubles);
  }
  env.registerOperator("double == int: bool", (a: number | bigint, b: number | bigint) => a == b); // exact, as no conversion would be
}

/** What is right because values decide: null may stand for any value, and lists hold either kind of number. */
function registerStaticOnly(env: Environment): void {
  const never = (): never => {
    throw new Error("the checked dialect is not evaluated");
  };
  for (const type of ["double", "string", "bool", "google.protobuf.Timestamp", "list", "map"])
    env.registerOperator(`${type} == null: bool`, never);
  env.registerOperator("double in list<int>: bool", never);
  env.registerOperator("int in list<double>: bool", never);
}
