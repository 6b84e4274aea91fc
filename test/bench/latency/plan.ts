import type { System } from "../options.ts";
import type { Percentiles } from "./talk.ts";

/** One measurement: a system at one rate with one setting. */
export interface Step {
  readonly system: System;
  /** Records a second that are offered. */
  readonly rate: number;
  /** From one commit to the next; null: the system has no such setting, or keeps its own. */
  readonly commitMs: number | null;
  /** Measured; the warm-up comes before. */
  readonly seconds: number;
  /** A short one, to find the best setting. */
  readonly isTrial: boolean;
}

/** What a measurement showed. Cores are processors used in the measured part. */
export interface Measured extends Percentiles {
  readonly reachedPerSecond: number;
  readonly lateMsP99: number;
  readonly lateShare: number;
  readonly systemCores: number;
  readonly brokerCores: number;
  readonly generatorCores: number;
  readonly readerCores: number;
  /** Processors taken by everything else. */
  readonly otherCores: number;
  readonly missing: number;
  readonly doubled: number;
}

export interface Line extends Step {
  readonly measured: Measured | null;
  /** Why there is nothing measured; null where there is. */
  readonly failure: string | null;
}

export interface Plan {
  readonly systems: readonly System[];
  /** Ascending. */
  readonly rates: readonly number[];
  readonly seconds: number;
  /** Settings to try, by system. */
  readonly settings: (system: System) => readonly (number | null)[];
}

export const TRIAL_SECONDS = 10;
/** A p99 above it counts as not held. */
export const LIMIT_MS = 25;
/** A schedule kept so badly says nothing about the system. */
const MOST_LATE = 0.001;
/** Processors taken by everything else: above it the percentiles are those of the machine's other work. */
const MOST_OTHER_CORES = 0.2;
const LEAST_REACHED = 0.98;
/** After so many rates in a row that were not held the higher ones are left out. */
const GIVE_UP_AFTER = 2;

/** What is to be measured next, null when all is: whatever is in `lines` is not measured again. */
export function nextStep(plan: Plan, lines: readonly Line[]): Step | null {
  for (const system of plan.systems) {
    let misses = 0;
    for (const rate of plan.rates) {
      if (misses === GIVE_UP_AFTER) break;
      const steps = stepsOf(plan, system, rate, lines);
      const step = steps.find((s) => lineOf(lines, s) === undefined);
      if (step) return step;
      const last = steps.at(-1);
      const line = last && !last.isTrial ? lineOf(lines, last) : undefined;
      misses = line && isHeld(line) ? 0 : misses + 1;
    }
  }
  return null;
}

/** The trials of one system at one rate, and the measurement with the best of their settings once they are done. */
function stepsOf(plan: Plan, system: System, rate: number, lines: readonly Line[]): Step[] {
  const settings = plan.settings(system);
  const final = (commitMs: number | null): Step => ({ system, rate, commitMs, seconds: plan.seconds, isTrial: false });
  if (settings.length === 1) return settings.map(final);
  const trials = settings.map((commitMs): Step => ({ system, rate, commitMs, seconds: TRIAL_SECONDS, isTrial: true }));
  const tried = trials.flatMap((trial) => lineOf(lines, trial) ?? []);
  if (tried.length < trials.length) return trials;
  const best = bestOf(tried);
  return best === null ? trials : [...trials, final(best.commitMs)];
}

/** The line with the lowest p99, those with nothing lost before all others; null where all have failed. */
export function bestOf(lines: readonly Line[]): Line | null {
  const cost = ({ measured }: Line): number => (measured === null ? Infinity : measured.p99 + (isWhole(measured) ? 0 : 1e9));
  const best = lines.toSorted((a, b) => cost(a) - cost(b))[0];
  return best === undefined || best.measured === null ? null : best;
}

export function lineOf(lines: readonly Line[], step: Step): Line | undefined {
  return lines.find(
    (line) =>
      line.system === step.system &&
      line.rate === step.rate &&
      line.commitMs === step.commitMs &&
      line.seconds === step.seconds &&
      line.isTrial === step.isTrial,
  );
}

/** Did the system hold the rate within the limit, with everything there once? */
export function isHeld({ measured, rate }: Line): boolean {
  return measured !== null && isWhole(measured) && measured.p99 <= LIMIT_MS && measured.reachedPerSecond >= LEAST_REACHED * rate;
}

/** Why the figures of a line are worth little; empty where nothing speaks against them. */
export function doubtsOf({ measured, failure, rate }: Line): string[] {
  if (measured === null) return [`failed: ${failure ?? "nobody says why"}`];
  const doubts: string[] = [];
  if (measured.lateShare > MOST_LATE) doubts.push(`void: ${percent(measured.lateShare)} of the records were sent over 1 ms late`);
  if (!isWhole(measured)) doubts.push("void: records are missing or doubled");
  if (measured.otherCores > MOST_OTHER_CORES)
    doubts.push(`void: the machine was not quiet, others took ${measured.otherCores.toFixed(2)} processors`);
  if (measured.reachedPerSecond < LEAST_REACHED * rate) doubts.push("the rate was not reached");
  return doubts;
}

function isWhole({ missing, doubled }: Measured): boolean {
  return missing === 0 && doubled === 0;
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(share < 0.001 ? 3 : 2)} %`;
}
