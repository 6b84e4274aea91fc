import { LeftToRuntime } from "./left-to-runtime.ts";
import type { Graph, Operator } from "./operators.ts";

/** Which output of the ensembles' operators holds the scores. */
const SCORES = new Map([
  ["ai.onnx.ml.TreeEnsembleClassifier", 1],
  ["ai.onnx.ml.TreeEnsembleRegressor", 0],
]);
/** The type that Cast turns numbers into, as TensorProto numbers them. */
const FLOAT = 1;

/**
 * The ensemble that makes `scores` from `input` alone; only what changes nothing may lie between: Identity, casts of float32 to
 * itself, and the multiplication by 1 that LightGBM's converter writes. @throws {LeftToRuntime}
 */
export function findEnsemble({ operators, ones }: Graph, input: string, scores: string): Operator {
  const makers = new Map(operators.flatMap((operator) => operator.outputs.map((output, at) => [output, { operator, at }] as const)));
  const source = (name: string): string => {
    for (let at = name, passed = 0; ; passed++) {
      const maker = makers.get(at)?.operator;
      const from = maker && passedOn(maker, ones);
      if (from === undefined || passed > operators.length) return at;
      at = from;
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

/** The input that an operator gives on as it is. */
function passedOn({ type, inputs, attributes }: Operator, ones: ReadonlySet<string>): string | undefined {
  if (type === "Identity" || (type === "Cast" && attributes.get("to")?.ints[0] === FLOAT)) return inputs[0];
  return type === "Mul" && ones.has(inputs[1] ?? "") ? inputs[0] : undefined;
}
