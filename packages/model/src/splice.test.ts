import { batchOf, recordAt, viewOver, type Batch } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import type { OutputKind } from "./manifest.ts";
import { predictionColumns } from "./prediction-columns.ts";
import { compilePredictionText } from "./prediction-text.ts";
import type { Predictions } from "./scores.ts";
import { place, predictionHeader, splicePredictions, takesMember } from "./splice.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const batch = (...values: readonly (string | null)[]): Batch =>
  batchOf(
    { topic: "t", partition: 0 },
    values.map((v) => ({ value: v === null ? null : encoder.encode(v) })),
  );
const manifest = (kind: OutputKind = "probabilities", classes = ["on-time", "late"]) => ({
  model: "late-arrival",
  version: "1",
  outputs: { label: null, scores: "p", kind, classes },
});
const predictions = (...late: readonly number[]): Predictions => ({
  count: late.length,
  classes: ["on-time", "late"],
  labels: Int32Array.from(late, (p) => (p > 0.5 ? 1 : 0)),
  confidence: Float64Array.from(late, (p) => Math.max(p, 1 - p)),
  scores: [Float64Array.from(late, (p) => 1 - p), Float64Array.from(late)],
  failures: new Map(),
});
const spliced = (b: Batch, p: Predictions, of: readonly number[], as = "prediction"): (string | null)[] => {
  const tails = splicePredictions(b, place(p, Int32Array.from(of)), compilePredictionText(manifest(), as));
  return of.map((_, row) => {
    const value = recordAt({ ...b, added: { ...b.added, tails } }, row).value;
    return value && decoder.decode(value);
  });
};
const QUARTER = `"prediction":{"label":"on-time","confidence":0.75,"scores":{"on-time":0.75,"late":0.25},"model":"late-arrival/1"}`;

