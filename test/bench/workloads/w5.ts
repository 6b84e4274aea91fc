import { W1 } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";

const WINDOW_RECORDS = 1000;
const FAULT_EVERY = 20;

/** What holding windows and watching for drift cost: nothing of it is work that W1 has. */
export const HELD_WINDOWS: NamedWorkload = {
  name: "W5",
  workload: { ...W1, faultEvery: FAULT_EVERY, windowRecords: WINDOW_RECORDS, drift: true },
  bytes: 290,
  records: { "weir-pass": 12_000_000, "weir-fused": 6_000_000, "weir-services": 3_000_000 },
  usual: ["weir-fused", "weir-services"],
  warmUpRecords: 2_000_000,
  method: {
    records: "card transactions as in W1, one in twenty bad",
    work: [
      "as in W1, and the gate holds windows of 1,000 records of a partition until it has judged them: a share of amounts that would hold a window back, and drift of",
      "the seven features against a baseline of 40,000 other records of the same generator, 40 reference windows, which only alerts",
    ],
  },
};
