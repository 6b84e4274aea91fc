import type { Batch, Column, Failure, HeaderColumn, Lane, Tails } from "@weir/record";

/** Where the records of a port go: on with the pipeline, to people who own the data, or to people who own the stage. */
export type PortKind = "data" | "quarantine" | "dead-letter";

export interface Port {
  readonly name: string;
  readonly kind: PortKind;
}

/**
 * One step of a pipeline, over all partitions that its process owns: gives every record a port. Never sees a producer, a
 * topic name of an output or a commit. What it decides must be a pure function of the log: independent of how the log was
 * cut into batches and of restarts.
 */
export interface Stage {
  readonly id: string;
  /** Closed, known at load; a port number is an index into it. */
  readonly ports: readonly Port[];
  /** May rows stay undecided after `process` returned? Only the first stage of a fused chain may hold. */
  readonly holds: boolean;
  /** Does it have state although it holds nothing? Then, too, only the first stage may. */
  readonly remembers?: boolean;
  /** One fetch, several partitions, in log order per lane. */
  process(batches: readonly Batch[]): readonly Decided[] | Promise<readonly Decided[]>;
  /** Lowest undecided offset; null when everything it was given is decided. */
  position(lane: Lane): number | null;
  /** Number of records taken in and not decided; absent where that is always 0. */
  held?(): number;
  /** Timestamp of the oldest record that is held, in milliseconds since 1970; null when none is. */
  heldSince?(): number | null;
  /** State to be written in one transaction with everything decided so far. */
  snapshot(): readonly StateChange[];
  /** The records that follow start at `from`, the committed offset. */
  assign(lane: Lane, from: number, state: RestoredState): void;
  /** Drops what is held; the next owner reads it again. */
  revoke(lane: Lane): void;
  /**
   * What the stage's own state topic says in all its partitions, this process's commits included: how the owners of
   * different partitions reach a decision together. Called again and again, also without notes; `partitions`: how many there are.
   */
  hear?(notes: readonly StateNote[], partitions: number): readonly Decided[];
  /** Has it state that others wait for, to be committed although nothing was decided? */
  unsaved?(): boolean;
  /** Is it to be told of silent lanes in which nothing is held, too? */
  readonly watchesSilence?: boolean;
  /**
   * What is decided and too much for one transaction, in parts; asked until it says null before anything else is processed.
   * A recall asks for records of the log whose bytes the stage does not have any more: `recalled` is given them, in order.
   */
  more?(): readonly Decided[] | Recall | null;
  recalled?(batch: Batch): readonly Decided[] | Promise<readonly Decided[]>;
  /** A record that it refused will not come again: people dealt with it otherwise. */
  leaveOut?(note: LeftOut): void;
  /** Closes what a committed marker closes. */
  close?(marker: CloseMarker): readonly Decided[];
  /** The lane is finite and has been read to its end: judge what is open. */
  endOfInput?(lane: Lane): readonly Decided[];
  /**
   * What keeps the stage from taking in more of the lane; null: nothing does. Asked after everything that it decides: nothing is given to
   * it then until `goOn`, and what it had been given and not decided waits. A stop that has just begun takes `now` (milliseconds since
   * 1970) for its beginning, and is in the state with the verdict that began it.
   */
  stopped?(lane: Lane, now: number): Stop | null;
  /** The stop is over. */
  goOn?(lane: Lane): void;
  /** Digests and versions for the execution log. */
  describe(): StageDescription;
}

export interface StageDescription {
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  readonly rules?: string;
  readonly model?: string;
  /** SHA-256 of the contract. */
  readonly contract?: string;
  readonly owner: string;
}

/**
 * Ports for a selection of one batch's rows, in order of emission. All arrays and columns are parallel to `rows`. A row
 * of a batch appears in exactly one decision, at once or when its window was judged.
 */
export interface Decided {
  readonly batch: Batch;
  /** Row numbers of `batch`, ascending. */
  readonly rows: Int32Array;
  readonly ports: Uint8Array;
  readonly headers?: readonly HeaderColumn[];
  readonly tails?: Tails;
  /** For the next stage of a fused chain. */
  readonly columns?: ReadonlyMap<string, Column>;
  /** By position in `rows`: why, for every row that goes to a quarantine or dead-letter port. */
  readonly failures?: ReadonlyMap<number, Failure>;
  /** By position: its place in the order of its key, of rows that are refused by a stage that keeps this order. */
  readonly places?: ReadonlyMap<number, string>;
  /** Copies beside the decision: positions in `rows` that also go to this topic. */
  readonly copies?: readonly { readonly topic: string; readonly positions: Int32Array }[];
  /** Verdicts that were reached with this decision; written in the same transaction. */
  readonly verdicts?: readonly SystemRecord[];
  /** Called once, when the transaction that holds this decision is visible: what is counted is what is committed. */
  readonly onCommitted?: () => void;
}

/** A small record that Weir writes about itself. */
export interface SystemRecord {
  readonly key: string;
  /** JSON; null deletes the key of a compacted topic. */
  readonly value: string | null;
}

/** A change of state, written to the partition of the lane that it belongs to. */
export interface StateChange extends SystemRecord {
  readonly lane: Lane;
}

/** Records of a lane that are to be read again: offsets from `from` to before `to`, as far as there are any. */
export interface Recall {
  readonly lane: Lane;
  readonly from: number;
  readonly to: number;
  /** How long to wait where there are none yet, in milliseconds; absent: they are there. */
  readonly waitMs?: number;
}

/** Why a stage takes in nothing more of a lane, although it could. */
export interface Stop {
  /** Id of the verdict that began it. */
  readonly verdict: string;
  readonly rule: string;
  readonly owner: string;
  /** First offset that waits. */
  readonly next: number;
  /** In milliseconds since 1970. */
  readonly since: number;
  /** It ends by itself then; null: a person ends it. */
  readonly until: number | null;
}

/** A committed record of a state topic. */
export interface StateNote {
  readonly partition: number;
  readonly key: string;
  readonly value: string | null;
}

/** What was refused from a place in the order of its key, and will never be replayed. */
export interface LeftOut extends Lane {
  /** Name of the key. */
  readonly key: string;
  readonly place: string;
}

/** Newest value by key of the lane's partition of the state topic. */
export type RestoredState = ReadonlyMap<string, string>;

/** A committed note that windows are closed up to an offset without the log itself having closed them. */
export interface CloseMarker {
  readonly lane: Lane;
  /** It holds once everything below this offset has been taken in. */
  readonly offset: number;
  /** Windows that end at or before this event time are closed, in milliseconds since 1970. */
  readonly watermark: number;
}

/** The decision that sends every row of a batch to one port. */
export function decideAll(batch: Batch, port: number): Decided {
  const rows = new Int32Array(batch.count);
  for (let i = 0; i < rows.length; i++) rows[i] = i;
  return { batch, rows, ports: new Uint8Array(batch.count).fill(port) };
}
