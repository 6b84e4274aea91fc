import { createRandom } from "@weir/testkit";

export interface ScheduleOptions {
  /** Records a second, on average. */
  readonly rate: number;
  readonly seconds: number;
  readonly seed: number;
}

const MICROS = 1_000_000;

/** Moments of a Poisson process, in microseconds from its beginning, ascending: the same for the same seed. */
export function poissonSchedule({ rate, seconds, seed }: ScheduleOptions): Float64Array {
  const random = createRandom(seed);
  const end = seconds * MICROS;
  const moments: number[] = [];
  for (let at = gap(random(), rate); at < end; at += gap(random(), rate)) moments.push(at);
  return Float64Array.from(moments);
}

/** Exponential with mean 1 / rate; `chance` is below 1. */
function gap(chance: number, rate: number): number {
  return (-Math.log(1 - chance) * MICROS) / rate;
}

/** Index of the first moment at or after `micros`; the number of moments where there is none. */
export function firstFrom(schedule: Float64Array, micros: number): number {
  let [low, high] = [0, schedule.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (schedule[middle]! < micros) low = middle + 1; // middle < high
    else high = middle;
  }
  return low;
}
