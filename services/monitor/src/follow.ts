import { laneKey as key, recordAt, RetriableError, type PlainRecord } from "@weir/record";
import type { Clock, Log } from "@weir/stream";

/** Longest wait of one look. */
const LOOK_MS = 250;
const BACKOFF_MS = 500;

export interface Following extends AsyncDisposable {
  /** Settles when it was disposed; rejects when the topics cannot be followed any more, as for lack of a right. */
  readonly done: Promise<void>;
  /** Is everything read that was there when it was asked, of one of the topics or of all? */
  caughtUp(topic?: string): Promise<boolean>;
}

/** Reads topics from their beginning, committed records only, without a group; goes on until disposed. */
export async function followTopics(
  log: Log,
  clock: Clock,
  topics: readonly string[],
  onRecord: (topic: string, record: PlainRecord) => void,
): Promise<Following> {
  const found = await log.partitions(topics);
  const lanes = topics.flatMap((topic) => Array.from({ length: found.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
  const bounds = await log.bounds(lanes);
  const positions = new Map(lanes.map((lane) => [key(lane), { ...lane, offset: bounds.get(key(lane))?.earliest ?? 0 }]));
  const fetcher = log.fetcher();
  let stopped = false;
  const look = async (): Promise<void> => {
    const { batches, failed } = await fetcher.fetch([...positions.values()], LOOK_MS);
    for (const batch of batches) {
      positions.set(key(batch), { topic: batch.topic, partition: batch.partition, offset: batch.nextOffset });
      for (let row = 0; row < batch.count; row++) onRecord(batch.topic, recordAt(batch, row));
    }
    if (failed.length > 0) await clock.sleep(BACKOFF_MS);
  };
  const following = (async () => {
    // A broker that is away is waited for: the views are behind, nothing is lost.
    while (!stopped) {
      await look().catch((error: unknown) => {
        if (!(error instanceof RetriableError)) throw error;
        return clock.sleep(BACKOFF_MS);
      });
    }
  })();
  following.catch(() => {}); // whoever asked for it awaits `done`
  return {
    done: following,
    caughtUp: async (topic) => {
      const asked = lanes.filter((lane) => topic === undefined || lane.topic === topic);
      const ends = await log.bounds(asked);
      return asked.flatMap((lane) => positions.get(key(lane)) ?? []).every((p) => p.offset >= (ends.get(key(p))?.latest ?? 0));
    },
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await following.catch(() => {}); // told by `done`
      await fetcher[Symbol.asyncDispose]();
    },
  };
}
