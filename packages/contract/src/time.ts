const DAY_MS = 86_400_000;
const MAX_MS = 8.64e15;

/**
 * RFC 3339 text as whole milliseconds since 1970 UTC (finer fractions are cut off), NaN where it is none: `T` or a space
 * between date and time, offset `Z` or ±hh:mm, years 0000 to 9999. A leap second counts as the second after it and is only
 * taken at 23:59:60 UTC.
 */
export function parseTime(bytes: Uint8Array, at: number, length: number): number {
  if (length < 20) return NaN;
  const year = pair(bytes, at) * 100 + pair(bytes, at + 2);
  const month = pair(bytes, at + 5);
  const day = pair(bytes, at + 8);
  const hour = pair(bytes, at + 11);
  const minute = pair(bytes, at + 14);
  const second = pair(bytes, at + 17);
  if (bytes[at + 4] !== 45 || bytes[at + 7] !== 45 || bytes[at + 13] !== 58 || bytes[at + 16] !== 58) return NaN;
  const between = bytes[at + 10];
  if (between !== 84 && between !== 116 && between !== 32) return NaN;
  if (!(month >= 1 && month <= 12 && day >= 1 && hour <= 23 && minute <= 59 && second <= 60)) return NaN;
  if (!(day <= 28 || day <= daysIn(year, month))) return NaN;
  const end = at + length;
  let zone = at + 19;
  let fractionMs = 0;
  if (bytes[zone] === 46) {
    zone = digitsEnd(bytes, zone + 1, end);
    if (zone === at + 20) return NaN;
    fractionMs = fraction(bytes, at + 20, zone);
  }
  const offset = offsetMinutes(bytes, zone, end);
  const dayMs = hour * 3_600_000 + (minute - offset) * 60_000 + second * 1000;
  if (second === 60 && ((dayMs % DAY_MS) + DAY_MS) % DAY_MS !== 0) return NaN;
  return daysBefore(year, month, day) * DAY_MS + dayMs + fractionMs; // NaN where a part was
}

/** A numeric time in its unit as milliseconds, NaN outside what a date can be. */
export function numericTime(value: number, unit: "s" | "ms"): number {
  const ms = unit === "s" ? value * 1000 : value;
  return Math.abs(ms) <= MAX_MS ? ms : NaN;
}

/** Two digits, NaN where they are none. */
function pair(bytes: Uint8Array, at: number): number {
  const tens = bytes[at]! - 48; // the caller checked the length
  const ones = bytes[at + 1]! - 48;
  return tens >= 0 && tens <= 9 && ones >= 0 && ones <= 9 ? tens * 10 + ones : NaN;
}

function digitsEnd(bytes: Uint8Array, from: number, end: number): number {
  let at = from;
  while (at < end && bytes[at]! >= 48 && bytes[at]! <= 57) at++; // at < end
  return at;
}

function fraction(bytes: Uint8Array, from: number, end: number): number {
  const digit = (i: number): number => (from + i < end ? bytes[from + i]! - 48 : 0); // below end
  return digit(0) * 100 + digit(1) * 10 + digit(2);
}

/** Minutes that the local time is ahead of UTC; NaN unless the text ends with it. */
function offsetMinutes(bytes: Uint8Array, at: number, end: number): number {
  const sign = bytes[at];
  if ((sign === 90 || sign === 122) && end === at + 1) return 0;
  if ((sign !== 43 && sign !== 45) || end !== at + 6 || bytes[at + 3] !== 58) return NaN;
  const hours = pair(bytes, at + 1);
  const minutes = pair(bytes, at + 4);
  if (!(hours <= 23 && minutes <= 59)) return NaN;
  return sign === 45 ? -(hours * 60 + minutes) : hours * 60 + minutes;
}

function daysIn(year: number, month: number): number {
  if (month === 2) return year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0) ? 29 : 28;
  return month === 4 || month === 6 || month === 9 || month === 11 ? 30 : 31;
}

/** Days from 1970-01-01 (H. Hinnant, days_from_civil: years begin in March, eras have 400 years). */
function daysBefore(year: number, month: number, day: number): number {
  const y = month <= 2 ? year - 1 : year;
  const era = Math.floor(y / 400);
  const ofEra = y - era * 400;
  const ofYear = Math.floor((153 * (month + (month > 2 ? -3 : 9)) + 2) / 5) + day - 1;
  return era * 146_097 + ofEra * 365 + Math.floor(ofEra / 4) - Math.floor(ofEra / 100) + ofYear - 719_468;
}
