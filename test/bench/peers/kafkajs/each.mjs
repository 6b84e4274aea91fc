import { readFileSync } from "node:fs";
import kafkajs from "kafkajs";
import onnxruntime from "onnxruntime-node";

// A service as most people write it with kafkajs: eachMessage, one run of the model a record, one send a record; at-least-once.

const { Kafka, logLevel } = kafkajs;
const { InferenceSession, Tensor } = onnxruntime;
const { BENCH_BROKER = "", BENCH_INPUT = "", BENCH_PREFIX = "", BENCH_MODEL = "" } = process.env;
const FEATURES = [
  ["amount", 0, 10_000],
  ["mcc", 1, 9999],
  ["device_age_days", 0, 36_500],
  ["velocity_1h", 0, 1000],
  ["avg_amount_30d", 0, 100_000],
  ["distance_km", 0, 20_100],
  ["hour", 0, 23],
];
const WHOLE = ["event_time", "mcc", "device_age_days", "velocity_1h", "hour"];
const TEXTS = [
  ["transaction_id", 1, 40],
  ["card_id", 0, Infinity],
  ["currency", 3, 3],
  ["merchant", 0, Infinity],
  ["country", 2, 2],
];
const CLASSES = ["genuine", "fraud"];

const session = await InferenceSession.create(readFileSync(BENCH_MODEL), { intraOpNumThreads: 1 });
const kafka = new Kafka({ clientId: "bench", brokers: [BENCH_BROKER], logLevel: logLevel.ERROR });
const producer = kafka.producer();
const consumer = kafka.consumer({ groupId: BENCH_PREFIX });

function parse(text) {
  try {
    const record = JSON.parse(text);
    return typeof record === "object" && record !== null ? record : null;
  } catch {
    return null;
  }
}

function featuresOf(record) {
  const isText = ([name, least, most]) => {
    const value = record[name];
    return typeof value === "string" && value.length >= least && value.length <= most;
  };
  if (!TEXTS.every(isText) || typeof record["is_recurring"] !== "boolean") return null;
  if (!WHOLE.every((name) => Number.isInteger(record[name]))) return null;
  const features = FEATURES.map(([name, least, most]) => {
    const value = record[name];
    return typeof value === "number" && value >= least && value <= most ? value : NaN;
  });
  return features.some(Number.isNaN) ? null : features;
}

async function handle({ message }) {
  const record = parse(message.value?.toString() ?? "");
  const features = record && featuresOf(record);
  let branch = "refused";
  let value = message.value;
  if (record && features) {
    const { probabilities } = await session.run({ features: new Tensor("float32", Float32Array.from(features), [1, features.length]) });
    const [genuine, fraud] = probabilities.data;
    const label = fraud > genuine ? 1 : 0;
    const confidence = Math.round(Math.min(1, Math.max(genuine, fraud)) * 1e6) / 1e6;
    branch = confidence >= 0.9 ? "auto" : confidence >= 0.6 ? "review" : "manual";
    value = JSON.stringify({ ...record, prediction: { label: CLASSES[label], confidence } });
  }
  await producer.send({ topic: `${BENCH_PREFIX}.${branch}`, messages: [{ key: message.key, value }] });
}

await producer.connect();
await consumer.connect();
await consumer.subscribe({ topic: BENCH_INPUT, fromBeginning: true });
await consumer.run({ eachMessage: handle });
