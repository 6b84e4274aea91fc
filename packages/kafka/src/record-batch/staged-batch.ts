import type { Batch, HeaderColumn } from "@weir/record";
import { COPY_SLACK_BYTES, createArena } from "@weir/wasm";
import { nameWithLength } from "./additions.ts";
import { createEncodeKernel, FRAME, FRAME_BYTES, HEADER, HEADER_BYTES } from "./encode-kernel.ts";

/** A batch in the memory of the encode kernel. One for all encoders: they take turns. */
export interface Stage {
  /** Takes the batch in, unless it is there; false where its rows had better be encoded one by one. */
  take(batch: Batch, rows: Int32Array | null): boolean;
  /**
   * Encodes the selected rows from `index` to before `end`, as records `number` … of a batch, as long as they fit into `room`
   * bytes; gives the index of the first one that does not. `delta` is zig-zagged, 31 bits.
   */
  encode(index: number, end: number, into: { readonly room: number; readonly number: number; readonly delta: number }): number;
  /** What the last `encode` wrote; valid until the next call. */
  written(): Uint8Array;
}

/** Fewer rows are not worth the way into the kernel's memory. */
const FEWEST_ROWS = 32;
/** The same, of a batch whose bytes are there already for another of its ports. */
const FEWEST_OF_STAGED = 4;
/** Of a selection, at least one row in so many: all bytes of the batch are taken in, whichever rows are selected. */
const LEAST_SHARE = 8;
/** Batches whose bytes are more (what a compression bomb becomes, say) are not taken in. */
const MOST_BYTES = 8 * 1024 * 1024;
const MOST_HEADERS = 64;
/** What one call may write: it is copied to where it belongs while it is in the cache. */
const OUT_BYTES = 128 * 1024;
const OUT_AT = FRAME_BYTES + MOST_HEADERS * HEADER_BYTES;
const STAGED_AT = OUT_AT + OUT_BYTES + COPY_SLACK_BYTES;

const COLUMNS = ["keyAt", "keyLength", "valueAt", "valueLength", "headersAt", "headersLength", "headerCount"] as const;
const HEADER_CELLS = ["name", "nameLength", "bytes", "at", "length"] as const;

let shared: Stage | null = null;

export function stage(): Stage {
  return (shared ??= createStage());
}

function createStage(): Stage {
  const kernel = createEncodeKernel();
  const arena = createArena(kernel, STAGED_AT);
  let staged: Batch | null = null;
  let selected: Int32Array | null = null;
  let rowsAt = 0;
  const frame = (cell: keyof typeof FRAME, value: number): void => void (kernel.ints()[FRAME[cell] >> 2] = value);
  const putHeader = (header: HeaderColumn, number: number, baseOf: (bytes: Uint8Array) => number): void => {
    const name = nameWithLength(header.name).buffer;
    const cells = {
      name: arena.put(name),
      nameLength: name.length,
      bytes: baseOf(header.bytes),
      at: arena.putInts(header.at),
      length: arena.putInts(header.length),
    };
    const at = FRAME_BYTES + number * HEADER_BYTES;
    for (const cell of HEADER_CELLS) kernel.ints()[(at + HEADER[cell]) >> 2] = cells[cell];
  };
  const fill = (batch: Batch): void => {
    arena.clear();
    const bytesAt = arena.put(batch.bytes);
    const baseOf = (bytes: Uint8Array): number => (bytes === batch.bytes ? bytesAt : arena.put(bytes));
    frame("bytes", bytesAt);
    frame("headerBytes", baseOf(batch.headerBytes));
    for (const name of COLUMNS) frame(name, arena.putInts(batch[name]));
    const { headers, tails } = batch.added;
    frame("tailLength", tails === null ? 0 : arena.putInts(tails.length));
    if (tails !== null) {
      frame("tailAt", arena.putInts(tails.at));
      frame("tailKeep", arena.putInts(tails.keep));
      frame("tailBytes", baseOf(tails.bytes));
    }
    headers.forEach((header, number) => putHeader(header, number, baseOf));
    frame("headers", FRAME_BYTES);
    frame("headersEnd", FRAME_BYTES + headers.length * HEADER_BYTES);
  };
  return {
    take(batch, rows) {
      if (!isWorthIt(batch, rows, staged === batch)) return false;
      if (staged !== batch) {
        fill(batch);
        staged = batch;
        selected = null;
        queueMicrotask(() => (staged = null)); // the ports of a decision are written in one go; later its bytes may be others
      }
      if (rows !== null && selected !== rows) rowsAt = arena.putInts(rows);
      selected = rows;
      return true;
    },
    encode(index, end, { room, number, delta }) {
      frame("delta", delta);
      return kernel.call.encode(selected === null ? 0 : rowsAt, index, end, OUT_AT, OUT_AT + Math.min(room, OUT_BYTES), number);
    },
    written: () => kernel.bytes().subarray(OUT_AT, kernel.ints()[FRAME.end >> 2]),
  };
}

function isWorthIt({ count, bytes, added }: Batch, rows: Int32Array | null, isThere: boolean): boolean {
  const wanted = rows?.length ?? count;
  if (isThere) return wanted >= FEWEST_OF_STAGED;
  return wanted >= FEWEST_ROWS && wanted * LEAST_SHARE >= count && bytes.length <= MOST_BYTES && added.headers.length <= MOST_HEADERS;
}
