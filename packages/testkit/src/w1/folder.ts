import { createHash } from "node:crypto";
import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";
import { W1_FORM, type RecordForm } from "./form.ts";
import { smallNet } from "./net.ts";
import type { Feature } from "./records.ts";

export interface W1Pipeline {
  readonly name: string;
  readonly partitions: number;
  /** Held windows of so many records, with a rule that can break them; null: record rules only. */
  readonly windowRecords: number | null;
  readonly commitEveryMs?: number;
  /** Share of the routed records that is copied to `<name>.route.sampled`; absent: none. */
  readonly sample?: number;
  readonly seed?: number;
  /** Absent: card transactions. */
  readonly form?: RecordForm;
  /** Of a held window so much at least has to be within 90 % of the first feature's range, where 90 % are; absent: 88. */
  readonly mostlyPercent?: number;
}

/** Writes a whole pipeline folder for the card transactions: spec, contract, model with manifest. */
export function writeW1Pipeline(folder: string, pipeline: W1Pipeline): void {
  const { features, schema } = pipeline.form ?? W1_FORM;
  const net = smallNet(pipeline.seed ?? 7, features);
  const version = path.join(folder, "models/fraud/1");
  mkdirSync(version, { recursive: true });
  writeFileSync(path.join(version, "model.onnx"), net);
  writeFileSync(path.join(version, "manifest.json"), JSON.stringify(manifestOf(net, features), null, 2));
  writeFileSync(path.join(folder, "transaction.schema.json"), JSON.stringify(schema, null, 2));
  writeFileSync(path.join(folder, "pipeline.yaml"), specOf(pipeline));
}

function manifestOf(net: Uint8Array, features: readonly Feature[]): unknown {
  return {
    model: "fraud",
    version: "1",
    digest: createHash("sha256").update(net).digest("hex"),
    normalised: [],
    onnx: { ir: 8, opsets: { "": 17 }, producer: "weir-testkit" },
    inputs: [
      {
        name: "features",
        datatype: "FP32",
        shape: [-1, features.length],
        features: features.map(([name]) => ({ name, field: `/${name}`, encode: { kind: "number", missing: "refuse" } })),
      },
    ],
    outputs: { label: null, scores: "probabilities", kind: "probabilities", classes: ["genuine", "fraud"] },
    batch: { dynamic: true, max: 2048, reproducible: false },
    calibration: { method: "none" },
    baseline: null,
    golden: [],
    training: { note: "random weights" },
    owner: "user:tests",
  };
}

function specOf({ name, partitions, windowRecords, commitEveryMs = 100, sample, form = W1_FORM, mostlyPercent = 88 }: W1Pipeline): string {
  const [first = "", low = 0, high = 0] = form.features[0] ?? [];
  const ranges = form.features.map(
    ([field, min, max]) =>
      `      - {id: ${field.replaceAll("_", "-")}, kind: range, field: /${field}, min: ${min}, max: ${max}, action: quarantineRecord}`,
  );
  const window = windowRecords === null ? [] : [`    window: {kind: count, size: ${windowRecords}, hold: true}`];
  const broken =
    windowRecords === null
      ? []
      : [
          `      - {id: amounts, kind: range, field: /${first}, min: ${low}, max: ${0.9 * high}, mostly: ${mostlyPercent}%, action: quarantineWindow}`,
        ];
  return [
    "apiVersion: weir/v1",
    "kind: Pipeline",
    "metadata: {name: " + name + ", owner: user:tests}",
    `partitions: ${partitions}`,
    "record: {contract: transaction.schema.json, format: json, id: /transaction_id, key: /card_id}",
    `delivery: {guarantee: exactly-once, commit: {every: ${commitEveryMs}ms, bytes: 8MiB}}`,
    "stages:",
    "  ingest: {type: ingest, out: gate}",
    "  gate:",
    "    type: gate",
    ...window,
    "    rules:",
    "      - {id: contract, kind: schema}",
    ...ranges,
    ...broken,
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
