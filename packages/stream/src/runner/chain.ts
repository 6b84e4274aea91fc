import { gatherSlices, gatherInts, gatherColumn, selectRows, type Additions, type Batch, type Column, type Lane } from "@weir/record";
import type { CloseMarker, Decided, RestoredState, Stage, StateChange } from "../stage.ts";

/** One stage of a chain with the places its ports lead to. */
export interface Link {
  readonly stage: Stage;
  /** By port name. A port without an entry keeps its records in the chain's process (`next`) or is a fault of composition. */
  readonly outputs: ReadonlyMap<string, Output>;
  /** Where the stage's state is kept; null for a stage without state. */
  readonly stateTopic: string | null;
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
}

/**
 * A chain of stages in one process: hands one stage's decided rows to the next as selections over the same bytes. Only
 * its first stage may hold records, so what the first has not decided is all that is undecided.
 */
export interface Chain {
  readonly links: readonly Link[];
  process(batches: readonly Batch[]): Promise<Outcome[]>;
  close(marker: CloseMarker): Promise<Outcome[]>;
  endOfInput(lane: Lane): Promise<Outcome[]>;
  position(lane: Lane): number | null;
  snapshot(): { readonly topic: string; readonly change: StateChange }[];
  assign(lane: Lane, from: number, states: ReadonlyMap<string, RestoredState>): void;
  revoke(lane: Lane): void;
}

export function createChain(links: readonly Link[]): Chain {
  const first = links[0];
  if (!first) throw new Error("a chain needs a stage");
  const holding = links.findIndex((l, i) => i > 0 && l.stage.holds);
  if (holding > 0) throw new Error(`stage ${links[holding]!.stage.id} holds records and cannot follow another in one chain`); // found index
  return {
    links,
    process: async (batches) => handOn(links, 0, await first.stage.process(batches)),
    close: async (marker) => handOn(links, 0, first.stage.close?.(marker) ?? []),
    endOfInput: async (lane) => handOn(links, 0, first.stage.endOfInput?.(lane) ?? []),
    position: (lane) => first.stage.position(lane),
    snapshot: () =>
      links.flatMap((l) => (l.stateTopic === null ? [] : l.stage.snapshot().map((change) => ({ topic: l.stateTopic!, change })))), // not null, just seen
    assign: (lane, from, states) => {
      for (const l of links) l.stage.assign(lane, from, (l.stateTopic && states.get(l.stateTopic)) || new Map());
    },
    revoke: (lane) => {
      for (const l of links) l.stage.revoke(lane);
    },
  };
}

async function handOn(links: readonly Link[], at: number, decided: readonly Decided[]): Promise<Outcome[]> {
  const outcomes: Outcome[] = decided.map((d) => ({ link: at, decided: d }));
  const link = links[at]!; // at is an index of the chain
  for (const [port, output] of link.outputs) {
    if (output.next === null) continue;
    const number = link.stage.ports.findIndex((p) => p.name === port);
    const views = decided.map((d) => viewOf(d, number)).filter((v) => v.count > 0);
    if (views.length > 0) outcomes.push(...(await handOn(links, output.next, await links[output.next]!.stage.process(views)))); // an index of the chain
  }
  return outcomes;
}

/** The rows of a decision that took the port, as a batch with everything added to them. */
export function viewOf(decided: Decided, port: number): Batch {
  const positions = positionsOf(decided.ports, port);
  if (positions.length === 0) return selectRows(decided.batch, positions);
  if (positions.length === decided.rows.length) return selectRows(decided.batch, decided.rows, additionsOf(decided));
  return selectRows(decided.batch, gatherInts(decided.rows, positions), gatherAdditions(decided, positions));
}

/** All decided rows with everything added to them but the columns, which only the next stage of a chain needs. */
export function writtenView({ batch, rows, columns: _columns, ...rest }: Decided): Batch {
  const bare = batch.added.columns.size === 0 ? batch : { ...batch, added: { ...batch.added, columns: NO_COLUMNS } };
  return selectRows(bare, rows, additionsOf({ batch, rows, ...rest }));
}

const NO_COLUMNS: ReadonlyMap<string, Column> = new Map();

/** Positions of a decision that took the port, ascending. */
export function positionsOf(ports: Uint8Array, port: number): Int32Array {
  let count = 0;
  for (let i = 0; i < ports.length; i++) if (ports[i] === port) count++;
  const positions = new Int32Array(count);
  for (let i = 0, n = 0; n < count; i++) if (ports[i] === port) positions[n++] = i;
  return positions;
}

function additionsOf(decided: Decided): Partial<Additions> {
  return {
    ...(decided.headers && { headers: decided.headers }),
    ...(decided.tails && { tails: decided.tails }),
    ...(decided.columns && { columns: decided.columns }),
  };
}

function gatherAdditions(decided: Decided, positions: Int32Array): Partial<Additions> {
  const columns = new Map<string, Column>();
  for (const [name, column] of decided.columns ?? []) columns.set(name, gatherColumn(column, positions));
  return {
    headers: (decided.headers ?? []).map((h) => ({ name: h.name, ...gatherSlices(h, positions) })),
    ...(decided.tails && { tails: { ...gatherSlices(decided.tails, positions), keep: gatherInts(decided.tails.keep, positions) } }),
    columns,
  };
}
