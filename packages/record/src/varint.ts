/** Zig-zag varints of 32 bits, Kafka's encoding inside record batches. */
export interface Cursor {
  at: number;
}

export function readVarint(bytes: Uint8Array, cursor: Cursor): number {
  let value = 0;
  let shift = 0;
  let byte: number;
  do {
    if (shift > 28 || cursor.at >= bytes.length) throw new RangeError(`no varint at byte ${cursor.at}`);
    byte = bytes[cursor.at++]!; // checked above
    value |= (byte & 127) << shift;
    shift += 7;
  } while (byte & 128);
  return (value >>> 1) ^ -(value & 1);
}

export function writeVarint(bytes: Uint8Array, cursor: Cursor, value: number): void {
  let rest = ((value << 1) ^ (value >> 31)) >>> 0;
  while (rest > 127) {
    bytes[cursor.at++] = (rest & 127) | 128;
    rest >>>= 7;
  }
  bytes[cursor.at++] = rest;
}

export function varintLength(value: number): number {
  const rest = ((value << 1) ^ (value >> 31)) >>> 0;
  return rest < 128 ? 1 : rest < 16384 ? 2 : rest < 2097152 ? 3 : rest < 268435456 ? 4 : 5;
}