describe("the spliced prediction", () => {
  it("is the last member, before the closing brace, and touches nothing else", () => {
    expect(spliced(batch(`{"id":"x","a":{"b":1.50}}`), predictions(0.25), [0])).toEqual([`{"id":"x","a":{"b":1.50},${QUARTER}}`]);
  });

  it.each([
    ["an empty object", "{}", `{${QUARTER}}`],
    ["an empty object with space in it", "{ \n}", `{ \n${QUARTER}}`],
    ["space before the brace", `{"a":1 }`, `{"a":1 ,${QUARTER}}`],
    ["space behind the brace", `{"a":1}\r\n\t `, `{"a":1,${QUARTER}}\r\n\t `],
    ["a brace in the last text", `{"a":"{"}`, `{"a":"{",${QUARTER}}`],
  ])("goes into %s", (_, value, expected) => {
    expect(spliced(batch(value), predictions(0.25), [0])).toEqual([expected]);
  });

  it("takes the member name of the spec", () => {
    expect(spliced(batch("{}"), predictions(0.25), [0], `de"lay`)[0]).toBe(`{${QUARTER.replace("prediction", `de\\"lay`)}}`);
  });

  it("leaves rows without a prediction as they are", () => {
    expect(spliced(batch(`{"a":1}`, "junk", null, `{"b":2}`), predictions(0.25, 0.25), [0, -1, -1, 1])).toEqual([
      `{"a":1,${QUARTER}}`,
      "junk",
      null,
      `{"b":2,${QUARTER}}`,
    ]);
  });

  it("goes on behind the tail of an earlier stage", () => {
    const source = batch(`{"a":1} `, "{}");
    const p = place(predictions(0.25, 0.25), Int32Array.of(0, 1));
    const first = splicePredictions(source, p, compilePredictionText(manifest(), "first"));
    const next = { ...source, added: { ...source.added, tails: first } };
    expect(takesMember(next)(0)).toBe(true);
    expect(spliced(next, predictions(0.25), [-1, 0])).toEqual([
      `{"a":1,${QUARTER.replace("prediction", "first")}} `,
      `{${QUARTER.replace("prediction", "first")},${QUARTER}}`,
    ]);
  });

  it("needs an object", () => {
    const b = batch("{}", "[]", "", null, "  ", "{} \n");
    expect([0, 1, 2, 3, 4, 5].map((row) => takesMember(b)(row))).toEqual([true, false, false, false, false, true]);
  });

  it("reads back as the numbers of the columns, for any object", () => {
    fc.assert(
      fc.property(
        fc.array(fc.tuple(fc.dictionary(fc.string(), fc.jsonValue()), fc.double({ min: 0, max: 1, noNaN: true })), {
          minLength: 1,
          maxLength: 8,
        }),
        (rows) => {
          const b = batch(...rows.map(([o]) => JSON.stringify(o)));
          const p = predictions(...rows.map(([, late]) => late));
          const of = rows.map((_, i) => i);
          const columns = predictionColumns(manifest(), "prediction", place(p, Int32Array.from(of)));
          spliced(b, p, of, "\u0000new").forEach((value, row) => {
            const { "\u0000new": added, ...rest } = JSON.parse(value ?? "") as Record<string, unknown>;
            expect(JSON.stringify(rest)).toBe(JSON.stringify(JSON.parse(JSON.stringify(rows[row]?.[0]))));
            const confidence = columns.get("number /prediction/confidence");
            const late = columns.get("number /prediction/scores/late");
            expect(added).toMatchObject({
              confidence: (confidence?.kind === "number" && confidence.values[row]! + 0) as number, // row of the batch
              scores: { late: (late?.kind === "number" && late.values[row]! + 0) as number }, // row of the batch
            });
          });
        },
      ),
    );
  });

  it("travels as a header where the value takes no member", () => {
    const header = predictionHeader(
      "weir.prediction",
      place(predictions(0.25, 0.25), Int32Array.of(0, -1, 1)),
      compilePredictionText(manifest(), "prediction"),
    );
    const texts = [0, 1, 2].map((row) =>
      header.length[row]! < 0 ? null : decoder.decode(header.bytes.subarray(header.at[row]!, header.at[row]! + header.length[row]!)),
    ); // three rows
    expect(texts).toEqual([QUARTER.slice(13), null, QUARTER.slice(13)]);
  });

  it("has neither label nor confidence for a regression", () => {
    const p: Predictions = {
      count: 1,
      classes: ["minutes"],
      labels: new Int32Array(1),
      confidence: null,
      scores: [Float64Array.of(12.5)],
      failures: new Map(),
    };
    const text = compilePredictionText(manifest("regression", ["minutes"]), "prediction");
    const bytes = new Uint8Array(text.maxBytes);
    expect(decoder.decode(bytes.subarray(0, text.write(p, 0, { bytes, view: viewOver(bytes) }, 0)))).toBe(
      `"prediction":{"scores":{"minutes":12.5},"model":"late-arrival/1"}`,
    );
    expect([...predictionColumns(manifest("regression", ["minutes"]), "prediction", place(p, Int32Array.of(0))).keys()]).toEqual([
      "string /prediction/model",
      "number /prediction/scores/minutes",
    ]);
  });
});

describe("the columns of a prediction", () => {
  it("are named as the next stage asks for them", () => {
    const columns = predictionColumns(
      { model: "m", version: "2" },
      "a/b",
      place({ ...predictions(0.25), classes: ["on/time", "~late"] }, Int32Array.of(0)),
    );
    expect([...columns.keys()]).toEqual([
      "string /a~1b/model",
      "string /a~1b/label",
      "number /a~1b/confidence",
      "number /a~1b/scores/on~1time",
      "number /a~1b/scores/~0late",
    ]);
  });

  it("are absent where there is no prediction", () => {
    const columns = predictionColumns(manifest(), "prediction", place(predictions(0.25), Int32Array.of(-1, 0)));
    expect(columns.get("number /prediction/confidence")).toEqual({
      kind: "number",
      values: Float64Array.of(NaN, 0.75),
      presence: Uint8Array.of(1, 0),
    });
    expect(columns.get("string /prediction/label")).toEqual({
      kind: "string",
      codes: Int32Array.of(-1, 0),
      dictionary: ["on-time", "late"],
      presence: Uint8Array.of(1, 0),
    });
  });
});
