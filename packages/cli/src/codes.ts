import { BROKER_CODES } from "@weir/broker";
import { CONTRACT_CODES } from "@weir/contract";
import { GATE_CODES } from "@weir/gate";
import { KAFKA_CODES } from "@weir/kafka";
import { MODEL_CODES } from "@weir/model";
import { SPEC_CODES } from "@weir/pipeline";
import type { CodeEntry } from "@weir/record";
import { RULE_CODES } from "@weir/rules";
import { SERVICE_CODES } from "@weir/service";
import { STREAM_CODES } from "@weir/stream";

/** The codes of the command line, and of the start script before it. */
export const CLI_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-6000": {
    title: "Unexpected fault",
    explanation: "A fault that nobody foresaw: a bug of Weir.",
    fix: "Report it with the lines that were printed.",
  },
  "WEIR-6001": {
    title: "Records cannot be read",
    explanation: "The file of records does not exist, may not be read or is damaged.",
    fix: "Name a file of one JSON record a line; .gz is unpacked.",
  },
  "WEIR-6002": {
    title: "No such topic",
    explanation: "The broker does not know the topic. Weir never creates topics by writing to them.",
    fix: "Start the pipeline first, or check the name.",
  },
  "WEIR-6003": {
    title: "No such dead letter",
    explanation: "There is no committed record at the place named.",
    fix: "Take the place from weir dlq list.",
  },
  "WEIR-6004": { title: "Wrong usage", explanation: "A flag is missing or does not fit the others.", fix: "See weir COMMAND --help." },
  "WEIR-6005": {
    title: "No such service",
    explanation: "Weir has five: ingest, gate, inference, router, monitor.",
    fix: "Name some of them.",
  },
  "WEIR-6006": {
    title: "Topics are not as the pipeline needs them",
    explanation: "On a broker that Weir did not start it creates nothing by itself.",
    fix: "Create the topics listed with the partitions listed.",
  },
  "WEIR-6007": {
    title: "The pipeline has no sample",
    explanation: "--sample produces data/sample.ndjson.gz or data/sample.ndjson of the pipeline's folder.",
    fix: "Add one or leave out --sample.",
  },
  "WEIR-6008": {
    title: "Producing stopped",
    explanation:
      "Records are written in transactions of some thousands, two under way at a time. One of them failed; those before it are there, whole.",
    fix: "Look into the topic, then produce the rest.",
  },
  "WEIR-6009": {
    title: "The broker did not do what was asked",
    explanation: "A request failed for a reason that may pass: a connection was lost, a leader moved, a time ran out.",
    fix: "Look whether the broker is up (weir doctor), then try again.",
  },
  "WEIR-8001": {
    title: "Node is too old",
    explanation: "Weir needs Node 20.19 or newer; the start script checks before it does anything.",
    fix: "Install a newer Node, for example with nvm install 20.",
  },
  "WEIR-8002": {
    title: "The packages could not be installed",
    explanation:
      "The first start, and every start after the packages changed, installs what the lock file names. The lines before say what failed.",
    fix: "Check the network and the registry that npm is set to, then try again.",
  },
};

const CATALOGUES: readonly Readonly<Record<string, CodeEntry>>[] = [
  SPEC_CODES,
  CONTRACT_CODES,
  RULE_CODES,
  GATE_CODES,
  MODEL_CODES,
  BROKER_CODES,
  STREAM_CODES,
  SERVICE_CODES,
  CLI_CODES,
  KAFKA_CODES,
];

export function explainCode(code: string): CodeEntry | null {
  return CATALOGUES.find((catalogue) => Object.hasOwn(catalogue, code))?.[code] ?? null;
}
