import { readFileSync } from "node:fs";
import onnxruntime from "onnxruntime-node";

const { InferenceSession, Tensor } = onnxruntime;
const CLASSES = ["genuine", "fraud"];

const session = await InferenceSession.create(readFileSync(process.env.BENCH_MODEL ?? ""), { intraOpNumThreads: 1 });

/** One run of the model. */
export async function predict(features) {
  const { probabilities } = await session.run({ features: new Tensor("float32", Float32Array.from(features), [1, features.length]) });
  const [genuine, fraud] = probabilities.data;
  const confidence = Math.round(Math.min(1, Math.max(genuine, fraud)) * 1e6) / 1e6;
  return { label: CLASSES[fraud > genuine ? 1 : 0], confidence };
}
