/** Zig-zag varints of 64 bits for differences of timestamps; exact up to 2^52. */
export function varlongLength(value: number): number {
  let rest = zigzag(value);
  let length = 1;
  while (rest >= 128) {
    rest = Math.floor(rest / 128);
    length++;
  }
  return length;
}

/** Gives the position behind. */
export function writeVarlong(to: Uint8Array, at: number, value: number): number {
  let rest = zigzag(value);
  while (rest >= 128) {
    to[at++] = (rest % 128) | 128;
    rest = Math.floor(rest / 128);
  }
  to[at] = rest;
  return at + 1;
}

export function zigzag(value: number): number {
  return value < 0 ? -2 * value - 1 : 2 * value;
}
