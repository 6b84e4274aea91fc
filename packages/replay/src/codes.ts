import type { CodeEntry } from "@weir/record";

/** The codes of replays. */
export const REPLAY_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-5201": {
    title: "A selection cannot be understood",
    explanation: "A criterion of the selection of dead letters has a form that it cannot have; all of them are named.",
    fix: "Correct what is named.",
  },
  "WEIR-5202": {
    title: "A topic that replays need is not there",
    explanation: "Dead letters are read from one topic, sent to others, and what became of them is written to the topic of replays.",
    fix: "Create the topics of the pipeline; on a broker that Weir started they are there.",
  },
  "WEIR-5203": {
    title: "The plan is not for this pipeline as it is",
    explanation:
      "A plan says what would pass under the pipeline that it was made for. The file, its contract, rules or models changed since.",
    fix: "Make the plan again and look at what would pass now.",
  },
  "WEIR-5204": {
    title: "Another run is not over",
    explanation:
      "Two runs with the same records would send them twice, and a gate judges one run at a time. The run that began first goes on.",
    fix: "Let it end, or cancel it.",
  },
  "WEIR-5205": {
    title: "There is no such run",
    explanation: "Runs are known from the topic of replays, as long as it keeps them.",
    fix: "Take the id from weir replay list.",
  },
  "WEIR-5207": {
    title: "The plan looks into records as JSON, and they are Avro",
    explanation:
      "Edits, versions and filters over a record work on JSON. Avro is replayed byte for byte, chosen by class, rule, stage, key or time.",
    fix: "Choose otherwise, and leave out the edit and the version field.",
  },
  "WEIR-5206": {
    title: "No process carries the run out",
    explanation: "A run waits in the topic of replays for a process to go on with it; the one that did was stopped or killed.",
    fix: "Execute its plan once more, which goes on where it stopped, or cancel it.",
  },
};
