/** Up to this length a loop is faster than a call into native code. */
const LOOP_UP_TO_BYTES = 40;

/** Copies `length` bytes (none where it is -1) and gives the position behind them in `to`. */
export function copyBytes(from: Buffer, fromAt: number, length: number, to: Buffer, at: number): number {
  if (length > LOOP_UP_TO_BYTES) {
    from.copy(to, at, fromAt, fromAt + length);
    return at + length;
  }
  for (const end = fromAt + length; fromAt < end; fromAt++) to[at++] = from[fromAt]!; // the range was checked by whoever set the length
  return at;
}

/** A view with Buffer's methods over the same memory. */
export function bufferOver(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes) ? bytes : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
}
