import { writeHeaders, readHeaders, type Header } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { isBookkeeping, readForeign, type ForeignDescription } from "./families.ts";
import { readDeadLetter } from "./read.ts";

const encoder = new TextEncoder();
const text = (key: string, value: string): Header => ({ key, value: encoder.encode(value) });
const binary = (key: string, value: Uint8Array): Header => ({ key, value });

function int32(value: number): Uint8Array {
  const bytes = new Uint8Array(4);
  new DataView(bytes.buffer).setInt32(0, value);
  return bytes;
}

function int64(value: number): Uint8Array {
  const bytes = new Uint8Array(8);
  new DataView(bytes.buffer).setBigInt64(0, BigInt(value));
  return bytes;
}

const NOTHING = {
  topic: null,
  partition: null,
  offset: null,
  timestamp: null,
  group: null,
  deliveryCount: null,
  message: null,
  exception: null,
  stage: null,
  rule: null,
  class: null,
};
const STACK = "java.lang.IllegalStateException: no\n\tat a.B.c(B.java:1)\n";

/** As each project documents and writes them. */
const FORMATS: readonly (readonly [string, readonly Header[], Partial<ForeignDescription>])[] = [
  [
    "KIP-1191, by the broker for share groups: six names, all text",
    [
      text("__dlq.errors.topic", "orders"),
      text("__dlq.errors.partition", "2"),
      text("__dlq.errors.offset", "41"),
      text("__dlq.errors.group", "workers"),
      text("__dlq.errors.delivery.count", "5"),
      text("__dlq.errors.message", "Offset delivery count exceeded the threshold."),
    ],
    {
      family: "share-group",
      topic: "orders",
      partition: 2,
      offset: 41,
      group: "workers",
      deliveryCount: 5,
      message: "Offset delivery count exceeded the threshold.",
    },
  ],
  [
    "Kafka Connect, errors.deadletterqueue.context.headers.enable=true: all text",
    [
      text("__connect.errors.topic", "orders"),
      text("__connect.errors.partition", "11"),
      text("__connect.errors.offset", "1234"),
      text("__connect.errors.connector.name", "orders-to-s3"),
      text("__connect.errors.task.id", "3"),
      text("__connect.errors.stage", "VALUE_CONVERTER"),
      text("__connect.errors.class.name", "org.apache.kafka.connect.json.JsonConverter"),
      text("__connect.errors.exception.class.name", "org.apache.kafka.connect.errors.DataException"),
      text("__connect.errors.exception.message", "Converting byte[] to Kafka Connect data failed due to serialization error: "),
      text("__connect.errors.exception.stacktrace", STACK),
    ],
    {
      family: "connect",
      topic: "orders",
      partition: 11,
      offset: 1234,
      stage: "orders-to-s3",
      message: "Converting byte[] to Kafka Connect data failed due to serialization error: ",
      exception: "org.apache.kafka.connect.errors.DataException",
      class: "DECODE",
    },
  ],
  [
    "Kafka Connect, a sink that refused: no class of ours, a message that is null",
    [
      text("__connect.errors.topic", "orders"),
      text("__connect.errors.partition", "0"),
      text("__connect.errors.offset", "7"),
      text("__connect.errors.connector.name", "jdbc"),
      text("__connect.errors.stage", "TASK_PUT"),
      text("__connect.errors.exception.class.name", "java.sql.BatchUpdateException"),
      { key: "__connect.errors.exception.message", value: null },
    ],
    { family: "connect", topic: "orders", partition: 0, offset: 7, stage: "jdbc", exception: "java.sql.BatchUpdateException" },
  ],
  [
    "Kafka Streams, KIP-1034: six names, all text",
    [
      text("__streams.errors.exception", "org.apache.kafka.common.errors.SerializationException: bad"),
      text("__streams.errors.message", "bad"),
      text("__streams.errors.stacktrace", STACK),
      text("__streams.errors.topic", "clicks"),
      text("__streams.errors.partition", "1"),
      text("__streams.errors.offset", "99"),
    ],
    {
      family: "streams",
      topic: "clicks",
      partition: 1,
      offset: 99,
      message: "bad",
      exception: "org.apache.kafka.common.errors.SerializationException: bad",
    },
  ],
  [
    "Spring for Apache Kafka: partition int32, offset and timestamp int64, big-endian",
    [
      text("kafka_dlt-exception-fqcn", "org.springframework.kafka.listener.ListenerExecutionFailedException"),
      text("kafka_dlt-exception-cause-fqcn", "java.lang.IllegalStateException"),
      text("kafka_dlt-exception-message", "Listener failed"),
      text("kafka_dlt-exception-stacktrace", STACK),
      text("kafka_dlt-original-topic", "orders"),
      binary("kafka_dlt-original-partition", int32(3)),
      binary("kafka_dlt-original-offset", int64(8_589_934_600)),
      binary("kafka_dlt-original-timestamp", int64(1_360_000_000_000)),
      text("kafka_dlt-original-timestamp-type", "CreateTime"),
      text("kafka_dlt-original-consumer-group", "billing"),
    ],
    {
      family: "spring",
      topic: "orders",
      partition: 3,
      offset: 8_589_934_600,
      timestamp: 1_360_000_000_000,
      group: "billing",
      message: "Listener failed",
      exception: "org.springframework.kafka.listener.ListenerExecutionFailedException",
    },
  ],
  [
    "Spring Cloud Stream's Kafka binder: binary as Spring's",
    [
      text("x-original-topic", "status"),
      binary("x-original-partition", int32(1)),
      binary("x-original-offset", int64(19)),
      binary("x-original-timestamp", int64(-1)),
      text("x-original-timestamp-type", "NoTimestampType"),
      text("x-exception-fqcn", "org.springframework.messaging.MessageHandlingException"),
      text("x-exception-message", "Error occurred"),
      text("x-exception-stacktrace", STACK),
    ],
    {
      family: "spring-cloud-stream",
      topic: "status",
      partition: 1,
      offset: 19,
      timestamp: -1,
      message: "Error occurred",
      exception: "org.springframework.messaging.MessageHandlingException",
    },
  ],
  [
    "Confluent's rules of data contracts: no offset",
    [
      text("__rule.name", "checkSsn"),
      text("__rule.mode", "WRITE"),
      text("__rule.subject", "users-value"),
      text("__rule.topic", "users"),
      text("__rule.exception", "Expr failed: 'size(message.ssn) == 9'"),
    ],
    {
      family: "confluent-rules",
      topic: "users",
      stage: "users-value",
      rule: "checkSsn",
      message: "Expr failed: 'size(message.ssn) == 9'",
      class: "RULE",
    },
  ],
  [
    "SmallRye Reactive Messaging: all text",
    [
      text("dead-letter-exception-class-name", "java.lang.RuntimeException"),
      text("dead-letter-reason", "Something went wrong"),
      text("dead-letter-cause-class-name", "java.io.IOException"),
      text("dead-letter-cause", "disk"),
      text("dead-letter-topic", "movies"),
      text("dead-letter-partition", "0"),
      text("dead-letter-offset", "12"),
    ],
    {
      family: "smallrye",
      topic: "movies",
      partition: 0,
      offset: 12,
      message: "Something went wrong",
      exception: "java.lang.RuntimeException",
    },
  ],
];

