import type { Batch } from "@weir/record";
import { createW1 } from "@weir/testkit";
import { BEFORE_NUMBER, digitsAt, FAULT_EVERY, NUMBER_DIGITS, putDigits, SEED } from "../input.ts";

/** Microseconds since 1970 have sixteen digits until the year 2286: records keep their length whatever their time is. */
const TIME_DIGITS = 16;
const FIRST_TIME = 1_700_000_000_000_000;
const BEFORE_TIME = '","event_time":'.length;
/** From the beginning of a value, the same for all of them: also for those that were cut. */
const NUMBER_AT = BEFORE_NUMBER.length;
const TIME_AT = NUMBER_AT + NUMBER_DIGITS + BEFORE_TIME;

/** Records whose event time is the intended time of sending in microseconds, which `putStamp` sets. */
export function createStamped(): ReturnType<typeof createW1> {
  return createW1({ seed: SEED, faultEvery: FAULT_EVERY, from: FIRST_TIME });
}

/** Gives the record in the row another number and another time. */
export function putStamp({ bytes, valueAt }: Batch, row: number, number: number, micros: number): void {
  const at = valueAt[row]!; // row < count
  putDigits(bytes, at + NUMBER_AT, NUMBER_DIGITS, number);
  putDigits(bytes, at + TIME_AT, TIME_DIGITS, Math.round(micros));
}

/** The intended time of sending of a record that has a number of ours. */
export function timeAt({ bytes, valueAt }: Batch, row: number): number {
  return digitsAt(bytes, valueAt[row]! + TIME_AT, TIME_DIGITS); // row < count
}
