import { batchOf, laneKey, recordAt, type Lane } from "@weir/record";
import type { Clock } from "../clock.ts";
import type { Log, Transaction } from "../log.ts";

/** The input of a lane is finite and ends at this offset. Written by whoever produced it. */
export interface EndNote extends Lane {
  readonly v: 1;
  readonly kind: "end";
  readonly offset: number;
}

/** What people and tools tell a pipeline, as far as it has been read. */
export interface Control {
  /** Offset at which the lane's input ends, -1 when nothing says that it does. */
  endOf(lane: Lane): number;
  stop(): void;
}

/** Longest wait of one look at the control topic. */
const LOOK_MS = 500;
const decoder = new TextDecoder();
const encoder = new TextEncoder();

/** Follows the control topic from its beginning, without a group. Notes arrive while it runs; a broker that is away is waited for. */
export async function followControl(log: Log, topic: string, clock: Clock, onNote: () => void): Promise<Control> {
  const ends = new Map<string, number>();
  let stopped = false;
  const partitions = (await log.partitions([topic])).get(topic) ?? 0;
  const positions = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
  const fetcher = log.fetcher();
  const follow = async (): Promise<void> => {
    while (!stopped) {
      try {
        const { batches, failed } = await fetcher.fetch(positions, LOOK_MS);
        for (const batch of batches) {
          positions[batch.partition]!.offset = batch.nextOffset; // we asked for this partition
          for (let row = 0; row < batch.count; row++) noteEnd(ends, recordAt(batch, row).value);
          if (batch.count > 0) onNote();
        }
        if (failed.length > 0) await clock.sleep(LOOK_MS);
      } catch {
        await clock.sleep(LOOK_MS); // the data path meets the same fault and reports it
      }
    }
    await fetcher[Symbol.asyncDispose]();
  };
  void follow();
  return {
    endOf: (lane) => ends.get(laneKey(lane)) ?? -1,
    stop: () => {
      stopped = true;
    },
  };
}

function noteEnd(ends: Map<string, number>, value: Uint8Array | null): void {
  const note = value === null ? null : parseNote(decoder.decode(value));
  if (note) ends.set(laneKey(note), Math.max(note.offset, ends.get(laneKey(note)) ?? -1));
}

/** A note that cannot be read is none: the topic is open to people and later versions. */
function parseNote(text: string): EndNote | null {
  try {
    const note: unknown = JSON.parse(text);
    return isEndNote(note) ? note : null;
  } catch {
    return null;
  }
}

function isEndNote(note: unknown): note is EndNote {
  if (typeof note !== "object" || note === null) return false;
  const { kind, topic, partition, offset } = note as Partial<Record<keyof EndNote, unknown>>;
  return kind === "end" && typeof topic === "string" && Number.isInteger(partition) && Number.isInteger(offset);
}

/** Says that the lane's input ends at `offset`. */
export function writeEndNote(transaction: Transaction, controlTopic: string, lane: Lane, offset: number): void {
  const note: EndNote = { v: 1, kind: "end", topic: lane.topic, partition: lane.partition, offset };
  const record = { key: encoder.encode(`end/${laneKey(lane)}`), value: encoder.encode(JSON.stringify(note)) };
  const target = { topic: controlTopic, partition: lane.partition };
  transaction.write(target, batchOf(target, [record]));
}
