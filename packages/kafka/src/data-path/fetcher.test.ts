import { batchOf } from "@weir/record";
import type { Fetcher, FetchPace } from "@weir/stream";
import { expect, test } from "vitest";
import type { Link, TopicInfo } from "../connection/index.ts";
import { BatchEncoder, loadCodecs } from "../record-batch/index.ts";
import { createFetcher } from "./fetcher.ts";

const TOPIC_ID = "1".repeat(32);
const PAUSE_MS = 40;
const NEVER_MS = 600_000;

/** A broker that has two records at every offset that it is asked for, and notes when it was asked. */
function brokerWithRecords(): { readonly link: Link; readonly askedAt: number[] } {
  const askedAt: number[] = [];
  const info: TopicInfo = { name: "t", topicId: TOPIC_ID, leaders: [1] };
  const link = {
    topics: async () => new Map([["t", info]]),
    socket: async () => ({}),
    call: async (_to: object, _api: unknown, { topics }: { topics: { partitions: { offset: number }[] }[] }) => {
      askedAt.push(performance.now());
      const offset = topics[0]!.partitions[0]!.offset; // one of each
      const records = twoRecordsAt(offset);
      const end = offset + 2;
      const partition = { partition: 0, error: 0, highWatermark: end, lastStable: end, logStart: 0, aborted: [], records };
      return { error: 0, topics: [{ name: "", topicId: TOPIC_ID, partitions: [partition] }] };
    },
  };
  return { link: link as unknown as Link, askedAt };
}

function twoRecordsAt(offset: number): Buffer {
  const encoder = new BatchEncoder();
  const value = new Uint8Array(3);
  encoder.add(batchOf({ topic: "t", partition: 0 }, [{ value }, { value }]), null, 0, 0);
  const records = Buffer.from(encoder.finish(null));
  records.writeBigInt64BE(BigInt(offset), 0);
  return records;
}

async function fetcherOf(link: Link, pace?: FetchPace): Promise<Fetcher> {
  return createFetcher({ link, codecs: await loadCodecs(), kind: "fetch-0", release: () => {}, options: { ...(pace && { pace }) } });
}

const offsetsOf = async (fetcher: Fetcher, offset: number): Promise<number[]> => {
  const { batches } = await fetcher.fetch([{ topic: "t", partition: 0, offset }], 100);
  return batches.flatMap((batch) => [...batch.offset]);
};

test("a request that brought few records is followed by a pause before the next, and its records do not wait for it", async () => {
  const { link, askedAt } = brokerWithRecords();
  await using fetcher = await fetcherOf(link, { fewRecords: 3, pauseMs: PAUSE_MS });
  expect(await offsetsOf(fetcher, 0)).toEqual([0, 1]);
  expect(askedAt.length).toBe(1);
  expect(await offsetsOf(fetcher, 2)).toEqual([2, 3]);
  expect(askedAt[1]! - askedAt[0]!).toBeGreaterThan(PAUSE_MS - 2); // timers go by whole milliseconds
});

test("there is no pause after enough records, none where the reader goes on elsewhere, and none where none was asked for", async () => {
  const { link } = brokerWithRecords();
  await using enough = await fetcherOf(link, { fewRecords: 2, pauseMs: NEVER_MS });
  expect([await offsetsOf(enough, 0), await offsetsOf(enough, 2)]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  await using plain = await fetcherOf(link);
  expect([await offsetsOf(plain, 0), await offsetsOf(plain, 2)]).toEqual([
    [0, 1],
    [2, 3],
  ]);
  const few = await fetcherOf(link, { fewRecords: 3, pauseMs: NEVER_MS }); // closing it would wait for the pause
  expect([await offsetsOf(few, 0), await offsetsOf(few, 50)]).toEqual([
    [0, 1],
    [50, 51],
  ]);
});
