/** JSON's grammar on bytes, for what a record is only walked over. Every function gives the position after, or FAIL. */
export const FAIL = -1;

export function skipSpace(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const c = bytes[at]!; // at < end
    if (c !== 32 && c !== 10 && c !== 13 && c !== 9) break;
    at++;
  }
  return at;
}

/** The closing quote of a string without escapes and control characters whose UTF-8 is valid; `from` is behind the first. */
export function plainTextEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const c = bytes[at]!; // at < end
    if (c === 34) return at;
    if (c < 32 || c === 92) return FAIL;
    if (c < 128) at++;
    else {
      at = characterEnd(bytes, at, end);
      if (at < 0) return FAIL;
    }
  }
  return FAIL;
}

/** The closing quote of any valid string; escapes are checked, not resolved. */
export function textEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end) {
    const c = bytes[at]!; // at < end
    if (c === 34) return at;
    if (c < 32) return FAIL;
    if (c === 92) at = escapeEnd(bytes, at, end);
    else if (c < 128) at++;
    else at = characterEnd(bytes, at, end);
    if (at < 0) return FAIL;
  }
  return FAIL;
}

function escapeEnd(bytes: Uint8Array, at: number, end: number): number {
  if (at + 1 >= end) return FAIL;
  const c = bytes[at + 1]!; // below end, just checked
  if (c === 34 || c === 92 || c === 47 || c === 98 || c === 102 || c === 110 || c === 114 || c === 116) return at + 2;
  if (c !== 117 || at + 6 > end) return FAIL;
  for (let i = at + 2; i < at + 6; i++) if (!isHex(bytes[i]!)) return FAIL; // below end
  return at + 6;
}

function isHex(c: number): boolean {
  return (c >= 48 && c <= 57) || (c >= 65 && c <= 70) || (c >= 97 && c <= 102);
}

/** The end of a UTF-8 sequence of two to four bytes (RFC 3629: no overlong forms, no surrogates, at most U+10FFFF). */
export function characterEnd(bytes: Uint8Array, at: number, end: number): number {
  const first = bytes[at]!; // the caller has looked at it
  const count = first >= 0xc2 && first <= 0xdf ? 2 : first >= 0xe0 && first <= 0xef ? 3 : first >= 0xf0 && first <= 0xf4 ? 4 : 0;
  if (count === 0 || at + count > end) return FAIL;
  const second = bytes[at + 1]!; // below end, as all that follow
  const low = first === 0xe0 ? 0xa0 : first === 0xf0 ? 0x90 : 0x80;
  const high = first === 0xed ? 0x9f : first === 0xf4 ? 0x8f : 0xbf;
  if (second < low || second > high) return FAIL;
  for (let i = at + 2; i < at + count; i++) if ((bytes[i]! & 0xc0) !== 0x80) return FAIL;
  return at + count;
}

export function skipNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = bytes[from] === 45 ? from + 1 : from;
  if (at >= end) return FAIL;
  if (bytes[at] === 48) at++;
  else at = digitsEnd(bytes, at, end);
  if (at < 0) return FAIL;
  if (at < end && bytes[at] === 46) at = digitsEnd(bytes, at + 1, end);
  if (at < 0 || at >= end || (bytes[at]! | 32) !== 101) return at; // at < end
  const sign = at + 1 < end ? bytes[at + 1] : 0;
  return digitsEnd(bytes, sign === 43 || sign === 45 ? at + 2 : at + 1, end);
}

/** At least one digit. */
function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++; // at < end
  return at === from ? FAIL : at;
}

/** The end of `null`, `true` or `false`. */
export function literalEnd(bytes: Uint8Array, at: number, end: number): number {
  const c = bytes[at];
  const long = c === 102 ? 1 : 0;
  if (at + 4 + long > end) return FAIL;
  if (c === 110) return bytes[at + 1] === 117 && bytes[at + 2] === 108 && bytes[at + 3] === 108 ? at + 4 : FAIL;
  if (c === 116) return bytes[at + 1] === 114 && bytes[at + 2] === 117 && bytes[at + 3] === 101 ? at + 4 : FAIL;
  if (c !== 102) return FAIL;
  return bytes[at + 1] === 97 && bytes[at + 2] === 108 && bytes[at + 3] === 115 && bytes[at + 4] === 101 ? at + 5 : FAIL;
}

/** Any value. `room` is how many more arrays and objects may be inside one another. */
export function skipValue(bytes: Uint8Array, at: number, end: number, room: number): number {
  if (at >= end) return FAIL;
  const c = bytes[at]!; // at < end
  if (c === 34) {
    const quote = textEnd(bytes, at + 1, end);
    return quote < 0 ? FAIL : quote + 1;
  }
  if (c === 45 || (c >= 48 && c <= 57)) return skipNumber(bytes, at, end);
  if (c === 123 || c === 91) return room > 0 ? skipMembers(bytes, at, end, room - 1) : FAIL;
  return literalEnd(bytes, at, end);
}

function skipMembers(bytes: Uint8Array, from: number, end: number, room: number): number {
  const named = bytes[from] === 123;
  const close = named ? 125 : 93;
  let at = skipSpace(bytes, from + 1, end);
  if (at < end && bytes[at] === close) return at + 1;
  for (;;) {
    if (named) at = skipName(bytes, at, end);
    if (at < 0) return FAIL;
    at = skipValue(bytes, at, end, room);
    if (at < 0) return FAIL;
    at = skipSpace(bytes, at, end);
    if (at >= end) return FAIL;
    if (bytes[at] === close) return at + 1;
    if (bytes[at] !== 44) return FAIL;
    at = skipSpace(bytes, at + 1, end);
  }
}

/** A member's name, the colon and the space around it. */
export function skipName(bytes: Uint8Array, at: number, end: number): number {
  if (at >= end || bytes[at] !== 34) return FAIL;
  const quote = textEnd(bytes, at + 1, end);
  if (quote < 0) return FAIL;
  const colon = skipSpace(bytes, quote + 1, end);
  return colon < end && bytes[colon] === 58 ? skipSpace(bytes, colon + 1, end) : FAIL;
}
