import { copyWords, viewOver } from "@weir/record";

/** Bytes with the two views that copying needs. */
export interface Copyable {
  readonly buffer: Buffer;
  readonly view: DataView;
}

/**
 * Up to this length words are copied in a loop: `Buffer.copy` makes a view of every part that it copies, and those views were
 * a third of what the encoder left to the garbage collector.
 */
const WORDS_UP_TO_BYTES = 640;

/** Copies `length` bytes (none where it is -1) and gives the position behind them in `to`. */
export function copyBytes(from: Copyable, fromAt: number, length: number, to: Copyable, at: number): number {
  if (length > WORDS_UP_TO_BYTES) {
    from.buffer.copy(to.buffer, at, fromAt, fromAt + length);
    return at + length;
  }
  return copyWords(from.view, fromAt, length, to.view, at);
}

export function copyable(bytes: Uint8Array): Copyable {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { buffer, view: viewOver(bytes) };
}
