/** What has to be known of a model beside its bytes; one per immutable version. */
export interface Manifest {
  readonly model: string;
  /** `1`, `2`, … */
  readonly version: string;
  /** SHA-256 of the model file, 64 hex digits. */
  readonly digest: string;
  /** SHA-256 of the file that was handed in, if registration changed it. */
  readonly sourceDigest?: string;
  /** What registration changed, one phrase a change. */
  readonly normalised: readonly string[];
  readonly onnx: OnnxFacts;
  readonly input: ModelInput;
  readonly outputs: ModelOutputs;
  readonly batch: BatchRules;
  readonly calibration: Calibration;
  readonly baseline: Baseline | null;
  readonly golden: readonly GoldenRow[];
  /** Free form: how the model came to be; kept for people. */
  readonly training: Readonly<Record<string, unknown>>;
  /** `user:<name>` or `group:<name>` */
  readonly owner: string;
}

export interface OnnxFacts {
  readonly ir: number;
  /** Operator set version by domain; the standard domain is the empty name. */
  readonly opsets: Readonly<Record<string, number>>;
  readonly producer: string;
}

/** The one tensor `[N, width]` that the model takes; the order of features is the order in the tensor. */
export interface ModelInput {
  readonly name: string;
  readonly datatype: "FP32";
  /** -1 stands for the number of rows. */
  readonly shape: readonly [-1, number];
  readonly features: readonly Feature[];
}

export interface Feature {
  readonly name: string;
  /** JSON pointer into the record. */
  readonly field: string;
  readonly encode: Encode;
}

/**
 * How a field becomes numbers. A field that is absent or null becomes NaN where `missing` is `nan` and is refused
 * otherwise; one of another type is always refused.
 */
export type Encode =
  | { readonly kind: "number"; readonly missing: Missing }
  | { readonly kind: "bool"; readonly missing: Missing }
  /** Text to code. Text that is not in the map becomes `unknown`, or is refused if that is null. */
  | { readonly kind: "map"; readonly map: Readonly<Record<string, number>>; readonly unknown: number | null; readonly missing: Missing }
  /** An array of exactly so many numbers, one behind the other in the tensor: one feature for all of them. */
  | { readonly kind: "vector"; readonly width: number; readonly missing: Missing }
  /** One number per category. Text that is no category becomes zeros, or is refused. */
  | { readonly kind: "oneHot"; readonly categories: readonly string[]; readonly unknown: "zeros" | null; readonly missing: Missing }
  /** Time since `sinceMs` in `unit`. Float32 has 24 bits: seconds since 1970 are only good to two minutes. */
  | { readonly kind: "epoch"; readonly unit: "days" | "hours" | "minutes" | "seconds"; readonly sinceMs: number; readonly missing: Missing }
  /** Hour of the day, 0 to 23, of a clock that is `offsetMinutes` ahead of UTC. */
  | { readonly kind: "hour"; readonly offsetMinutes: number; readonly missing: Missing }
  /** Day of the week, Monday 0 to Sunday 6, of such a clock. */
  | { readonly kind: "weekday"; readonly offsetMinutes: number; readonly missing: Missing };

export type Missing = "nan" | "refuse";

export const OUTPUT_KINDS = ["probabilities", "logits", "log-probabilities", "margins", "sigmoid", "regression"] as const;

/**
 * What the numbers of the scores output are: `probabilities` a row that sums to 1 · `logits` and `log-probabilities` what
 * a softmax is taken of, and logarithms · `margins` one distance per class, each squashed, then brought to a sum of 1 ·
 * `sigmoid` squashed already, each for itself · `regression` plain values. Where a two-class model gives one number a row,
 * it speaks of the second class.
 */
export type OutputKind = (typeof OUTPUT_KINDS)[number];

export interface ModelOutputs {
  /** Output that holds the model's own label, if there is one: compared with ours when the model is loaded. */
  readonly label: string | null;
  readonly scores: string;
  readonly kind: OutputKind;
  /** In the order of the scores; for a regression the names of the values. */
  readonly classes: readonly string[];
}

export interface BatchRules {
  readonly dynamic: boolean;
  /** Most rows a run. */
  readonly max: number;
  /** Pad every run to `max` rows, for models whose last digits depend on the number of rows. */
  readonly reproducible: boolean;
}

/** `none`: the confidence is what the model says, and nothing that needs calibrated numbers may build on it. */
export type Calibration =
  | { readonly method: "none" }
  | ({ readonly method: "temperature"; readonly parameters: { readonly temperature: number } } & CalibrationEvidence);

export interface CalibrationEvidence {
  readonly fittedOn: string;
  readonly n: number;
  readonly eceBefore: number;
  readonly eceAfter: number;
}

/** What the version did when it was accepted; guards compare with it. */
export interface Baseline {
  readonly rows: number;
  readonly accuracy: number;
  /** Nine deciles of the confidence, ascending. */
  readonly confidenceDeciles: readonly number[];
  /** Share of predictions by class. */
  readonly classShare: Readonly<Record<string, number>>;
}

/** A row whose answer is known: run whenever the model is loaded. A model without any is taken on trust. */
export interface GoldenRow {
  readonly why: string;
  /** Id of the record that the row was made from, if it was one. */
  readonly id: string | null;
  /** The tensor row; null stands for NaN. */
  readonly inputs: readonly (number | null)[];
  readonly expect: { readonly label: string | null; readonly scores: readonly number[] };
  /** Largest accepted difference of a raw score. */
  readonly tol: number;
}

/** `late-arrival/1`, as predictions name it. */
export function modelName(manifest: Pick<Manifest, "model" | "version">): string {
  return `${manifest.model}/${manifest.version}`;
}

/** `late-arrival/1#1d14b670`, as headers, dead letters and the execution log name it. */
export function modelTag(manifest: Pick<Manifest, "model" | "version" | "digest">): string {
  return `${modelName(manifest)}#${manifest.digest.slice(0, 8)}`;
}

/** Numbers that the feature takes in the tensor. */
export function featureWidth(encode: Encode): number {
  switch (encode.kind) {
    case "vector":
      return encode.width;
    case "oneHot":
      return encode.categories.length;
    default:
      return 1;
  }
}
