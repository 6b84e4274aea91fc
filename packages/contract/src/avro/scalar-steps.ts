import { NULL, OTHER, PRESENT } from "@weir/record";
import { codeOf, entryOf, hashOf } from "../interned.ts";
import { putValue, type Target } from "../target.ts";
import { numericTime, parseTime } from "../time.ts";
import type { Values } from "../values.ts";
import { base64, isUtf8, readInt, readLength, readLong, readTicks, skipBytes, type Cursor } from "./bytes.ts";
import type { NumberReading } from "./resolve.ts";

/** Reads one value into the row of its targets. False where the bytes are not what the writer's schema says. */
export type Step = (cursor: Cursor, row: number) => boolean;

/** The values of the batch that is being read. */
export interface Reached {
  values: Values;
}

export function nullStep(here: readonly Target[]): Step {
  if (here.length === 0) return () => true;
  return (_, row) => mark(here, row, NULL);
}

/** A value that none of these columns has a place for, or null. */
export function mark(targets: readonly Target[], row: number, presence: number): true {
  for (const target of targets) target.presence[row] = presence;
  return true;
}

/** The targets of a kind first, the others, for which the value is of another type, second. */
function split(here: readonly Target[], ...kinds: readonly string[]): readonly [readonly Target[], readonly Target[]] {
  return [here.filter(({ request }) => kinds.includes(request.as)), here.filter(({ request }) => !kinds.includes(request.as))];
}

export function booleanStep(here: readonly Target[]): Step {
  const [flags, others] = split(here, "boolean");
  const asTime = here.some(({ request }) => request.as === "time");
  return (cursor, row) => {
    const byte = cursor.at < cursor.end ? cursor.bytes[cursor.at++]! : -1; // at < end
    if (byte !== 0 && byte !== 1) return false;
    for (const target of flags) {
      target.flags[row] = byte;
      target.presence[row] = PRESENT;
    }
    if (asTime) cursor.violated = true;
    return mark(others, row, OTHER);
  };
}

export function numberStep(reading: NumberReading, here: readonly Target[]): Step {
  const [numbers, others] = split(here, "number");
  const time = others.find(({ request }) => request.as === "time") ?? null;
  const read = numberReader(reading);
  const [only] = numbers;
  if (here.length === 0) {
    return (cursor) => {
      read(cursor);
      return !cursor.failed;
    };
  }
  if (time !== null) return timeStep(reading, time, { numbers, others, read });
  if (here.length === 1 && only !== undefined) {
    return (cursor, row) => {
      const value = read(cursor);
      if (value - value === 0) {
        only.values[row] = value;
        only.presence[row] = PRESENT;
        return true;
      }
      only.presence[row] = OTHER;
      return !cursor.failed;
    };
  }
  return (cursor, row) => {
    const value = read(cursor);
    putNumber(numbers, row, value);
    mark(others, row, OTHER);
    return !cursor.failed;
  };
}

function numberReader({ from, rounds }: NumberReading): (cursor: Cursor) => number {
  switch (from) {
    case "int":
    case "long": {
      const read = from === "int" ? readInt : readLong;
      return (cursor) => {
        const value = read(cursor);
        if (value !== value) cursor.failed = true;
        return rounds ? Math.fround(value) : value;
      };
    }
    case "float":
      return (cursor) => {
        const at = cursor.at;
        if (skipBytes(cursor, 4)) return cursor.view.getFloat32(at, true);
        cursor.failed = true;
        return NaN;
      };
    case "double":
      return (cursor) => {
        const at = cursor.at;
        if (skipBytes(cursor, 8)) return cursor.view.getFloat64(at, true);
        cursor.failed = true;
        return NaN;
      };
  }
}

/** Infinity and NaN are numbers of Avro and not of JSON: no column has them. */
function putNumber(targets: readonly Target[], row: number, value: number): void {
  const isFinite = value - value === 0;
  for (const target of targets) {
    if (isFinite) target.values[row] = value;
    target.presence[row] = isFinite ? PRESENT : OTHER;
  }
}

