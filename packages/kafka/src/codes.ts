import type { CodeEntry } from "@weir/record";

/** The codes of the connection to Kafka: what will not pass by itself. What may pass is tried again and has no code. */
export const KAFKA_CODES: Readonly<Record<string, CodeEntry>> = {
  "WEIR-7001": {
    title: "No Kafka broker answers",
    explanation: "None of the bootstrap addresses took a connection and told what it is.",
    fix: "Check the address, that the broker is running, and that its listener speaks the same security protocol (plain, TLS, SASL).",
  },
  "WEIR-7002": {
    title: "Kafka refuses the login",
    explanation: "The broker takes connections, but not this user.",
    fix: "Check mechanism, user name and password.",
  },
  "WEIR-7003": {
    title: "Kafka refuses for lack of rights",
    explanation: "The principal may not do what was asked: read or write a topic, join a group, or use a transactional id.",
    fix: "Give it the rights that weir export acls names: on topics of the pipeline, on groups (PIPELINE.STAGE) and on transactional ids that begin with weir- and them.",
  },
  "WEIR-7004": {
    title: "The broker is too old or too new",
    explanation: "It does not speak a version of a request that Weir needs.",
    fix: "Use Kafka 3.9 or newer.",
  },
  "WEIR-7005": {
    title: "The installed kafkajs is not the one that Weir was made for",
    explanation: "Weir uses the inside of kafkajs for connections, which may differ in every version; it checks the shapes at the start.",
    fix: "Install the version that packages/kafka/package.json pins.",
  },
  "WEIR-7006": { title: "Not the address of a broker", explanation: "It has to be HOST:PORT.", fix: "Write for example localhost:9092." },
  "WEIR-7007": {
    title: "Kafka does not create a topic",
    explanation:
      "The broker refuses its name, partitions, replication factor or settings. A replication factor above the number of brokers is the usual reason.",
    fix: "Correct the topic in the pipeline file, or create it yourself.",
  },
  "WEIR-7008": {
    title: "The group refuses this process",
    explanation:
      "Its coordinator says that this process cannot be a member: the group is of another protocol, full, or has members that balance otherwise.",
    fix: "Do what is named; members of one group run one version of Weir with the same settings.",
  },
  "WEIR-7009": {
    title: "Kafka refuses for good",
    explanation: "The broker answered with an error that no second attempt would change.",
    fix: "Look up the error that is named in Kafka's protocol guide; settings of the topic or of the broker forbid what was asked.",
  },
  "WEIR-7010": {
    title: "The broker's certificate is not trusted",
    explanation: "It is signed by an authority that is not known here, has expired, or names another host. Nothing was sent.",
    fix: "Give the authority as kafka.tls.ca and, where the certificate names another host, that name as kafka.tls.servername.",
  },
  "WEIR-7011": {
    title: "The listener speaks another security protocol",
    explanation: "One side speaks TLS and the other does not: both were tried, only to be able to say so.",
    fix: "Add or leave out kafka.tls in the environment file, or use the port of the other listener.",
  },
  "WEIR-7012": {
    title: "The client certificate does not work",
    explanation:
      "It does not belong to its key, cannot be read, or the broker refuses it (missing, expired, signed by an authority it does not know).",
    fix: "Check kafka.tls.cert and kafka.tls.key; the broker has to know the authority that signed them.",
  },
  "WEIR-7013": {
    title: "The group has members",
    explanation: "Offsets of a group are moved only while nobody reads: a member's next commit would undo it.",
    fix: "Stop the processes of the stage, then try again.",
  },
};
