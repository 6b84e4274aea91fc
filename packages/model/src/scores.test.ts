import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundSix } from "./decimal.ts";
import type { Calibration, OutputKind } from "./manifest.ts";
import { compileScores } from "./scores.ts";

const read = (
  kind: OutputKind,
  values: readonly number[],
  width: number,
  calibration: Calibration = { method: "none" },
  classes = ["a", "b", "c"].slice(0, Math.max(2, width)),
) =>
  compileScores({ model: "m", version: "1", digest: "ab".repeat(32), outputs: { label: null, scores: "p", kind, classes }, calibration })({
    values: Float64Array.from(values),
    rows: values.length / width,
    width,
  });
const rowOf = (p: ReturnType<typeof read>, row: number) => p.scores.map((s) => s[row]);
const temperature = (t: number): Calibration => ({
  method: "temperature",
  parameters: { temperature: t },
  fittedOn: "x",
  n: 1,
  eceBefore: 0.1,
  eceAfter: 0.01,
});

describe("scores", () => {
  it("rounds once, labels the highest and names it as confidence", () => {
    const p = read("probabilities", [0.9127076864242554, 0.08729231357574463, 0.25, 0.75], 2);
    expect(rowOf(p, 0)).toEqual([0.912708, 0.0872923]);
    expect([...p.labels]).toEqual([0, 1]);
    expect([...(p.confidence ?? [])]).toEqual([0.912708, 0.75]);
  });

  it("clamps what float32 sums push out of [0, 1]", () => {
    const p = read("probabilities", [1.0000001192092896, -1.1920929e-7], 2);
    expect(rowOf(p, 0)).toEqual([1, 0]);
    expect(p.failures.size).toBe(0);
  });

  it.each([
    ["NaN", [NaN, 0.5]],
    ["infinity", [Infinity, 0]],
    ["a logit", [7.3, -2.1]],
  ])("refuses %s where probabilities were declared", (_, values) => {
    const p = read("probabilities", values, 2);
    expect(p.failures.get(0)?.class).toBe("MODEL_OUTPUT");
    expect(p.failures.get(0)?.message).toContain("outputs.kind in the manifest is probabilities");
  });

  it("takes the softmax of logits without overflow, and of a lone logit against zero", () => {
    expect(rowOf(read("logits", [1000, 1000, 0], 3), 0)).toEqual([0.5, 0.5, 0]);
    expect(rowOf(read("logits", [Math.log(3)], 1), 0)).toEqual([0.25, 0.75]);
    expect(read("logits", [NaN, 1], 2).failures.size).toBe(1);
    expect(read("logits", [Infinity, 1], 2).failures.size).toBe(1);
  });

  it("reads log-probabilities, margins and sigmoids", () => {
    expect(rowOf(read("log-probabilities", [Math.log(0.2), Math.log(0.8)], 2), 0)).toEqual([0.2, 0.8]);
    expect(rowOf(read("log-probabilities", [-Infinity, 0], 2), 0)).toEqual([0, 1]);
    expect(rowOf(read("log-probabilities", [Math.log(0.8)], 1), 0)).toEqual([0.2, 0.8]);
    expect(rowOf(read("margins", [Math.log(3)], 1), 0)).toEqual([0.25, 0.75]);
    expect(rowOf(read("margins", [0, 0, 0], 3), 0)).toEqual([0.333333, 0.333333, 0.333333]);
    expect(rowOf(read("sigmoid", [0.7], 1), 0)).toEqual([0.3, 0.7]);
    expect(rowOf(read("sigmoid", [0.7, 0.9, 0.1], 3), 0)).toEqual([0.7, 0.9, 0.1]);
  });

  it("gives plain values and no confidence for a regression", () => {
    const p = read("regression", [123.4567, NaN], 1, { method: "none" }, ["minutes"]);
    expect(p.confidence).toBeNull();
    expect(p.scores[0]?.[0]).toBe(123.457);
    expect([...p.failures.keys()]).toEqual([1]);
  });

  it("scales by temperature as a softmax of divided logits would", () => {
    fc.assert(
      fc.property(
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: -8, max: 8, noNaN: true }),
        fc.double({ min: 0.5, max: 5, noNaN: true }),
        (x, y, t) => {
          const got = rowOf(read("logits", [x, y], 2, temperature(t)), 0);
          const wanted = 1 / (1 + Math.exp((y - x) / t));
          expect(got[0]).toBeCloseTo(wanted, 5);
          expect(rowOf(read("sigmoid", [1 / (1 + Math.exp(-x))], 1, temperature(t)), 0)[1]).toBeCloseTo(1 / (1 + Math.exp(-x / t)), 5);
        },
      ),
    );
  });

  it("lets a temperature change no label and refuses what it cannot scale", () => {
    expect([...read("probabilities", [0.4, 0.6], 2, temperature(3)).labels]).toEqual([1]);
    expect(read("probabilities", [7.3, -2.1], 2, temperature(3)).failures.size).toBe(1);
    expect(rowOf(read("probabilities", [1.0000001, -1e-7], 2, temperature(3)), 0)).toEqual([1, 0]);
  });

  it("is the same for every way of cutting rows into runs", () => {
    fc.assert(
      fc.property(fc.array(fc.float({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 20 }), (ps) => {
        const together = read(
          "probabilities",
          ps.flatMap((p) => [1 - p, p]),
          2,
        );
        ps.forEach((p, i) => {
          expect(rowOf(read("probabilities", [1 - p, p], 2), 0)).toEqual(rowOf(together, i));
          expect(rowOf(together, i)).toEqual([roundSix(1 - p), roundSix(p)]);
        });
      }),
    );
  });

  it("names the output whose width is not that of the classes", () => {
    expect(() => read("probabilities", [0.1, 0.9, 0], 3, { method: "none" }, ["a", "b"])).toThrow(
      "has 3 numbers a row; the manifest names 2 classes",
    );
  });
});
