import { batchOf, laneKey } from "@weir/record";
import { expect, test } from "vitest";
import { createManualClock } from "./manual-clock.ts";
import { createMemoryLog, type MemoryLog } from "./memory-log.ts";
import type { GroupListener } from "./log.ts";

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
const lane = { topic: "t", partition: 0 };
const silent: GroupListener = {
  onAssign: () => undefined,
  onRevoke: async () => undefined,
  onLost: () => undefined,
  onFatal: () => undefined,
};

async function newLog(): Promise<{ log: MemoryLog; clock: ReturnType<typeof createManualClock> }> {
  const clock = createManualClock(1_000);
  const log = createMemoryLog({ clock, maxRecordBytes: 100 });
  await log.createTopics([{ name: "t", partitions: 2 }]);
  return { log, clock };
}

test("appended records are there at once, with offsets and the clock's time", async () => {
  const { log } = await newLog();
  log.append(lane, [{ value: bytes("a") }, { value: bytes("b"), timestamp: 5 }]);
  expect(log.read("t").map((rs) => rs.map((r) => [r.offset, r.timestamp]))).toEqual([
    [
      [0, 1_000],
      [1, 5],
    ],
    [],
  ]);
});

test("a fetch ends when something comes, or when its time is up", async () => {
  const { log, clock } = await newLog();
  await using fetcher = log.fetcher();
  const empty = fetcher.fetch([{ ...lane, offset: 0 }], 50);
  await clock.advance(50);
  expect((await empty).batches).toEqual([]);
  const waiting = fetcher.fetch([{ ...lane, offset: 0 }], 50);
  log.append(lane, [{ value: bytes("a") }]);
  expect((await waiting).batches.map((b) => b.count)).toEqual([1]);
});

test("a partition may be read in slices; one record comes whatever its size", async () => {
  const { log } = await newLog();
  log.append(
    lane,
    ["aaaa", "bbbb", "cccc"].map((v) => ({ value: bytes(v) })),
  );
  await using fetcher = log.fetcher({ maxPartitionBytes: 1 });
  const { batches, ends } = await fetcher.fetch([{ ...lane, offset: 1 }], 0);
  expect(batches.map((b) => [b.count, b.nextOffset])).toEqual([[1, 2]]);
  expect(ends.get(laneKey(lane))).toBe(3);
});

test("a transaction that stays open too long is aborted, and its commit refused", async () => {
  const { log, clock } = await newLog();
  await using producer = await log.producer({ transactionalId: "x", timeoutMs: 1_000 });
  const transaction = producer.begin();
  transaction.write(lane, batchOf(lane, [{ value: bytes("a") }]));
  await clock.advance(1_000);
  log.append(lane, [{ value: bytes("after") }]);
  expect((await log.bounds([lane])).get(laneKey(lane))?.latest).toBe(3);
  await expect(transaction.commit(null)).rejects.toMatchObject({ code: "TRANSACTION_TIMED_OUT" });
  expect(() => producer.begin()).toThrow("no transaction before the producer is initialised again");
  await producer.init();
  await producer.begin().commit(null);
});

test("a zombie's commit is refused by the group, whatever it believes itself", async () => {
  const { log, clock } = await newLog();
  const membership = await log.join({ group: "g", topics: ["t"] }, silent);
  await clock.advance(0);
  await using producer = await log.producer({ transactionalId: "x" });
  const transaction = producer.begin();
  log.forget("g", membership.memberId, { silent: true });
  const offsets = { membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: 1 }] };
  await expect(transaction.commit(offsets)).rejects.toMatchObject({ code: "UNKNOWN_MEMBER_ID" });
});

test("a record that is too large is refused, and what came before it stays", async () => {
  const { log } = await newLog();
  await using producer = await log.producer({ transactionalId: "x" });
  const transaction = producer.begin();
  const batch = batchOf(lane, [{ value: bytes("a") }, { value: bytes("b".repeat(200)) }]);
  expect(() => transaction.write(lane, batch)).toThrow(expect.objectContaining({ name: "RecordTooLarge", row: 1 }));
  await transaction.commit(null);
  expect(log.read("t")[0]?.length).toBe(1);
});

test("deleted and damaged records are told lane by lane; the other lanes go on", async () => {
  const { log } = await newLog();
  const other = { topic: "t", partition: 1 };
  log.append(
    lane,
    ["a", "b"].map((v) => ({ value: bytes(v) })),
  );
  log.append(
    other,
    ["c", "d"].map((v) => ({ value: bytes(v) })),
  );
  log.deleteBelow(lane, 1);
  log.damage(other, 1, "bad checksum");
  await using fetcher = log.fetcher();
  const first = await fetcher.fetch(
    [
      { ...lane, offset: 0 },
      { ...other, offset: 0 },
    ],
    0,
  );
  expect([first.failed.map((f) => f.kind), first.batches.map((b) => [b.partition, b.nextOffset])]).toEqual([["out-of-range"], [[1, 1]]]);
  const second = await fetcher.fetch(
    [
      { ...lane, offset: 1 },
      { ...other, offset: 1 },
    ],
    0,
  );
  expect([second.failed.map((f) => f.kind), second.batches.map((b) => b.partition)]).toEqual([["damaged"], [0]]);
});
