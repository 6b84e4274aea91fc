// Kafka Connect and a Spring application have dead letters of their own. Weir reads what they say of themselves and sends them into a pipeline.
import { headerText, type Header, type PlainRecord } from "@weir/record";
import { afterAll, beforeAll, expect, test } from "vitest";
import { linesOf, startWorld, type World } from "./flights-world.ts";

const BRANCHES = ["flights.route.auto", "flights.route.review", "flights.route.manual"] as const;
const encoder = new TextEncoder();
const flights = linesOf("sample.ndjson.gz").slice(0, 6);
const text = (key: string, value: string): Header => ({ key, value: encoder.encode(value) });
let world: World;

function whole(value: number, bytes: 4 | 8): Uint8Array {
  const buffer = new Uint8Array(bytes);
  const view = new DataView(buffer.buffer);
  if (bytes === 4) view.setInt32(0, value);
  else view.setBigInt64(0, BigInt(value));
  return buffer;
}

function letter(flight: string, headers: readonly Header[]): Partial<PlainRecord> {
  return {
    key: encoder.encode("EWR"),
    value: encoder.encode(flight),
    headers: [text("traceparent", "00-1-2-01"), ...headers],
    timestamp: Date.now(),
  };
}

beforeAll(async () => {
  world = await startWorld();
  await world.log.createTopics(["orders-dlq", "orders.DLT"].map((name) => ({ name, partitions: 3 })));
});
afterAll(() => world[Symbol.asyncDispose]());

test("Connect's: what failed is known from its headers, but not which stage they are for", async () => {
  for (const [offset, flight] of flights.slice(0, 3).entries())
    world.log.append({ topic: "orders-dlq", partition: 1 }, [
      letter(flight, [
        text("__connect.errors.topic", "flights.raw"),
        text("__connect.errors.partition", "1"),
        text("__connect.errors.offset", String(offset)),
        text("__connect.errors.connector.name", "warehouse"),
        text("__connect.errors.stage", "TASK_PUT"),
        text("__connect.errors.exception.class.name", "java.sql.SQLException"),
        text("__connect.errors.exception.message", "connection refused"),
      ]),
    ]);
  const plan = await world.plan({ topic: "orders-dlq" });
  expect(plan.leftOut).toEqual({ "another project's dead letter: name a stage or a topic with --to": 3 });
});

test("sent to the gate they go the whole way, without Connect's headers and with their own", async () => {
  const plan = await world.plan({ topic: "orders-dlq", target: "gate" });
  expect(plan).toMatchObject({ records: 3, wouldPass: { pass: 3 }, targets: { "flights.gate.replay": 3 } });
  expect(await world.run(plan)).toMatchObject({ state: "finished", outcomes: { replayed: 3 } });
  const back = BRANCHES.flatMap((topic) => world.records(topic));
  expect(back).toHaveLength(3);
  expect(new Set(back.flatMap((r) => r.headers.map((h) => h.key).filter((name) => !name.startsWith("weir."))))).toEqual(
    new Set(["traceparent"]),
  );
  expect(new Set(back.map((r) => headerText(r.headers, "weir.id")))).toEqual(new Set([0, 1, 2].map((n) => `flights.raw-1-${n}`)));
});

test("Spring's: partition and offset are binary there, and the plan selects by them like by ours", async () => {
  for (const [offset, flight] of flights.slice(3).entries())
    world.log.append({ topic: "orders.DLT", partition: 2 }, [
      letter(flight, [
        text("kafka_dlt-original-topic", "flights.raw"),
        { key: "kafka_dlt-original-partition", value: whole(2, 4) },
        { key: "kafka_dlt-original-offset", value: whole(100 + offset, 8) },
        { key: "kafka_dlt-original-timestamp", value: whole(1_360_000_000_000, 8) },
        text("kafka_dlt-exception-fqcn", "java.lang.IllegalStateException"),
        text("kafka_dlt-exception-message", "boom"),
      ]),
    ]);
  const selection = { filter: 'headers["kafka_dlt-exception-message"] == "boom"', offsets: [{ partition: 2, first: 1, last: 2 }] };
  const plan = await world.plan({ topic: "orders.DLT", target: "gate", selection });
  expect(plan.first.map((r) => [r.at, r.id, r.message])).toEqual([
    ["orders.DLT/2/1", "flights.raw-2-101", "boom"],
    ["orders.DLT/2/2", "flights.raw-2-102", "boom"],
  ]);
  expect((await world.run(plan)).outcomes.replayed).toBe(2);
  const origins = BRANCHES.flatMap((topic) => world.records(topic)).map((r) => headerText(r.headers, "weir.dlq.origin"));
  expect(origins).toContain("flights.raw/2/101/1360000000000");
});
