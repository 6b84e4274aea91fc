import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import { AXES, axesOf, GROWTH, keyOf, type Axis, type AxisName } from "./axes.ts";
import { openFinished, type Finished } from "./finished.ts";
import { stepsOf } from "./neighbours.ts";
import { parseGrowthOptions } from "./options.ts";
import { layPanel } from "./panel.ts";
import { growthPlot } from "./plot.ts";
import { growthTables, measuredAxis, unexplained } from "./results.ts";

const VERSION = { code: "abc", method: 1 };

const finished = (key: string, change: Partial<Finished> = {}): Finished => ({
  key,
  ...VERSION,
  recordsPerSecond: 200_000,
  measuredMs: 20_000,
  cpuMicros: 4,
  brokerMicros: 1,
  otherCores: 0.1,
  missing: 0,
  doubled: 0,
  ends: { auto: 1 },
  ...change,
});

const axisOf = (name: AxisName): Axis => GROWTH.find((axis) => axis.name === name)!; // there is one of every name

function folder(): string {
  const made = mkdtempSync(path.join(tmpdir(), "weir-growth-test-"));
  onTestFinished(() => rmSync(made, { recursive: true, force: true }));
  return made;
}

describe("points that are there already", () => {
  test("are found again by a second call, those of other sources are not", () => {
    const out = folder();
    openFinished(out, { ...VERSION, again: false }).add(finished("a"));
    openFinished(out, { code: "other", method: 1, again: false }).add(finished("b", { code: "other" }));
    openFinished(out, { ...VERSION, again: false }).add(finished("c"));
    const again = openFinished(out, { ...VERSION, again: false });
    expect([...again.finished]).toEqual([
      ["a", finished("a")],
      ["c", finished("c")],
    ]);
    expect(openFinished(out, { code: "abc", method: 2, again: false }).finished.size).toBe(0);
  });

  test("are lost one at most, where a kill cut a line off", () => {
    const out = folder();
    const whole = `${JSON.stringify(finished("a"))}\n`;
    writeFileSync(path.join(out, "growth.jsonl"), whole + JSON.stringify(finished("b")).slice(0, 40));
    openFinished(out, { ...VERSION, again: false }).add(finished("c"));
    expect([...openFinished(out, { ...VERSION, again: false }).finished.keys()]).toEqual(["a", "c"]);
  });

  test("are forgotten where it was asked for", () => {
    const out = folder();
    openFinished(out, { ...VERSION, again: false }).add(finished("a"));
    const anew = openFinished(out, { ...VERSION, again: true });
    expect(anew.finished.size).toBe(0);
    anew.add(finished("b"));
    expect(readFileSync(anew.file, "utf8")).toBe(`${JSON.stringify(finished("b"))}\n`);
  });
});

describe("neighbours", () => {
  const per = { unit: "KB", inRecord: (at: number) => at, between: (from: number, to: number) => to - from };
  const ratios = (micros: readonly (number | null)[]): unknown =>
    stepsOf(
      micros.map((m, i) => (m === null ? null : { at: i + 1, micros: m })),
      null,
    ).map((step) => step && [step.ratio, step.isFar]);

  test("are far apart above one and a half, in both directions", () => {
    expect(ratios([4, 6, 6.1, 4, 12])).toEqual([[null, false], [1.5, false], [6.1 / 6, false], [4 / 6.1, true], [3, true]]); // prettier-ignore
  });

  test("of a point that is still to be measured have no ratio", () => {
    expect(ratios([4, null, 40])).toEqual([[null, false], null, [null, false]]);
  });

  test("are told by what is in a record, and by what each further one costs", () => {
    const steps = stepsOf([{ at: 0.5, micros: 5 }, { at: 2, micros: 8 }], per); // prettier-ignore
    expect(steps.map((step) => [step?.perUnit, step?.perFurther])).toEqual([[10, null], [4, 2]]); // prettier-ignore
  });
});

