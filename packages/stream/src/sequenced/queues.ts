import type { RestoredState } from "../stage.ts";

/**
 * A key of which a record failed: from that record on every record of the key has a number, the failed one 0, and they go on in the
 * order of their numbers. The record whose turn it is has either failed, then people bring it again, or lies among those that wait.
 */
interface Queue {
  /** Names this queue among all that the key ever had in the partition. */
  readonly epoch: string;
  /** Number of the record whose turn it is. */
  next: number;
  /** Number that the next record to come is given. */
  end: number;
  /** Does the record whose turn it is lie among those that wait? */
  ready: boolean;
}

/** Where a record comes from: for the first time, from people who send again what failed, or from among those that wait. */
export type From = "input" | "replay" | "waiting";

export interface Candidate {
  /** Name of its key. */
  readonly key: string;
  readonly failed: boolean;
  readonly from: From;
  /** The place that it was given before; null where it was given none. */
  readonly place: string | null;
}

/** What comes of a record: it goes on, is refused for its own failure, is put to those that wait, or stays there. */
export type Turn = { readonly goes: "on" | "nowhere" } | { readonly goes: "refused" | "waiting"; readonly place: string };

/** The queues of one partition. */
export interface Queues {
  readonly size: number;
  /** Is it somebody's turn who waits? */
  readonly ready: boolean;
  has(key: string): boolean;
  /** Is it the turn of the record at that place, or will it be once those before it have gone on? */
  mayGo(key: string, place: string | null): boolean;
  /** `epoch`: name of the queue that begins with the record, if one does. */
  take(candidate: Candidate, epoch: () => string): Turn;
  /** The failed record at that place will not be brought again. False where nothing waited for it. */
  leaveOut(key: string, place: string): boolean;
  /** What changed since the last call, for the state topic. */
  changes(): readonly { readonly key: string; readonly value: string | null }[];
}

export type Hash = (data: string | Uint8Array) => string;

/** How keys of the state begin that tell of the order of keys. */
export const SEQUENCED_STATE = "sequenced/";
const PREFIX = `${SEQUENCED_STATE}key/`;

/** As it lies in the state topic. */
interface Saved extends Queue {
  readonly v: 1;
  readonly key: string;
}

/** @param hash - SHA-256, hex: any bytes make a key of a record, not any text should be one of the state topic */
export function createQueues(restored: RestoredState, hash: Hash): Queues {
  const queues = new Map<string, Queue>();
  const changed = new Set<string>();
  const ready = new Set<string>();
  const touch = (key: string, queue: Queue): void => {
    if (queue.next === queue.end) queues.delete(key);
    else queues.set(key, queue);
    if (queue.ready && queues.has(key)) ready.add(key);
    else ready.delete(key);
    changed.add(key);
  };
  for (const [name, value] of restored) {
    if (!name.startsWith(PREFIX)) continue;
    const { v: _v, key, ...queue }: Saved = JSON.parse(value);
    touch(key, queue);
  }
  changed.clear();
  const append = (key: string, queue: Queue): string => {
    const place = placeOf(queue.epoch, queue.end++);
    touch(key, queue);
    return place;
  };
  const advance = (key: string, queue: Queue): void => {
    queue.next++;
    queue.ready = true;
    touch(key, queue);
  };
  return {
    get size() {
      return queues.size;
    },
    get ready() {
      return ready.size > 0;
    },
    has: (key) => queues.has(key),
    mayGo: (key, place) => {
      const queue = queues.get(key);
      return queue?.ready === true && numberIn(queue, place) >= queue.next;
    },
    take: ({ key, failed, from, place }, epoch) => {
      const queue = queues.get(key);
      if (!queue) {
        if (from === "waiting") return { goes: "nowhere" }; // it went on before
        return failed ? { goes: "refused", place: append(key, { epoch: epoch(), next: 0, end: 0, ready: false }) } : { goes: "on" };
      }
      const isTurn = from !== "input" && queue.ready === (from === "waiting") && numberIn(queue, place) === queue.next;
      if (!isTurn) return from === "waiting" ? { goes: "nowhere" } : { goes: "waiting", place: append(key, queue) };
      if (!failed) {
        advance(key, queue);
        return { goes: "on" };
      }
      queue.ready = false;
      touch(key, queue);
      return { goes: "refused", place: placeOf(queue.epoch, queue.next) };
    },
    leaveOut: (key, place) => {
      const queue = queues.get(key);
      if (!queue || queue.ready || numberIn(queue, place) !== queue.next) return false;
      advance(key, queue);
      return true;
    },
    changes: () => {
      const changes = [...changed].map((key) => ({ key: PREFIX + hash(key).slice(0, 32), value: saved(key, queues.get(key)) }));
      changed.clear();
      return changes;
    },
  };
}

/** The longest key that is kept as it is. */
const LONG_BYTES = 256;

/** What names a key: its bytes as a text of as many characters, or their hash where they are many. */
export function keyName(key: Uint8Array, hash: Hash): string {
  return key.length > LONG_BYTES ? `sha256:${hash(key)}` : String.fromCharCode(...key);
}

/** `EPOCH.NUMBER` */
function placeOf(epoch: string, number: number): string {
  return `${epoch}.${number}`;
}

/** Number of a place; -1 for one of another queue. */
function numberIn({ epoch }: Queue, place: string | null): number {
  if (place === null || !place.startsWith(`${epoch}.`)) return -1;
  const number = Number(place.slice(epoch.length + 1));
  return Number.isInteger(number) ? number : -1;
}

function saved(key: string, queue: Queue | undefined): string | null {
  if (!queue) return null;
  const text: Saved = { v: 1, key, ...queue };
  return JSON.stringify(text);
}
