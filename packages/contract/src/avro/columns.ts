import { OTHER, PRESENT } from "@weir/record";
import { lookUp } from "../exact.ts";
import { beginTarget, clearRow, createTarget, putValue, type Target } from "../target.ts";
import { numericTime } from "../time.ts";
import { isUtf8, readLength, readLong } from "./bytes.ts";
import { defaultValue } from "./default.ts";
import { MOST_EMPTY, readBlock } from "./plain.ts";
import { fieldsStep } from "./flat-record.ts";
import { ticksOf, type Reading, type RecordReading } from "./resolve.ts";
import { booleanStep, bytesStep, enumStep, mark, nullStep, numberStep, textStep, type Reached, type Step } from "./scalar-steps.ts";

interface Around {
  readonly reached: Reached;
  readonly maxDepth: number;
  /** Steps of records in which nobody wants anything; such records may be in one another. */
  readonly skips: Map<RecordReading, Step>;
}

/** Where in the record a value is, and what of the columns is at or below it. */
interface Place {
  readonly targets: readonly Target[];
  readonly depth: number;
}

/** Compiles what a pair of schemas makes of bytes into steps that fill columns; `reached` is set before each batch. */
export function compileColumns(reading: Reading, targets: readonly Target[], reached: Reached, maxDepth: number): Step {
  return compile(reading, { targets, depth: 0 }, { reached, maxDepth, skips: new Map() });
}

function compile(reading: Reading, place: Place, around: Around): Step {
  const here = place.targets.filter(({ path, unknown }) => path.length === place.depth && unknown === null);
  switch (reading.kind) {
    case "null":
      return nullStep(here);
    case "boolean":
      return booleanStep(here);
    case "number":
      return numberStep(reading, here);
    case "text":
      return textStep(here);
    case "bytes":
      return bytesStep(readLength, here, around.reached);
    case "fixed": {
      const { size } = reading;
      return bytesStep((cursor) => (size <= cursor.end - cursor.at ? size : -1), here, around.reached);
    }
    case "enum":
      return enumStep(reading.symbols, here, around.reached);
    case "union": {
      const branches = reading.branches.map((branch) => compile(branch, place, around));
      return (cursor, row) => {
        const branch = branches[readLong(cursor)];
        return branch !== undefined && branch(cursor, row);
      };
    }
    case "unfit":
      return unfitStep(compile(reading.written, place, around));
    default:
      return nestedStep(reading, place, around);
  }
}

function unfitStep(written: Step): Step {
  return (cursor, row) => {
    cursor.violated = true;
    return written(cursor, row);
  };
}

type Nested = Extract<Reading, { kind: "array" | "map" | "record" }>;

function nestedStep(reading: Nested, place: Place, around: Around): Step {
  if (reading.kind !== "record" || place.targets.length > 0) return bounded(inside(reading, place, around), place, around);
  const known = around.skips.get(reading);
  if (known !== undefined) return known;
  let step: Step = () => true; // set below, before anybody calls it
  around.skips.set(reading, (cursor, row) => step(cursor, row));
  step = bounded(inside(reading, place, around), place, around);
  return step;
}

function inside(reading: Nested, place: Place, around: Around): Step {
  if (reading.kind === "record") return recordStep(reading, place, around);
  return reading.kind === "array" ? arrayStep(reading.items, place, around) : mapStep(reading.values, place, around);
}

/** The value itself is of no column's type; what is in it may be. */
function bounded(step: Step, { targets, depth }: Place, { maxDepth }: Around): Step {
  const here = targets.filter(({ path, unknown }) => path.length === depth && unknown === null);
  const asTime = here.some(({ request }) => request.as === "time");
  return (cursor, row) => {
    if (++cursor.depth > maxDepth) return false;
    if (here.length > 0) mark(here, row, OTHER);
    if (asTime) cursor.violated = true;
    const isFine = step(cursor, row);
    cursor.depth--;
    return isFine;
  };
}

function named({ targets, depth }: Place, name: string | null): Place {
  return { targets: name === null ? [] : targets.filter(({ path }) => path.length > depth && path[depth] === name), depth: depth + 1 };
}

function recordStep(reading: RecordReading, place: Place, around: Around): Step {
  const fields = reading.fields.map(({ name, reading: field }) => {
    const below = named(place, name);
    return { reading: field, targets: below.targets, step: compile(field, below, around) };
  });
  const read = fieldsStep(fields);
  const constants = reading.defaults.flatMap((field) => constantsOf(field, place, around.reached));
  const isMissing = reading.missing.length > 0;
  return (cursor, row) => {
    if (!read(cursor, row)) return false;
    for (const put of constants) if (!put(row)) cursor.violated = true;
    if (isMissing) cursor.violated = true;
    return true;
  };
}

