import { randomUUID } from "node:crypto";
import { batchOf, constantHeader, headerText, laneKey, selectRows, type Lane, type PlainRecord } from "@weir/record";
import { isReplaced, type Log, type Producer } from "@weir/stream";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { describeAtLeastOnce } from "./at-least-once.contract.ts";
import { describeGroups } from "./groups.contract.ts";
import type { LogUnderTest } from "./log-under-test.ts";
import { bytes, lanesOf, newProducer, newTopic, readAll, recordsOf, settledBounds, text, textBatch, valuesOf } from "./topics.ts";

/** Two of these do not fit into one batch: the first is sent while the transaction is still open. */
const LARGE_BYTES = 600_000;

/** What every log has to do; run on the one in memory and on Kafka. */
export function describeLog(name: string, createLog: () => Promise<LogUnderTest>): void {
  describe(name, () => {
    let under: LogUnderTest;
    let log: Log;
    beforeAll(async () => {
      under = await createLog();
      log = under.log;
    });
    afterAll(async () => {
      await under[Symbol.asyncDispose]();
    });
    describeRecords(() => log);
    describeTransactions(() => log);
    describeGroups(() => under);
    describeAtLeastOnce(() => under);
  });
}

function describeRecords(logOf: () => Log): void {
  test("records come back as they were written: keys, values, headers, nulls and duplicates", async () => {
    const log = logOf();
    const lane = { topic: await newTopic(log), partition: 0 };
    const records = [
      {
        key: bytes("k"),
        value: bytes("v"),
        headers: [
          { key: "a", value: bytes("1") },
          { key: "a", value: null },
          { key: "", value: bytes("") },
        ],
      },
      { key: null, value: bytes(""), headers: [] },
      { key: bytes(""), value: null, headers: [{ key: "ünï", value: Uint8Array.of(0, 255, 128) }] },
    ].map((r, i) => ({ ...r, timestamp: Date.UTC(2026, 0, 1) + i, offset: i }));
    await using producer = await newProducer(log);
    const transaction = producer.begin();
    transaction.write(lane, batchOf(lane, records), null, { keepTimestamps: true });
    expect(transaction.bytes).toBeGreaterThan(0);
    await transaction.commit(null);
    const found = (await readAll(log, [lane])).get(laneKey(lane));
    expect(found?.map(plain)).toEqual(records.map(plain));
  });

  test("rows are selected, tails spliced on and added headers written after the record's own", async () => {
    const log = logOf();
    const lane = { topic: await newTopic(log), partition: 0 };
    const own = [{ key: "own", value: bytes("0") }];
    const source = batchOf(
      lane,
      ['{"a":1}', '{"a":2}', '{"a":3}'].map((v) => ({ value: bytes(v), headers: own })),
    );
    const tail = bytes(',"b":0}');
    const added = selectRows(source, Int32Array.of(0, 1, 2), {
      tails: { bytes: tail, at: new Int32Array(3), length: Int32Array.of(tail.length, -1, tail.length), keep: Int32Array.of(6, 0, 6) },
      headers: [{ ...constantHeader("weir.x", "y", 3), length: Int32Array.of(1, 1, -1) }],
    });
    await using producer = await newProducer(log);
    const transaction = producer.begin();
    transaction.write(lane, added, Int32Array.of(0, 2));
    transaction.write(lane, added, Int32Array.of(1));
    await transaction.commit(null);
    const found = (await readAll(log, [lane])).get(laneKey(lane)) ?? [];
    expect(found.map((r) => [text(r.value), r.headers.map((h) => h.key), headerText(r.headers, "weir.x")])).toEqual([
      ['{"a":1,"b":0}', ["own", "weir.x"], "y"],
      ['{"a":3,"b":0}', ["own"], null],
      ['{"a":2}', ["own", "weir.x"], "y"],
    ]);
  });

  test("topics are created once and left alone afterwards; unknown ones are left out", async () => {
    const log = logOf();
    const topic = await newTopic(log, 3);
    await log.createTopics([{ name: topic, partitions: 5 }]);
    const missing = `contract-${randomUUID()}`;
    expect([...(await log.partitions([topic, missing]))]).toEqual([[topic, 3]]);
  });

  test("bounds tell the first offset and the last stable one; an offset beyond the end is out of range", async () => {
    const log = logOf();
    const [lane, empty] = lanesOf(await newTopic(log, 2), 2) as [Lane, Lane];
    await using producer = await newProducer(log);
    const transaction = producer.begin();
    transaction.write(lane, textBatch(lane, "a", "b"));
    await transaction.commit(null);
    const bounds = await settledBounds(log, [lane, empty]);
    expect(bounds.get(laneKey(empty))).toEqual({ earliest: 0, latest: 0, end: 0 });
    expect(bounds.get(laneKey(lane))).toEqual({ earliest: 0, latest: 3, end: 3 }); // the marker takes an offset
    await using fetcher = log.fetcher();
    const { failed } = await fetcher.fetch([{ ...lane, offset: 100 }], 100);
    expect(failed.map((f) => [laneKey(f.lane), f.kind])).toEqual([[laneKey(lane), "out-of-range"]]);
  });
}

function plain(record: PlainRecord): unknown {
  const hex = (value: Uint8Array | null): string | null => (value === null ? null : Buffer.from(value).toString("hex"));
  return { ...record, key: hex(record.key), value: hex(record.value), headers: record.headers.map((h) => [h.key, hex(h.value)]) };
}

