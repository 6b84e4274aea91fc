import { createHash } from "node:crypto";
import { WeirError, type Failure } from "@weir/record";
import { modelName, modelTag, type Manifest, type RawScores } from "@weir/model";
import { checkContents } from "./contents.ts";
import { checkGolden } from "./golden.ts";
import { openNative, type Native } from "./native.ts";
import { choosePlace, type Place } from "./place.ts";
import { chooseScorer, type Engine, type Scorer } from "./scorer.ts";
import { checkSignature, fixedRows } from "./signature.ts";
import { runInSlices, type Runner } from "./slices.ts";
import { createWorker, RunTimeout, type WorkerSetup } from "./worker.ts";

/** A model that answers as its manifest says it does: bytes, signature and golden rows have been checked. */
export interface ModelSession extends AsyncDisposable {
  readonly manifest: Manifest;
  /** On the calling thread, which each run blocks for a few milliseconds, or in processes of its own. */
  readonly place: "in-place" | "workers";
  /** What computes the scores, and why it and no other. */
  readonly engine: Engine;
  readonly why: string;
  /** Most rows a run. */
  readonly maxRows: number;
  /** The features are read while the promise is open. Rejects with a RetriableError if no process can be started. */
  run(features: Float32Array, rows: number): Promise<ModelRun>;
  close(): Promise<void>;
}

export interface ModelRun extends RawScores {
  /** By row: MODEL_ERROR or MODEL_TIMEOUT; such rows hold NaN. */
  readonly failures: ReadonlyMap<number, Failure>;
  readonly runs: number;
  readonly ms: number;
}

export interface OpenOptions {
  /** Most rows a run; default the manifest's, at most 2048. */
  readonly maxRows?: number;
  /** Every run has `maxRows` rows; default the manifest's. */
  readonly reproducible?: boolean;
  /** A run that takes longer leaves the calling thread; default 5. */
  readonly sliceMs?: number;
  /** A run in a worker that takes longer is ended; default 1000. */
  readonly runLimitMs?: number;
  /** Processes of a model that does not run in place; default 1. */
  readonly workers?: number;
  /** Default: measured. */
  readonly place?: "in-place" | "workers";
  /** `onnxruntime`: also where a kernel gives the same. Default: what is faster. */
  readonly engine?: "onnxruntime";
  /** Largest accepted file; default 256 MiB. */
  readonly maxBytes?: number;
  readonly nowMs?: () => number;
}

const DEFAULT_MAX_ROWS = 2048;
const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
const DEFAULT_SLICE_MS = 5;
const DEFAULT_RUN_LIMIT_MS = 1000;

/** @throws {WeirError} WEIR-4101 bytes · WEIR-4102 cannot be opened · WEIR-4103 signature · WEIR-4104 golden rows · WEIR-4106 contents */
export async function openModel(bytes: Uint8Array, manifest: Manifest, options: OpenOptions = {}): Promise<ModelSession> {
  checkBytes(bytes, manifest, options.maxBytes ?? DEFAULT_MAX_BYTES);
  checkContents(bytes, modelName(manifest));
  const setup = { kind: "setup" as const, bytes, input: manifest.input.name, scores: manifest.outputs.scores };
  const native = await openNative(bytes, setup).catch((error: unknown) => {
    throw cannotOpen(manifest, error);
  });
  try {
    checkSignature(native, manifest);
    const fixed = fixedRows(native);
    const maxRows = Math.max(2, Math.min(options.maxRows ?? DEFAULT_MAX_ROWS, manifest.batch.max));
    const reproducible = options.reproducible ?? manifest.batch.reproducible;
    const runtimePadTo = fixed ?? (reproducible ? maxRows : null);
    const outputWidth = await checkGolden(native, manifest, runtimePadTo);
    const now = options.nowMs ?? (() => performance.now());
    const scorer = await scorerOf(native, bytes, manifest, { fixed, now, options });
    const inPlacePadTo = scorer.engine === "trees" ? null : runtimePadTo; // in the kernel a row does not know of the others
    const place = await choosePlace(scorer.run, manifest, {
      padTo: inPlacePadTo,
      maxRows: fixed ?? maxRows,
      sliceMs: options.sliceMs ?? DEFAULT_SLICE_MS,
      now,
      ...(options.place && { place: options.place }),
    });
    const padTo = place.where === "in-place" ? inPlacePadTo : runtimePadTo;
    return await assemble({ native, scorer, manifest, outputWidth, padTo, place, now, setup, options });
  } catch (error) {
    await native.close();
    throw error;
  }
}

