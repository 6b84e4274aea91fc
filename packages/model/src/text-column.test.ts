import { batchOf, recordAt, viewOver } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { roundSix } from "./decimal.ts";
import { compilePredictionText } from "./prediction-text.ts";
import type { Predictions } from "./scores.ts";
import { place, splicePredictions } from "./splice.ts";

/** Texts that are written many at once are held to those that are written one by one. */

const decoder = new TextDecoder();
const encoder = new TextEncoder();

const number = fc.oneof(
  { weight: 4, arbitrary: fc.double({ min: 0, max: 1, noNaN: true }) },
  fc.tuple(fc.nat(1_000_000), fc.integer({ min: 0, max: 20 })).map(([n, scale]) => n / 10 ** scale),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.constantFrom(0, -0, 1, 0.1, 0.01, 1e-6, 9.99999e-7, 1e-17, 0.999999, 1e6, -0.5),
);

/** Predictions of a model with so many classes; one class stands for a regression too. */
function predictionsOf(rows: readonly (readonly number[])[], isRegression: boolean): Predictions {
  const scores = (rows[0] ?? []).map((_, k) => Float64Array.from(rows, (row) => roundSix(row[k]!))); // rows are equally long
  return {
    count: rows.length,
    classes: scores.map((_, k) => `c${k}`),
    labels: Int32Array.from(rows, (row) => (isRegression ? 0 : row.indexOf(Math.max(...row)))),
    confidence: isRegression ? null : Float64Array.from(rows, (row) => roundSix(Math.max(...row))),
    scores,
    failures: new Map(),
  };
}

const anyRows = fc
  .integer({ min: 1, max: 4 })
  .chain((classes) => fc.array(fc.array(number, { minLength: classes, maxLength: classes }), { minLength: 40, maxLength: 60 }));

function textOf({ classes, confidence }: Predictions) {
  const kind = confidence === null ? ("regression" as const) : ("probabilities" as const);
  return compilePredictionText({ model: "late-arrival", version: "1", outputs: { label: null, scores: "p", kind, classes } }, "prediction");
}

describe("texts written many at once", () => {
  it("are those written one by one; none is there for numbers that are written otherwise", () => {
    fc.assert(
      fc.property(anyRows, fc.boolean(), fc.nat(10), (rows, isRegression, from) => {
        const predictions = predictionsOf(rows, isRegression);
        const text = textOf(predictions);
        const made = text.members(predictions, from, rows.length);
        const bytes = new Uint8Array(text.maxBytes);
        for (let i = 0; i < rows.length - from; i++) {
          if (made.length[i] === 0) {
            expect(rows[from + i]!.map(roundSix).some((x) => x < 0 || x > 1 || (x > 0 && x <= 1e-17))).toBe(true); // one of the rows
            continue;
          }
          const end = text.write(predictions, from + i, { bytes, view: viewOver(bytes) }, 0);
          const own = made.bytes.subarray(made.at[i], made.at[i]! + made.length[i]!); // as many as rows
          expect(decoder.decode(own)).toBe(`,${decoder.decode(bytes.subarray(0, end))}}`);
        }
      }),
      { numRuns: 60 },
    );
  });

  it("are spliced into values of every form, as one by one", () => {
    const form = fc.constantFrom('{"a":1}', "{}", "{ }", '{"a":{} }', '{"a":1}\n', '{"a":"é"}', null, '{"a":1}');
    fc.assert(
      fc.property(anyRows, fc.array(form, { minLength: 60, maxLength: 60 }), fc.nat(30), (rows, forms, without) => {
        const predictions = predictionsOf(rows, false);
        const text = textOf(predictions);
        const values = forms.slice(0, rows.length);
        const batch = batchOf(
          { topic: "t", partition: 0 },
          values.map((value) => ({ value: value === null ? null : encoder.encode(value) })),
        );
        const of = Int32Array.from(values, (value, row) => (value === null || row === without ? -1 : row));
        const valueAt = (row: number, from = batch, index = of): string => {
          const tails = splicePredictions(from, place(predictions, index), text);
          return decoder.decode(recordAt({ ...from, added: { ...from.added, tails } }, row).value ?? new Uint8Array(0));
        };
        const together = splicePredictions(batch, place(predictions, of), text);
        values.forEach((value, row) => {
          const whole = recordAt({ ...batch, added: { ...batch.added, tails: together } }, row).value;
          const alone = batchOf({ topic: "t", partition: 0 }, [{ value: value === null ? null : encoder.encode(value) }]);
          expect(decoder.decode(whole ?? new Uint8Array(0))).toBe(valueAt(0, alone, of.subarray(row, row + 1)));
        });
      }),
      { numRuns: 20 },
    );
  });
});
