import type { FieldType, FieldTypes } from "@weir/expr";
import type { Manifest } from "@weir/model";

/** What a contract tells of its fields. */
export interface FieldSource {
  readonly fields: readonly { readonly pointer: string; readonly types: readonly string[]; readonly format?: string }[];
  /** May something be at the pointer? */
  allows(pointer: string): boolean;
}

/**
 * The fields of a contract for expressions, under `record`. Objects that may hold more than the contract names can be
 * asked for anything; of all others only what is named.
 */
export function recordFields(contract: FieldSource): FieldTypes {
  const types = new Map<string, FieldType>();
  if (isOpen(contract, "")) types.set("record", "dyn");
  for (const field of contract.fields) {
    const names = field.pointer.slice(1).split("/").map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
    if (names.some((name) => name.includes("."))) continue; // has no dotted path
    const type = typeOf(field.types, field.format);
    if (type === "map" && !isOpen(contract, field.pointer)) continue; // known by its members
    types.set(["record", ...names].join("."), type);
  }
  return types;
}

/** A name that nobody chooses: allowed only where every name is. */
const ANY_NAME = "weir any name";

function isOpen(contract: FieldSource, pointer: string): boolean {
  return contract.allows(`${pointer}/${ANY_NAME}`);
}

const BY_JSON_TYPE: Readonly<Record<string, FieldType>> = { number: "number", integer: "number", string: "string", boolean: "bool", array: "list", object: "map" };

/** Null is a value of every field; more than one other type is left to the record. */
function typeOf(jsonTypes: readonly string[], format: string | undefined): FieldType {
  const types = new Set(jsonTypes.filter((type) => type !== "null").map((type) => BY_JSON_TYPE[type] ?? "dyn"));
  const [only] = types;
  if (types.size !== 1 || only === undefined) return "dyn";
  return only === "string" && format === "date-time" ? "timestamp" : only;
}

/** What an inference stage adds, under `record.<as>`; under `prediction` too if that is its name. */
export function predictionFields(manifest: Pick<Manifest, "outputs">, as: string): FieldTypes {
  const { kind, classes } = manifest.outputs;
  const own: (readonly [string, FieldType])[] = [["model", "string"], ...classes.filter((name) => !name.includes(".")).map((name) => [`scores.${name}`, "number"] as const)];
  if (kind !== "regression") own.push(["label", "string"], ["confidence", "number"]);
  const roots = as === "prediction" ? ["prediction", "record.prediction"] : [`record.${as}`];
  return new Map(roots.flatMap((root) => own.map(([name, type]) => [`${root}.${name}`, type] as const)));
}
