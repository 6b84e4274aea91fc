import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { W1_AVRO_SCHEMAS } from "./avro.ts";
import { W1_FORM, type RecordForm } from "./form.ts";
import { smallNet } from "./net.ts";
import type { Feature } from "./records.ts";

export interface W1Pipeline {
  readonly name: string;
  readonly partitions: number;
  /** Held windows of so many records, with a rule that can break them; null: record rules only. */
  readonly windowRecords: number | null;
  readonly commitEveryMs?: number;
  /** Absent: exactly-once. */
  readonly guarantee?: "exactly-once" | "at-least-once";
  readonly compression?: "none" | "lz4-stored";
  /** Of what Weir adds to a record only its id; absent: false. */
  readonly minimalHeaders?: boolean;
  /** Share of the routed records that is copied to `<name>.route.sampled`; absent: none. */
  readonly sample?: number;
  readonly seed?: number;
  /** Absent: card transactions. */
  readonly form?: RecordForm;
  /** Of a held window so much at least has to be within 90 % of the first feature's range, where 90 % are; absent: 88. */
  readonly mostlyPercent?: number;
  /** A held window of fewer records, as the last one of a partition may be, passes whatever is in it; absent: of none. */
  readonly minRecords?: number;
  /** A rule for the range of every feature; absent: true. */
  readonly hasRanges?: boolean;
  /** Text of a baseline file that knows every feature: each gets a drift rule that only alerts. Absent: none. */
  readonly baseline?: string;
  /** Absent: the small net. */
  readonly model?: PipelineModel;
  /** Card transactions as Avro with Confluent's framing; absent: JSON. */
  readonly format?: "avro";
}

/** Rows of the form's features in, a probability for every class out. */
export interface PipelineModel {
  readonly bytes: Uint8Array;
  readonly classes: readonly string[];
  /** Versions of operators by domain. */
  readonly opsets: Readonly<Record<string, number>>;
}

const BASELINE = "baselines/generator.json";

/** Writes a whole pipeline folder for the card transactions: spec, contract, model with manifest. */
export function writeW1Pipeline(folder: string, pipeline: W1Pipeline): void {
  const { features, array, schema } = pipeline.form ?? W1_FORM;
  const model = pipeline.model ?? smallModel(pipeline.seed ?? 7, features);
  const version = path.join(folder, "models/fraud/1");
  mkdirSync(version, { recursive: true });
  writeFileSync(path.join(version, "model.onnx"), model.bytes);
  writeFileSync(path.join(version, "manifest.json"), JSON.stringify(manifestOf(model, features, array), null, 2));
  const contract = pipeline.format === "avro" ? W1_AVRO_SCHEMAS[0] : schema;
  writeFileSync(path.join(folder, contractFile(pipeline)), JSON.stringify(contract, null, 2));
  writeFileSync(path.join(folder, "pipeline.yaml"), specOf(pipeline));
  if (pipeline.baseline === undefined) return;
  mkdirSync(path.dirname(path.join(folder, BASELINE)), { recursive: true });
  writeFileSync(path.join(folder, BASELINE), pipeline.baseline);
}

function contractFile({ format }: W1Pipeline): string {
  return format === "avro" ? "transaction.avsc" : "transaction.schema.json";
}

function smallModel(seed: number, features: readonly Feature[]): PipelineModel {
  return { bytes: smallNet(seed, features), classes: ["genuine", "fraud"], opsets: { "": 17 } };
}

function manifestOf({ bytes, classes, opsets }: PipelineModel, features: readonly Feature[], array: string | null): unknown {
  const members = features.map(([name]) => ({ name, field: `/${name}`, encode: { kind: "number", missing: "refuse" } }));
  const whole = { name: array, field: `/${array}`, encode: { kind: "vector", width: features.length, missing: "refuse" } };
  return {
    model: "fraud",
    version: "1",
    digest: createHash("sha256").update(bytes).digest("hex"),
    normalised: [],
    onnx: { ir: 8, opsets, producer: "weir-testkit" },
    inputs: [
      {
        name: "features",
        datatype: "FP32",
        shape: [-1, features.length],
        features: array === null ? members : [whole],
      },
    ],
    outputs: { label: null, scores: "probabilities", kind: "probabilities", classes },
    batch: { dynamic: true, max: 2048, reproducible: false },
    calibration: { method: "none" },
    baseline: null,
    golden: [],
    training: { note: "random weights" },
    owner: "user:tests",
  };
}

function specOf(pipeline: W1Pipeline): string {
  const { name, partitions, windowRecords, commitEveryMs = 100, minimalHeaders = false, sample, minRecords } = pipeline;
  const { guarantee = "exactly-once", compression } = pipeline;
  const packed = compression === undefined ? "" : `compression: ${compression}, `;
  const least = minRecords === undefined ? "" : `, minRecords: ${minRecords}`;
  const window = windowRecords === null ? [] : [`    window: {kind: count, size: ${windowRecords}, hold: true${least}}`];
  return [
    "apiVersion: weir/v1",
    "kind: Pipeline",
    "metadata: {name: " + name + ", owner: user:tests}",
    `partitions: ${partitions}`,
    `record: {contract: ${contractFile(pipeline)}, format: ${pipeline.format ?? "json"}, id: /transaction_id, key: /card_id}`,
    `delivery: {guarantee: ${guarantee}, ${packed}commit: {every: ${commitEveryMs}ms, bytes: 8MiB}}`,
    ...(minimalHeaders ? ["headers: minimal"] : []),
    "stages:",
    "  ingest: {type: ingest, out: gate}",
    "  gate:",
    "    type: gate",
    ...window,
    "    rules:",
    ...rulesOf(pipeline).map((rule) => `      - {${rule}}`),
    "    pass: score",
    "  score: {type: inference, model: fraud/1, batch: {maxRows: 2048}, as: prediction, out: route}",
    "  route:",
    "    type: router",
    "    rules:",
    "      - {id: high, when: 'prediction.confidence >= 0.9', to: auto}",
    "      - {id: middle, when: 'prediction.confidence >= 0.6', to: review}",
    "    default: manual",
    ...(sample === undefined ? [] : [`    sample: {random: ${100 * sample}%, to: sampled}`]),
    "",
  ].join("\n");
}

function rulesOf({ windowRecords, form = W1_FORM, mostlyPercent = 88, hasRanges = true, baseline }: W1Pipeline): string[] {
  const [first = "", low = 0, high = 0] = form.features[0] ?? [];
  const idOf = (field: string): string => field.replaceAll("_", "-");
  const ranges = form.features.map(
    ([field, min, max]) => `id: ${idOf(field)}, kind: range, field: /${field}, min: ${min}, max: ${max}, action: quarantineRecord`,
  );
  const broken = `id: amounts, kind: range, field: /${first}, min: ${low}, max: ${0.9 * high}, mostly: ${mostlyPercent}%, action: quarantineWindow`;
  const drift = form.features.map(
    ([field]) => `id: ${idOf(field)}-drift, kind: drift, field: /${field}, baseline: ${BASELINE}, action: alert`,
  );
  return [
    "id: contract, kind: schema",
    ...(hasRanges ? ranges : []),
    ...(windowRecords === null ? [] : [broken]),
    ...(baseline === undefined ? [] : drift),
  ];
}
