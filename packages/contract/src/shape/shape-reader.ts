import type { ObjectPlan } from "../plan.ts";
import { putNames, type Target } from "../target.ts";
import { codeOfNames } from "../unknown-names.ts";
import type { Values } from "../values.ts";
import { columnsOf, placesOf, type Piece, type ShapeColumn } from "./columns.ts";
import { createShapeKernel, type ShapeKernel } from "./kernel.ts";
import { takesFractions, takesNull, type Shape, type ShapeStep } from "./learn.ts";
import { KIND, STEP, STEP_BYTES } from "./step.ts";
import { TABLES_END } from "./tables.ts";

/** Records that are read at once: their bytes and columns stay in the cache from one step to the next. */
const MOST_ROWS = 512;
/** Of one piece. */
const MOST_BYTES = 192 * 1024;
/** In one piece, of one list: each takes two bytes of text, and rows without a list are few. */
const MOST_LIST_NUMBERS = MOST_BYTES / 2;
/** What the kernel may look at beyond a record. */
const SLACK_BYTES = 256;

/** Reads records of one shape. */
export interface ShapeReader {
  /**
   * Fills those of the rows that have the shape. Writes a 1 for each of them, a 0 for the others (whose cells may hold
   * anything), by row of the batch; gives the number of the others.
   */
  read(values: Values, rows: { readonly from: number; readonly to: number }, done: Uint8Array): number;
}

let shared: ShapeKernel | null = null;

/** Records of more than `maxBytes` do not have the shape. */
export function createShapeReader(shape: Shape, plan: ObjectPlan, maxBytes: number): ShapeReader {
  const kernel = (shared ??= createShapeKernel());
  const layout = layOut(shape);
  const { unknown } = shape;
  return {
    read(values, { from, to }, done) {
      kernel.reserve(layout.bytesAt + SLACK_BYTES);
      kernel.bytes().set(layout.table, layout.tableAt);
      for (let row = from; row < to;) {
        const end = pieceFrom(values, { from: row, to }, layout.mostRows);
        if (end === row) done[row++] = 0; // too large for a piece
        else row = readPiece(kernel, layout, { values, first: row, end }, maxBytes, done);
      }
      let others = 0;
      for (let row = from; row < to; row++) others += 1 - done[row]!; // row < count <= length
      if (plan.unknown !== null && unknown.length > 0) putSame(plan.unknown, unknown, { from, to }, done);
      return others;
    },
  };
}

/** All records of a shape have the same members. */
function putSame(target: Target, names: readonly string[], { from, to }: { from: number; to: number }, done: Uint8Array): void {
  if (target.unknown === null) return;
  const code = codeOfNames(target.unknown, names);
  for (let row = from; row < to; row++) if (done[row] === 1) putNames(target, row, code);
}

/** Behind the last row of a piece: rows that follow one another in the bytes, as far as there is room. */
function pieceFrom({ at, length }: Values, rows: { from: number; to: number }, mostRows: number): number {
  const first = rows.from;
  const from = at[first]!; // a row of the batch, as all below
  const most = Math.min(rows.to, first + mostRows);
  let row = first;
  for (let last = from; row < most; row++) {
    const to = at[row]! + Math.max(0, length[row]!);
    if (at[row]! < last || to - from > MOST_BYTES) break;
    last = to;
  }
  return row;
}

function readPiece(kernel: ShapeKernel, layout: Layout, piece: Piece, maxBytes: number, done: Uint8Array): number {
  const { values, first, end } = piece;
  const from = values.at[first]!; // first < end <= count, as all below
  const to = values.at[end - 1]! + Math.max(0, values.length[end - 1]!);
  const { bytesAt, atsAt, lengthsAt } = layout;
  kernel.reserve(bytesAt + to - from + SLACK_BYTES);
  const memory = kernel.bytes();
  memory.set(values.bytes.subarray(from, to), bytesAt);
  memory.fill(0, bytesAt + to - from, bytesAt + to - from + SLACK_BYTES);
  const ints = kernel.ints();
  const shift = from - bytesAt;
  for (let row = first; row < end; row++) {
    ints[(atsAt >> 2) + row - first] = values.at[row]! - shift;
    ints[(lengthsAt >> 2) + row - first] = values.length[row]! > maxBytes ? -1 : values.length[row]!;
  }
  kernel.call.scan(atsAt, lengthsAt, end - first, layout.tableAt, layout.tailAt, shift);
  for (let row = first; row < end; row++) done[row] = ints[(lengthsAt >> 2) + row - first]!;
  for (const column of layout.columns) column.take(kernel, piece, done);
  return end;
}

