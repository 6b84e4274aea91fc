import { FAIL, skipNumber } from "./json-bytes.ts";

/** Where `scanNumber` leaves the value: a return value of its own would cost an object. */
export const NUMBER: Float64Array = new Float64Array(1);

const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));

/**
 * Reads a JSON number into NUMBER[0], the same double as `Number(text)`, and gives the position after it, or FAIL. Up to 15
 * digits are an exact integer in a double, and so are powers of ten up to 22: one division or multiplication of two exact
 * doubles rounds once and therefore correctly (Clinger 1990). Longer ones are taken twice as precise, or through Number.
 */
export function scanNumber(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  const negative = bytes[at] === 45;
  if (negative) at++;
  const first = at;
  let digits = 0;
  let c = 0;
  while (at < end && (c = bytes[at]! - 48) >= 0 && c <= 9) {
    // at < end
    digits = digits * 10 + c;
    at++;
  }
  const whole = at - first;
  if (whole === 0 || (whole > 1 && bytes[first] === 48)) return FAIL;
  let decimals = 0;
  if (at < end && bytes[at] === 46) {
    const point = at++;
    while (at < end && (c = bytes[at]! - 48) >= 0 && c <= 9) {
      // at < end
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
const MAX_DIGITS = 22;

/** Numbers with an exponent or many digits. */
function scanLong(bytes: Uint8Array, from: number, end: number): number {
  const at = skipNumber(bytes, from, end);
  if (at < 0) return FAIL;
  const quick = longDecimal(bytes, from, at);
  NUMBER[0] = quick === quick ? quick : Number(asciiText(bytes, from, at));
  return at;
}

function asciiText(bytes: Uint8Array, from: number, to: number): string {
  let text = "";
  for (let i = from; i < to; i += PART) text += String.fromCharCode(...bytes.subarray(i, Math.min(i + PART, to)));
  return text;
}

/** Up to 22 digits without an exponent, what doubles are printed as; NaN for others and where the rounding is not certain. */
function longDecimal(bytes: Uint8Array, from: number, to: number): number {
  const negative = bytes[from] === 45;
  let high = 0;
  let low = 0;
  let digits = 0;
  let point = to - 1;
  for (let at = negative ? from + 1 : from; at < to; at++) {
    const c = bytes[at]!; // at < to
    if (c === 46) point = at;
    else if (c > 57) return NaN;
    else if (digits++ < 15) high = high * 10 + (c - 48);
    else low = low * 10 + (c - 48);
  }
  const decimals = to - 1 - point;
  if (digits > MAX_DIGITS || digits < 15 || decimals > 22) return NaN;
  const value = scaled(high, low, { shift: POWERS[digits - 15]!, divisor: POWERS[decimals]! }); // at most 22, both
  return negative ? -value : value;
}

/**
 * (high * shift + low) / divisor in double-double arithmetic (Dekker 1971), rounded once; NaN where the value lies so near
 * the middle of two doubles that the error of 2^-100 or so could decide. All arguments are exact integers.
 */
function scaled(high: number, low: number, by: { readonly shift: number; readonly divisor: number }): number {
  const { shift, divisor } = by;
  const product = high * shift;
  const sum = product + low;
  const part = sum - product;
  const rest = productError(high, shift, product) + (product - (sum - part) + (low - part));
  const quotient = sum / divisor;
  const back = quotient * divisor;
  const remainder = sum - back - productError(quotient, divisor, back) + rest;
  const correction = remainder / divisor;
  const value = quotient + correction;
  const error = correction - (value - quotient);
  const doubt = value * 2 ** -95;
  return value + (error + doubt) === value && value + (error - doubt) === value ? value : NaN;
}

/** a * b - product, exactly, where product is a * b rounded (Veltkamp's splitting). */
function productError(a: number, b: number, product: number): number {
  const aScaled = a * 134217729;
  const aHigh = aScaled - (aScaled - a);
  const aLow = a - aHigh;
  const bScaled = b * 134217729;
  const bHigh = bScaled - (bScaled - b);
  const bLow = b - bHigh;
  return aLow * bLow - (product - aHigh * bHigh - aLow * bHigh - aHigh * bLow);
}
