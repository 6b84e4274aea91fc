import type { Contract, FieldInfo, JsonType } from "@weir/contract";
import type { RuleSpec } from "@weir/rules";
import { contractAt } from "../contract-at.ts";
import { didYouMean } from "../near.ts";
import type { StageSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** Everything that names a field of the record, against the contract. */
export function lintFields(draft: Draft): readonly SpecProblem[] {
  const contract = draft.contract;
  if (contract === null) return [];
  return [...recordFields(draft, contract), ...[...draft.stages.values()].flatMap((stage) => stageFields(draft, contract, stage))];
}

function recordFields(draft: Draft, contract: Contract): readonly SpecProblem[] {
  const record = draft.record;
  if (record === null) return [];
  const problems: SpecProblem[] = [];
  if (typeof record.id === "string")
    problems.push(...fieldProblems(draft, contract, { path: ["record", "id"], pointer: record.id, types: SCALARS, use: "an id" }));
  if (record.key !== null)
    problems.push(...fieldProblems(draft, contract, { path: ["record", "key"], pointer: record.key, types: SCALARS, use: "a key" }));
  if (record.time !== null) {
    const { pointer, unit } = record.time;
    const epoch = unit !== undefined;
    const isTime = contract.field(pointer)?.isTime === true;
    if (isTime && epoch) problems.push(draft.yaml.problem("WEIR-1504", ["record", "time"], { what: `${pointer} has its unit in the contract`, fix: `write time: ${pointer}` })); // prettier-ignore
    if (!isTime)
      problems.push(
        ...fieldProblems(draft, contract, {
          path: ["record", "time"],
          pointer,
          types: epoch ? ["number", "integer"] : ["string"],
          use: epoch ? "an event time in epoch numbers" : "an event time in RFC 3339",
          fix: epoch ? "remove the unit for RFC 3339 text" : "declare the unit of epoch numbers: {pointer: …, unit: ms}",
        }),
      );
  }
  return problems;
}

const SCALARS: readonly JsonType[] = ["string", "number", "integer"];

function stageFields(draft: Draft, contract: Contract, stage: StageSpec): readonly SpecProblem[] {
  if (stage.type === "gate") {
    const own = contractAt(contract, draft.stages, stage.id);
    return [
      ...stage.rules.flatMap((rule, index) => ruleField(draft, own, rule, ["stages", stage.id, "rules", index, "field"])),
      ...windowKey(draft, own, stage),
    ];
  }
  if (stage.type !== "inference" || contract.field(`/${stage.as}`) === null) return [];
  return [
    draft.yaml.problem("WEIR-1505", ["stages", stage.id, "as"], {
      what: `the contract has a field \`${stage.as}\` already`,
      why: "a prediction never overwrites what came in",
      fix: "choose another name: as: NAME",
    }),
  ];
}

function windowKey(draft: Draft, contract: Contract, { id, window }: Extract<StageSpec, { type: "gate" }>): readonly SpecProblem[] {
  if (window?.kind !== "time" || window.by === undefined) return [];
  const types: readonly JsonType[] = ["string", "number", "integer", "boolean"];
  return fieldProblems(draft, contract, { path: ["stages", id, "window", "by"], pointer: window.by, types, use: "a key of windows" });
}

const RULE_TYPES: Readonly<Record<string, readonly JsonType[]>> = {
  range: ["number", "integer"],
  pattern: ["string"],
  length: ["string"],
  unique: ["string", "number", "integer"],
  level: ["number", "integer"],
  mean: ["number", "integer"],
  quantile: ["number", "integer"],
  freshness: ["string", "number", "integer"],
};

function ruleField(draft: Draft, contract: Contract, rule: RuleSpec, path: Path): readonly SpecProblem[] {
  if (!("field" in rule) || rule.field === undefined) return [];
  const types = RULE_TYPES[rule.kind] ?? (rule.kind === "oneOf" ? rule.values.map(typeOfValue) : null);
  return fieldProblems(draft, contract, { path, pointer: rule.field, types, use: `the rule kind \`${rule.kind}\`` });
}

function typeOfValue(value: string | number | boolean): JsonType {
  if (typeof value === "number") return Number.isInteger(value) ? "integer" : "number";
  return typeof value === "string" ? "string" : "boolean";
}

export interface FieldUse {
  readonly path: Path;
  readonly pointer: string;
  /** The field must be able to have one of these; null: any. */
  readonly types: readonly JsonType[] | null;
  readonly use: string;
  readonly fix?: string;
}

function fieldProblems(draft: Draft, contract: Contract, { path, pointer, types, use, fix }: FieldUse): readonly SpecProblem[] {
  const field = contract.field(pointer);
  if (field === null) {
    const closed = !contract.allows(pointer);
    return [
      draft.yaml.problem("WEIR-1503", path, {
        severity: closed ? "error" : "warning",
        what: `the contract has no field ${pointer}`,
        why: closed ? undefined : "it allows fields that it does not name, so it may be there",
        fix: didYouMean(
          pointer,
          contract.fields.map((f) => f.pointer),
        ),
      }),
    ];
  }
  if (types === null || fits(field, types)) return [];
  return [
    draft.yaml.problem("WEIR-1504", path, {
      what: `${pointer} is ${field.types.join(" or ")}, which ${use} cannot use`,
      why: `it needs ${types.join(" or ")}`,
      fix,
    }),
  ];
}

/** A schema that says nothing of the type allows all of them; whole numbers are numbers. */
export function fits(field: FieldInfo, types: readonly JsonType[]): boolean {
  if (field.types.length === 0) return true;
  return types.some(
    (type) =>
      field.types.includes(type) ||
      (type === "integer" && field.types.includes("number")) ||
      (type === "number" && field.types.includes("integer")),
  );
}
