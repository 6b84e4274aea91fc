import {
  allRows,
  gatherSlices,
  gatherInts,
  gatherColumn,
  selectionOf,
  selectRows,
  type Additions,
  type Batch,
  type Column,
  type Lane,
  type Selection,
} from "@weir/record";
import type { CloseMarker, Decided, LeftOut, Recall, RestoredState, Stage, StateChange, StateNote, Stop } from "../stage.ts";
import type { SequencedTopics } from "../sequenced/sequenced-stage.ts";
import { processIsolating } from "./isolate.ts";
import { refuseTooLarge } from "./too-large.ts";

/** One stage of a chain with the places its ports lead to. */
export interface Link {
  readonly stage: Stage;
  /** By port name. A port without an entry keeps its records in the chain's process (`next`) or is a fault of composition. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** Where the stage's state is kept; null for a stage without state. */
  readonly stateTopic: string | null;
  /** Set where it keeps the order of keys: what comes behind a refused record of its key waits. */
  readonly sequenced?: SequencedTopics;
}

export interface Output {
  /** Where the records are written; null when only the next stage of the chain gets them. */
  readonly topic: string | null;
  /** Index of the link in the chain that takes them on. */
  readonly next: number | null;
}

/** What one link decided in one go; `view` holds the decided rows as a batch with everything added to them. */
export interface Outcome {
  readonly link: number;
  readonly decided: Decided;
  /** By port: the positions of the decision that took it, ascending. */
  readonly byPort: readonly Int32Array[];
  /** How often the records were given to the stage; absent: once. */
  readonly deliveries?: number;
}

/**
 * A chain of stages in one process: hands one stage's decided rows to the next as selections over the same bytes. Only
 * its first stage may hold records, so what the first has not decided is all that is undecided. Replays may enter at any
 * stage.
 */
export interface Chain {
  readonly links: readonly Link[];
  /** Does any of its stages keep something of what it was given? Then nothing can be given to it twice in one life. */
  readonly stateful: boolean;
  process(batches: readonly Batch[]): Promise<Outcome[]>;
  close(marker: CloseMarker): Promise<Outcome[]>;
  endOfInput(lane: Lane): Promise<Outcome[]>;
  /** The state topic to be followed for the first stage, null where it hears nothing. */
  readonly hears: string | null;
  hear(notes: readonly StateNote[], partitions: number): Promise<Outcome[]>;
  /** A record that one of its stages refused will not be replayed to the lane. */
  leaveOut(note: LeftOut): void;
  unsaved(): boolean;
  /** The next part of what its stages have decided, or what they ask to read again; null when there is none. */
  more(): Promise<readonly Outcome[] | Recall | null>;
  /** What it asked for; an empty batch says how far there is nothing. */
  recalled(batch: Batch): Promise<Outcome[]>;
  /** Does silence close something of the lane, or is it waited for? */
  mindsSilence(lane: Lane): boolean;
  position(lane: Lane): number | null;
  /** What keeps the stage that takes the lane from taking in more of it; null: nothing. `now`: in milliseconds since 1970. */
  stopped(lane: Lane, now: number): Stop | null;
  goOn(lane: Lane): void;
  snapshot(): { readonly topic: string; readonly change: StateChange }[];
  assign(lane: Lane, from: number, states: ReadonlyMap<string, RestoredState>): void;
  revoke(lane: Lane): void;
}

/** Index of the link that takes the records of a topic; the first where the topic is not listed. */
export type Entries = ReadonlyMap<string, number>;

export interface ChainOptions {
  readonly entries?: Entries;
  /** Records of one go that a stage may not bear without being taken for broken itself; they become dead letters. Default 0: any fault of a stage stands. */
  readonly mostPoison?: number;
}

export function createChain(links: readonly Link[], { entries = new Map(), mostPoison = 0 }: ChainOptions = {}): Chain {
  const first = links[0];
  if (!first) throw new Error("a chain needs a stage");
  const holding = links.findIndex((l, i) => i > 0 && l.stage.holds);
  if (holding > 0) throw new Error(`stage ${links[holding]!.stage.id} holds records and cannot follow another in one chain`); // found index
  const path = { links, mostPoison };
  const entryOf = ({ topic }: Pick<Lane, "topic">): number => entries.get(topic) ?? 0;
  const stageOf = (lane: Lane): Stage => links[entryOf(lane)]!.stage; // entries are indexes of the chain
  return {
    links,
    stateful: links.some(({ stage }) => stage.holds || stage.remembers === true),
    process: (batches) => processEach(path, batches, entryOf),
    close: async (marker) => handOn(path, entryOf(marker.lane), stageOf(marker.lane).close?.(marker) ?? []),
    endOfInput: async (lane) => handOn(path, entryOf(lane), stageOf(lane).endOfInput?.(lane) ?? []),
    position: (lane) => stageOf(lane).position(lane),
    stopped: (lane, now) => stageOf(lane).stopped?.(lane, now) ?? null,
    goOn: (lane) => stageOf(lane).goOn?.(lane),
    hears: first.stage.hear ? first.stateTopic : null,
    hear: async (notes, partitions) => handOn(path, 0, first.stage.hear?.(notes, partitions) ?? []),
    leaveOut: (note) => stageOf(note).leaveOut?.(note),
    unsaved: () => links.some(({ stage }) => stage.unsaved?.() ?? false),
    more: async () => {
      for (const [at, { stage }] of links.entries()) {
        const next = stage.more?.() ?? null;
        if (next !== null) return "lane" in next ? next : handOn(path, at, next);
      }
      return null;
    },
    recalled: async (batch) => handOn(path, entryOf(batch), (await stageOf(batch).recalled?.(batch)) ?? []),
    mindsSilence: (lane) => stageOf(lane).watchesSilence === true || stageOf(lane).position(lane) !== null,
    snapshot: () =>
      links.flatMap((l) => (l.stateTopic === null ? [] : l.stage.snapshot().map((change) => ({ topic: l.stateTopic!, change })))), // not null, just seen
    assign: (lane, from, states) => {
      for (const l of links.slice(entryOf(lane))) l.stage.assign(lane, from, (l.stateTopic && states.get(l.stateTopic)) || new Map());
    },
    revoke: (lane) => {
      for (const l of links.slice(entryOf(lane))) l.stage.revoke(lane);
    },
  };
}

