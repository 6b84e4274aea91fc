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
  "WEIR-5121": {
    title: "A request took too long to arrive",
    explanation: "Headers and bodies have a deadline, so that connections which say nothing keep nobody else out.",
    fix: "Send the request in one go; split large ones.",
  },
  "WEIR-5122": {
    title: "The headers of a request are too large",
    explanation: "All headers together may have 16 KiB.",
    fix: "Send fewer or shorter headers.",
  },
  "WEIR-5123": {
    title: "A request is not HTTP, or not as HTTP wants it",
    explanation: "The request line, a header or the framing of the body cannot be read; TLS sent to a plain port looks like this too.",
    fix: "Speak HTTP/1.1, and TLS only to a proxy that takes it off.",
  },
  "WEIR-5124": {
    title: "An address does not take this method",
    explanation: "The header Allow of the answer lists the methods that it takes.",
    fix: "Use one of them.",
  },
  "WEIR-5125": {
    title: "There is nothing at this address",
    explanation: "No route of the service has this path.",
    fix: "Compare it with the service's README, or with /v1/PIPELINE/openapi.json of ingest.",
  },
  "WEIR-5126": {
    title: "A fault of the service itself",
    explanation: "The request was not to blame; the log of the service says what happened.",
    fix: "Try again with the same Idempotency-Key; if it stays, ask the owner of the service.",
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
  "WEIR-5105": {
    title: "There is no audit topic",
    explanation:
      "Replays, releases, edits and promotions are written to one topic that spans pipelines, ahead of being done. Where it is missing they are refused.",
    fix: "Create weir.audit with one partition and retention.ms=-1; on a broker that Weir started it is there.",
  },
  "WEIR-6006": {
    title: "Topics are not as the pipeline needs them",
    explanation: "On a broker that Weir did not start it creates nothing by itself.",
    fix: "Create the topics listed with the partitions listed.",
  },
  "WEIR-6009": {
    title: "The broker did not do what was asked",
    explanation: "A request failed for a reason that may pass: a connection was lost, a leader moved, a time ran out.",
    fix: "Look whether the broker is up (weir doctor), then try again.",
  },
  "WEIR-5111": {
    title: "There is no such environment",
    explanation: "--env and WEIR_ENV name a file env/NAME.yaml of the pipeline's folder, or a file by its path.",
    fix: "Correct the name, or write the file: it holds kafka.brokers, kafka.tls and kafka.sasl.",
  },
  "WEIR-5113": {
    title: "No schema registry is named",
    explanation: "Records in Avro name the schema that they were written with by its id in a registry with Confluent's API.",
    fix: "Set WEIR_SCHEMA_REGISTRY to its URL, or schemaRegistry.url in the environment file, where user name, password, token and tls are, too.",
  },
  "WEIR-5112": {
    title: "The environment file is wrong",
    explanation:
      "Everything that is wrong is named at once, each with its own code; values of secrets are never shown. Nothing was started.",
    fix: "Correct what is named; secrets are put in by ${file:PATH} or ${NAME}.",
  },
};
