import type { FailureClass, Header } from "@weir/record";
import { integerFrom, numberFrom, textFrom } from "./header-values.ts";
import { DEAD_LETTER_HEADERS } from "./names.ts";

/** Ours begin with the names of KIP-1191. */
const { topic, partition, offset, group, deliveryCount, message } = DEAD_LETTER_HEADERS;

/** Who wrote a dead letter. */
export type Family =
  | "weir"
  /** Kafka's share groups, KIP-1191: `__dlq.errors.*` */
  | "share-group"
  /** Kafka Connect: `__connect.errors.*` */
  | "connect"
  /** Kafka Streams, KIP-1034: `__streams.errors.*` */
  | "streams"
  /** Spring for Apache Kafka: `kafka_dlt-*` */
  | "spring"
  /** Spring Cloud Stream's Kafka binder: `x-original-*`, `x-exception-*` */
  | "spring-cloud-stream"
  /** Rules of Confluent's data contracts: `__rule.*` */
  | "confluent-rules"
  /** SmallRye Reactive Messaging, as in Quarkus: `dead-letter-*` */
  | "smallrye";

/** What a foreign family tells, as far as it has a header for it. */
export interface ForeignDescription {
  readonly family: Exclude<Family, "weir">;
  readonly topic: string | null;
  readonly partition: number | null;
  readonly offset: number | null;
  /** Milliseconds since 1970 UTC. */
  readonly timestamp: number | null;
  readonly group: string | null;
  readonly deliveryCount: number | null;
  readonly message: string | null;
  /** Name of the exception's class. */
  readonly exception: string | null;
  /** What the family calls the place that failed: a connector, a rule. */
  readonly stage: string | null;
  readonly rule: string | null;
  readonly class: FailureClass | null;
}

type Told = "topic" | "partition" | "offset" | "timestamp" | "group" | "deliveryCount" | "message" | "exception" | "stage" | "rule";

interface FamilyFormat {
  readonly family: ForeignDescription["family"];
  readonly names: Readonly<Partial<Record<Told, string>>>;
  /** Headers of the family beside those: left out, too, when the record is sent again. */
  readonly others: readonly string[];
  /** Without one of these it is not this family's dead letter. */
  readonly knownBy: readonly Told[];
  readonly classOf?: (text: (name: string) => string | null) => FailureClass | null;
}

/** In order of trust: a dead letter of one that was dead-lettered again by another carries both. */
const FORMATS: readonly FamilyFormat[] = [
  {
    family: "connect",
    names: {
      topic: "__connect.errors.topic",
      partition: "__connect.errors.partition",
      offset: "__connect.errors.offset",
      message: "__connect.errors.exception.message",
      exception: "__connect.errors.exception.class.name",
      stage: "__connect.errors.connector.name",
    },
    others: [
      "__connect.errors.task.id",
      "__connect.errors.cluster.id",
      "__connect.errors.stage",
      "__connect.errors.class.name",
      "__connect.errors.exception.stacktrace",
    ],
    knownBy: ["topic", "exception", "stage"],
    classOf: (text) => (/^(?:KEY|VALUE|HEADER)_CONVERTER$/.test(text("__connect.errors.stage") ?? "") ? "DECODE" : null),
  },
  {
    family: "streams",
    names: {
      topic: "__streams.errors.topic",
      partition: "__streams.errors.partition",
      offset: "__streams.errors.offset",
      message: "__streams.errors.message",
      exception: "__streams.errors.exception",
    },
    others: ["__streams.errors.stacktrace"],
    knownBy: ["topic", "exception"],
  },
  {
    family: "spring",
    names: {
      topic: "kafka_dlt-original-topic",
      partition: "kafka_dlt-original-partition",
      offset: "kafka_dlt-original-offset",
      timestamp: "kafka_dlt-original-timestamp",
      group: "kafka_dlt-original-consumer-group",
      message: "kafka_dlt-exception-message",
      exception: "kafka_dlt-exception-fqcn",
    },
    others: [
      "kafka_dlt-original-timestamp-type",
      "kafka_dlt-exception-cause-fqcn",
      "kafka_dlt-exception-stacktrace",
      "kafka_dlt-key-exception-fqcn",
      "kafka_dlt-key-exception-message",
      "kafka_dlt-key-exception-stacktrace",
    ],
    knownBy: ["topic", "exception"],
  },
  {
    family: "spring-cloud-stream",
    names: {
      topic: "x-original-topic",
      partition: "x-original-partition",
      offset: "x-original-offset",
      timestamp: "x-original-timestamp",
      message: "x-exception-message",
      exception: "x-exception-fqcn",
    },
    others: ["x-original-timestamp-type", "x-exception-stacktrace"],
    knownBy: ["topic"],
  },
  {
    family: "confluent-rules",
    names: { topic: "__rule.topic", message: "__rule.exception", stage: "__rule.subject", rule: "__rule.name" },
    others: ["__rule.mode"],
    knownBy: ["rule", "topic"],
    classOf: () => "RULE",
  },
  {
    family: "smallrye",
    names: {
      topic: "dead-letter-topic",
      partition: "dead-letter-partition",
      offset: "dead-letter-offset",
      message: "dead-letter-reason",
      exception: "dead-letter-exception-class-name",
    },
    others: ["dead-letter-cause", "dead-letter-cause-class-name"],
    knownBy: ["topic", "exception"],
  },
  {
    family: "share-group",
    names: { topic, partition, offset, group, deliveryCount, message },
    others: [],
    knownBy: ["topic", "group"],
  },
];

/** What another project's dead letter says of itself; null where no family is recognised. */
export function readForeign(headers: readonly Header[]): ForeignDescription | null {
  for (const format of FORMATS) {
    const { family, names, knownBy } = format;
    const value = (told: Told): Uint8Array | null => {
      const name = names[told];
      return name === undefined ? null : lastValue(headers, name);
    };
    if (!knownBy.some((told) => value(told) !== null)) continue;
    return {
      family,
      topic: textFrom(value("topic")),
      partition: numberFrom(value("partition")),
      offset: numberFrom(value("offset")),
      timestamp: integerFrom(value("timestamp")),
      group: textFrom(value("group")),
      deliveryCount: numberFrom(value("deliveryCount")),
      message: textFrom(value("message")),
      exception: textFrom(value("exception")),
      stage: textFrom(value("stage")),
      rule: textFrom(value("rule")),
      class: format.classOf?.((name) => textFrom(lastValue(headers, name))) ?? null,
    };
  }
  return null;
}

const BOOKKEEPING: ReadonlyMap<Family, ReadonlySet<string>> = new Map(
  FORMATS.map(({ family, names, others }) => [family, new Set([...Object.values(names), ...others])]),
);

/** Does a header of a dead letter tell of the failure instead of belonging to the record? It is left out when the record is sent again. */
export function isBookkeeping(family: Family, name: string): boolean {
  return BOOKKEEPING.get(family)?.has(name) ?? false;
}

/** A record that failed twice has the name twice where its writer appends; the newest stands last. */
function lastValue(headers: readonly Header[], name: string): Uint8Array | null {
  for (let i = headers.length - 1; i >= 0; i--) if (headers[i]?.key === name) return headers[i]?.value ?? null;
  return null;
}
