import { batchOf, laneKey, type Lane } from "@weir/record";
import type { Transaction } from "../log.ts";

/** The input of a lane is finite and ends at this offset. Written by whoever produced it. */
export interface EndNote extends Lane {
  readonly v: 1;
  readonly kind: "end";
  readonly offset: number;
}

/** What lies from one offset up to another cannot be read: somebody answers for it that it is left out. */
export interface SkipNote extends Lane {
  readonly v: 1;
  readonly kind: "skip";
  readonly from: number;
  /** First offset that is read again. */
  readonly to: number;
}

export type Note = EndNote | SkipNote;

const encoder = new TextEncoder();

/** A note that cannot be read is none: the topic is open to people and later versions. */
export function parseNote(text: string): Note | null {
  try {
    const note: unknown = JSON.parse(text);
    return isNote(note) ? note : null;
  } catch {
    return null;
  }
}

function isNote(note: unknown): note is Note {
  if (typeof note !== "object" || note === null) return false;
  const { kind, topic, partition, offset, from, to } = note as Partial<Record<keyof EndNote | keyof SkipNote, unknown>>;
  if (typeof topic !== "string" || !isOffset(partition)) return false;
  return kind === "end" ? isOffset(offset) : kind === "skip" && isOffset(from) && isOffset(to) && from < to;
}

function isOffset(value: unknown): value is number {
  return typeof value === "number" && Number.isSafeInteger(value) && value >= 0;
}

/** Says that the lane's input ends at `offset`. */
export function writeEndNote(transaction: Transaction, controlTopic: string, lane: Lane, offset: number): void {
  const { topic, partition } = lane;
  writeNote(transaction, controlTopic, `end/${laneKey(lane)}`, { v: 1, kind: "end", topic, partition, offset });
}

/** Says that what lies from `from` up to `to` is left out. */
export function writeSkipNote(transaction: Transaction, controlTopic: string, lane: Lane, from: number, to: number): void {
  const { topic, partition } = lane;
  writeNote(transaction, controlTopic, `skip/${laneKey(lane)}/${from}`, { v: 1, kind: "skip", topic, partition, from, to });
}

/** The newest note of a key stays, however old. */
function writeNote(transaction: Transaction, controlTopic: string, key: string, note: Note): void {
  const target = { topic: controlTopic, partition: note.partition };
  transaction.write(target, batchOf(target, [{ key: encoder.encode(key), value: encoder.encode(JSON.stringify(note)) }]));
}