interface Beside {
  readonly numbers: readonly Target[];
  readonly others: readonly Target[];
  readonly read: (cursor: Cursor) => number;
}

function timeStep({ ticks }: NumberReading, time: Target, { numbers, others, read }: Beside): Step {
  const { unit } = time.request;
  return (cursor, row) => {
    const from = cursor.at;
    const value = read(cursor);
    if (cursor.failed) return false;
    putNumber(numbers, row, value);
    mark(others, row, OTHER);
    let ms = NaN;
    if (ticks !== null) {
      cursor.at = from;
      ms = numericTime(readTicks(cursor, ticks), "ms");
    } else if (unit !== undefined) ms = numericTime(value, unit);
    if (ms === ms) {
      time.values[row] = ms;
      time.presence[row] = PRESENT;
    } else cursor.violated = true;
    return true;
  };
}

export function textStep(here: readonly Target[]): Step {
  const [texts, others] = split(here, "string", "slices", "time");
  const find = (as: string): Target | null => texts.find(({ request }) => request.as === as) ?? null;
  const [asText, asSlices, asTime] = [find("string"), find("slices"), find("time")];
  return (cursor, row) => {
    const length = readLength(cursor);
    if (length < 0) return false;
    const { at, bytes } = cursor;
    cursor.at = at + length;
    if (!isUtf8(cursor, at, cursor.at)) return false;
    if (asText !== null) {
      const interned = asText.interned!; // string targets have one
      asText.at[row] = codeOf(interned, entryOf(interned, bytes, at, length, hashOf(bytes, at, length)));
      asText.presence[row] = PRESENT;
    }
    if (asSlices !== null) {
      asSlices.at[row] = at;
      asSlices.lengths[row] = length;
      asSlices.presence[row] = PRESENT;
    }
    if (asTime !== null) {
      const ms = parseTime(bytes, at, length);
      asTime.values[row] = ms;
      asTime.presence[row] = ms === ms ? PRESENT : OTHER;
      if (ms !== ms) cursor.violated = true;
    }
    return others.length === 0 || mark(others, row, OTHER);
  };
}

/** What is text for rules without being text in the bytes. */
function putText(here: readonly Target[], row: number, text: string, { values }: Reached): boolean {
  let isFit = true;
  for (const target of here) if (!putValue(target, row, text, values)) isFit = false;
  return isFit;
}

export function bytesStep(lengthOf: (cursor: Cursor) => number, here: readonly Target[], reached: Reached): Step {
  return (cursor, row) => {
    const length = lengthOf(cursor);
    if (length < 0) return false;
    const { at } = cursor;
    cursor.at = at + length;
    if (here.length > 0 && !putText(here, row, base64(cursor.bytes.subarray(at, cursor.at)), reached)) cursor.violated = true;
    return true;
  };
}

const encoder = new TextEncoder();

export function enumStep(symbols: readonly (string | null)[], here: readonly Target[], reached: Reached): Step {
  const [only] = here;
  const coded = here.length === 1 && only!.interned !== null ? only! : null; // there is one
  const words = symbols.map((symbol) => {
    const bytes = encoder.encode(symbol ?? "");
    return { symbol, bytes, hash: hashOf(bytes, 0, bytes.length) };
  });
  return (cursor, row) => {
    const word = words[readInt(cursor)];
    if (word === undefined) return false;
    if (word.symbol === null) {
      cursor.violated = true;
      return mark(here, row, OTHER);
    }
    if (coded !== null) {
      const interned = coded.interned!; // it has one
      coded.at[row] = codeOf(interned, entryOf(interned, word.bytes, 0, word.bytes.length, word.hash));
      coded.presence[row] = PRESENT;
    } else if (here.length > 0 && !putText(here, row, word.symbol, reached)) cursor.violated = true;
    return true;
  };
}
