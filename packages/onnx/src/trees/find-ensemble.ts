import { LeftToRuntime } from "./left-to-runtime.ts";
import type { Operator } from "./operators.ts";

/** Which output of the ensembles' operators holds the scores. */
const SCORES = new Map([
  ["ai.onnx.ml.TreeEnsembleClassifier", 1],
  ["ai.onnx.ml.TreeEnsembleRegressor", 0],
]);
/** The type that Cast turns numbers into, as TensorProto numbers them. */
const FLOAT = 1;

/** The ensemble that makes `scores` from `input` alone; nothing but Identity and casts to float32 may lie between. @throws {LeftToRuntime} */
export function findEnsemble(operators: readonly Operator[], input: string, scores: string): Operator {
  const makers = new Map(operators.flatMap((operator) => operator.outputs.map((output, at) => [output, { operator, at }] as const)));
  const source = (name: string): string => {
    for (let at = name, passed = 0; ; passed++) {
      const maker = makers.get(at)?.operator;
      if (!maker || !passesOn(maker) || passed > operators.length) return at;
      at = maker.inputs[0] ?? "";
    }
  };
  const maker = makers.get(source(scores));
  if (!maker || SCORES.get(maker.operator.type) !== maker.at) {
    throw new LeftToRuntime(`${scores} comes from ${maker?.operator.type ?? "no operator"}, not from an ensemble of trees`);
  }
  const from = source(maker.operator.inputs[0] ?? "");
  if (from !== input) {
    throw new LeftToRuntime(`the trees do not take ${input} itself but what ${makers.get(from)?.operator.type ?? "nothing"} makes of it`);
  }
  return maker.operator;
}

function passesOn({ type, attributes }: Operator): boolean {
  return type === "Identity" || (type === "Cast" && attributes.get("to")?.ints[0] === FLOAT);
}
