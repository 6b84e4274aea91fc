import { laneKey, recordAt, RetriableError } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Log } from "../log.ts";
import type { StateNote } from "../stage.ts";

/** Reads a topic from its beginning on, without a group. */
export interface Following {
  readonly partitions: number;
  /** Has everything been read that was there at the beginning? */
  caughtUp(): boolean;
  stop(): void;
}

export interface NoteListener {
  /** There is something new. */
  onNote(): void;
  /** The topic cannot be followed any more: a missing right, a bug. */
  onFault(error: unknown): void;
}

/** Longest wait of one look at the topic. */
const LOOK_MS = 500;
const decoder = new TextDecoder();

/** Hands over committed records in the order of each partition, one call for what came together; a broker that is away is waited for. */
export async function followTopic(
  log: Log,
  topic: string,
  clock: Clock,
  { onNotes, onFault }: { readonly onNotes: (notes: readonly StateNote[]) => void; readonly onFault: (error: unknown) => void },
): Promise<Following> {
  let stopped = false;
  const partitions = (await log.partitions([topic])).get(topic) ?? 0;
  const lanes = Array.from({ length: partitions }, (_, partition) => ({ topic, partition }));
  const bounds = await log.bounds(lanes);
  const positions = lanes.map((lane) => ({ ...lane, offset: bounds.get(laneKey(lane))?.earliest ?? 0 }));
  const behind = new Set(positions.filter((p) => p.offset < (bounds.get(laneKey(p))?.latest ?? 0)));
  const fetcher = log.fetcher();
  const follow = async (): Promise<void> => {
    while (!stopped) {
      try {
        const { batches, failed } = await fetcher.fetch(positions, LOOK_MS);
        for (const batch of batches) {
          const position = positions[batch.partition]!; // we asked for this partition
          position.offset = batch.nextOffset;
          const notes = Array.from({ length: batch.count }, (_, row) => {
            const { key, value } = recordAt(batch, row);
            return { partition: batch.partition, key: decoded(key) ?? "", value: decoded(value) };
          });
          if (position.offset >= (bounds.get(laneKey(position))?.latest ?? 0)) behind.delete(position);
          if (notes.length > 0 && !stopped) onNotes(notes);
        }
        if (failed.length > 0) await clock.sleep(LOOK_MS);
      } catch (error) {
        if (!(error instanceof RetriableError)) throw error;
        await clock.sleep(LOOK_MS); // the data path meets the same fault and reports it
      }
    }
  };
  void follow()
    .catch(onFault)
    .finally(() => void fetcher[Symbol.asyncDispose]());
  return {
    partitions,
    caughtUp: () => behind.size === 0,
    stop: () => {
      stopped = true;
    },
  };
}

function decoded(bytes: Uint8Array | null): string | null {
  return bytes === null ? null : decoder.decode(bytes);
}
