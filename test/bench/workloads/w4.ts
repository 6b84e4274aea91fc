import { W1 } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";

/** What text costs: the records, work and outputs of W1, in a third of its bytes. */
export const AVRO_CARDS: NamedWorkload = {
  name: "W4",
  workload: { ...W1, format: "avro" },
  bytes: 90,
  records: { "weir-pass": 12_000_000, "weir-fused": 12_000_000, "weir-services": 4_000_000, "java-hand": 12_000_000 },
  usual: ["weir-pass", "weir-fused", "weir-services"],
  warmUpRecords: 2_000_000,
  method: {
    records:
      "card transactions as in W1, in Avro with Confluent's framing, about 90 bytes, every hundredth bad: out of range, of a writer without a field, of one with text for a number, or cut off",
    work: [
      "as in W1; values stay as they are, and the prediction travels in a header; java-hand has a scan of Avro written for this record and no registry",
    ],
  },
};
