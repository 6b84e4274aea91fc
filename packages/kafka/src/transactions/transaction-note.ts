import { laneKey } from "@weir/record";
import { array, ByteReader, int16, int32, int64, int8, nullableArray, struct, text } from "../wire/index.ts";

/** Where coordinators keep what they know of transactional ids. */
export const TRANSACTION_LOG = "__transaction_state";

export type TransactionState =
  | "empty"
  | "ongoing"
  | "prepare-commit"
  | "prepare-abort"
  | "complete-commit"
  | "complete-abort"
  | "dead"
  | "prepare-epoch-fence";

/** One record of the coordinators' log. */
export interface TransactionNote {
  readonly transactionalId: string;
  readonly producerId: number;
  /** Of the transaction while it is open; the one that its markers bear from the moment it is prepared. */
  readonly producerEpoch: number;
  readonly state: TransactionState;
  /** Keys of the partitions that are part of it; empty once it is complete. */
  readonly lanes: ReadonlySet<string>;
  /** Milliseconds since 1970. */
  readonly updatedAt: number;
  readonly partition: number;
  readonly offset: number;
}

/** By number, as Kafka's `TransactionState` writes them. */
const STATES: readonly TransactionState[] = [
  "empty",
  "ongoing",
  "prepare-commit",
  "prepare-abort",
  "complete-commit",
  "complete-abort",
  "dead",
  "prepare-epoch-fence",
];

/** Kafka's `TransactionLogKey`, version 0. */
const KEY = text;
/** Kafka's `TransactionLogValue`: from version 1 on with compact lengths; its tagged fields are not needed. */
const VALUE = struct({
  producerId: int64,
  producerEpoch: int16,
  timeoutMs: int32,
  state: int8,
  topics: nullableArray(struct({ name: text, partitions: array(int32) })),
  updatedAt: int64,
  startedAt: int64,
});
const NEWEST = 1;

export interface NoteSource {
  readonly key: Uint8Array | null;
  readonly value: Uint8Array | null;
  readonly partition: number;
  readonly offset: number;
}

/** Null for what is no such record (a tombstone, a newer version): what it said is then not known. */
export function readNote({ key, value, partition, offset }: NoteSource): TransactionNote | null {
  if (key === null || value === null || key.length < 2 || value.length < 2) return null;
  const [id, content] = [Buffer.from(key), Buffer.from(value)];
  const version = content.readInt16BE(0);
  if (id.readInt16BE(0) !== 0 || version > NEWEST) return null;
  const { state, topics, producerId, producerEpoch, updatedAt } = VALUE.read(new ByteReader(content.subarray(2), version, version >= 1));
  const named = STATES[state];
  if (named === undefined) return null;
  const lanes = (topics ?? []).flatMap((t) => t.partitions.map((p) => laneKey({ topic: t.name, partition: p })));
  const transactionalId = KEY.read(new ByteReader(id.subarray(2), 0, false));
  return { transactionalId, producerId, producerEpoch, state: named, lanes: new Set(lanes), updatedAt, partition, offset };
}
