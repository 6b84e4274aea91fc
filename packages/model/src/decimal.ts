/** Powers of ten that a double holds exactly. */
const POWERS: Float64Array = Float64Array.from({ length: 23 }, (_, i) => Number(`1e${i}`));
const SMALLEST_SCALED = 1e-17;
/** Three digits of 0 to 999 each, and how many of them remain once trailing zeros are gone. */
const TRIPLES: Uint8Array = new Uint8Array(3000);
const TRIPLE_LENGTH: Uint8Array = new Uint8Array(1000);
for (let i = 0; i < 1000; i++) {
  const text = String(i).padStart(3, "0");
  for (let d = 0; d < 3; d++) TRIPLES[3 * i + d] = text.charCodeAt(d);
  TRIPLE_LENGTH[i] = text.replace(/0+$/, "").length;
}
const ZERO = 48;

/**
 * The number with 6 significant digits that lies nearest, halves away from zero: `Number(x.toPrecision(6))` for every
 * finite number, without making text. The product below is off by less than 2e-10; where that could decide (a fraction
 * within 1e-6 of one half), the exact way is taken. Digits over a power of ten is correctly rounded division of two exact
 * numbers, hence the double that the text stands for.
 */
export function roundSix(x: number): number {
  const size = x < 0 ? -x : x;
  if (size === 0) return 0;
  if (!(size >= SMALLEST_SCALED && size < 1e6)) return Number(x.toPrecision(6));
  const scale = scaleOf(size);
  const scaled = size * POWERS[scale]!; // 0 <= scale <= 22
  const whole = Math.floor(scaled);
  const fraction = scaled - whole;
  if (fraction > 0.499999 && fraction < 0.500001) return Number(x.toPrecision(6));
  const rounded = (fraction < 0.5 ? whole : whole + 1) / POWERS[scale]!; // as above
  return x < 0 ? -rounded : rounded;
}

/** Most bytes that `writeNumber` writes. */
export const NUMBER_MAX_BYTES = 25;

/**
 * Writes a finite number as JSON, the same text as `String(x)`, and gives the position behind it. Fast for numbers
 * below 1 that `roundSix` has made.
 */
export function writeNumber(x: number, bytes: Uint8Array, at: number): number {
  if (x > SMALLEST_SCALED && x < 1) {
    const scale = scaleOf(x);
    const digits = Math.round(x * POWERS[scale]!); // 0 <= scale <= 22
    if (digits / POWERS[scale]! === x && digits < 1e6)
      return x < 1e-6 ? writeScientific(digits, scale, bytes, at) : writeFraction(digits, scale, bytes, at);
  }
  const text = String(x); // "-0" is printed as "0"
  for (let i = 0; i < text.length; i++) bytes[at++] = text.charCodeAt(i);
  return at;
}

/** The power of ten that brings the number to six digits before the point: from its exponent, which is one off at most. */
function scaleOf(size: number): number {
  double[0] = size;
  let scale = SCALES[words[HIGH]! >>> 20]!; // of 2048
  if (size * POWERS[scale]! >= 1e6 && scale > 0) scale--; // 0 <= scale <= 22, as below
  else if (size * POWERS[scale]! < 1e5 && scale < 22) scale++;
  return scale;
}

const double = new Float64Array(1);
const words = new Uint32Array(double.buffer);
/** Which of the two words has sign and exponent. */
const HIGH: number = new Uint8Array(Uint16Array.of(1).buffer)[0] === 1 ? 1 : 0;
/** By biased exponent: the scale for the smallest number that has it. */
const SCALES: Uint8Array = Uint8Array.from({ length: 2048 }, (_, biased) =>
  Math.min(22, Math.max(0, 5 - Math.floor((biased - 1023) * Math.log10(2) + 1e-9))),
);

/** 912708 over 10^6 as `0.912708`. */
function writeFraction(digits: number, scale: number, bytes: Uint8Array, at: number): number {
  bytes[at++] = ZERO;
  bytes[at++] = 46;
  for (let zeros = scale - 6; zeros > 0; zeros--) bytes[at++] = ZERO;
  return writeDigits(digits, bytes, at);
}

/** 123400 over 10^13 as `1.234e-8`. */
function writeScientific(digits: number, scale: number, bytes: Uint8Array, at: number): number {
  const first = Math.trunc(digits / 1e5);
  bytes[at++] = ZERO + first;
  const rest = (digits - first * 1e5) * 10;
  if (rest > 0) {
    bytes[at++] = 46;
    at = writeDigits(rest, bytes, at);
  }
  bytes[at++] = 101;
  bytes[at++] = 45;
  const exponent = scale - 5;
  if (exponent > 9) bytes[at++] = ZERO + Math.trunc(exponent / 10);
  bytes[at++] = ZERO + (exponent % 10);
  return at;
}

/** Six digits without their trailing zeros. */
function writeDigits(digits: number, bytes: Uint8Array, at: number): number {
  const high = Math.trunc(digits / 1000);
  const low = digits - high * 1000;
  const highLength = low === 0 ? TRIPLE_LENGTH[high]! : 3; // high <= 999
  for (let d = 0; d < highLength; d++) bytes[at++] = TRIPLES[3 * high + d]!; // within the table
  const lowLength = TRIPLE_LENGTH[low]!; // low <= 999
  for (let d = 0; d < lowLength; d++) bytes[at++] = TRIPLES[3 * low + d]!; // within the table
  return at;
}
