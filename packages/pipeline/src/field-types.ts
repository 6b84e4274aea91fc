import { fieldTypesOf, type Contract } from "@weir/contract";
import type { FieldType, FieldTypes } from "@weir/expr";
import type { Manifest } from "@weir/model";

/** What the expressions of a router may read: the fields of the contract, and of predictions by any of the models. */
export function expressionTypes(contract: Contract | null, manifests: readonly Manifest[]): FieldTypes {
  const record = contract === null ? new Map<string, FieldType>([["record", "dyn"]]) : fieldTypesOf(contract.fields);
  return new Map([...record, ["headers", "map"], ...manifests.flatMap(predictionTypes)]);
}

function predictionTypes({ outputs }: Manifest): [string, FieldType][] {
  const classified: [string, FieldType][] =
    outputs.kind === "regression"
      ? []
      : [
          ["prediction.label", "string"],
          ["prediction.confidence", "number"],
        ];
  return [...classified, ["prediction.scores", "map"], ["prediction.model", "string"]];
}
