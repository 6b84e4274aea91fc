import { laneKey, recordAt, batchOf, RetriableError, type Lane, type PlainRecord } from "@weir/record";
import type { Log, Membership, Position, Producer, Transaction } from "@weir/stream";
import { randomUUID } from "node:crypto";
import { afterAll, beforeAll, describe, expect, inject, it } from "vitest";
import { openLink } from "./connection/index.ts";
import { createProducer } from "./data-path/producer.ts";
import { createKafkaLog } from "./kafka-log.ts";

let log: Log;
beforeAll(async () => {
  log = await createKafkaLog({ brokers: [inject("kafka")], clientId: "weir-test" });
});
afterAll(async () => {
  await log[Symbol.asyncDispose]();
});

const text = (bytes: Uint8Array | null): string | null => (bytes === null ? null : Buffer.from(bytes).toString());
const value = (content: string): Partial<PlainRecord> => ({ value: Buffer.from(content) });
const lanesOf = (topic: string, partitions: number): Lane[] => Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));

async function newTopic(partitions = 1, configs: Record<string, string> = {}): Promise<string> {
  const name = `t-${randomUUID()}`;
  await log.createTopics([{ name, partitions, configs }]);
  return name;
}

/** Reads from the beginning until that many records have come: a commit is visible a moment after it was acknowledged. */
async function readAll(
  lanes: readonly Lane[],
  count: number,
  isolation: "committed" | "uncommitted" = "committed",
): Promise<Map<string, PlainRecord[]>> {
  const records = new Map<string, PlainRecord[]>(lanes.map((lane) => [laneKey(lane), []]));
  await using fetcher = log.fetcher({ isolation });
  let positions: Position[] = lanes.map((lane) => ({ ...lane, offset: 0 }));
  for (let found = 0; found < count;) {
    const { batches, failed } = await fetcher.fetch(positions, 500);
    expect(failed).toEqual([]);
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) records.get(laneKey(batch))!.push(recordAt(batch, row)); // only lanes that were asked for
      positions = positions.map((p) => (laneKey(p) === laneKey(batch) ? { ...p, offset: batch.nextOffset } : p));
      found += batch.count;
    }
  }
  return records;
}

async function readValues(lane: Lane, count: number, isolation: "committed" | "uncommitted" = "committed"): Promise<(string | null)[]> {
  const records = await readAll([lane], count, isolation);
  return [...records.values()].flat().map((r) => text(r.value));
}

async function write(producer: Producer, lane: Lane, ...values: string[]): Promise<void> {
  const transaction = producer.begin();
  transaction.write(lane, batchOf(lane, values.map(value)));
  await transaction.commit(null);
}

const newProducer = (transactionalId = `tx-${randomUUID()}`): Promise<Producer> => log.producer({ transactionalId });

interface Joined extends AsyncDisposable {
  readonly membership: Membership;
}

/** A member that owns all lanes of the topic. */
async function join(topic: string, partitions: number, group = `g-${randomUUID()}`): Promise<Joined> {
  let assigned = 0;
  let complete = (): void => undefined;
  const all = new Promise<void>((resolve) => (complete = resolve));
  const membership = await log.join(
    { group, topics: [topic] },
    {
      onAssign(lanes) {
        assigned += lanes.length;
        if (assigned === partitions) complete();
      },
      onRevoke: () => Promise.resolve(),
      onLost: () => undefined,
      onFatal(error) {
        throw error;
      },
    },
  );
  await all;
  return { membership, [Symbol.asyncDispose]: () => membership.leave() };
}

describe("topics of a Kafka log", () => {
  it("exist with their partitions as soon as they are created, and creating them again changes nothing", async () => {
    const topic = await newTopic(3);
    await log.createTopics([{ name: topic, partitions: 5 }]);
    expect(await log.partitions([topic, "nobody-made-this"])).toEqual(new Map([[topic, 3]]));
  });

  it("are refused with Kafka's reason", async () => {
    const refused = log.createTopics([{ name: "no spaces allowed", partitions: 1 }]);
    await expect(refused).rejects.toThrow(/WEIR-7007[\s\S]*INVALID_TOPIC_EXCEPTION/);
  });
});

