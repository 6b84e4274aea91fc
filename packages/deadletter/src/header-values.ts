const decoder = new TextDecoder();
/** Longest text that is taken from a foreign header, in bytes: some carry whole stack traces. */
const MAX_TEXT_BYTES = 4096;

export function textFrom(value: Uint8Array | null): string | null {
  return value === null ? null : decoder.decode(value.subarray(0, MAX_TEXT_BYTES));
}

/**
 * A whole number from 0 on: digits, or big-endian binary of 4 or 8 bytes, told apart by content, because a value of 4
 * digits would be a partition beyond 800,000,000 and one of 8 an offset beyond 2^53.
 */
export function numberFrom(value: Uint8Array | null): number | null {
  const number = integerFrom(value);
  return number !== null && number >= 0 ? number : null;
}

/** The same, below 0 too (a timestamp that is not known is -1). */
export function integerFrom(value: Uint8Array | null): number | null {
  if (value === null || value.length === 0) return null;
  const text = value.length <= 20 ? decoder.decode(value) : "";
  if (/^-?\d{1,16}$/.test(text)) return Number(text);
  const view = new DataView(value.buffer, value.byteOffset, value.byteLength);
  if (value.length === 4) return view.getInt32(0);
  if (value.length !== 8) return null;
  const wide = Number(view.getBigInt64(0));
  return Number.isSafeInteger(wide) ? wide : null;
}
