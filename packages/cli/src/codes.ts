import { explainSpecCode, type CodeEntry } from "@weir/pipeline";

/** Codes of everything but the pipeline file, which has its own list. */
const CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-5001": {
    title: "Records were deleted before they were read",
    explanation: "The committed offset of a group lies before the first record that the topic still has: retention was shorter than the delay.",
    fix: "Raise the retention of the topic. Records that are gone cannot be recovered; to go on without them set the policy for missing offsets to earliest.",
  },
  "WEIR-5002": {
    title: "Another process took this slot",
    explanation: "A group or a transaction coordinator refused this process, because a younger one uses the same member id or transactional ids.",
    fix: "Usually nothing: an orchestrator replaced this process. If it happens again and again, two processes have the same WEIR_SLOT.",
  },
  "WEIR-5003": { title: "A slot is configured twice", explanation: "Two live processes of one group fill the same slot and throw each other out.", fix: "Give every process its own WEIR_SLOT." },
  "WEIR-5004": {
    title: "Topics between fused stages still hold records",
    explanation: "An earlier run in separate services left records that a fused chain would not read.",
    fix: "Run the services separately until they are drained, then fuse.",
  },
  "WEIR-5101": { title: "A service cannot listen", explanation: "The port is taken, or the address does not belong to this machine.", fix: "Stop the other process or choose another port with --port." },
  "WEIR-5102": { title: "A setting of the environment is wrong", explanation: "Every WEIR_* variable is checked at start; all problems are named at once.", fix: "Correct the variables named." },
  "WEIR-6000": { title: "Unexpected fault", explanation: "A fault that nobody foresaw: a bug of Weir.", fix: "Report it with the lines that were printed." },
  "WEIR-6001": { title: "Records cannot be read", explanation: "The file of records does not exist, may not be read or is damaged.", fix: "Name a file of one JSON record a line; .gz is unpacked." },
  "WEIR-6002": { title: "No such topic", explanation: "The broker does not know the topic. Weir never creates topics by writing to them.", fix: "Start the pipeline first, or check the name." },
  "WEIR-6003": { title: "No such dead letter", explanation: "There is no committed record at the place named.", fix: "Take the place from weir dlq list." },
  "WEIR-6004": { title: "Wrong usage", explanation: "A flag is missing or does not fit the others.", fix: "See weir COMMAND --help." },
  "WEIR-6005": { title: "No such service", explanation: "Weir has five: ingest, gate, inference, router, monitor.", fix: "Name some of them." },
  "WEIR-6006": { title: "Topics are not as the pipeline needs them", explanation: "On a broker that Weir did not start it creates nothing by itself.", fix: "Create the topics listed with the partitions listed." },
  "WEIR-6007": { title: "The pipeline has no sample", explanation: "--sample produces sample.ndjson.gz or sample.ndjson of the pipeline's folder.", fix: "Add one or leave out --sample." },
};

export function explainCode(code: string): CodeEntry | null {
  return CODES[code] ?? explainSpecCode(code) ?? null;
}