/** What a default puts into the columns that are at or below its field. */
function constantsOf(
  { name, type, json }: RecordReading["defaults"][number],
  place: Place,
  reached: Reached,
): ((row: number) => boolean)[] {
  const { targets, depth } = named(place, name);
  const value = targets.length === 0 ? null : defaultValue(type, json);
  return targets.map((target) => {
    const part = lookUp(value, target.path.slice(depth));
    const ticks = target.request.as === "time" && target.path.length === depth ? ticksOfValue(type, part) : null;
    if (ticks === null) return (row) => putValue(target, row, part, reached.values);
    const ms = numericTime(Math.floor(Number(part) / ticks), "ms");
    return (row) => {
      target.values[row] = ms;
      target.presence[row] = ms === ms ? PRESENT : OTHER;
      return ms === ms;
    };
  });
}

function ticksOfValue(type: RecordReading["defaults"][number]["type"], value: unknown): number | null {
  if (typeof value !== "number") return null;
  if (type.kind !== "union") return ticksOf(type);
  return type.branches.map(ticksOf).find((ticks) => ticks !== null) ?? null;
}

function arrayStep(items: Reading, place: Place, around: Around): Step {
  const skip = compile(items, named(place, null), around);
  const wanted = new Set(place.targets.flatMap(({ path }) => path[place.depth] ?? []));
  const byIndex = new Map([...wanted].filter(isIndex).map((name) => [Number(name), compile(items, named(place, name), around)]));
  const vector = place.targets.find(({ path, request }) => path.length === place.depth && request.as === "vector") ?? null;
  const number = vector && numberOf(items, vector, around);
  return (cursor, row) => {
    const from = cursor.at;
    let index = 0;
    let numbers = 0;
    for (let count = readBlock(cursor); count !== 0; count = readBlock(cursor)) {
      if (count !== count) return false;
      for (let i = 0; i < count; i++, index++) {
        const at = cursor.at;
        const own = byIndex.size > 0 ? byIndex.get(index) : undefined;
        if (number !== null) {
          if (!number.step(cursor, 0)) return false;
          if (putNumber(vector!, row, index, number.target)) numbers++; // there with its number
          if (own !== undefined) cursor.at = at; // once more, for a column of its own
        }
        const step = own ?? (number === null ? skip : null);
        if (step !== null && !step(cursor, row)) return false;
        if (index >= MOST_EMPTY + cursor.at - from) return false;
      }
    }
    if (vector !== null && numbers === vector.width && numbers === index) vector.presence[row] = PRESENT;
    return true;
  };
}

interface OneNumber {
  /** Of one row. */
  readonly target: Target;
  readonly step: Step;
}

/** An item of the array as a number, where it is one. */
function numberOf(items: Reading, { request, path }: Target, around: Around): OneNumber {
  const target = createTarget({ pointer: request.pointer, as: "number" }, () => true);
  beginTarget(target, 1);
  return { target, step: compile(items, { targets: [target], depth: path.length }, around) };
}

/** False where the item is no number of 32 bits, or one too many. */
function putNumber(vector: Target, row: number, index: number, { values, presence }: Target): boolean {
  const number = Math.fround(values[0]!); // one row
  if (presence[0] !== PRESENT || !Number.isFinite(number) || index >= vector.width) return false;
  vector.vectors[row * vector.width + index] = number;
  return true;
}

function isIndex(token: string): boolean {
  return /^(?:0|[1-9][0-9]{0,8})$/.test(token);
}

const encoder = new TextEncoder();

function mapStep(values: Reading, place: Place, around: Around): Step {
  const skip = compile(values, named(place, null), around);
  const wanted = new Set(place.targets.flatMap(({ path }) => path[place.depth] ?? []));
  const byKey = [...wanted].map((name) => {
    const below = named(place, name);
    return { key: encoder.encode(name), step: compile(values, below, around), targets: below.targets };
  });
  return (cursor, row) => {
    for (let count = readBlock(cursor); count !== 0; count = readBlock(cursor)) {
      if (count !== count) return false;
      for (let i = 0; i < count; i++) {
        const length = readLength(cursor);
        if (length < 0) return false;
        const { at, bytes } = cursor;
        cursor.at = at + length;
        if (!isUtf8(cursor, at, cursor.at)) return false;
        const found = byKey.find(({ key }) => isKey(key, bytes, at, length));
        for (const target of found?.targets ?? []) clearRow(target, row); // of equal keys the last one counts
        if (!(found?.step ?? skip)(cursor, row)) return false;
      }
    }
    return true;
  };
}

function isKey(key: Uint8Array, bytes: Uint8Array, at: number, length: number): boolean {
  if (key.length !== length) return false;
  for (let i = 0; i < length; i++) if (key[i] !== bytes[at + i]) return false;
  return true;
}
