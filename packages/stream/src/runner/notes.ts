import { batchOf, laneKey, type Lane } from "@weir/record";
import type { Transaction } from "../log.ts";
import type { LeftOut } from "../stage.ts";

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

/** A refused record has a place in the order of its key, and will not be replayed to the topic: those behind it need not wait for it. */
export interface LeftOutNote extends LeftOut {
  readonly v: 1;
  readonly kind: "left-out";
}

/** Somebody lets a lane go on that a rule has stopped. */
export interface ResumeNote extends Lane {
  readonly v: 1;
  readonly kind: "resume";
  /** Which stop is over: its verdict and when it began, so that a later one of the same verdict is not meant. */
  readonly verdict: string;
  readonly since: number;
  readonly by: string;
}

export type Note = EndNote | SkipNote | LeftOutNote | ResumeNote;

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
  const { kind, topic, partition, offset, from, to, key, place, verdict, since, by } = note as Partial<
    Record<keyof EndNote | keyof SkipNote | keyof LeftOutNote | keyof ResumeNote, unknown>
  >;
  if (typeof topic !== "string" || !isOffset(partition)) return false;
  if (kind === "left-out") return typeof key === "string" && typeof place === "string";
  if (kind === "resume") return typeof verdict === "string" && typeof since === "number" && typeof by === "string";
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

/** Says that what was refused there is not going to be replayed to the lane, one of the stage's topic of replays. */
export function writeLeftOutNote(transaction: Transaction, controlTopic: string, { topic, partition, key, place }: LeftOut): void {
  const name = `left-out/${laneKey({ topic, partition })}/${place}`;
  writeNote(transaction, controlTopic, name, { v: 1, kind: "left-out", topic, partition, key, place });
}

/** Says that a stop is over. */
export function writeResumeNote(
  transaction: Transaction,
  controlTopic: string,
  lane: Lane,
  stop: Pick<ResumeNote, "verdict" | "since" | "by">,
): void {
  const { topic, partition } = lane;
  const { verdict, since, by } = stop;
  writeNote(transaction, controlTopic, `resume/${laneKey(lane)}`, { v: 1, kind: "resume", topic, partition, verdict, since, by });
}

/** The newest note of a key stays, however old. */
function writeNote(transaction: Transaction, controlTopic: string, key: string, note: Note): void {
  const target = { topic: controlTopic, partition: note.partition };
  transaction.write(target, batchOf(target, [{ key: encoder.encode(key), value: encoder.encode(JSON.stringify(note)) }]));
}
