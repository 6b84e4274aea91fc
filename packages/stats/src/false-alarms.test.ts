import { describe, expect, it } from "vitest";
import { quantileCells, numberCell } from "./cells.ts";
import { createAdwin } from "./detector/adwin.ts";
import { createESr } from "./detector/e-sr.ts";
import { distances } from "./distance/distances.ts";
import { numpyRandom } from "./testdata/numpy-random.ts";

/** Quick versions with a seed of their own each; the long ones run through the gate. */
const SEED = Number(process.env["WEIR_SEED"] ?? 2013);

describe("without drift", () => {
  it.each([100, 300, 1000])("floors at p = 0.01 hold for windows of %i", (n) => {
    const draw = numpyRandom(SEED + n).normal;
    const sample = (size: number): Float64Array => Float64Array.from({ length: size }, draw).sort();
    const baselineValues = sample(5000);
    const cells = quantileCells(baselineValues);
    const count = (values: Float64Array): number[] => {
      const counts = new Array<number>(cells.edges.length + 3).fill(0);
      for (const x of values) counts[numberCell(cells, x)]!++;
      return counts;
    };
    const baseline = count(baselineValues);
    const positions = [cells.min, cells.min, ...cells.edges, cells.max];
    const runs = 400;
    const alarms: Record<string, number> = {};
    for (let run = 0; run < runs; run++) {
      const window = count(sample(n));
      for (const { name, measure } of Object.values(distances)) {
        const { p } = measure({ baseline, window, positions, sigma: 1, cell: 1 });
        alarms[name] = (alarms[name] ?? 0) + (p !== null && p < 0.01 ? 1 : 0);
      }
    }
    console.log(`seed ${SEED}, n = ${n}: of ${runs} windows without drift below p = 1 %: ${JSON.stringify(alarms)}`);
    // 400 draws at 1 %: more than 14 happen once in 10,000 times.
    for (const [name, count] of Object.entries(alarms)) expect(count, name).toBeLessThanOrEqual(14);
  });
});

describe("e-SR", () => {
  it("spaces false alarms as promised and sees a doubled rate", () => {
    const random = numpyRandom(SEED).uniform;
    const detector = createESr({ rate: 0.05, spacing: 10_000 });
    let state = detector.start();
    let falseAlarms = 0;
    for (let i = 0; i < 400_000; i++) if (detector.add(state, random() < 0.05)) falseAlarms++;
    const delays = Array.from({ length: 200 }, () => {
      state = detector.start();
      for (let i = 0; i < 1000; i++) detector.add(state, random() < 0.05);
      let delay = 1;
      while (!detector.add(state, random() < 0.1)) delay++;
      return delay;
    }).sort((a, b) => a - b);
    console.log(
      `seed ${SEED}: ${falseAlarms} false alarms in 400,000 records at 5 %; 10 % seen after ${delays[100]} records (median of 200)`,
    );
    expect(falseAlarms).toBeLessThanOrEqual(40);
    expect(delays[100]).toBeLessThanOrEqual(400);
  });
});

describe("ADWIN", () => {
  it("stays quiet on a level stream and hears a step", () => {
    const draw = numpyRandom(SEED).normal;
    const detector = createAdwin();
    let state = detector.start();
    let alarms = 0;
    for (let i = 0; i < 20_000; i++) {
      const next = detector.add(state, draw());
      state = next.state;
      if (next.alarm) alarms++;
    }
    console.log(`seed ${SEED}: ${alarms} false alarms in 20,000 level values`);
    expect(alarms).toBeLessThanOrEqual(2);
    let delay = 1;
    for (; delay < 2000; delay++) {
      const next = detector.add(state, draw() + 1);
      state = next.state;
      if (next.alarm) break;
    }
    expect(delay).toBeLessThanOrEqual(200);
  });
});
