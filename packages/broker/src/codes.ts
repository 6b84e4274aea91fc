import type { CodeEntry } from "@weir/record";

/** The codes of brokers: why none could be started or reached. */
export const BROKER_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-4301": {
    title: "No Java that runs Kafka",
    explanation: "The embedded broker is Apache Kafka itself, which runs on Java 17 or newer. The places that were tried are named.",
    fix: "Install a JRE, or point JAVA_HOME or WEIR_JAVA to one; or use another broker with --broker.",
  },
  "WEIR-4302": {
    title: "The cache folder cannot be written",
    explanation: "Kafka's files and a formatted data directory are kept there between runs.",
    fix: "Set WEIR_CACHE_DIR to a folder that can be written.",
  },
  "WEIR-4303": {
    title: "Maven is missing",
    explanation: "Kafka's files are fetched with Maven, once. Afterwards neither Maven nor a network is needed.",
    fix: "Install Maven or point WEIR_MVN to it; or use another broker with --broker.",
  },
  "WEIR-4304": {
    title: "Kafka could not be fetched",
    explanation: "Maven did not get all files; what it said first is named.",
    fix: "Check the network and the mirror in Maven's settings.xml; or use another broker with --broker.",
  },
  "WEIR-4305": {
    title: "A data directory could not be formatted",
    explanation: "Kafka's own tool, which prepares an empty data directory, failed.",
    fix: "Look whether the cache folder is full or read-only, and delete it to start anew.",
  },
  "WEIR-4306": {
    title: "The embedded Kafka did not start",
    explanation: "Its process ended, or did not answer in time. A process that the system killed usually found too little memory.",
    fix: "Look into the log that is named; free some memory; or take another data directory with --data.",
  },
  "WEIR-4307": {
    title: "The data directory cannot be written",
    explanation: "The folder given with --data is read-only, full or somebody else's.",
    fix: "Free some space there, or name another folder with --data.",
  },
  "WEIR-4308": {
    title: "The data directory is in use",
    explanation: "Another process works on it. Two brokers on one directory would destroy it.",
    fix: "Stop the process that is named, or name another folder with --data.",
  },
  "WEIR-4309": {
    title: "The broker's port is taken",
    explanation: "Another process listens there, perhaps a broker of an earlier run.",
    fix: "Stop it, choose another port with --kafka-port, or use that broker with --broker.",
  },
  "WEIR-4310": {
    title: "Not the address of a broker",
    explanation: "--broker and WEIR_KAFKA take embedded, testcontainers, or addresses as HOST:PORT.",
    fix: "Correct the address; separate several by commas.",
  },
  "WEIR-4311": {
    title: "No container engine answers",
    explanation: "A broker in a container needs Docker or Podman, and the right to use it.",
    fix: "Start one, or use the embedded broker: --broker embedded.",
  },
  "WEIR-4312": {
    title: "The data directory belongs to something else",
    explanation: "It holds files that no broker of Weir wrote. Nothing is deleted or formatted over them.",
    fix: "Name an empty folder with --data, or one that an earlier run made.",
  },
  "WEIR-4313": {
    title: "Kafka's console consumer failed",
    explanation: "Kafka's own tool, which reads as somebody else would, ended with an error; its last line is named.",
    fix: "Look whether the topic exists and the broker answers.",
  },
  "WEIR-4314": {
    title: "The embedded Kafka ended by itself",
    explanation: "Its process is gone and nobody has stopped it: a disk that is full, too little memory, or what its log says last.",
    fix: "Remove the reason and start again with the same --data: what was committed is there, and everything goes on behind it.",
  },
};
