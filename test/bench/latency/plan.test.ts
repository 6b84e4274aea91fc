import { describe, expect, it } from "vitest";
import { doubtsOf, isHeld, nextStep, TRIAL_SECONDS, type Line, type Measured, type Plan, type Step } from "./plan.ts";
import { linesIn } from "../kept-lines.ts";
import { isLine } from "./results.ts";

const GOOD: Measured = {
  p50: 5,
  p90: 8,
  p99: 12,
  p999: 20,
  max: 30,
  inTime: 20_000,
  reachedPerSecond: 20_000,
  lateMsP99: 0.2,
  lateShare: 0,
  systemCores: 0.3,
  brokerCores: 0.4,
  generatorCores: 0.1,
  readerCores: 0.1,
  otherCores: 0.05,
  missing: 0,
  doubled: 0,
};

const plan: Plan = {
  systems: ["weir-fused", "bytewax"],
  rates: [20_000],
  seconds: 30,
  settings: (system) => (system === "weir-fused" ? [5, 10] : [null]),
};

const step = (changes: Partial<Step>): Step => ({
  system: "weir-fused",
  rate: 20_000,
  commitMs: 5,
  seconds: 30,
  isTrial: false,
  ...changes,
});
const trial = (commitMs: number): Step => step({ commitMs, seconds: TRIAL_SECONDS, isTrial: true });
const line = (of: Step, measured: Partial<Measured> | null = {}): Line => ({
  ...of,
  measured: measured === null ? null : { ...GOOD, reachedPerSecond: of.rate, ...measured },
  failure: measured === null ? "it broke" : null,
});

/** Measures whatever comes next, and gives the steps in their order. */
function stepsOf(of: Plan, measuredBy: (step: Step) => Line, known: readonly Line[] = []): Step[] {
  const lines = [...known];
  for (let next = nextStep(of, lines); next !== null; next = nextStep(of, lines)) lines.push(measuredBy(next));
  return lines.slice(known.length).map(({ system, rate, commitMs, seconds, isTrial }) => ({ system, rate, commitMs, seconds, isTrial }));
}

describe("what is measured", () => {
  it("every setting for a short time, then the one with the lowest p99; a system without settings at once", () => {
    expect(stepsOf(plan, (s) => line(s, { p99: s.commitMs === 10 ? 9 : 14 }))).toEqual([
      trial(5),
      trial(10),
      step({ commitMs: 10 }),
      step({ system: "bytewax", commitMs: null }),
    ]);
  });

  it("never a setting that failed or lost records, where there is another", () => {
    const measuredBy = (s: Step): Line => (s.commitMs === 5 ? line(s, { p99: 1, missing: 1 }) : line(s, { p99: 90 }));
    expect(stepsOf(plan, measuredBy)[2]).toEqual(step({ commitMs: 10 }));
    expect(stepsOf(plan, (s) => line(s, s.commitMs === 5 ? null : { p99: 90 }))[2]).toEqual(step({ commitMs: 10 }));
    expect(stepsOf(plan, (s) => line(s, null))).toEqual([trial(5), trial(10), step({ system: "bytewax", commitMs: null })]);
  });

  it("nothing that is there already, whatever it showed", () => {
    const kept = [line(trial(10)), line(trial(5), null)];
    expect(nextStep(plan, kept)).toEqual(step({ commitMs: 10 }));
    expect(nextStep(plan, [...kept, line(step({ commitMs: 10 }))])).toEqual(step({ system: "bytewax", commitMs: null }));
    expect(nextStep(plan, [...kept, line(step({ commitMs: 10 }), null), line(step({ system: "bytewax", commitMs: null }))])).toBeNull();
  });

  it("again, where other seconds are asked for", () => {
    const kept = [line(trial(10)), line(trial(5), { p99: 13 }), line(step({ commitMs: 10 }))];
    expect(nextStep({ ...plan, seconds: 60 }, kept)).toEqual(step({ commitMs: 10, seconds: 60 }));
  });

  it("the best setting once more, also where that takes no longer than a trial", () => {
    const short: Plan = { ...plan, systems: ["weir-fused"], seconds: TRIAL_SECONDS };
    expect(stepsOf(short, (s) => line(s))).toEqual([trial(5), trial(10), step({ seconds: TRIAL_SECONDS })]);
  });

  it("higher rates, until two in a row are not held", () => {
    const rates = [1000, 2000, 3000, 4000, 5000];
    const one: Plan = { ...plan, systems: ["bytewax"], rates };
    const ratesMeasured = (slow: readonly number[]): number[] =>
      stepsOf(one, (s) => line(s, { p99: slow.includes(s.rate) ? 26 : 25 })).map((s) => s.rate);
    expect(ratesMeasured([])).toEqual(rates);
    expect(ratesMeasured([2000, 4000])).toEqual(rates);
    expect(ratesMeasured([2000, 3000])).toEqual([1000, 2000, 3000]);
  });
});

describe("what is kept in a file", () => {
  const lines = [line(trial(5)), line(trial(10), null)];
  const text = lines.map((l) => `${JSON.stringify(l)}\n`).join("");

  it("is read again as it was", () => {
    expect(linesIn(text, isLine)).toEqual(lines);
  });

  it("counts without the line that was being written when it ended", () => {
    expect(linesIn(text.slice(0, -20), isLine)).toEqual([lines[0]]);
  });
});

describe("what a figure is worth", () => {
  it("nothing is said where all is well", () => {
    expect(doubtsOf(line(trial(5), { lateShare: 0.001, otherCores: 0.2 }))).toEqual([]);
  });

  it.each([
    [{ lateShare: 0.0011 }, "void: 0.11 % of the records were sent over 1 ms late"],
    [{ missing: 1 }, "void: records are missing or doubled"],
    [{ doubled: 2 }, "void: records are missing or doubled"],
    [{ otherCores: 0.25 }, "void: the machine was not quiet, others took 0.25 processors"],
    [{ reachedPerSecond: 19_000 }, "the rate was not reached"],
  ])("%j: %s", (measured, doubt) => {
    expect(doubtsOf(line(trial(5), measured))).toEqual([doubt]);
  });

  it("a failure is told, and no rate was held", () => {
    expect(doubtsOf(line(trial(5), null))).toEqual(["failed: it broke"]);
    expect(isHeld(line(trial(5), null))).toBe(false);
  });

  it.each([
    [{}, true],
    [{ p99: 25 }, true],
    [{ p99: 25.1 }, false],
    [{ missing: 1 }, false],
    [{ reachedPerSecond: 19_500 }, false],
  ])("%j: held %s", (measured, held) => {
    expect(isHeld(line(step({}), measured))).toBe(held);
  });
});