/** The links of a chain and how much poison each of them may meet. */
interface Path {
  readonly links: readonly Link[];
  readonly mostPoison: number;
}

/** Records that enter at the same link are processed in one go. */
async function processEach(path: Path, batches: readonly Batch[], entryOf: (lane: Lane) => number): Promise<Outcome[]> {
  const entering = Math.max(0, ...batches.map(entryOf));
  if (entering === 0) return processAt(path, 0, batches);
  const outcomes: Outcome[] = [];
  for (let at = 0; at <= entering; at++) {
    const own = batches.filter((batch) => entryOf(batch) === at);
    if (own.length > 0) outcomes.push(...(await processAt(path, at, own)));
  }
  return outcomes;
}

async function processAt(path: Path, at: number, batches: readonly Batch[]): Promise<Outcome[]> {
  return handOn(path, at, await processIsolating(path.links[at]!.stage, batches, path.mostPoison)); // at is an index of the chain
}

async function handOn(path: Path, at: number, given: readonly Decided[]): Promise<Outcome[]> {
  const link = path.links[at]!; // at is an index of the chain
  const ofStage = given.map((d) => outcomeOf(at, link.stage, d));
  const outcomes = [...ofStage];
  for (const [port, output] of link.outputs) {
    if (output.next === null) continue;
    const number = link.stage.ports.findIndex((p) => p.name === port);
    const views = ofStage.map(({ decided, byPort }) => viewOf(decided, byPort[number]!)).filter((v) => v.count > 0); // a port of the stage
    if (views.length > 0) outcomes.push(...(await processAt(path, output.next, views)));
  }
  return outcomes;
}

function outcomeOf(link: number, stage: Stage, given: Decided): Outcome {
  const decided = refuseTooLarge(given, stage.ports);
  return { link, decided, byPort: positionsByPort(decided.ports, stage.ports.length) };
}

/** The positions of a decision, ascending, as a batch with everything added to them. */
export function viewOf(decided: Decided, positions: Int32Array): Batch {
  if (positions.length === 0) return selectRows(decided.batch, positions);
  if (positions.length === decided.rows.length) return selectRows(decided.batch, decided.rows, additionsOf(decided));
  const selection = selectionOf(positions);
  return selectRows(decided.batch, gatherInts(decided.rows, selection), gatherAdditions(decided, selection));
}

/** All decided rows with everything added to them but the columns, which only the next stage of a chain needs. */
export function writtenView({ batch, rows, columns: _columns, ...rest }: Decided): Batch {
  const bare = batch.added.columns.size === 0 ? batch : { ...batch, added: { ...batch.added, columns: NO_COLUMNS } };
  return selectRows(bare, rows, additionsOf({ batch, rows, ...rest }));
}

const NO_COLUMNS: ReadonlyMap<string, Column> = new Map();

let found = new Int32Array(0);

/** Every port's positions, ascending. */
export function positionsByPort(ports: Uint8Array, portCount: number): readonly Int32Array[] {
  if (found.length < ports.length) found = new Int32Array(2 * ports.length);
  let left = ports.length;
  return Array.from({ length: portCount }, (_, port) => {
    const count = left === 0 ? 0 : findPositions(ports, port, found);
    left -= count;
    return count === ports.length ? allRows(count) : found.slice(0, count);
  });
}

/**
 * Writes the positions of a port to the front of `to` and gives their number. Without a branch: where records go is as good as random,
 * and one pass for each port is a third of the time of one that asks for the port's array at every record.
 */
function findPositions(ports: Uint8Array, port: number, to: Int32Array): number {
  let count = 0;
  for (let i = 0; i < ports.length; i++) {
    to[count] = i;
    count += ((ports[i]! ^ port) - 1) >>> 31; // 1 where they are the same; i < length
  }
  return count;
}

function additionsOf(decided: Decided): Partial<Additions> {
  return {
    ...(decided.headers && { headers: decided.headers }),
    ...(decided.tails && { tails: decided.tails }),
    ...(decided.columns && { columns: decided.columns }),
  };
}

function gatherAdditions(decided: Decided, selection: Selection): Partial<Additions> {
  const columns = new Map<string, Column>();
  for (const [name, column] of decided.columns ?? []) columns.set(name, gatherColumn(column, selection));
  return {
    headers: (decided.headers ?? []).map((h) => ({ name: h.name, ...gatherSlices(h, selection) })),
    ...(decided.tails && { tails: { ...gatherSlices(decided.tails, selection), keep: gatherInts(decided.tails.keep, selection) } }),
    columns,
  };
}
