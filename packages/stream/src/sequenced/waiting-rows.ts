import { dictionaryHeader, gatherColumn, gatherInts, gatherSlices, selectionOf, type Column, type Slices } from "@weir/record";
import type { Decided } from "../stage.ts";

/** Header of a record that waits behind a failed one of its key: its place. The last one counts, where several stages wrote it. */
export const WAITING_HEADER = "weir.waiting.place";

/** What the order of keys makes of a stage's decision. */
export interface Reordered {
  /** By position, of rows that the stage itself refused: their places. */
  readonly places: ReadonlyMap<number, string>;
  /** By position, of rows that have to wait: their places. */
  readonly waiting: ReadonlyMap<number, string>;
  /** Positions of rows of which nothing is decided. */
  readonly undecided: ReadonlySet<number>;
}

/** The decision with the rows that wait at `port` and as they came: without anything that the stage added to them. */
export function reordered(decided: Decided, { places, waiting, undecided }: Reordered, port: number): Decided {
  const placed = places.size === 0 ? decided : { ...decided, places };
  const put = waiting.size === 0 ? placed : putWaiting(placed, waiting, port);
  return undecided.size === 0 ? put : without(put, undecided);
}

function putWaiting(decided: Decided, waiting: ReadonlyMap<number, string>, port: number): Decided {
  const { headers = [], tails, copies, failures } = decided;
  const ports = decided.ports.slice();
  for (const position of waiting.keys()) ports[position] = port;
  const isOut = (position: number): boolean => waiting.has(position);
  return {
    ...decided,
    ports,
    headers: [...headers.map((h) => ({ ...h, length: blanked(h, waiting) })), placeHeader(waiting, ports.length)],
    ...(tails && { tails: { ...tails, length: blanked(tails, waiting) } }),
    ...(copies && { copies: copies.map(({ topic, positions }) => ({ topic, positions: positions.filter((p) => !isOut(p)) })) }),
    ...(failures && { failures: new Map([...failures].filter(([position]) => !isOut(position))) }),
  };
}

/** -1: nothing is added to the row. */
function blanked({ length }: Slices, rows: ReadonlyMap<number, string>): Int32Array {
  const copy = length.slice();
  for (const row of rows.keys()) copy[row] = -1;
  return copy;
}

function placeHeader(waiting: ReadonlyMap<number, string>, count: number): ReturnType<typeof dictionaryHeader> {
  const codes = new Int32Array(count).fill(-1);
  [...waiting.keys()].forEach((position, i) => (codes[position] = i));
  return dictionaryHeader(WAITING_HEADER, [...waiting.values()], codes);
}

/** The decision on the other rows. */
function without(decided: Decided, positions: ReadonlySet<number>): Decided {
  const kept = Int32Array.from(Array.from(decided.rows.keys()).filter((position) => !positions.has(position)));
  const now = new Map([...kept].map((position, i) => [position, i]));
  const moved = <T>(by: ReadonlyMap<number, T>): Map<number, T> =>
    new Map([...by].flatMap(([position, told]) => (now.has(position) ? [[now.get(position)!, told] as const] : []))); // has it
  const { headers, tails, columns, failures, places, copies } = decided;
  const selection = selectionOf(kept);
  const gathered = new Map<string, Column>();
  for (const [name, column] of columns ?? []) gathered.set(name, gatherColumn(column, selection));
  return {
    ...decided,
    rows: gatherInts(decided.rows, selection),
    ports: Uint8Array.from(kept, (position) => decided.ports[position]!), // a position of the decision
    ...(headers && { headers: headers.map((h) => ({ name: h.name, ...gatherSlices(h, selection) })) }),
    ...(tails && { tails: { ...gatherSlices(tails, selection), keep: gatherInts(tails.keep, selection) } }),
    ...(columns && { columns: gathered }),
    ...(failures && { failures: moved(failures) }),
    ...(places && { places: moved(places) }),
    ...(copies && {
      copies: copies.map(({ topic, positions: p }) => ({ topic, positions: Int32Array.from([...p].flatMap((at) => now.get(at) ?? [])) })),
    }),
  };
}
