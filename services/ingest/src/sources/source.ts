import type { Problem } from "@weir/record";
import type { Item } from "../request/incoming.ts";

/** What is written in one transaction: records, and how far the source was read with them. */
export interface Portion {
  readonly items: readonly Item[];
  readonly position: PositionChange;
}

/** A position of a source; a source may have many, each under a key of its own. */
export interface PositionChange {
  readonly key: string;
  /** JSON */
  readonly value: string;
}

export interface ReadContext {
  /** As committed last. */
  readonly positions: { get(key: string): string | undefined };
  readonly signal: AbortSignal;
  /** What is read otherwise than its owner may think. */
  readonly tell: (problem: Problem) => void;
}

/** Something outside that is read on and on. */
export interface Source {
  readonly name: string;
  /** Pause after there was nothing more. */
  readonly everyMs: number;
  /**
   * From the committed positions until there is nothing more at the moment. A portion is committed before the next one is
   * asked for. Throws when the source cannot be read; it is asked again later.
   */
  read(context: ReadContext): AsyncGenerator<Portion>;
}

/** The records of one portion at most, and their bytes. */
export const PORTION_RECORDS = 1000;
export const PORTION_BYTES = 1_048_576;
