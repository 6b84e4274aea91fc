import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import {
  baselineContent,
  baselineText,
  createLearner,
  parseBaseline,
  type Baseline,
  type RuleSpec,
  type RuleVerdict,
  type WindowSpec,
} from "@weir/rules";
import { binomialAtLeast, regularisedGamma } from "@weir/stats";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { batchFrom, decide, LANE, type TestRecord } from "../testdata/harness.ts";
import { createStage } from "./stage.ts";

/**
 * False alarms and power, through the gate itself. `WEIR_SIMULATIONS=long npx vitest run services/gate/src/simulation.test.ts` runs ten times
 * as much; `WEIR_SEED=N` draws others.
 */
const LONG = process.env["WEIR_SIMULATIONS"] === "long";
const SEED = Number(process.env["WEIR_SEED"] ?? 2013);
const times = LONG ? 10 : 1;
const timeout = LONG ? 600_000 : 30_000;

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const number = { type: ["number", "null"] };
const contract = compileContract({
  type: "object",
  properties: { normal: number, skewed: number, tied: number, holes: number, kind: { type: "string" } },
});

interface Source {
  /** Records numbered from `first`, their `normal` moved by `shift` standard deviations, `holes` null at the rate. */
  draw(count: number, options?: { readonly first?: number; readonly shift?: number; readonly nulls?: number }): TestRecord[];
}

function source(seed: number): Source {
  let state = seed >>> 0;
  // mulberry32
  const uniform = (): number => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - uniform())) * Math.cos(2 * Math.PI * uniform());
  return {
    draw: (count, { first = 0, shift = 0, nulls = 0.05 } = {}) =>
      Array.from({ length: count }, (_, i) => {
        const record = {
          normal: normal() + shift,
          skewed: -Math.log(1 - uniform()),
          tied: Math.floor(6 * uniform() ** 2),
          holes: uniform() < nulls ? null : uniform(),
          kind: "abcdefghijkl"[Math.floor(12 * uniform() ** 2)],
        };
        return { offset: first + i, value: JSON.stringify(record) };
      }),
  };
}

const FIELDS = ["/normal", "/skewed", "/tied", "/holes", "/kind"];

/** A gate with a rule of each method for every field, against a baseline learned from the same source. */
function gate(from: Source, window: WindowSpec): Stage {
  const learner = createLearner(contract, FIELDS);
  const batch = batchFrom(from.draw(5000));
  learner.take({ batch, read: contract.reader(learner.requests).read(batch), repeats: new Map() }, null);
  const text = baselineText(baselineContent(learner.learn(), { name: "drawn", version: 1, source: "simulation" }), sha256);
  const rules = FIELDS.flatMap((field): RuleSpec[] =>
    (["js", "psi"] as const).map((method) => ({ id: `${field.slice(1)}-${method}`, kind: "drift", field, method, baseline: "b" })),
  );
  return createGate(rules, window, new Map([["b", parseBaseline(text, "b", sha256)]]));
}

function createGate(rules: readonly RuleSpec[], window: WindowSpec, baselines: ReadonlyMap<string, Baseline>): Stage {
  const common = { pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, window, time: null, sha256, baselines };
  const stage = createStage({ ...common, rules });
  stage.assign(LANE, 0, new Map());
  return stage;
}

interface Told {
  readonly id: string;
  readonly rules: readonly RuleVerdict[];
}

function judge(stage: Stage, records: readonly TestRecord[]): Told[] {
  return decide(stage, records).flatMap((d) => (d.verdicts ?? []).map((v) => JSON.parse(v.value ?? "")));
}

const windowOf = (size: number): WindowSpec => ({ kind: "count", size, hold: false });
const drifted = ({ rules }: Told): boolean => rules.some((rule) => rule.verdict === "breach");

describe("without drift", () => {
  it.each([
    [100, 100],
    [300, 60],
    [1000, 20],
  ])("windows of %i are judged drifted in at most one of a hundred", { timeout }, (size, windows) => {
    let alarms = 0;
    const all = windows * times;
    for (let seen = 0; seen < all; seen += 20) {
      // A baseline of its own for every 20 windows: an unlucky one must not speak for all.
      const from = source(SEED + size * 1000 + seen);
      alarms += judge(gate(from, windowOf(size)), from.draw(20 * size)).filter(drifted).length;
    }
    console.log(`seed ${SEED}: ${alarms} of ${all} windows of ${size} records judged drifted (5 fields, js and psi)`);
    // Fails where so many would be too many for a share of 1 % in all but one of a thousand simulations.
    expect(binomialAtLeast(alarms, all, 0.01)).toBeGreaterThan(0.001);
  });
  it("windows of 40 say that they are too small", { timeout }, () => {
    const from = source(SEED);
    const told = judge(gate(from, windowOf(40)), from.draw(400));
    expect(told).toHaveLength(10);
    expect(told.every(({ rules }) => rules.every((rule) => rule.verdict === "insufficient"))).toBe(true);
  });
});

describe("a change of one standard deviation", () => {
  it("is drift in its first window of 300 and an alert by the second, in 95 of 100 runs", { timeout }, () => {
    const runs = 20 * times;
    let first = 0;
    let second = 0;
    for (let run = 0; run < runs; run++) {
      const from = source(SEED + 7 * run);
      const [one, two] = judge(gate(from, windowOf(300)), from.draw(600, { shift: 1 }));
      const of = (told: Told): RuleVerdict => told.rules.find(({ id }) => id === "normal-js")!;
      if (of(one!).verdict === "breach") first++;
      if (of(two!).alert === "raised") second++;
    }
    console.log(`seed ${SEED}: of ${runs} runs ${first} judged drifted in the first window, ${second} alerted by the second`);
    expect(first / runs).toBeGreaterThanOrEqual(0.95);
    expect(second / runs).toBeGreaterThanOrEqual(0.95);
  });
});

describe("a null rate that doubles from 5 to 10 %", () => {
  const RISE: RuleSpec = { id: "rise", kind: "rateChange", field: "/holes", of: "null", rate: 0.05, spacing: 10_000 };
  const alarmsIn = (told: readonly Told[]): number[] =>
    told.filter(({ id }) => id.includes("/stream/")).map(({ id }) => Number(id.split("/").at(-1)));
  it("is found within 400 records (median of 200 runs), false alarms lie 10,000 records apart", { timeout }, () => {
    const from = source(SEED);
    const watching = (): Stage => createGate([RISE], windowOf(1000), new Map());
    const delays = Array.from({ length: 200 }, () => {
      const stage = watching();
      judge(stage, from.draw(300));
      for (let first = 300; first < 3000; first += 100) {
        const [alarm] = alarmsIn(judge(stage, from.draw(100, { first, nulls: 0.1 })));
        if (alarm !== undefined) return alarm - 300 + 1;
      }
      return Infinity;
    }).sort((a, b) => a - b);
    const records = 50_000 * times;
    const stage = watching();
    let alarms = 0;
    for (let first = 0; first < records; first += 5000) alarms += alarmsIn(judge(stage, from.draw(5000, { first }))).length;
    console.log(`seed ${SEED}: found after ${delays[100]} records (median of 200), ${alarms} false alarms in ${records} records`);
    expect(delays[100]).toBeLessThanOrEqual(400);
    // Alarms of a stream in order are about Poisson with this mean at most.
    expect(regularisedGamma(alarms + 1, records / 10_000).lower).toBeLessThan(0.999);
  });
});