describe("axes", () => {
  test("are the six, each ascending, and share the point where nothing has grown", () => {
    expect(GROWTH.map(({ name }) => name)).toEqual([...AXES]);
    for (const { points } of GROWTH) expect(points.map(({ at }) => at)).toEqual(points.map(({ at }) => at).toSorted((a, b) => a - b));
    const base = ["partitions", "processes", "failing"].map((name) => {
      const points = GROWTH.find((axis) => axis.name === name)?.points ?? [];
      return points.map(keyOf).find((key) => key === "w1 p8 n1 f100 wnone r6000000");
    });
    expect(new Set(base)).toEqual(new Set(["w1 p8 n1 f100 wnone r6000000"]));
    expect(new Set(GROWTH.flatMap(({ points }) => points.map(keyOf))).size).toBe(21);
  });

  test("have another number of records a point where one is asked for", () => {
    expect(axesOf(null)).toEqual(GROWTH);
    expect(new Set(axesOf(50_000).flatMap(({ points }) => points.map(({ records }) => records)))).toEqual(new Set([50_000]));
  });

  test("that nobody can explain are named; what is far apart with a reason has it under its table", () => {
    const costs = (name: "size" | "window", micros: readonly number[]) => {
      const axis = axisOf(name);
      const all = axis.points.map((point, i) => [keyOf(point), finished(keyOf(point), { cpuMicros: micros[i] ?? 0, missing: i })] as const);
      return measuredAxis(axis, new Map(all));
    };
    const size = costs("size", [2, 3, 20, 160]);
    expect(unexplained([size])).toEqual([]);
    expect(growthTables([size])).toContain("byte by byte");
    expect(growthTables([size])).toContain(
      "| 1 | 4,000,000 | 200,000 | 20.00 | 1.00 | 21.00 | **5.25** | 21.00 | 24.29 | 0.10 | **2** | 0 |",
    );
    expect(growthTables([costs("window", [4, 4, 5, 5])])).toContain("No neighbours are more than 1.5 times apart.");
  });
});

describe("the plot", () => {
  test("lays points by powers and costs from zero, with room above the highest", () => {
    const measured = [
      { at: 1, system: 2, broker: 1 },
      { at: 8, system: 4, broker: 4 },
      { at: 64, system: 3, broker: 1 },
    ];
    const { points, ticks } = layPanel(measured, { width: 140, height: 100, inset: 10, isLogarithmic: true });
    expect(ticks.map(({ micros, y }) => [micros, y])).toEqual([[0, 100], [2, 80], [4, 60], [6, 40], [8, 20], [10, 0]]); // prettier-ignore
    expect(points.map(({ x, systemY, sumY }) => [Math.round(x), systemY, sumY])).toEqual([[10, 80, 70], [70, 60, 20], [130, 70, 60]]); // prettier-ignore
  });

  test("lays what does not double side by side, and one point in the middle", () => {
    const x = (list: readonly number[]): readonly number[] =>
      layPanel(
        list.map((at) => ({ at, system: 1, broker: 1 })),
        { width: 100, height: 10, inset: 0, isLogarithmic: false },
      ).points.map((point) => point.x);
    expect([x([0, 1, 10]), x([5]), x([])]).toEqual([[0, 10, 100], [50], []]);
  });

  test("is drawn of what there is so far", () => {
    const axes = [axisOf("partitions"), axisOf("size")];
    const key = keyOf(axes[0]!.points[3]!); // of seven
    const drawn = growthPlot(axes.map((axis) => measuredAxis(axis, new Map([[key, finished(key)]]))));
    expect(drawn.match(/<g /g)).toHaveLength(2);
    expect(drawn).toContain(">5.0</text>");
    expect(drawn + growthPlot([])).not.toMatch(/NaN|Infinity|undefined/);
  });
});

describe("what is asked for", () => {
  test("is every axis by default, or those that were named", () => {
    expect(parseGrowthOptions(["--growth"])).toEqual({ axes: AXES, out: "bench-results", again: false, records: null });
    expect(parseGrowthOptions(["--growth", "--axes", "size,window", "--out", "x", "--again", "--records", "50000"])).toEqual({
      axes: ["size", "window"],
      out: "x",
      again: true,
      records: 50_000,
    });
  });

  test("is refused with the usage where it is not known", () => {
    expect(() => parseGrowthOptions(["--axes", "height"])).toThrow(/there is no axis "height"\nusage: /);
    expect(() => parseGrowthOptions(["--runs", "3"])).toThrow(/--runs is not known to --growth\nusage: /);
    expect(() => parseGrowthOptions(["--records", "7"])).toThrow(/a whole number from 20000, not "7"/);
  });
});
