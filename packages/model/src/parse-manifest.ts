import { WeirError } from "@weir/record";
import { createInspector, type Inspector } from "./inspect.ts";
import {
  featureWidth,
  OUTPUT_KINDS,
  type Baseline,
  type BatchRules,
  type Calibration,
  type GoldenRow,
  type Manifest,
  type ModelInput,
  type ModelOutputs,
  type OnnxFacts,
} from "./manifest.ts";
import { parseFeature } from "./parse-feature.ts";

const KEYS = [
  "$schema",
  "model",
  "version",
  "digest",
  "sourceDigest",
  "normalised",
  "onnx",
  "inputs",
  "outputs",
  "batch",
  "calibration",
  "baseline",
  "golden",
  "training",
  "owner",
];
const NAME = /^[a-z0-9][a-z0-9._-]{0,99}$/;
const MAX_FEATURES = 16_384;
const MAX_CLASSES = 1_000;

/** @throws {WeirError} WEIR-4001 with every problem of the manifest at once. */
export function parseManifest(untrusted: unknown): Manifest {
  const inspect = createInspector();
  const o = inspect.object(untrusted, "", KEYS);
  const model = inspect.text(o["model"], "/model");
  if (model && !NAME.test(model)) inspect.fail("/model", "must be lower-case letters, digits, dots, underscores and hyphens, at most 100");
  const version = parseVersion(o["version"], "/version", inspect);
  const digest = parseDigest(o["digest"], "/digest", inspect);
  const outputs = parseOutputs(o["outputs"], inspect);
  const input = parseInput(o["inputs"], inspect);
  const manifest: Manifest = {
    model,
    version,
    digest,
    input,
    outputs,
    ...(o["sourceDigest"] === undefined ? {} : { sourceDigest: parseDigest(o["sourceDigest"], "/sourceDigest", inspect) }),
    normalised:
      o["normalised"] === undefined ? [] : inspect.list(o["normalised"], "/normalised").map((n, i) => inspect.text(n, `/normalised/${i}`)),
    onnx: parseOnnx(o["onnx"], inspect),
    batch: parseBatch(o["batch"], inspect),
    calibration: parseCalibration(o["calibration"], inspect),
    baseline: o["baseline"] === undefined || o["baseline"] === null ? null : parseBaseline(o["baseline"], outputs, inspect),
    golden: parseGolden(o["golden"], input, outputs, inspect),
    training: o["training"] === undefined ? {} : inspect.object(o["training"], "/training"),
    owner: parseOwner(o["owner"], inspect),
  };
  if (manifest.calibration.method !== "none" && outputs.kind === "regression")
    inspect.fail("/calibration/method", "must be none for a regression");
  if (inspect.problems.length > 0) throw refusal(model, version, inspect.problems);
  return manifest;
}

function refusal(model: string, version: string, problems: readonly string[]): WeirError {
  return new WeirError(
    {
      code: "WEIR-4001",
      what: `the manifest of model ${model || "?"}/${version || "?"} has ${problems.length === 1 ? "a problem" : `${problems.length} problems`}`,
      why: problems.join("\n         "),
      fix: "correct manifest.json beside the model file; a version that was in use is never changed, it gets a successor",
    },
    { exitCode: 3 },
  );
}

function parseVersion(value: unknown, where: string, inspect: Inspector): string {
  const text = typeof value === "number" ? String(value) : inspect.text(value, where);
  if (text && !/^[1-9][0-9]{0,8}$/.test(text)) inspect.fail(where, `must be 1, 2, 3 and so on; found ${JSON.stringify(value)}`);
  return text;
}

function parseDigest(value: unknown, where: string, inspect: Inspector): string {
  const hex = inspect.text(value, where).replace(/^sha256:/, "");
  if (hex && !/^[0-9a-f]{64}$/.test(hex)) inspect.fail(where, "must be a SHA-256 as 64 lower-case hex digits");
  return hex;
}

function parseOwner(value: unknown, inspect: Inspector): string {
  const owner = inspect.text(value, "/owner");
  if (owner && !/^(user|group):\S+$/.test(owner)) inspect.fail("/owner", "must be user:<name> or group:<name>");
  return owner;
}

function parseOnnx(value: unknown, inspect: Inspector): OnnxFacts {
  const o = inspect.object(value, "/onnx", ["ir", "opsets", "producer"]);
  const opsets = inspect.object(o["opsets"], "/onnx/opsets");
  return {
    ir: inspect.count(o["ir"], "/onnx/ir"),
    opsets: Object.fromEntries(Object.entries(opsets).map(([domain, v]) => [domain, inspect.count(v, `/onnx/opsets/${domain}`)])),
    producer: inspect.text(o["producer"], "/onnx/producer"),
  };
}

function parseInput(value: unknown, inspect: Inspector): ModelInput {
  const inputs = inspect.list(value, "/inputs");
  if (inputs.length !== 1) inspect.fail("/inputs", `must hold exactly one tensor of all features; found ${inputs.length}`);
  const o = inspect.object(inputs[0], "/inputs/0", ["name", "datatype", "shape", "features"]);
  const features = inspect.list(o["features"], "/inputs/0/features").map((f, i) => parseFeature(f, `/inputs/0/features/${i}`, inspect));
  const width = features.reduce((sum, f) => sum + featureWidth(f.encode), 0);
  const shape = inspect.list(o["shape"], "/inputs/0/shape");
  if (shape.length !== 2 || shape[0] !== -1 || shape[1] !== width) {
    inspect.fail("/inputs/0/shape", `must be [-1, ${width}], the width of the features; found ${JSON.stringify(shape)}`);
  }
  if (width < 1 || width > MAX_FEATURES) inspect.fail("/inputs/0/features", `must be 1 to ${MAX_FEATURES} numbers wide; found ${width}`);
  for (const [i, f] of features.entries()) {
    if (f.name && features.findIndex((g) => g.name === f.name) !== i)
      inspect.fail(`/inputs/0/features/${i}/name`, `${f.name} is named twice`);
  }
  return {
    name: inspect.text(o["name"], "/inputs/0/name"),
    datatype: inspect.choice(o["datatype"], "/inputs/0/datatype", ["FP32"]),
    shape: [-1, width],
    features,
  };
}

