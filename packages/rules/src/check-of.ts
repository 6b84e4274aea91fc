import type { Contract, FieldRequest } from "@weir/contract";
import { compilePattern } from "@weir/expr";
import { WeirError } from "@weir/record";
import type { RowCheck } from "./check.ts";
import { expressionCheck } from "./expression-check.ts";
import { rangeCheck } from "./range-check.ts";
import { amongTest, lengthTest, presenceCheck, textTest, valueCheck } from "./field-check.ts";
import type { Baseline } from "./drift/baseline.ts";
import { typeInBaseline } from "./drift/type-in-baseline.ts";
import type { RuleSpec } from "./spec.ts";
import type { KeyReader } from "./unique/key-reader.ts";
import { freshnessCheck, sentinelCheck, typeCheck } from "./value-checks.ts";
import { uniqueCheck } from "./unique/unique-check.ts";

type Fields = Pick<Contract, "field" | "fields" | "parse">;

export interface CheckContext {
  readonly contract: Fields;
  readonly baselines: ReadonlyMap<string, Baseline>;
}

/** The kernel of a rule; null for rules that look at no row. */
export function checkOf(spec: RuleSpec, { contract, baselines }: CheckContext, keys: KeyReader | null): RowCheck | null {
  switch (spec.kind) {
    case "required":
    case "nullRate":
    case "nullRise":
    case "missingField":
    case "constant":
    case "cardinality":
      return presenceCheck({ pointer: spec.field, as: presenceType(spec, contract) }, "missing" in spec ? spec.missing : {});
    case "range": {
      const { min = -Infinity, max = Infinity } = spec;
      return rangeCheck({ pointer: spec.field, min, max, allowed: between(min, max) });
    }
    case "length": {
      const { min = 0, max = Infinity } = spec;
      return single(spec.field, "slices", lengthTest(min, max), `${between(min, max)} characters`);
    }
    case "pattern": {
      const pattern = compilePattern(spec.pattern);
      return single(
        spec.field,
        "string",
        textTest((text) => pattern.test(text)),
        `text like ${spec.pattern}`,
      );
    }
    case "oneOf":
      return amongCheck(spec.field, spec.values);
    case "sentinel":
      return sentinelCheck(spec.field, spec.value);
    case "type":
      return typeCheck(spec.field, spec.is);
    case "typeChange":
      return typeCheck(spec.field, typeInBaseline(spec, contract, baselines));
    case "freshness": {
      const { field: pointer, unit, maxAge, maxFuture = 0 } = spec;
      return freshnessCheck({ pointer, maxAge, maxFuture, ...(unit && { unit }) });
    }
    case "expr":
      return expressionCheck(spec, contract);
    case "unique":
      if (spec.max !== undefined) return presenceCheck({ pointer: spec.field ?? "", as: presenceType(spec, contract) }, {});
      return keys && uniqueCheck(spec.field ?? "", keys);
    case "newField":
    case "volume":
    case "complete":
    case "mean":
    case "quantile":
    case "drift":
    case "driftShare":
    case "rateChange":
    case "level":
    case "silence":
    case "decode":
    case "schema":
      return null;
  }
}

type Test = Parameters<typeof valueCheck>[0]["parts"][number]["test"];

function single(pointer: string, as: FieldRequest["as"], test: Test, allowed: string): RowCheck {
  return valueCheck({ pointer, parts: [{ request: { pointer, as }, test }], allowed });
}

function amongCheck(pointer: string, values: readonly (string | number | boolean)[]): RowCheck {
  const parts = (["string", "number", "boolean"] as const)
    .map((as) => ({ as, among: values.filter((v) => typeof v === as) }))
    .filter(({ among }) => among.length > 0)
    .map(({ as, among }) => ({ request: { pointer, as }, test: amongTest(new Set(among)) }));
  const shown = values
    .slice(0, 5)
    .map((v) => JSON.stringify(v))
    .join(", ");
  return valueCheck({ pointer, parts, allowed: values.length > 5 ? `${shown}, … (${values.length} values)` : shown });
}

type PresenceSpec = Extract<
  RuleSpec,
  { kind: "required" | "nullRate" | "nullRise" | "missingField" | "constant" | "cardinality" | "unique" }
>;

/** Any type tells whether there is a value; the declared one is read anyway, and sentinels need theirs. */
function presenceType(spec: PresenceSpec, contract: Fields): FieldRequest["as"] {
  const types = contract.field(spec.field ?? "")?.types ?? [];
  const sentinels = ("missing" in spec ? spec.missing?.sentinels : undefined) ?? [];
  const texts = sentinels.filter((s) => typeof s === "string").length;
  if (texts > 0 && texts < sentinels.length) {
    throw new WeirError({
      code: "WEIR-2204",
      what: `the sentinels of rule ${spec.id} are of two types`,
      fix: "list numbers or texts, not both",
    });
  }
  if (texts > 0) return "string";
  if (sentinels.length > 0 || types.includes("number") || types.includes("integer")) return "number";
  return types.includes("boolean") ? "boolean" : "slices";
}

function between(min: number, max: number): string {
  if (min === -Infinity) return `at most ${max}`;
  return max === Infinity ? `at least ${min}` : `${min} to ${max}`;
}
