import type { FieldInfo, JsonType } from "@weir/contract";
import type { Encode } from "@weir/model";
import { didYouMean } from "../near.ts";
import { isProblem, type ModelProblem, type ResolvedModel } from "../models.ts";
import type { SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";
import { fits } from "./fields.ts";

/** What each inference stage asks for: is it there, and is it made for these records? */
export function lintModels(draft: Draft, models: ReadonlyMap<string, ResolvedModel | ModelProblem>): readonly SpecProblem[] {
  return [...models].flatMap(([stage, model]) => {
    const path = ["stages", stage, "model"];
    if (isProblem(model)) return [draft.yaml.problem(model.code, path, model)];
    return model.manifest.input.features.flatMap((feature) => {
      const said = featureProblem(draft, feature.name, feature.field, feature.encode);
      return said === null ? [] : [draft.yaml.problem("WEIR-1604", path, { ...said, why: `${model.manifestPath} asks for it` })];
    });
  });
}

const ENCODED: Readonly<Record<Encode["kind"], readonly JsonType[]>> = {
  number: ["number", "integer"],
  bool: ["boolean"],
  vector: ["array"],
  map: ["string"],
  oneHot: ["string"],
  epoch: ["string"],
  hour: ["string"],
  weekday: ["string"],
};

function featureProblem(draft: Draft, name: string, pointer: string, encode: Encode): { what: string; fix?: string | undefined } | null {
  const contract = draft.contract;
  if (contract === null) return null;
  const field = contract.field(pointer);
  if (field === null) {
    return contract.allows(pointer)
      ? null
      : {
          what: `the contract has no field ${pointer} for the feature \`${name}\``,
          fix: didYouMean(
            pointer,
            contract.fields.map((f) => f.pointer),
          ),
        };
  }
  if (fits(field, ENCODED[encode.kind])) return encode.kind === "vector" ? vectorProblem(field, name, encode.width) : null;
  return { what: `${pointer} is ${field.types.join(" or ")}; the feature \`${name}\` needs ${ENCODED[encode.kind].join(" or ")}` };
}

/** May the array ever be what the model takes? */
function vectorProblem(
  { pointer, items = [], minItems = 0, maxItems = Infinity }: FieldInfo,
  name: string,
  width: number,
): { what: string } | null {
  const isOfNumbers = items.length === 0 || items.includes("number") || items.includes("integer");
  if (!isOfNumbers) return { what: `the items of ${pointer} are ${items.join(" or ")}; the feature \`${name}\` needs numbers` };
  if (width < minItems || width > maxItems) {
    const said = minItems === maxItems ? String(minItems) : width < minItems ? `at least ${minItems}` : `at most ${maxItems}`;
    return { what: `${pointer} has ${said} items; the feature \`${name}\` needs ${width}` };
  }
  return null;
}
