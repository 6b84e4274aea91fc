import type { Header } from "@weir/record";
import { isBookkeeping } from "../families.ts";
import { DEAD_LETTER_HEADERS as NAMES, isDeadLetterHeader, REPLAY_HEADERS as REPLAY } from "../names.ts";
import { readReplayMarks } from "../read.ts";
import type { Letter } from "./selection.ts";

/** From this replay on a record is parked instead of being sent again. */
export const PARKED_FROM = 3;

export interface ResendMarks {
  /** The run. */
  readonly run: string;
  /** `before..after`, the first 16 hex of the values' hashes; null where nothing was edited. */
  readonly edited: string | null;
}

const encoder = new TextEncoder();

/** Which replay of the record the next one is, from 1. */
export function nextCount({ record }: Letter): number {
  return (readReplayMarks(record.headers)?.count ?? 0) + 1;
}

/** `topic/partition/offset` */
export function placeOf({ topic, partition, record }: Letter): string {
  return `${topic}/${partition}/${record.offset}`;
}

/**
 * Headers of the record that is sent again: its own ones as they were (`free`, perhaps edited), without what told of the
 * failure, but with its id, its origin and its first failure, so that they survive the next one.
 */
export function resentHeaders(letter: Letter, free: readonly Header[], { run, edited }: ResendMarks): Header[] {
  const text = (key: string, value: string): Header => ({ key, value: encoder.encode(value) });
  return [
    ...free,
    ...keptMarks(letter),
    text(REPLAY.id, run),
    text(REPLAY.count, String(nextCount(letter))),
    text(REPLAY.parent, placeOf(letter)),
    ...(edited === null ? [] : [text(REPLAY.edited, edited)]),
    ...(letter.description.place === null ? [] : [text(REPLAY.place, letter.description.place)]),
  ];
}

/** Headers that belong to the record itself: what people may see and edit. Only where Weir wrote the dead letter are its own among them. */
export function recordHeaders({ record, description: { family } }: Letter): readonly Header[] {
  return record.headers.filter(({ key }) => {
    if (key.startsWith("weir.replay.")) return false;
    return family === "weir" ? !isDeadLetterHeader(key) : !key.startsWith("weir.") && !isBookkeeping(family, key);
  });
}

function keptMarks(letter: Letter): Header[] {
  const { description: d, record } = letter;
  if (d.family === "weir") return record.headers.filter(({ key }) => key === NAMES.origin || key === NAMES.firstFailedAt);
  const origin = d.origin ?? { topic: letter.topic, partition: letter.partition, offset: record.offset, timestamp: record.timestamp };
  const { topic, partition, offset, timestamp } = origin;
  return [
    { key: "weir.id", value: encoder.encode(`${topic}-${partition}-${offset}`) },
    { key: NAMES.origin, value: encoder.encode(`${topic}/${partition}/${offset}/${timestamp}`) },
  ];
}
