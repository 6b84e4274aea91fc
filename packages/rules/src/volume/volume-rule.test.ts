import { describe, expect, test } from "vitest";
import type { VolumeSpec } from "../spec.ts";
import { judgeVolume, rememberVolume, type VolumeAnswer, type VolumeMemory } from "./volume-rule.ts";

const DAY_MS = 86_400_000;
const MONDAY = Date.parse("2013-02-04T05:00:00Z");
const rule = (given: Partial<VolumeSpec>): VolumeSpec => ({ id: "v", kind: "volume", ...given });

/** Windows one after the other, `every` ms apart; what was said of each. */
function through(spec: VolumeSpec, counts: readonly number[], every = DAY_MS): VolumeAnswer[] {
  let memory: VolumeMemory | null = null;
  return counts.map((n, i) => {
    const start = MONDAY + i * every;
    const answer = judgeVolume(spec, n, start, memory);
    memory = JSON.parse(JSON.stringify(rememberVolume(memory, n, start, spec.season !== undefined))) as VolumeMemory; // as a restart finds it
    return answer;
  });
}

describe("against the window before", () => {
  test("the first has none; a ratio equal to its bound passes", () => {
    const answers = through(rule({ ratio: { min: 0.5, max: 2 } }), [100, 200, 100, 49, 99]);
    expect(answers.map((a) => a.verdict)).toEqual(["insufficient", "pass", "pass", "breach", "breach"]);
    expect([answers[0]?.why, answers[3]?.previous]).toEqual(["there is no window before it", 100]);
  });
  test("bounds are judged without one, too", () => {
    expect(through(rule({ min: 10, ratio: { max: 2 } }), [5, 9, 30]).map((a) => a.verdict)).toEqual(["breach", "breach", "breach"]);
  });
});

describe("against the same hour of the week", () => {
  const spec = rule({ season: { z: 4 } });
  test("four weeks are needed; then a Monday is compared with Mondays", () => {
    const weeks = [1000, 400, 400, 400, 400, 100, 100];
    const answers = through(spec, [...weeks, ...weeks, ...weeks, ...weeks, ...weeks, 400]);
    expect(answers.slice(0, 28).every((a) => a.verdict === "insufficient")).toBe(true);
    expect(answers[27]?.why).toBe("3 windows of the same hour of the week are known, at least 4 are needed");
    expect(answers.slice(28, 35).every((a) => a.verdict === "pass")).toBe(true);
    expect(answers[35]).toEqual({ verdict: "breach", median: 1000, z: -18.97 });
  });
  test("an outlier among the weeks does not move the median, and twelve are remembered", () => {
    const mondays = [100, 110, 90, 5000, 105, 95, 100];
    expect(through(spec, [...mondays, 160], 7 * DAY_MS).at(-1)).toEqual({ verdict: "breach", median: 100, z: 6 });
    const many = through(spec, [...Array<number>(20).fill(10), ...Array<number>(12).fill(1000), 1000], 7 * DAY_MS);
    expect(many.at(-1)).toMatchObject({ verdict: "pass", median: 1000 });
  });
});