describe("a transaction in Kafka", () => {
  it("makes its records visible at its commit, with keys, headers and kept times", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using producer = await newProducer();
    const transaction = producer.begin();
    const headers = [
      { key: "a", value: Buffer.from("1") },
      { key: "a", value: null },
    ];
    const written = batchOf(lane, [
      { key: null, value: null, headers, timestamp: 1_700_000_000_000 },
      { key: Buffer.from("k"), value: Buffer.from(""), timestamp: 1_700_000_000_500 },
    ]);
    transaction.write(lane, written, null, { keepTimestamps: true });
    expect(transaction.bytes).toBeGreaterThan(0);
    expect((await log.bounds([lane])).get(laneKey(lane))).toEqual({ earliest: 0, latest: 0, end: 0 });
    await transaction.commit(null);
    const read = (await readAll([lane], 2)).get(laneKey(lane)) ?? [];
    expect(read.map((r) => [text(r.key), text(r.value), r.headers.map((h) => [h.key, text(h.value)]), r.timestamp])).toEqual([
      [
        null,
        null,
        [
          ["a", "1"],
          ["a", null],
        ],
        1_700_000_000_000,
      ],
      ["k", "", [], 1_700_000_000_500],
    ]);
  });

  it("leaves nothing when it is aborted, and its id goes on", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using producer = await log.producer({ transactionalId: `tx-${randomUUID()}`, rotate: 1 });
    const aborted = producer.begin();
    aborted.write(
      lane,
      batchOf(
        lane,
        Array.from({ length: 12_000 }, (_, i) => value(`x${i}`)),
      ),
    ); // more than one batch: some of it is sent
    await aborted.abort();
    await write(producer, lane, "kept");
    expect(await readValues(lane, 1)).toEqual(["kept"]);
  });

  it("that a dead process left open is ended by the next producer of the same ids", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    const transactionalId = `tx-${randomUUID()}`;
    const dead = await newProducer(transactionalId);
    const left = dead.begin();
    left.write(
      lane,
      batchOf(
        lane,
        Array.from({ length: 12_000 }, (_, i) => value(`x${i}`)),
      ),
    );
    await readValues(lane, 1, "uncommitted"); // it is open in the broker
    await using successor = await newProducer(transactionalId);
    await write(successor, lane, "next");
    expect(await readValues(lane, 1)).toEqual(["next"]);
    await expect(left.commit(null)).rejects.toThrow(/WEIR-5002/);
  });

  it("commits offsets only under the incarnation it began with and for lanes that are owned", async () => {
    const topic = await newTopic(2);
    await using joined = await join(topic, 2);
    await using producer = await newProducer();
    const [first, second] = lanesOf(topic, 2) as [Lane, Lane]; // two partitions
    const commit = (positions: Position[], incarnation: number): Promise<void> => {
      const transaction = producer.begin();
      transaction.write(first, batchOf(first, [value("v")]));
      return transaction.commit({ membership: joined.membership, incarnation, positions });
    };
    const { incarnation, group } = joined.membership;
    await commit(
      [
        { ...first, offset: 5 },
        { ...second, offset: 7 },
      ],
      incarnation,
    );
    const committed = (): Promise<ReadonlyMap<string, number | null>> => log.committed(group, [first, second], joined.membership);
    expect(await committed()).toEqual(
      new Map([
        [laneKey(first), 5],
        [laneKey(second), 7],
      ]),
    );
    await expect(commit([{ ...first, offset: 6 }], incarnation - 1)).rejects.toThrow(RetriableError);
    await producer.init();
    await expect(commit([{ topic, partition: 9, offset: 6 }], incarnation)).rejects.toThrow(/no longer owned/);
    await producer.init();
    expect(await committed()).toEqual(
      new Map([
        [laneKey(first), 5],
        [laneKey(second), 7],
      ]),
    );
    expect(await readValues(first, 1)).toEqual(["v"]);
  });

  it("goes through with the member's new epoch when the old one is refused, after asking the group once", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using joined = await join(topic, 1);
    await using producer = await newProducer();
    let asked = 0;
    const behind: Membership = {
      group: joined.membership.group,
      memberId: joined.membership.memberId,
      incarnation: joined.membership.incarnation,
      get epoch() {
        return asked === 0 ? joined.membership.epoch - 1 : joined.membership.epoch;
      },
      owned: () => joined.membership.owned(),
      leave: () => joined.membership.leave(),
      async refresh() {
        asked++;
        await joined.membership.refresh();
      },
    };
    const transaction = producer.begin();
    await transaction.commit({ membership: behind, incarnation: behind.incarnation, positions: [{ ...lane, offset: 3 }] });
    expect(asked).toBe(1);
    expect(await log.committed(behind.group, [lane], null)).toEqual(new Map([[laneKey(lane), 3]]));
  });

  it.each(["exactly-once", "at-least-once"] as const)(
    "never commits offsets without a member id, which the broker would take from anybody (%s)",
    async (guarantee) => {
      const topic = await newTopic();
      const lane = { topic, partition: 0 };
      await using joined = await join(topic, 1);
      await using producer = await log.producer({ transactionalId: `tx-${randomUUID()}`, guarantee });
      const { group, incarnation } = joined.membership;
      const anonymous: Membership = {
        group,
        incarnation,
        memberId: "",
        epoch: -1,
        owned: () => joined.membership.owned(),
        leave: () => Promise.resolve(),
        refresh: () => Promise.resolve(),
      };
      await expect(producer.begin().commit({ membership: anonymous, incarnation, positions: [{ ...lane, offset: 3 }] })).rejects.toThrow(
        /empty member id/,
      );
      expect(await log.committed(group, [lane], null)).toEqual(new Map([[laneKey(lane), null]]));
    },
  );

  it("works the older way on clusters without transactions v2: aborts leave no gap, order is kept, offsets count", async () => {
    const link = await openLink({ brokers: [inject("kafka")], clientId: "weir-test" });
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using joined = await join(topic, 1);
    await using producer = await createProducer({ ...link, features: new Map() }, { transactionalId: `tx-${randomUUID()}`, rotate: 2 });
    const aborted = producer.begin();
    aborted.write(
      lane,
      batchOf(
        lane,
        Array.from({ length: 12_000 }, (_, i) => value(`x${i}`)),
      ),
    );
    await aborted.abort();
    const { membership } = joined;
    for (let i = 0; i < 6; i++) {
      const transaction = producer.begin();
      transaction.write(lane, batchOf(lane, [value(`${2 * i}`), value(`${2 * i + 1}`)]));
      await transaction.commit({ membership, incarnation: membership.incarnation, positions: [{ ...lane, offset: i + 1 }] });
    }
    expect(await readValues(lane, 12)).toEqual(Array.from({ length: 12 }, (_, i) => String(i)));
    expect(await log.committed(membership.group, [lane], membership)).toEqual(new Map([[laneKey(lane), 6]]));
    await link[Symbol.asyncDispose]();
  });

  it("is followed by none that was begun after it when it fails", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using producer = await newProducer();
    const missing = producer.begin();
    missing.write({ topic: "nobody-made-this", partition: 0 }, batchOf(lane, [value("lost")]));
    const next = producer.begin();
    next.write(lane, batchOf(lane, [value("after")]));
    const results = await Promise.allSettled([missing.commit(null), next.commit(null)]);
    expect(results.map((r) => r.status)).toEqual(["rejected", "rejected"]);
    expect(() => producer.begin()).toThrow(RetriableError);
    await producer.init();
    await write(producer, lane, "again");
    expect(await readValues(lane, 1)).toEqual(["again"]);
  });

  it("keeps the order of every lane while four ids take turns, commits overlapping", async () => {
    const partitions = 8;
    const perLane = 6_000;
    const lanes = lanesOf(await newTopic(partitions), partitions);
    await using producer = await newProducer();
    let previous: Promise<void> = Promise.resolve();
    for (let from = 0; from < perLane;) {
      const transaction: Transaction = producer.begin();
      const count = 1 + ((from * 7) % 190);
      for (const lane of lanes) {
        const numbers = Array.from({ length: Math.min(count, perLane - from) }, (_, i) => value(String(from + i)));
        transaction.write(lane, batchOf(lane, numbers));
      }
      from += count;
      const commit = transaction.commit(null);
      await previous;
      previous = commit;
    }
    await previous;
    const expected = Array.from({ length: perLane }, (_, i) => String(i));
    for (const records of (await readAll(lanes, partitions * perLane)).values())
      expect(records.map((r) => text(r.value))).toEqual(expected);
  });
});

