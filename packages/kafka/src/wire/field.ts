import type { ByteReader } from "./byte-reader.ts";
import type { ByteWriter } from "./byte-writer.ts";

/** One field of a request or an answer. Method syntax on purpose: it lets a struct hold fields of any type. */
export interface Field<T> {
  write(to: ByteWriter, value: T): void;
  read(from: ByteReader): T;
}

/** The value that a field stands for. */
export type ValueOf<F> = F extends Field<infer T> ? T : never;

export const boolean: Field<boolean> = {
  write: (to, value) => to.int8(value ? 1 : 0),
  read: (from) => from.int8() !== 0,
};
export const int8: Field<number> = { write: (to, value) => to.int8(value), read: (from) => from.int8() };
export const int16: Field<number> = { write: (to, value) => to.int16(value), read: (from) => from.int16() };
export const int32: Field<number> = { write: (to, value) => to.int32(value), read: (from) => from.int32() };
/** 64 bits on the wire, exact up to 2^53 here: offsets, timestamps, producer ids. */
export const int64: Field<number> = { write: (to, value) => to.int64(value), read: (from) => from.int64() };

/** 32 hexadecimal digits. */
export const uuid: Field<string> = {
  write: (to, value) => to.bytes(Buffer.from(value, "hex")),
  read: (from) => from.bytes(16).toString("hex"),
};
export const NO_UUID: string = "0".repeat(32);

export const nullableText: Field<string | null> = {
  write(to, value) {
    if (value === null) return to.length(-1, false);
    const encoded = Buffer.from(value);
    to.length(encoded.length, false);
    to.bytes(encoded);
  },
  read(from) {
    const length = from.length(false);
    return length < 0 ? null : from.text(length);
  },
};

export const text: Field<string> = {
  write: (to, value) => nullableText.write(to, value),
  read: (from) => nullableText.read(from) ?? "",
};

export const nullableBytes: Field<Uint8Array | null> = {
  write(to, value) {
    to.length(value === null ? -1 : value.length, true);
    if (value !== null) to.bytes(value);
  },
  read(from) {
    const length = from.length(true);
    return length < 0 ? null : from.bytes(length);
  },
};

/** Empty where the other side said null. */
export const bytes: Field<Uint8Array> = {
  write: (to, value) => nullableBytes.write(to, value),
  read: (from) => nullableBytes.read(from) ?? new Uint8Array(0),
};

export function nullableArray<T>(item: Field<T>): Field<readonly T[] | null> {
  return {
    write(to, value) {
      to.length(value === null ? -1 : value.length, true);
      for (const entry of value ?? []) item.write(to, entry);
    },
    read(from) {
      const length = from.length(true);
      if (length < 0) return null;
      const entries: T[] = [];
      for (let i = 0; i < length; i++) entries.push(item.read(from));
      return entries;
    },
  };
}

export function array<T>(item: Field<T>): Field<readonly T[]> {
  const nullable = nullableArray(item);
  return { write: (to, value) => nullable.write(to, value), read: (from) => nullable.read(from) ?? [] };
}

type Shape = Readonly<Record<string, Field<unknown>>>;
type Values<S extends Shape> = { readonly [K in keyof S]: ValueOf<S[K]> };

/** Fields in order; in flexible versions followed by tagged fields, of which unknown ones are skipped. */
export function struct<S extends Shape>(shape: S): Field<Values<S>> {
  const fields = Object.entries(shape);
  return {
    write(to, value) {
      for (const [name, field] of fields) field.write(to, value[name]);
      if (to.flexible) to.unsignedVarint(0);
    },
    read(from) {
      const value: Record<string, unknown> = {};
      for (const [name, field] of fields) value[name] = field.read(from);
      if (from.flexible) readTags(from, null);
      return value as Values<S>; // built from exactly these fields, one line above
    },
  };
}

/** A struct whose answer may carry one tagged field that we read. */
export function structWithTag<S extends Shape, T>(
  shape: S,
  tag: number,
  tagged: Field<T>,
): Field<Values<S> & { readonly tagged: T | null }> {
  const fields = Object.entries(shape);
  const plain = struct(shape);
  return {
    write: (to, value) => plain.write(to, value),
    read(from) {
      const value: Record<string, unknown> = { tagged: null };
      for (const [key, field] of fields) value[key] = field.read(from);
      if (from.flexible)
        readTags(from, (found) => {
          if (found === tag) value["tagged"] = tagged.read(from);
        });
      return value as Values<S> & { readonly tagged: T | null }; // built from exactly these fields
    },
  };
}

function readTags(from: ByteReader, take: ((tag: number) => void) | null): void {
  for (let left = from.unsignedVarint(); left > 0; left--) {
    const tag = from.unsignedVarint();
    const end = from.unsignedVarint() + from.at;
    take?.(tag);
    from.skip(end - from.at);
  }
}

/** Present from that version on; older answers give `otherwise`. */
export function since<T>(version: number, field: Field<T>, otherwise: T): Field<T> {
  return {
    write(to, value) {
      if (to.version >= version) field.write(to, value);
    },
    read: (from) => (from.version >= version ? field.read(from) : otherwise),
  };
}

/** Present up to and including that version; newer answers give `otherwise`. */
export function until<T>(version: number, field: Field<T>, otherwise: T): Field<T> {
  return {
    write(to, value) {
      if (to.version <= version) field.write(to, value);
    },
    read: (from) => (from.version <= version ? field.read(from) : otherwise),
  };
}

/** A struct that may be null: one byte, -1 or 1, which is not a length. */
export function nullable<T>(field: Field<T>): Field<T | null> {
  return {
    write(to, value) {
      to.int8(value === null ? -1 : 1);
      if (value !== null) field.write(to, value);
    },
    read: (from) => (from.int8() < 0 ? null : field.read(from)),
  };
}
