import { W1 } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";

/** A compiler of the first ten seconds counts less in a long run. */
export const CARD_TRANSACTIONS: NamedWorkload = {
  name: "W1",
  workload: W1,
  bytes: 290,
  records: {
    "weir-pass": 12_000_000,
    "weir-fused": 12_000_000,
    "weir-minimal": 12_000_000,
    "weir-stored": 12_000_000,
    "weir-at-least-once": 12_000_000,
    "weir-services": 4_000_000,
    "weir-services-stored": 4_000_000,
    "streams-plain": 1_000_000,
    "streams-tuned": 8_000_000,
    "flink-plain": 800_000,
    "flink-tuned": 8_000_000,
    "java-hand": 12_000_000,
    bytewax: 1_000_000,
    quix: 250_000,
    "kafkajs-each": 100_000,
    "kafkajs-services": 50_000,
  },
  usual: ["weir-pass", "weir-fused", "weir-services"],
  warmUpRecords: 2_000_000,
  method: {
    records:
      "card transactions (W1) of about 290 bytes of JSON, 8 partitions, every hundredth one bad; 200,000 different ones, then again with other ids",
    work: [
      "parse, 14 required fields, seven ranges, a net of 30-64-32-2, three branches and dead letters; headers, verdicts and execution log as by default",
    ],
  },
};