describe("committed offsets in Kafka", () => {
  it("are null where nothing was committed, also for those who are not members", async () => {
    const topic = await newTopic(2);
    expect(await log.committed(`g-${randomUUID()}`, lanesOf(topic, 2), null)).toEqual(
      new Map([
        [`${topic}/0`, null],
        [`${topic}/1`, null],
      ]),
    );
  });
});

describe("fetching from Kafka", () => {
  it("says where an offset is gone and goes on with the other lanes", async () => {
    const topic = await newTopic(2);
    const [gone, fine] = lanesOf(topic, 2) as [Lane, Lane]; // two partitions
    await using producer = await newProducer();
    await write(producer, fine, "a");
    await using fetcher = log.fetcher();
    await readValues(fine, 1);
    const { batches, failed, ends } = await fetcher.fetch(
      [
        { ...gone, offset: 999 },
        { ...fine, offset: 0 },
      ],
      1_000,
    );
    expect(failed.map((f) => [f.lane, f.kind])).toEqual([[gone, "out-of-range"]]);
    expect(batches.map((b) => [b.partition, b.count])).toEqual([[1, 1]]);
    expect(ends.get(laneKey(fine))).toBe(2); // a record and the marker
  });

  it("moves the position over what only markers fill", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using producer = await newProducer();
    await write(producer, lane, "a");
    await readValues(lane, 1);
    await using fetcher = log.fetcher();
    const { batches } = await fetcher.fetch([{ ...lane, offset: 1 }], 1_000);
    expect(batches.map((b) => [b.count, b.nextOffset])).toEqual([[0, 2]]);
  });

  it("asks again where the caller has moved meanwhile", async () => {
    const topic = await newTopic();
    const lane = { topic, partition: 0 };
    await using producer = await newProducer();
    await write(producer, lane, "a", "b", "c");
    await readValues(lane, 3);
    await using fetcher = log.fetcher();
    const fetchFrom = async (offset: number): Promise<(string | null)[]> => {
      const { batches } = await fetcher.fetch([{ ...lane, offset }], 1_000);
      return batches.flatMap((b) => Array.from({ length: b.count }, (_, row) => text(recordAt(b, row).value)));
    };
    expect(await fetchFrom(0)).toEqual(["a", "b", "c"]);
    expect(await fetchFrom(1)).toEqual(["b", "c"]);
    expect(await fetchFrom(0)).toEqual(["a", "b", "c"]);
  });

  it.each(["gzip", "snappy", "lz4", "zstd"])("reads what the broker compressed with %s", async (codec) => {
    const lane = { topic: await newTopic(1, { "compression.type": codec }), partition: 0 };
    await using producer = await newProducer();
    const values = Array.from({ length: 500 }, (_, i) => `value ${i} ${"same ".repeat(20)}`);
    await write(producer, lane, ...values);
    expect(await readValues(lane, values.length)).toEqual(values);
  });

  it.each(["producer", "gzip"])("writes batches that are stored, to a topic whose compression.type is %s", async (codec) => {
    const lane = { topic: await newTopic(1, { "compression.type": codec }), partition: 0 };
    await using producer = await log.producer({ transactionalId: `tx-${randomUUID()}`, compression: "lz4-stored" });
    const values = Array.from({ length: 20_000 }, (_, i) => `value ${i} ${"same ".repeat(20)}`);
    await write(producer, lane, ...values);
    expect(await readValues(lane, values.length)).toEqual(values);
  });
});
