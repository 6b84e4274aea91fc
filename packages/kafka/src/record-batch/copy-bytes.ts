/** Bytes with the two views that copying needs. */
export interface Copyable {
  readonly buffer: Buffer;
  readonly view: DataView;
}

/**
 * Up to this length words are copied in a loop: `Buffer.copy` makes a view of every part that it copies, and those views were
 * a third of what the encoder left to the garbage collector. Words of 32 bits, because a float may change the bits of a NaN.
 */
const WORDS_UP_TO_BYTES = 640;

/** Copies `length` bytes (none where it is -1) and gives the position behind them in `to`. */
export function copyBytes(from: Copyable, fromAt: number, length: number, to: Copyable, at: number): number {
  if (length > WORDS_UP_TO_BYTES) {
    from.buffer.copy(to.buffer, at, fromAt, fromAt + length);
    return at + length;
  }
  const source = from.view;
  const target = to.view;
  const end = fromAt + length;
  for (const fours = end - 15; fromAt < fours; fromAt += 16, at += 16) {
    target.setInt32(at, source.getInt32(fromAt, true), true);
    target.setInt32(at + 4, source.getInt32(fromAt + 4, true), true);
    target.setInt32(at + 8, source.getInt32(fromAt + 8, true), true);
    target.setInt32(at + 12, source.getInt32(fromAt + 12, true), true);
  }
  for (const words = end - 3; fromAt < words; fromAt += 4, at += 4) target.setInt32(at, source.getInt32(fromAt, true), true);
  for (; fromAt < end; fromAt++, at++) target.setUint8(at, source.getUint8(fromAt));
  return at;
}

export function copyable(bytes: Uint8Array): Copyable {
  const buffer = Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  return { buffer, view: new DataView(bytes.buffer, bytes.byteOffset, bytes.length) };
}
