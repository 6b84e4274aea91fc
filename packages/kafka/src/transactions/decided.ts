import { laneKey, type Lane } from "@weir/record";
import type { TransactionNote } from "./transaction-note.ts";

/** A producer whose transaction keeps a partition from being read to its end. */
export interface OpenProducer extends Lane {
  readonly producerId: number;
  readonly producerEpoch: number;
}

/**
 * How the coordinator ended the transaction of which a partition has no marker. `open`: it has not, and will (at the latest
 * when the transaction times out). `unknown`: its log does not tell.
 */
export type Decided =
  | { readonly how: "commit" | "abort"; readonly note: TransactionNote }
  | { readonly how: "open"; readonly note: TransactionNote }
  | { readonly how: "unknown"; readonly note: TransactionNote | null };

/**
 * `notes`: those of the coordinators' log in its order. With transactions v2 every end moves the epoch, so the note that
 * prepared this one bears the next; before them all transactions of an epoch look alike, and where they ended differently
 * nothing is known.
 */
export function decidedOf(open: OpenProducer, notes: readonly TransactionNote[]): Decided {
  const lane = laneKey(open);
  const own = notes.filter((note) => note.producerId === open.producerId);
  const last = own.at(-1) ?? null;
  if (last === null) return { how: "unknown", note: null };
  if (!isOver(last) && last.lanes.has(lane)) return { how: "open", note: last };
  const prepared = own.filter((note) => isPrepared(note) && note.lanes.has(lane));
  const next = prepared.filter((note) => note.producerEpoch === open.producerEpoch + 1);
  const candidates = next.length > 0 ? next : prepared.filter((note) => note.producerEpoch === open.producerEpoch);
  const states = new Set(candidates.map((note) => note.state));
  const note = candidates.at(-1);
  if (note === undefined || states.size > 1) return { how: "unknown", note: last };
  const how = note.state === "prepare-commit" ? "commit" : "abort";
  const completed = own.slice(own.indexOf(note)).some((n) => n.state === `complete-${how}` && n.producerEpoch === note.producerEpoch);
  return completed ? { how, note } : { how: "unknown", note: last };
}

function isPrepared({ state }: TransactionNote): boolean {
  return state === "prepare-commit" || state === "prepare-abort" || state === "prepare-epoch-fence";
}

function isOver({ state }: TransactionNote): boolean {
  return state === "complete-commit" || state === "complete-abort" || state === "empty" || state === "dead";
}
