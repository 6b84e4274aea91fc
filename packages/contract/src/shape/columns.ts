import { PRESENT } from "@weir/record";
import { passesBytes, passesNumber, type ByteCheck } from "../checks.ts";
import { codeOf, entryOf, hashOf, type Interned } from "../interned.ts";
import type { FieldPlan } from "../plan.ts";
import type { NumberRules } from "../simple-schema.ts";
import type { Target } from "../target.ts";
import { numericTime, parseTime } from "../time.ts";
import type { Values } from "../values.ts";
import type { ShapeKernel } from "./kernel.ts";
import type { ShapeStep } from "./learn.ts";
import { KIND } from "./step.ts";

const FLOAT_BYTES = 4;

/** Rows of a batch that the kernel has in its memory. */
export interface Piece {
  readonly values: Values;
  readonly first: number;
  readonly end: number;
}

/** Takes a column out of the kernel's memory, and checks what only TypeScript can: rows that do not pass are not done. */
export interface ShapeColumn {
  take(kernel: ShapeKernel, piece: Piece, done: Uint8Array): void;
}

/** Addresses of a step's columns while a piece is read; 0 for those that nobody wants. */
export interface Places {
  readonly out: number;
  readonly lengths: number;
  readonly presence: number;
}

/** With room for so many rows. */
export function placesOf({ field, kind }: ShapeStep, rows: number, room: (bytes: number) => number): Places {
  if (kind === KIND.list && field.asVector !== null)
    return { out: room(rows * field.asVector.width * FLOAT_BYTES), lengths: 0, presence: room(rows) };
  const checked =
    kind === KIND.number ? beyondBounds(field.numberRules) : kind === KIND.text && (field.interned !== null || needsText(field.byteCheck));
  const wanted = kind !== KIND.list && (field.targets.length > 0 || checked);
  return {
    out: wanted ? room(rows * (kind === KIND.number ? 8 : kind === KIND.text ? 4 : 1)) : 0,
    lengths: wanted && kind === KIND.text ? room(rows * 4) : 0,
    presence: wanted ? room(rows) : 0,
  };
}

/** Rules beyond the bounds that the kernel knows. */
export function beyondBounds(rules: NumberRules | null): boolean {
  return rules !== null && (rules.above !== -Infinity || rules.below !== Infinity || rules.multipleOf !== 0 || rules.oneOf !== null);
}

/** Checks beyond the length. */
function needsText(check: ByteCheck | null): boolean {
  return check !== null && (check.pattern !== null || check.isTime || check.text !== null);
}

export function columnsOf({ field, kind }: ShapeStep, places: Places): ShapeColumn[] {
  if (places.out === 0) return [];
  const { asNumber, asTime, asBoolean, asVector } = field;
  const columns: ShapeColumn[] = [];
  if (kind === KIND.number) {
    if (beyondBounds(field.numberRules)) columns.push(numberCheck(field.numberRules!, places)); // has some
    if (asNumber !== null) columns.push(numberColumn(asNumber, places));
    if (asTime !== null) columns.push(timeOfNumber(asTime, field.timeUnit ?? "ms", places)); // one of them: `learnShape`
  } else if (kind === KIND.flag) {
    if (asBoolean !== null) columns.push(flagColumn(asBoolean, places));
  } else if (kind === KIND.list) {
    if (asVector !== null) columns.push(vectorColumn(asVector, places));
  } else columns.push(...textColumns(field, places));
  return columns;
}

function takePresence(kernel: ShapeKernel, { presence }: Places, target: Target, { first, end }: Piece): void {
  target.presence.set(kernel.bytes().subarray(presence, presence + end - first), first);
}

function numberColumn(target: Target, places: Places): ShapeColumn {
  return {
    take(kernel, piece) {
      takePresence(kernel, places, target, piece);
      target.values.set(kernel.doubles().subarray(places.out >> 3, (places.out >> 3) + piece.end - piece.first), piece.first);
    },
  };
}

function vectorColumn(target: Target, places: Places): ShapeColumn {
  const { width } = target;
  const at = places.out / FLOAT_BYTES;
  return {
    take(kernel, piece) {
      takePresence(kernel, places, target, piece);
      target.vectors.set(kernel.floats().subarray(at, at + (piece.end - piece.first) * width), piece.first * width);
    },
  };
}