function parseOutputs(value: unknown, inspect: Inspector): ModelOutputs {
  const o = inspect.object(value, "/outputs", ["label", "scores", "kind", "classes"]);
  const kind = inspect.choice(o["kind"], "/outputs/kind", OUTPUT_KINDS);
  const classes = inspect.list(o["classes"], "/outputs/classes").map((c, i) => inspect.text(c, `/outputs/classes/${i}`));
  const fewest = kind === "regression" ? 1 : 2;
  if (classes.length < fewest || classes.length > MAX_CLASSES) {
    inspect.fail("/outputs/classes", `must be ${fewest} to ${MAX_CLASSES} names for ${kind}; found ${classes.length}`);
  }
  if (new Set(classes).size !== classes.length) inspect.fail("/outputs/classes", "must be different names");
  const label = o["label"] === undefined || o["label"] === null ? null : inspect.text(o["label"], "/outputs/label");
  return { label, scores: inspect.text(o["scores"], "/outputs/scores"), kind, classes };
}

function parseBatch(value: unknown, inspect: Inspector): BatchRules {
  const o = inspect.object(value, "/batch", ["dynamic", "max", "reproducible"]);
  const max = inspect.count(o["max"], "/batch/max");
  if (max < 2) inspect.fail("/batch/max", "must be 2 or more: a run of one row takes another code path");
  return {
    dynamic: inspect.flag(o["dynamic"], "/batch/dynamic"),
    max,
    reproducible: o["reproducible"] === undefined ? false : inspect.flag(o["reproducible"], "/batch/reproducible"),
  };
}

function parseCalibration(value: unknown, inspect: Inspector): Calibration {
  const o = inspect.object(value, "/calibration", ["method", "parameters", "fittedOn", "n", "eceBefore", "eceAfter"]);
  const method = inspect.choice(o["method"], "/calibration/method", ["none", "temperature"]);
  if (method === "none") return { method };
  const parameters = inspect.object(o["parameters"], "/calibration/parameters", ["temperature"]);
  const temperature = inspect.number(parameters["temperature"], "/calibration/parameters/temperature");
  if (temperature <= 0) inspect.fail("/calibration/parameters/temperature", `must be above 0; found ${temperature}`);
  return {
    method,
    parameters: { temperature },
    fittedOn: inspect.text(o["fittedOn"], "/calibration/fittedOn"),
    n: inspect.count(o["n"], "/calibration/n"),
    eceBefore: inspect.number(o["eceBefore"], "/calibration/eceBefore"),
    eceAfter: inspect.number(o["eceAfter"], "/calibration/eceAfter"),
  };
}

function parseBaseline(value: unknown, outputs: ModelOutputs, inspect: Inspector): Baseline {
  const o = inspect.object(value, "/baseline", ["rows", "accuracy", "confidenceDeciles", "classShare"]);
  const deciles = inspect.list(o["confidenceDeciles"], "/baseline/confidenceDeciles");
  const share = inspect.object(o["classShare"], "/baseline/classShare", outputs.classes);
  if (deciles.length !== 9) inspect.fail("/baseline/confidenceDeciles", `must be nine numbers; found ${deciles.length}`);
  return {
    rows: inspect.count(o["rows"], "/baseline/rows"),
    accuracy: inspect.number(o["accuracy"], "/baseline/accuracy"),
    confidenceDeciles: deciles.map((d, i) => inspect.number(d, `/baseline/confidenceDeciles/${i}`)),
    classShare: Object.fromEntries(Object.entries(share).map(([c, v]) => [c, inspect.number(v, `/baseline/classShare/${c}`)])),
  };
}

function parseGolden(value: unknown, input: ModelInput, outputs: ModelOutputs, inspect: Inspector): GoldenRow[] {
  const rows = inspect.list(value, "/golden");
  return rows.map((row, i) => {
    const where = `/golden/${i}`;
    const o = inspect.object(row, where, ["why", "id", "inputs", "expect", "tol"]);
    const inputs = inspect.list(o["inputs"], `${where}/inputs`);
    if (inputs.length !== input.shape[1]) inspect.fail(`${where}/inputs`, `must be ${input.shape[1]} numbers; found ${inputs.length}`);
    const expect = inspect.object(o["expect"], `${where}/expect`, ["label", "scores"]);
    const scores = inspect.list(expect["scores"], `${where}/expect/scores`);
    const label =
      expect["label"] === undefined || expect["label"] === null
        ? null
        : inspect.choice(expect["label"], `${where}/expect/label`, outputs.classes);
    return {
      why: inspect.text(o["why"], `${where}/why`),
      id: o["id"] === undefined || o["id"] === null ? null : inspect.text(o["id"], `${where}/id`),
      inputs: inputs.map((v, k) => (v === null ? null : inspect.number(v, `${where}/inputs/${k}`))),
      expect: { label: label ?? null, scores: scores.map((v, k) => inspect.number(v, `${where}/expect/scores/${k}`)) },
      tol: inspect.number(o["tol"], `${where}/tol`),
    };
  });
}
