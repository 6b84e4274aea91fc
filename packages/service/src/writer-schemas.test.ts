import { createWriterSchemas, type SchemaSource } from "@weir/contract";
import { batchOf, RetriableError, type Batch } from "@weir/record";
import { createManualClock, createMemoryLog } from "@weir/stream";
import { expect, test } from "vitest";
import { keepSchemas, withSchemas } from "./writer-schemas.ts";

const LANE = { topic: "payments", partition: 0 };
const valueOf = (id: number): Uint8Array => Uint8Array.of(0, 0, 0, 0, id);
const batchOfIds = (...ids: number[]): Batch => batchOf(LANE, ids.map((id) => ({ value: valueOf(id) }))); // prettier-ignore

function registry(answers: Record<number, "known" | "unknown" | "down">): SchemaSource & { readonly asked: number[] } {
  const asked: number[] = [];
  return {
    asked,
    find: async (id) => {
      asked.push(id);
      if (answers[id] === "down") throw new RetriableError("REGISTRY", "down");
      return answers[id] === "known" ? { texts: ['"string"'] } : { why: "the registry does not know it", isFinal: false };
    },
  };
}

test("a schema is asked for once, whoever needs it at the same time", async () => {
  const [source, writers, clock] = [registry({ 1: "known" }), createWriterSchemas(), createManualClock(0)];
  const keeper = keepSchemas(writers, source, clock);
  await Promise.all(Array.from({ length: 100 }, () => keeper.know(batchOfIds(1, 1, 1))));
  await clock.advance(86_400_000);
  await keeper.know(batchOfIds(1));
  expect([source.asked, writers.get(1)]).toMatchObject([[1], { type: { kind: "string" } }]);
});

test("an unknown id is asked for again after half a minute, and not before", async () => {
  const answers: Record<number, "known" | "unknown"> = { 1: "unknown" };
  const [source, writers, clock] = [registry(answers), createWriterSchemas(), createManualClock(0)];
  const keeper = keepSchemas(writers, source, clock);
  await keeper.know(batchOfIds(1));
  answers[1] = "known";
  await clock.advance(29_999);
  await keeper.know(batchOfIds(1));
  expect([source.asked.length, writers.get(1)]).toEqual([1, { why: "the registry does not know it", isFinal: false }]);
  await clock.advance(1);
  await keeper.know(batchOfIds(1));
  expect([source.asked.length, writers.get(1)]).toMatchObject([2, { type: { kind: "string" } }]);
});

test("a lane whose schema cannot be told now waits, and the others go on", async () => {
  const answers: Record<number, "known" | "down"> = { 1: "known", 2: "down" };
  const clock = createManualClock(0);
  const log = withSchemas(createMemoryLog({ clock }), keepSchemas(createWriterSchemas(), registry(answers), clock));
  await log.createTopics([{ name: "payments", partitions: 2 }]);
  await using producer = await log.producer({ transactionalId: "t" });
  const transaction = producer.begin();
  transaction.write(LANE, batchOfIds(2));
  transaction.write({ ...LANE, partition: 1 }, batchOfIds(1, 1));
  await transaction.commit(null);
  await using fetcher = log.fetcher();
  const fetch = () => fetcher.fetch([0, 1].map((partition) => ({ ...LANE, partition, offset: 0 })), 10); // prettier-ignore
  const first = await fetch();
  expect(first.batches.map(({ partition, count }) => [partition, count])).toEqual([[1, 2]]);
  expect(first.failed).toEqual([{ lane: LANE, kind: "retry", message: "down" }]);
  answers[2] = "known";
  const second = await fetch();
  expect([second.batches.length, second.failed]).toEqual([2, []]);
});
