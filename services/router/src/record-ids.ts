import { readVarint, type Batch, type Cursor, type HeaderColumn } from "@weir/record";

/** Where the id of a row lies; `length` -1 where it has none. One object for all rows: what it says holds until the next `find`. */
export interface IdFinder {
  readonly at: number;
  readonly length: number;
  readonly bytes: Uint8Array;
  find(row: number): void;
}

const NAME = new TextEncoder().encode("weir.id");

/** Ids of a batch, added on the way or read from the header blocks, without an object per row. */
export function findIds(batch: Batch): IdFinder {
  const added = batch.added.headers.filter((header) => header.name === "weir.id");
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
        const isId = skipName(batch.headerBytes, cursor);
        const length = readVarint(batch.headerBytes, cursor);
        if (isId) {
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

/** Moves behind the name of the header; is it that of the id? */
function skipName(bytes: Uint8Array, cursor: Cursor): boolean {
  const length = readVarint(bytes, cursor);
  const from = cursor.at;
  cursor.at += length;
  if (length !== NAME.length) return false;
  for (let i = 0; i < length; i++) if (bytes[from + i] !== NAME[i]) return false;
  return true;
}
