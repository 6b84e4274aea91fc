import { REPLAY_HEADERS } from "@weir/deadletter";
import { laneKey, ownHeaders, selectRows, type Batch, type Lane } from "@weir/record";
import { deadLetterPort, processIsolating } from "../runner/isolate.ts";
import type { Decided, LeftOut, Port, Recall, RestoredState, Stage, StateChange } from "../stage.ts";
import { createQueues, keyName, SEQUENCED_STATE, type From, type Hash, type Queues } from "./queues.ts";
import { reordered, WAITING_HEADER } from "./waiting-rows.ts";

/** The port of records that wait. No branch of a pipeline can be called like that. */
export const WAITING_PORT = "(waiting)";

/** The topics of a stage that keeps the order of keys. */
export interface SequencedTopics {
  /** Where people send again what the stage refused. */
  readonly replays: string;
  /** Where records wait behind one that it refused. Only the stage writes it, so it is in the order in which they came to wait. */
  readonly waiting: string;
}

export interface Sequencing extends SequencedTopics {
  /** Records of one go that the stage may not bear; see `processIsolating`. */
  readonly mostPoison: number;
  /** SHA-256, hex. */
  readonly hash: Hash;
}

/** What is known of a partition, whichever of its topics the records come from. */
interface Partition {
  readonly queues: Queues;
  /** Topics of which the stage has this partition. */
  readonly topics: Set<string>;
  /** Of those that wait: everything before has gone on for good. */
  base: number;
  writtenBase: number;
  /** As far as they have been looked through for those whose turn it is. */
  cursor: number;
  unsaved: boolean;
}

/** Those whose turn it is may be part of a transaction that is not committed yet. */
const WAIT_MS = 20;
const TO_THE_END = Number.MAX_SAFE_INTEGER;
const BASE_KEY = `${SEQUENCED_STATE}base`;
const NO_STATE: RestoredState = new Map();

/**
 * The same stage, in the order of keys: where it refuses a record, later ones of the key are put aside unjudged, until people have
 * brought the first to pass or have dealt with it otherwise; then they go on at once and in their order, before anything else is taken
 * in. Records without a key have no order. The stage has no state of its own: a record that waited is given to it once more when its turn
 * comes, and what it counts of itself counts both times.
 */
