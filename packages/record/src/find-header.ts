import type { Batch } from "./batch.ts";
import type { HeaderColumn } from "./headers.ts";
import { readVarint, type Cursor } from "./varint.ts";

/** Where the header of a row lies; `length` -1 where it has none. One object for all rows: what it says holds until the next `find`. */
export interface HeaderFinder {
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
  find(row: number): void;
}

const encoder = new TextEncoder();

/** The first header of the name in each row, added on the way or read from the header blocks, without an object per row. */
export function findHeader(batch: Batch, name: string): HeaderFinder {
  const wanted = encoder.encode(name);
  const added = batch.added.headers.filter((header) => header.name === name);
  const cursor: Cursor = { at: 0 };
  const finder = {
    at: 0,
    length: -1,
    bytes: batch.headerBytes,
    find: (row: number): void => {
      const column = added.find((header) => header.length[row]! >= 0); // row < count, here and below
      if (column) return fromColumn(finder, column, row);
      finder.bytes = batch.headerBytes;
      finder.length = -1;
      cursor.at = batch.headersAt[row]!;
      for (let i = 0; i < batch.headerCount[row]!; i++) {
        const isWanted = skipName(batch.headerBytes, cursor, wanted);
        const length = readVarint(batch.headerBytes, cursor);
        if (isWanted) {
          finder.at = cursor.at;
          finder.length = length;
          return;
        }
        cursor.at += Math.max(length, 0);
      }
    },
  };
  return finder;
}

function fromColumn(finder: { at: number; length: number; bytes: Uint8Array }, column: HeaderColumn, row: number): void {
  finder.bytes = column.bytes;
  finder.at = column.at[row]!; // row < count, as the next line
  finder.length = column.length[row]!;
}

/** Moves behind the name of the header; is it the wanted one? */
function skipName(bytes: Uint8Array, cursor: Cursor, wanted: Uint8Array): boolean {
  const length = readVarint(bytes, cursor);
  const from = cursor.at;
  cursor.at += length;
  if (length !== wanted.length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== wanted[i]) return false;
  return true;
}
