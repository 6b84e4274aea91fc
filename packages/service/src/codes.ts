import type { CodeEntry } from "@weir/record";

/** The codes of service processes. */
export const SERVICE_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-5003": {
    title: "A slot is configured twice",
    explanation: "Two live processes of one group fill the same slot and throw each other out.",
    fix: "Give every process its own WEIR_SLOT.",
  },
  "WEIR-5004": {
    title: "Topics between fused stages still hold records",
    explanation: "An earlier run in separate services left records that a fused chain would not read.",
    fix: "Run the services separately until they are drained, then fuse.",
  },
  "WEIR-5101": {
    title: "A service cannot listen",
    explanation: "The port is taken, or the address does not belong to this machine.",
    fix: "Stop the other process or choose another port with --port.",
  },
  "WEIR-5102": {
    title: "A setting of the environment is wrong",
    explanation: "Every WEIR_* variable is checked at start; all problems are named at once.",
    fix: "Correct the variables named.",
  },
  "WEIR-5103": {
    title: "There is no pipeline",
    explanation: "A pipeline is a folder with a file pipeline.yaml; it does not exist or may not be read.",
    fix: "Name the folder that holds pipeline.yaml.",
  },
  "WEIR-5104": {
    title: "The pipeline cannot run",
    explanation: "Its files have errors; all of them are named, each with its own code. Nothing was started.",
    fix: "Correct what is named; weir explain says more of each code, weir validate checks without starting.",
  },
};