interface Choice {
  readonly fixed: number | null;
  readonly now: () => number;
  readonly options: OpenOptions;
}

async function scorerOf(native: Native, bytes: Uint8Array, manifest: Manifest, { fixed, now, options }: Choice): Promise<Scorer> {
  const left =
    fixed !== null
      ? "the model takes a fixed number of rows"
      : options.place === "workers"
        ? RUNS_IN_WORKERS
        : options.engine && "it was asked for";
  return left === undefined ? chooseScorer(native, bytes, manifest, now) : { engine: "onnxruntime", why: left, run: native.run };
}

const RUNS_IN_WORKERS = "the model runs in processes of its own";

interface Parts {
  readonly native: Native;
  readonly scorer: Scorer;
  readonly manifest: Manifest;
  readonly outputWidth: number;
  readonly padTo: number | null;
  readonly place: Place;
  readonly now: () => number;
  readonly setup: WorkerSetup;
  readonly options: OpenOptions;
}

async function assemble(parts: Parts): Promise<ModelSession> {
  const { native, scorer, manifest, place, now } = parts;
  const inPlace = place.where === "in-place";
  if (!inPlace) await native.close();
  const limitMs = parts.options.runLimitMs ?? DEFAULT_RUN_LIMIT_MS;
  const workers = inPlace ? [] : Array.from({ length: parts.options.workers ?? 1 }, () => createWorker(parts.setup, limitMs));
  await Promise.all(workers.map((w) => w.start()));
  const runners: readonly Runner[] = inPlace ? [scorer.run] : workers.map((w) => w.run);
  const slices = {
    inputWidth: manifest.input.shape[1],
    outputWidth: parts.outputWidth,
    maxRows: place.maxRows,
    padTo: parts.padTo,
    runners,
  };
  const close = async (): Promise<void> => {
    await (inPlace ? native.close() : Promise.all(workers.map((w) => w.close())));
  };
  return {
    manifest,
    place: place.where,
    engine: inPlace ? scorer.engine : "onnxruntime",
    why: inPlace ? scorer.why : RUNS_IN_WORKERS,
    maxRows: place.maxRows,
    run: async (features, rows) => {
      const started = now();
      const result = await runInSlices(features, rows, slices);
      const failures = new Map([...result.errors].map(([row, error]) => [row, failureOf(error, manifest)]));
      return { values: result.values, width: result.width, rows, failures, runs: result.runs, ms: now() - started };
    },
    close,
    [Symbol.asyncDispose]: close,
  };
}

function failureOf(error: unknown, manifest: Manifest): Failure {
  const late = error instanceof RunTimeout;
  return {
    class: late ? "MODEL_TIMEOUT" : "MODEL_ERROR",
    message: error instanceof Error ? error.message : String(error),
    retriable: late,
    model: modelTag(manifest),
  };
}

function checkBytes(bytes: Uint8Array, manifest: Manifest, maxBytes: number): void {
  const refuse = (why: string, fix: string): WeirError =>
    new WeirError({ code: "WEIR-4101", what: `the bytes of model ${modelName(manifest)} are refused`, why, fix }, { exitCode: 3 });
  if (bytes.length > maxBytes)
    throw refuse(`they are ${bytes.length}, more than ${maxBytes}`, "raise the limit if the model is meant to be that large");
  const digest = createHash("sha256").update(bytes).digest("hex");
  if (digest !== manifest.digest) {
    throw refuse(
      `their SHA-256 is ${digest}; the manifest says ${manifest.digest}`,
      "the file is not the one that was registered: restore it, or register it as a new version",
    );
  }
}

function cannotOpen(manifest: Manifest, error: unknown): WeirError {
  return new WeirError(
    {
      code: "WEIR-4102",
      what: `model ${modelName(manifest)} cannot be opened`,
      why: error instanceof Error ? error.message : String(error),
      fix: "export it with operators, operator sets and an IR version that this runtime takes, and with its weights inside the file",
    },
    { cause: error, exitCode: 3 },
  );
}