describe("dead letters of others are read as their projects document them", () => {
  it.each(FORMATS)("%s", (_, headers, told) => {
    const own = [text("trace", "1"), text("trace", "2"), { key: "empty", value: new Uint8Array(0) }];
    const block = writeHeaders([...own, ...headers]);
    const read = readHeaders(block, 0, own.length + headers.length);
    expect(readForeign(read)).toEqual({ ...NOTHING, ...told });
    const family = told.family ?? "weir";
    expect(read.filter((h) => !isBookkeeping(family, h.key)).map((h) => h.key)).toEqual(["trace", "trace", "empty"]);
    const { topic = null, partition = null, offset = null } = told;
    const hop = topic === null || partition === null || offset === null ? null : { topic, partition, offset };
    expect(readDeadLetter({ headers: read })).toMatchObject({ family, id: null, class: told.class ?? null, hop });
  });

  it("of a record that failed twice the last failure counts", () => {
    const failures = ["first", "second"].flatMap((topic) => [text("kafka_dlt-original-topic", topic)]);
    expect(readForeign(failures)?.topic).toBe("second");
  });

  it("numbers are told apart by content: digits are text, whatever their length", () => {
    const read = (value: Uint8Array): unknown =>
      readForeign([text("kafka_dlt-original-topic", "t"), binary("kafka_dlt-original-offset", value)])?.offset;
    expect(read(encoder.encode("1234"))).toBe(1234);
    expect(read(encoder.encode("12345678"))).toBe(12_345_678);
    expect(read(int64(1234))).toBe(1234);
    expect(read(int64(2 ** 53))).toBeNull();
    expect([read(new Uint8Array(0)), read(encoder.encode("x")), read(int64(-1))]).toEqual([null, null, null]);
  });

  it("headers of any content do not upset the reader", () => {
    const names = FORMATS.flatMap(([, headers]) => headers.map((h) => h.key));
    const anyHeaders = fc.array(fc.record({ key: fc.constantFrom(...names), value: fc.option(fc.uint8Array({ maxLength: 12 })) }));
    fc.assert(fc.property(anyHeaders, (headers) => void readDeadLetter({ headers })));
  });

  it("a record without any of them is none", () => expect(readForeign([text("x-original-host", "a"), text("__ruler", "b")])).toBeNull());
});
