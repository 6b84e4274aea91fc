import type { Kernel } from "@weir/wasm";

// What the kernel looks up, at the beginning of its memory.

/** 10^18 is the last that is needed. */
const POWERS = 32;
/** Powers of ten that the kernel divides by, as doubles; behind them the same, negative. */
export const POWERS_AT = 0;

/** A number of so many bytes has less digits before and behind the point. */
const LANES = 16;
/** By digits before and behind the point: where the digits are that a number ends with, in the bytes that it begins with. */
export const DIGITS_AT: number = POWERS_AT + 2 * POWERS * 8;
/** A place beyond all bytes: a zero. */
const NOWHERE = 128;

export const TABLES_END: number = DIGITS_AT + LANES * LANES * LANES;

export function fillTables(kernel: Kernel<string>): void {
  const doubles = kernel.doubles();
  for (let i = 0; i < POWERS; i++) {
    doubles[POWERS_AT / 8 + i] = Number(`1e${i}`);
    doubles[POWERS_AT / 8 + POWERS + i] = -Number(`1e${i}`);
  }
  const bytes = kernel.bytes();
  for (let whole = 0; whole < LANES; whole++)
    for (let decimals = 0; decimals < LANES; decimals++)
      for (let lane = 0; lane < LANES; lane++)
        bytes[DIGITS_AT + (whole * LANES + decimals) * LANES + lane] = placeOf(LANES - 1 - lane, whole, decimals);
}

/** Of the digit with so many digits behind it, among those of a number and its point. */
function placeOf(behind: number, whole: number, decimals: number): number {
  if (behind < decimals) return whole + decimals - behind;
  return behind < whole + decimals ? whole + decimals - 1 - behind : NOWHERE;
}
