import { WeirError } from "@weir/record";
import { modelName, type Manifest } from "@weir/model";
import type { Native, Slot } from "./native.ts";

const NUMERIC = new Set(["float32", "float64", "int64", "uint64", "int32", "uint32", "int16", "uint16", "int8", "uint8"]);

/** What the model's own declarations say against the manifest. @throws {WeirError} WEIR-4103 with everything that does not fit. */
export function checkSignature(native: Pick<Native, "inputs" | "outputs">, manifest: Manifest): void {
  const problems = [...inputProblems(native.inputs, manifest), ...outputProblems(native.outputs, manifest)];
  if (problems.length === 0) return;
  throw new WeirError(
    {
      code: "WEIR-4103",
      what: `model ${modelName(manifest)} is not what its manifest says`,
      why: problems.join("\n         "),
      fix: "correct the manifest, or export the model again (scikit-learn: options={'zipmap': False}, one float32 input of all features)",
    },
    { exitCode: 3 },
  );
}

/** The number of rows that the model insists on, null if it takes any. */
export function fixedRows(native: Pick<Native, "inputs">): number | null {
  const first = native.inputs[0]?.shape?.[0];
  return typeof first === "number" ? first : null;
}

function inputProblems(inputs: readonly Slot[], manifest: Manifest): string[] {
  const { name, shape } = manifest.input;
  const [input] = inputs;
  if (!input || inputs.length !== 1 || input.name !== name) {
    return [`it takes ${inputs.map((i) => i.name).join(", ") || "nothing"}; the manifest names one input ${name}`];
  }
  if (input.type === null || input.shape === null) return [`input ${name} is no tensor`];
  const problems: string[] = [];
  if (input.type !== "float32") problems.push(`input ${name} takes ${input.type}; the manifest says FP32, that is float32`);
  if (input.shape.length !== 2) problems.push(`input ${name} has the shape [${input.shape.join(", ")}]; rows and features are taken`);
  const width = input.shape[1];
  if (typeof width === "number" && width !== shape[1])
    problems.push(`input ${name} takes ${width} numbers a row; the manifest's features make ${shape[1]}`);
  const fixed = input.shape[0];
  if (typeof fixed === "number" && manifest.batch.dynamic)
    problems.push(`input ${name} takes exactly ${fixed} rows a run; the manifest says batch.dynamic`);
  return problems;
}

function outputProblems(outputs: readonly Slot[], manifest: Manifest): string[] {
  const { scores, label } = manifest.outputs;
  const known = outputs.map((o) => o.name).join(", ");
  const problems: string[] = [];
  for (const name of [scores, ...(label === null ? [] : [label])]) {
    const output = outputs.find((o) => o.name === name);
    if (!output) problems.push(`there is no output ${name}; there are ${known}`);
    else if (output.type === null)
      problems.push(`output ${name} is no tensor but a sequence of maps (ZipMap), which cannot be read: export it without`);
    else if (name === scores && !NUMERIC.has(output.type)) problems.push(`output ${name} holds ${output.type}; scores are numbers`);
  }
  return problems;
}
