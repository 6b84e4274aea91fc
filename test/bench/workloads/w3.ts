import { deepNet } from "@weir/testkit";
import { W1 } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";

/** 28 by 28. */
const FEATURES = 784;
const DECIMALS = 8;
const SEED = 7;
const HIDDEN = [32, 32, 32, 32];
const CLASSES = Array.from({ length: 10 }, (_, digit) => String(digit));
const PARTITIONS = 32;

/**
 * Record, net and partitions of Crayfish (EDBT 2024): an array of numbers with the digits of a 32-bit float. It checks nothing and refuses
 * nothing: no record is bad.
 */
export const PIXELS: NamedWorkload = {
  name: "W3",
  workload: {
    ...W1,
    partitions: PARTITIONS,
    plain: { features: FEATURES, bytes: null, highest: 1, decimals: DECIMALS, array: "pixels" },
    faultEvery: 0,
    hasRanges: false,
    model: ({ features }) => deepNet({ seed: SEED, features, hidden: HIDDEN, classes: CLASSES }),
    isOnOneCore: true,
  },
  bytes: 8600,
  records: { "weir-pass": 1_000_000, "weir-fused": 600_000, "weir-services": 400_000, "streams-crayfish": 100_000 },
  usual: ["weir-fused", "streams-crayfish"],
  warmUpRecords: 100_000,
  method: {
    records:
      "about 8,600 bytes of JSON: an id, a key and an array of 784 numbers of eight decimals, 32 partitions, none bad; 40,000 different ones, then again with other ids",
    work: [
      "parse, three required fields, one of them of 784 numbers, a net of 784-32-32-32-32-10, three branches; headers, verdicts and execution log as by default",
      "streams-crayfish: the Kafka Streams adapter of Crayfish (EDBT 2024), ported: a tree of JSON and one run of the model a record, at-least-once, one thread",
      "all processes of a system on one processor (taskset)",
    ],
  },
};
