import type { CodeEntry } from "@weir/record";

/** The codes of the runner. */
export const STREAM_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-5001": {
    title: "Records are gone before they were read",
    explanation:
      "The committed offset of a group lies before the first record that the topic still has (retention was shorter than the delay), or behind its end (the topic was created anew). The partition is halted, the others go on: nothing is left out silently.",
    fix: "Raise the retention of the topic. Records that are gone cannot be recovered; to go on without them start the service with WEIR_MISSING_OFFSETS=earliest or latest.",
  },
  "WEIR-5006": {
    title: "Topics of a pipeline have different numbers of partitions",
    explanation:
      "A record keeps its partition from hop to hop. A partition that the next topics do not have is halted until they have it; the others go on.",
    fix: "Add partitions to the topics that are named (kafka-topics --alter --partitions N).",
  },
  "WEIR-5007": {
    title: "The state of a stage cannot be read",
    explanation:
      "What a stage keeps between records (open windows, keys it has seen) lies in a topic of its own, and a part of it is damaged. The partition that it belongs to is halted, the others go on: a stage without its state would decide otherwise than it did.",
    fix: "Bring the topic back from a replica or a copy. To begin without the state, stop the service and empty the partition of the state topic.",
  },
  "WEIR-5002": {
    title: "Another process took this slot",
    explanation:
      "A group or a transaction coordinator refused this process, because a younger one uses the same member id or transactional ids.",
    fix: "Usually nothing: an orchestrator replaced this process. If it happens again and again, two processes have the same WEIR_SLOT.",
  },
  "WEIR-5005": {
    title: "A stage does not get on",
    explanation:
      "There were records to read, decide or commit, for two minutes nothing moved, reading again from the committed offsets did not help, and no fault was reported. The process ends rather than stand still silently.",
    fix: "An orchestrator starts another process. If that stands still too, look for a transaction that nobody ends (weir transactions list) and for a stage that never answers.",
  },
};