interface Layout {
  /** Of a piece. */
  readonly mostRows: number;
  readonly tableAt: number;
  readonly table: Uint8Array;
  /** Of the step behind the last. */
  readonly tailAt: number;
  readonly atsAt: number;
  readonly lengthsAt: number;
  readonly bytesAt: number;
  readonly columns: readonly ShapeColumn[];
}

function layOut(shape: Shape): Layout {
  const { steps, tail } = shape;
  const mostRows = mostRowsOf(steps);
  let end = TABLES_END;
  const room = (bytes: number): number => {
    const at = end;
    end = (end + bytes + 15) & ~15;
    return at;
  };
  const stepsBytes = (steps.length + 1) * STEP_BYTES;
  const tableAt = room(stepsBytes + [...steps.map(({ key }) => key), tail].reduce((sum, key) => sum + 2 * filled(key.length), 0));
  const table = new Uint8Array(end - tableAt);
  const cells = new DataView(table.buffer);
  const columns: ShapeColumn[] = [];
  let keyAt = stepsBytes;
  const setCell = (step: number, name: keyof typeof STEP, value: number): void =>
    cells.setInt32(step * STEP_BYTES + STEP[name], value, true);
  const setKey = (step: number, key: Uint8Array): void => {
    table.set(key, keyAt);
    table.fill(255, keyAt + filled(key.length), keyAt + filled(key.length) + key.length);
    setCell(step, "key", tableAt + keyAt);
    setCell(step, "keyLength", key.length);
    setCell(step, "keyFilled", filled(key.length));
    keyAt += 2 * filled(key.length);
  };
  steps.forEach((step, number) => {
    const at = number * STEP_BYTES;
    setKey(number, step.key);
    const places = placesOf(step, mostRows, room);
    columns.push(...columnsOf(step, places));
    const set = (name: keyof typeof STEP, value: number): void => setCell(number, name, value);
    set("kind", step.kind);
    set("out", places.out);
    set("lengths", places.lengths);
    set("presence", places.presence);
    set("takesNull", takesNull(step) ? 1 : 0);
    set("wholeOnly", takesFractions(step) ? 0 : 1);
    const { shortest, longest } = lengthsOf(step);
    set("shortest", shortest);
    set("longest", Math.min(longest, 2 ** 31 - 1));
    const rules = step.kind === KIND.list ? step.field.list?.number : step.field.numberRules;
    cells.setFloat64(at + STEP.least, Math.max(rules?.minimum ?? -Infinity, -Number.MAX_VALUE), true);
    cells.setFloat64(at + STEP.most, Math.min(rules?.maximum ?? Infinity, Number.MAX_VALUE), true);
  });
  setKey(steps.length, tail);
  const atsAt = room(mostRows * 4);
  const lengthsAt = room(mostRows * 4);
  return { mostRows, tableAt, table, tailAt: tableAt + steps.length * STEP_BYTES, atsAt, lengthsAt, bytesAt: room(0), columns };
}

function mostRowsOf(steps: readonly ShapeStep[]): number {
  const widest = Math.max(1, ...steps.map((step) => (step.kind === KIND.list ? (step.field.asVector?.width ?? 1) : 1)));
  return Math.max(1, Math.min(MOST_ROWS, Math.floor(MOST_LIST_NUMBERS / widest)));
}

/** Of texts and lists. A list that is wanted has as many numbers as its column is wide: others are not read by shape. */
function lengthsOf({ field, kind }: ShapeStep): { readonly shortest: number; readonly longest: number } {
  if (kind !== KIND.list) return { shortest: field.byteCheck?.minLength ?? 0, longest: field.byteCheck?.maxLength ?? Infinity };
  if (field.asVector !== null) return { shortest: field.asVector.width, longest: field.asVector.width };
  return { shortest: field.list?.minItems ?? 0, longest: field.list?.maxItems ?? Infinity };
}

function filled(length: number): number {
  return (length + 15) & ~15;
}
