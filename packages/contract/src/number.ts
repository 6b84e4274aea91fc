import { FAIL, skipNumber } from "./json-bytes.ts";

/** Where `scanNumber` leaves the value: a return value of its own would cost an object. */
export const NUMBER: Float64Array = new Float64Array(1);

const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Reads a JSON number into NUMBER[0], the same double as `Number(text)`, and gives the position after it, or FAIL. Up to 15
 * digits are an exact integer in a double, and so are powers of ten up to 22: one division or multiplication of two exact
 * doubles rounds once and therefore correctly (Clinger 1990). Anything longer goes through Number.
 */
export function scanNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  const negative = bytes[at] === 45;
  if (negative) at++;
  const first = at;
  let digits = 0;
  let c = 0;
  while (at < end && (c = bytes[at]! - 48) >= 0 && c <= 9) { // at < end
    digits = digits * 10 + c;
    at++;
  }
  const whole = at - first;
  if (whole === 0 || (whole > 1 && bytes[first] === 48)) return FAIL;
  let decimals = 0;
  if (at < end && bytes[at] === 46) {
    const point = at++;
    while (at < end && (c = bytes[at]! - 48) >= 0 && c <= 9) { // at < end
      digits = digits * 10 + c;
      at++;
    }
    decimals = at - point - 1;
    if (decimals === 0) return FAIL;
  }
  if (whole + decimals > 15 || (at < end && (bytes[at]! | 32) === 101)) return scanLong(bytes, from, end); // at < end
  const value = decimals === 0 ? digits : digits / POWERS[decimals]!; // at most 15
  NUMBER[0] = negative ? -value : value;
  return at;
}

const PART = 64;

/** Numbers with an exponent or many digits. */
function scanLong(bytes: Uint8Array, from: number, end: number): number {
  const at = skipNumber(bytes, from, end);
  if (at < 0) return FAIL;
  let text = "";
  for (let i = from; i < at; i += PART) text += String.fromCharCode(...bytes.subarray(i, Math.min(i + PART, at)));
  NUMBER[0] = Number(text);
  return at;
}