export function sequencedStage(inner: Stage, { replays, waiting, mostPoison, hash }: Sequencing): Stage {
  if (inner.holds || inner.remembers === true) throw new Error(`stage ${inner.id} has state and cannot keep the order of keys`);
  const partitions = new Map<number, Partition>();
  const notes = new Map<number, LeftOut[]>();
  const deadLetters = deadLetterPort(inner);
  const ports: readonly Port[] = [...inner.ports, { name: WAITING_PORT, kind: "data" }];
  const partitionOf = ({ partition }: Pick<Lane, "partition">): Partition => partitions.get(partition)!; // it was assigned before its records came

  const inOrder = (decided: readonly Decided[]): readonly Decided[] =>
    decided.map((d) => order(d, d.batch.topic === replays ? "replay" : "input"));
  const order = (decided: Decided, from: From): Decided => {
    const { batch, rows } = decided;
    const own = partitionOf(batch);
    const { queues } = own;
    if (queues.size === 0 && (decided.failures?.size ?? 0) === 0 && from !== "waiting") return decided;
    const found = { places: new Map<number, string>(), waiting: new Map<number, string>(), undecided: new Set<number>() };
    for (let i = 0; i < rows.length; i++) {
      const failed = decided.ports[i] === deadLetters;
      const row = rows[i]!; // i < length
      if ((!failed && queues.size === 0 && from !== "waiting") || batch.keyLength[row]! < 0) continue; // row < count
      const key = keyAt(batch, row, hash);
      const place = from === "input" ? null : placeAt(batch, row, from);
      const turn = queues.take({ key, failed, from, place }, () => `${hash(batch.topic).slice(0, 8)}-${batch.offset[row]!}`); // row < count
      if (turn.goes === "refused") found.places.set(i, turn.place);
      else if (turn.goes === "waiting") found.waiting.set(i, turn.place);
      else if (turn.goes === "nowhere") found.undecided.add(i);
    }
    if (from === "replay" && queues.ready) own.cursor = own.base; // it may be the turn of one that lies before
    return reordered(decided, found, ports.length - 1);
  };
  /** Of the records that wait those whose turn it is, or comes with them. */
  const goOn = async (batch: Batch): Promise<readonly Decided[]> => {
    const own = partitionOf(batch);
    own.cursor = Math.max(own.cursor, batch.nextOffset);
    const rows: number[] = [];
    for (let row = 0; row < batch.count; row++)
      if (own.queues.mayGo(keyAt(batch, row, hash), placeAt(batch, row, "waiting"))) rows.push(row);
    const decided = rows.length === 0 ? [] : await processIsolating(inner, [selectRows(batch, Int32Array.from(rows))], mostPoison);
    const ordered = decided.map((d) => order(d, "waiting")).filter((d) => d.rows.length > 0);
    if (own.queues.size === 0) own.base = own.cursor;
    return ordered;
  };
  const apply = (told: readonly LeftOut[]): void => {
    for (const { partition, key, place } of told) {
      const own = partitions.get(partition);
      if (!own?.queues.leaveOut(key, place)) continue;
      own.unsaved = true;
      own.cursor = own.base;
    }
  };
  const nextRecall = (): Recall | null => {
    for (const [partition, { queues, cursor }] of partitions)
      if (queues.ready) return { lane: { topic: waiting, partition }, from: cursor, to: TO_THE_END, waitMs: WAIT_MS };
    return null;
  };
  return {
    ...inner,
    ports,
    remembers: true,
    process: async (batches) => inOrder(await processIsolating(inner, batches, mostPoison)),
    snapshot: () => [...partitions].flatMap(([partition, own]) => changesOf({ topic: replays, partition }, own)),
    unsaved: () => [...partitions.values()].some((own) => own.unsaved),
    assign: (lane, from, state) => {
      const base = Number(state.get(BASE_KEY) ?? 0);
      const own = partitions.get(lane.partition) ?? {
        queues: createQueues(state, hash),
        topics: new Set<string>(),
        base,
        writtenBase: base,
        cursor: base,
        unsaved: false,
      };
      partitions.set(lane.partition, own);
      own.topics.add(laneKey(lane));
      if (own.topics.size === 1) inner.assign({ topic: waiting, partition: lane.partition }, 0, NO_STATE);
      apply(notes.get(lane.partition) ?? []);
      inner.assign(lane, from, NO_STATE);
    },
    revoke: (lane) => {
      const own = partitions.get(lane.partition);
      inner.revoke(lane);
      if (!own?.topics.delete(laneKey(lane)) || own.topics.size > 0) return;
      partitions.delete(lane.partition);
      inner.revoke({ topic: waiting, partition: lane.partition });
    },
    leaveOut: (note) => {
      if (note.topic !== replays) return;
      const told = notes.get(note.partition) ?? [];
      notes.set(note.partition, told);
      told.push(note);
      apply([note]);
    },
    more: nextRecall,
    recalled: goOn,
  };
}

function keyAt(batch: Batch, row: number, hash: Hash): string {
  const at = batch.keyAt[row]!; // row < count
  return keyName(batch.bytes.subarray(at, at + batch.keyLength[row]!), hash); // as above
}

const decoder = new TextDecoder();

function placeAt(batch: Batch, row: number, from: "replay" | "waiting"): string | null {
  const name = from === "waiting" ? WAITING_HEADER : REPLAY_HEADERS.place;
  const value = ownHeaders(batch, row).findLast((header) => header.key === name)?.value;
  return value ? decoder.decode(value) : null;
}

function changesOf(lane: Lane, own: Partition): StateChange[] {
  own.unsaved = false;
  const changes = own.queues.changes().map((change): StateChange => ({ lane, ...change }));
  if (own.base === own.writtenBase) return changes;
  own.writtenBase = own.base;
  return [...changes, { lane, key: BASE_KEY, value: String(own.base) }];
}