function flagColumn(target: Target, places: Places): ShapeColumn {
  return {
    take(kernel, piece) {
      takePresence(kernel, places, target, piece);
      target.flags.set(kernel.bytes().subarray(places.out, places.out + piece.end - piece.first), piece.first);
    },
  };
}

/** Calls for every row of the piece that is done and has a value; `index` is its place in the kernel's columns. */
function eachValue(
  kernel: ShapeKernel,
  { presence }: Places,
  { first, end }: Piece,
  done: Uint8Array,
  look: (row: number, index: number) => boolean,
): void {
  const memory = kernel.bytes();
  for (let row = first; row < end; row++) {
    if (done[row] === 1 && memory[presence + row - first] === PRESENT && !look(row, row - first)) done[row] = 0;
  }
}

function numberCheck(rules: NumberRules, places: Places): ShapeColumn {
  return {
    take(kernel, piece, done) {
      const values = kernel.doubles();
      eachValue(kernel, places, piece, done, (_, index) => passesNumber(rules, values[(places.out >> 3) + index]!)); // a row of the piece
    },
  };
}

function timeOfNumber(target: Target, unit: "s" | "ms", places: Places): ShapeColumn {
  return {
    take(kernel, piece, done) {
      takePresence(kernel, places, target, piece);
      const values = kernel.doubles();
      eachValue(kernel, places, piece, done, (row, index) => {
        const ms = numericTime(values[(places.out >> 3) + index]!, unit); // a row of the piece
        target.values[row] = ms;
        return ms === ms;
      });
    },
  };
}

function textColumns(field: FieldPlan, places: Places): ShapeColumn[] {
  const { byteCheck, interned, asSlices, asText, asTime } = field;
  const columns: ShapeColumn[] = [];
  if (byteCheck !== null && needsText(byteCheck)) {
    columns.push(textCheck(places, (bytes, at, length) => passesBytes(byteCheck, bytes, at, at + length)));
  }
  if (interned !== null) columns.push(internedColumn(interned, asText, places));
  if (asSlices !== null) columns.push(slicesColumn(asSlices, places));
  if (asTime !== null) {
    columns.push({ take: (kernel, piece) => takePresence(kernel, places, asTime, piece) });
    columns.push(
      textCheck(places, (bytes, at, length, row) => {
        const ms = parseTime(bytes, at, length);
        asTime.values[row] = ms;
        return ms === ms;
      }),
    );
  }
  return columns;
}

type TextLook = (bytes: Uint8Array, at: number, length: number, row: number) => boolean;

/** Looks at every text in the bytes of the batch. */
function textCheck(places: Places, look: TextLook): ShapeColumn {
  return {
    take(kernel, piece, done) {
      const ints = kernel.ints();
      const { bytes } = piece.values;
      eachValue(
        kernel,
        places,
        piece,
        done,
        (row, index) => look(bytes, ints[(places.out >> 2) + index]!, ints[(places.lengths >> 2) + index]!, row), // rows of the piece
      );
    },
  };
}

function internedColumn(interned: Interned, asText: Target | null, places: Places): ShapeColumn {
  const texts = textCheck(places, (bytes, at, length, row) => {
    const entry = entryOf(interned, bytes, at, length, hashOf(bytes, at, length));
    if (interned.passes[entry] === 0) return false;
    if (asText !== null) asText.at[row] = codeOf(interned, entry);
    return true;
  });
  if (asText === null) return texts;
  return {
    take(kernel, piece, done) {
      takePresence(kernel, places, asText, piece);
      texts.take(kernel, piece, done);
    },
  };
}

function slicesColumn(target: Target, places: Places): ShapeColumn {
  return {
    take(kernel, piece) {
      takePresence(kernel, places, target, piece);
      const ints = kernel.ints();
      const count = piece.end - piece.first;
      target.at.set(ints.subarray(places.out >> 2, (places.out >> 2) + count), piece.first);
      target.lengths.set(ints.subarray(places.lengths >> 2, (places.lengths >> 2) + count), piece.first);
    },
  };
}
