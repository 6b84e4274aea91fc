import { boostedTrees } from "@weir/testkit";
import { W1 } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";

const FEATURES = 30;
/** As many digits as every reader takes the short way; half of a record is digits. */
const DECIMALS = 14;
const SEED = 7;
const TREES = 100;
const DEPTH = 6;

/** What numbers as text and trees cost. */
export const BOOSTED_TREES: NamedWorkload = {
  name: "W2",
  workload: {
    ...W1,
    plain: {
      ...{ features: FEATURES, bytes: null, highest: 1, decimals: DECIMALS },
      nameOf: (feature) => `feature_${String(feature).padStart(3, "0")}`,
    },
    model: ({ features }) => boostedTrees({ seed: SEED, features, trees: TREES, depth: DEPTH }),
  },
  bytes: 1000,
  records: {
    "weir-pass": 6_000_000,
    "weir-fused": 1_600_000,
    "weir-services": 1_600_000,
    "streams-plain": 400_000,
    "streams-tuned": 1_600_000,
    "flink-plain": 400_000,
    "flink-tuned": 1_600_000,
    "java-hand": 1_600_000,
  },
  usual: ["weir-fused", "streams-tuned", "java-hand"],
  warmUpRecords: 400_000,
  method: {
    records:
      "about 1,000 bytes of JSON: an id, a key and 30 numbers of 14 decimals, 8 partitions, every hundredth one bad; 40,000 different ones, then again with other ids",
    work: [
      "parse, 32 required fields, thirty ranges, boosted trees (100 of depth 6; ONNX Runtime, in Weir its own kernel of the same bits), three branches and dead letters; headers, verdicts and execution log",
      "as by default",
    ],
  },
};
