import { parseAliases, parseModelReference } from "@weir/model";
import { openModel, readModel } from "@weir/onnx";
import { W1_FORM, type RecordForm } from "@weir/testkit";

/** What every system has to answer for the records of the pool, computed here once and by none of them. */
export interface Reference {
  /** Null if the record with that number may end at this branch; otherwise what it should have been. */
  fault(number: number, branch: string): string | null;
  /** Null if the value carries the right prediction. */
  valueFault(number: number, value: Uint8Array): string | null;
}

/** Runtimes differ in the last bits of a float. */
const TOLERANCE = 1e-5;
const THRESHOLDS = [
  [0.9, "auto"],
  [0.6, "review"],
  [0, "manual"],
] as const;
export const REFUSED = "refused";

export interface ReferenceOptions {
  /** Folder that holds `fraud/1`. */
  readonly models: string;
  readonly seed: number;
  readonly faultEvery: number;
  /** Different records; number n is record n modulo this. */
  readonly pool: number;
  /** Absent: card transactions. */
  readonly form?: RecordForm;
}

export async function createReference({ models, seed, faultEvery, pool, form = W1_FORM }: ReferenceOptions): Promise<Reference> {
  const make = form.create({ seed, faultEvery });
  const width = form.features.length;
  const features = new Float32Array(pool * width);
  const refused = new Uint8Array(pool);
  const decoder = new TextDecoder();
  for (let i = 0; i < pool; i++) {
    const { value, fault } = make(i);
    if (fault === null) features.set(featuresOf(value, form), i * width);
    else refused[i] = 1;
  }
  const { manifest, bytes } = await readModel(models, parseModelReference("fraud/1"), parseAliases({}, "none"));
  await using session = await openModel(bytes, manifest, { engine: "onnxruntime" }); // no kernel of ours, which is measured
  const { values } = await session.run(features, pool);
  const { classes } = manifest.outputs;
  const scoreOf = (number: number, label: number): number => values[classes.length * (number % pool) + label]!; // a score a class
  return {
    fault(number, branch) {
      if (refused[number % pool] === 1) return branch === REFUSED ? null : REFUSED;
      const confidence = Math.max(...classes.map((_, label) => scoreOf(number, label)));
      const fits = (shifted: number): boolean => THRESHOLDS.find(([least]) => shifted >= least)?.[1] === branch;
      return [confidence, confidence - TOLERANCE, confidence + TOLERANCE].some(fits) ? null : `a branch for ${confidence}`;
    },
    valueFault(number, value) {
      if (refused[number % pool] === 1) return null;
      const { label, confidence } = predictionIn(decoder.decode(value));
      const own = scoreOf(number, classes.indexOf(String(label)));
      const best = Math.max(...classes.map((_, i) => scoreOf(number, i)));
      const isRight = Math.abs(confidence - own) <= TOLERANCE && best - own <= TOLERANCE;
      return isRight ? null : `a confidence of ${best} instead of ${confidence} in ${String(label)}`;
    },
  };
}

function featuresOf(value: string, { features, array }: RecordForm): number[] {
  const record: unknown = JSON.parse(value);
  const numbers = array === null ? features.map(([name]) => member(record, name)) : member(record, array);
  if (!Array.isArray(numbers) || numbers.length !== features.length) throw new Error("a record of the reference without its features");
  return numbers.map(Number);
}

function predictionIn(text: string): { readonly label: unknown; readonly confidence: number } {
  const prediction = member(JSON.parse(text), "prediction");
  return { label: member(prediction, "label"), confidence: Number(member(prediction, "confidence")) };
}

function member(value: unknown, name: string): unknown {
  return typeof value === "object" && value !== null ? Reflect.get(value, name) : undefined;
}
