import { InferenceSession, Tensor } from "onnxruntime-node";

/** A session of the runtime; used alike in place and in a worker, so it knows nothing of manifests. */
export interface Native {
  readonly inputs: readonly Slot[];
  readonly outputs: readonly Slot[];
  /** Blocks the calling thread while the model runs, although it gives a promise. */
  run(features: Float32Array, rows: number): Promise<NativeScores>;
  /** The values of an output that is not the scores, as text. */
  labels(features: Float32Array, rows: number, output: string): Promise<readonly string[]>;
  /** More than once does no harm. */
  close(): Promise<void>;
}

/** An input or output as the model declares it; type and shape are null for what is no tensor (ZipMap and other sequences). */
export interface Slot {
  readonly name: string;
  readonly type: string | null;
  /** Numbers are fixed dimensions, text names a free one. */
  readonly shape: readonly (number | string)[] | null;
}

export interface NativeScores {
  readonly values: Float32Array | Float64Array;
  /** Numbers a row. */
  readonly width: number;
}

export interface NativeOptions {
  readonly input: string;
  readonly scores: string;
}

/** One thread, in order, silent: scaling is done by partitions. */
const SESSION_OPTIONS: InferenceSession.SessionOptions = {
  executionProviders: ["cpu"],
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  executionMode: "sequential",
  logSeverityLevel: 4,
};

export async function openNative(bytes: Uint8Array, options: NativeOptions): Promise<Native> {
  const session = await InferenceSession.create(bytes, SESSION_OPTIONS);
  const fetch = async (features: Float32Array, rows: number, output: string): Promise<Tensor> => {
    const tensor = new Tensor("float32", features, [rows, features.length / rows]);
    const found = (await session.run({ [options.input]: tensor }, [output]))[output];
    if (!(found instanceof Tensor)) throw new Error(`output ${output} is no tensor`);
    return found;
  };
  let open = true;
  return {
    inputs: session.inputMetadata.map(slotOf),
    outputs: session.outputMetadata.map(slotOf),
    run: async (features, rows) => scoresOf(await fetch(features, rows, options.scores), rows, options.scores),
    labels: async (features, rows, output) => Array.from((await fetch(features, rows, output)).data as ArrayLike<unknown>, String),
    close: async () => {
      if (!open) return;
      open = false;
      await session.release();
    },
  };
}

function slotOf(meta: InferenceSession.ValueMetadata): Slot {
  return meta.isTensor ? { name: meta.name, type: meta.type, shape: meta.shape } : { name: meta.name, type: null, shape: null };
}

/** Declared shapes are wrong in old exports, so the dimensions of the result count. */
function scoresOf(tensor: Tensor, rows: number, name: string): NativeScores {
  const width = tensor.size / rows;
  if (tensor.dims[0] !== rows || !Number.isInteger(width) || width < 1) {
    throw new Error(`output ${name} has the shape [${tensor.dims.join(", ")}] for ${rows} rows`);
  }
  return { values: numbersOf(tensor, name), width };
}

function numbersOf(tensor: Tensor, name: string): Float32Array | Float64Array {
  const { data } = tensor;
  if (data instanceof Float32Array || data instanceof Float64Array) return data;
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) return Float64Array.from(data, Number);
  if (
    data instanceof Int32Array ||
    data instanceof Uint32Array ||
    data instanceof Int16Array ||
    data instanceof Uint16Array ||
    data instanceof Int8Array ||
    data instanceof Uint8Array
  )
    return Float64Array.from(data);
  throw new Error(`output ${name} holds ${tensor.type}, not numbers`);
}
