import { BROKER_CODES } from "@weir/broker";
import { CONTRACT_CODES } from "@weir/contract";
import { GATE_CODES } from "@weir/gate";
import { INGEST_CODES } from "@weir/ingest";
import { KAFKA_CODES } from "@weir/kafka";
import { MODEL_CODES } from "@weir/model";
import { MONITOR_CODES } from "@weir/monitor";
import { SPEC_CODES } from "@weir/pipeline";
import type { CodeEntry } from "@weir/record";
import { REPLAY_CODES } from "@weir/replay";
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
  "WEIR-6041": {
    title: "No stage reads this partition",
    explanation: "weir skip leaves out records for the stages of a pipeline; none of them reads the topic and partition named.",
    fix: "Name a topic and a partition that a stage reads.",
  },
  "WEIR-6042": {
    title: "Nothing is damaged there",
    explanation: "Everything behind the committed offsets of the stages can be read: there is nothing to leave out.",
    fix: "Look into /readyz of the stage, which tells what is halted and why.",
  },
  "WEIR-6043": {
    title: "It is not known where the damage ends",
    explanation: "A damaged batch usually tells its last offset, or the batch behind it does. Here neither can be read.",
    fix: "Give the first offset that is to be read again with --to.",
  },
  "WEIR-6045": {
    title: "Records cannot be read",
    explanation: "A batch of a topic is damaged, was compressed by a codec that nobody knows, or has been deleted: reading ends there.",
    fix: "Look at the disk of the broker. weir skip lets the stages go on behind what is damaged.",
  },
  "WEIR-6044": {
    title: "Leaving out records was not confirmed",
    explanation: "What is left out is read by no stage any more, so it has to be said twice. --dry-run tells what it would be.",
    fix: "Repeat with --yes.",
  },
  "WEIR-6048": {
    title: "Nothing is stopped there",
    explanation: "A stage is stopped by one of its rules with action pause or halt. What the owners were told says that none stands still.",
    fix: "Look at weir status; a partition that cannot be read is halted for another reason, see weir skip.",
  },
  "WEIR-6020": {
    title: "A filter cannot be understood",
    explanation: "--filter takes a CEL condition over record, prediction and headers; the column says where it stops being one.",
    fix: "Quote it for your shell and write for example 'record.amount > 100.0'.",
  },
  "WEIR-6021": {
    title: "Not confirmed",
    explanation: "What deletes records or moves them elsewhere asks first; nothing was done.",
    fix: "Answer yes, or give --yes in scripts.",
  },
  "WEIR-6022": {
    title: "No such record",
    explanation: "None of the pipeline's topics holds a record of this id: it never came, or retention has let it go.",
    fix: "Take the id from the header weir.id, and leave out --since.",
  },
  "WEIR-6023": {
    title: "No such model",
    explanation: "Models lie in models/NAME/VERSION of the pipeline's folder, aliases in models/NAME/aliases.yaml.",
    fix: "Name one that weir models list shows.",
  },
  "WEIR-6010": {
    title: "An edit cannot be understood",
    explanation: "An edit is a JSON Patch, a map of JSON pointers to CEL expressions, or changes of free headers; all problems are named.",
    fix: "Correct what is named.",
  },
  "WEIR-6012": {
    title: "The plan cannot be executed",
    explanation: "The file is no plan, or it was changed after it was made: a plan carries the digest of its content.",
    fix: "Make it again with weir dlq plan -o FILE.",
  },
  "WEIR-6013": {
    title: "No such gate",
    explanation: "Records are quarantined by gates; the pipeline has none of this name.",
    fix: "Name one of the gates listed.",
  },
  "WEIR-6046": {
    title: "No such stage",
    explanation: "weir reset moves a stage that reads topics: gates, inferences and routers.",
    fix: "Name one of those listed.",
  },
  "WEIR-6047": {
    title: "The stage still runs",
    explanation:
      "Its group has members, whose next commit would undo a reset. A process that was killed is a member until its session ends.",
    fix: "Stop the processes of the stage, then try again.",
  },
  "WEIR-6050": {
    title: "The pipeline has no tests",
    explanation: "weir test runs the files *.test.yaml of the pipeline's folder and of its folder tests.",
    fix: "Write one; weir init makes a pipeline that has some.",
  },
  "WEIR-6051": {
    title: "The tests of a pipeline cannot be read",
    explanation: "A file of tests has defaults and tests; each test has a name, given and expect. All problems are named.",
    fix: "Correct what is named.",
  },
  "WEIR-6052": {
    title: "No pipeline can be made there",
    explanation: "weir init writes into a new or empty folder, whose name becomes that of the pipeline. Nothing is overwritten.",
    fix: "Name another folder.",
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
  "WEIR-6040": {
    title: "Candidate rules cannot be tried",
    explanation: "weir backtest reads rules as they stand in the pipeline file and checks them in the same way.",
    fix: "Correct what is named.",
  },
};

const CATALOGUES: readonly Readonly<Record<string, CodeEntry>>[] = [
  SPEC_CODES,
  CONTRACT_CODES,
  RULE_CODES,
  GATE_CODES,
  INGEST_CODES,
  MODEL_CODES,
  BROKER_CODES,
  STREAM_CODES,
  SERVICE_CODES,
  REPLAY_CODES,
  MONITOR_CODES,
  CLI_CODES,
  KAFKA_CODES,
];

/** Every code that there is, in the order of its number. */
export function allCodes(): readonly (readonly [code: string, entry: CodeEntry])[] {
  return CATALOGUES.flatMap((catalogue) => Object.entries(catalogue)).sort(([a], [b]) => (a < b ? -1 : 1));
}

export function explainCode(code: string): CodeEntry | null {
  return CATALOGUES.find((catalogue) => Object.hasOwn(catalogue, code))?.[code] ?? null;
}