/** Writes two large records, of which the first reaches the log at once, and waits until it is there. */
async function writeThrough(log: Log, transaction: ReturnType<Producer["begin"]>, lane: Lane, name: string): Promise<void> {
  transaction.write(lane, textBatch(lane, `${name}1 `.padEnd(LARGE_BYTES, "."), `${name}2 `.padEnd(LARGE_BYTES, ".")));
  await using fetcher = log.fetcher({ isolation: "uncommitted" });
  for (let offset = 0; ;) {
    const { batches } = await fetcher.fetch([{ ...lane, offset }], 200);
    for (const batch of batches) {
      if (recordsOf(batch).some((r) => text(r.value)?.startsWith(`${name}1 `))) return;
      offset = batch.nextOffset;
    }
  }
}

function describeTransactions(logOf: () => Log): void {
  test.each([
    ["commits", ["a1", "a2"]],
    ["aborts", []],
  ] as const)("an open transaction hides what comes after it until it %s", async (end, expected) => {
    const log = logOf();
    const lane = { topic: await newTopic(log), partition: 0 };
    await using slow = await newProducer(log);
    await using quick = await newProducer(log);
    const open = slow.begin();
    await writeThrough(log, open, lane, "a");
    const other = quick.begin();
    other.write(lane, textBatch(lane, "b1"));
    await other.commit(null);
    expect((await log.bounds([lane])).get(laneKey(lane))?.latest).toBe(0);
    await using fetcher = log.fetcher();
    const hidden = await fetcher.fetch([{ ...lane, offset: 0 }], 50);
    expect(hidden.batches.reduce((n, b) => n + b.count, 0)).toBe(0);
    if (end === "commits") await open.commit(null);
    else await open.abort();
    const found = (await valuesOf(log, lane)).map((v) => v?.slice(0, 2) ?? null);
    // The rest of the open transaction may have been written before or after the other one: only the order of each is promised.
    expect([found.filter((v) => v !== "b1"), found.filter((v) => v === "b1")]).toEqual([expected, ["b1"]]);
    expect(found[0]).toBe(expected[0] ?? "b1");
  });

  test("flush tells where the rows went, before they can be read", async () => {
    const log = logOf();
    const lanes = lanesOf(await newTopic(log, 2), 2);
    const [lane, other] = lanes as [Lane, Lane];
    await using producer = await newProducer(log);
    const before = producer.begin();
    before.write(lane, textBatch(lane, "before"));
    await before.commit(null);
    const transaction = producer.begin();
    const large = (name: string): string => name.padEnd(LARGE_BYTES, ".");
    transaction.write(lane, textBatch(lane, large("a "), large("b "), "c"));
    transaction.write(other, textBatch(other, "x"));
    await transaction.flush();
    transaction.write(lane, textBatch(lane, "d"));
    const runs = await transaction.flush();
    expect((await log.bounds([other])).get(laneKey(other))?.latest).toBe(0);
    await transaction.commit(null);
    const found = await readAll(log, lanes);
    const told = lanes.map((at) =>
      (runs.get(laneKey(at)) ?? []).flatMap((run) => Array.from({ length: run.count }, (_, i) => run.first + i)),
    );
    expect(told).toEqual([(found.get(laneKey(lane)) ?? []).slice(1).map((r) => r.offset), [0]]);
    expect(told[0]).toHaveLength(4);
  });

  test("a lane that had only an aborted transaction gives an empty batch that moves on", async () => {
    const log = logOf();
    const lane = { topic: await newTopic(log), partition: 0 };
    await using producer = await newProducer(log);
    const transaction = producer.begin();
    await writeThrough(log, transaction, lane, "a");
    await transaction.abort();
    const end = (await settledBounds(log, [lane])).get(laneKey(lane))?.latest ?? 0;
    await using fetcher = log.fetcher();
    let [count, offset] = [0, 0];
    while (offset < end) {
      const { batches, failed } = await fetcher.fetch([{ ...lane, offset }], 500);
      expect(failed).toEqual([]);
      for (const batch of batches) [count, offset] = [count + batch.count, batch.nextOffset];
    }
    expect([count, offset > 0]).toEqual([0, true]);
  });

  test("a new producer of the same id ends the open transaction and shuts its owner out", async () => {
    const log = logOf();
    const lane = { topic: await newTopic(log), partition: 0 };
    const transactionalId = `contract-${randomUUID()}`;
    await using zombie = await log.producer({ transactionalId, rotate: 1 });
    const open = zombie.begin();
    await writeThrough(log, open, lane, "z");
    await using successor = await log.producer({ transactionalId, rotate: 1 });
    const replaced = await open.commit(null).then(
      () => null,
      (error: unknown) => error,
    );
    expect(isReplaced(replaced)).toBe(true);
    const transaction = successor.begin();
    transaction.write(lane, textBatch(lane, "successor"));
    await transaction.commit(null);
    expect(await valuesOf(log, lane)).toEqual(["successor"]);
  });

  test("order holds record by record over 8 partitions and transactional ids in turn", async () => {
    const log = logOf();
    const lanes = lanesOf(await newTopic(log, 8), 8);
    const [transactions, perLane] = [40, 25];
    await using producer = await newProducer(log, 4);
    let previous: Promise<void> = Promise.resolve();
    for (let t = 0; t < transactions; t++) {
      const transaction = producer.begin();
      for (const lane of lanes)
        transaction.write(lane, textBatch(lane, ...Array.from({ length: perLane }, (_, i) => String(t * perLane + i))));
      const commit = transaction.commit(null); // the one before may still be on its way
      await previous;
      previous = commit;
    }
    await previous;
    const found = await readAll(log, lanes);
    const expected = Array.from({ length: transactions * perLane }, (_, i) => String(i));
    for (const lane of lanes) expect(found.get(laneKey(lane))?.map((r) => text(r.value))).toEqual(expected);
  });
}
