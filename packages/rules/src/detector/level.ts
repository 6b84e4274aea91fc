import type { FieldRequest } from "@weir/contract";
import { PRESENT } from "@weir/record";
import { createAdwin, createPageHinkley, type Adwin, type PageHinkley } from "@weir/stats";
import { columnOf } from "../check.ts";
import type { BaselineColumn } from "../drift/baseline.ts";
import type { LevelSpec } from "../spec.ts";
import { needed, type Alarm, type Detecting } from "./detector-rule.ts";

/** Steps are taken one after another, each with the memory of the last. */
interface Detector<S> {
  start(): S;
  add(state: S, x: number): { readonly state: S; readonly alarm: boolean };
}

/** Has the level of a number changed? It is told in standard deviations from its mean, so that one threshold fits every field. */
export function level(spec: LevelSpec, column: BaselineColumn | null): Detecting {
  const { mean, sigma } = standardOf(spec, column);
  const scale = { pointer: spec.field, mean, sigma };
  const { delta, threshold, tolerance } = spec;
  return spec.detector === "pageHinkley"
    ? detecting(
        scale,
        eitherWay(createPageHinkley({ ...(threshold !== undefined && { threshold }), ...(tolerance !== undefined && { tolerance }) })),
      )
    : detecting(scale, steps(createAdwin({ ...(delta !== undefined && { delta }) })));
}

function detecting<S>({ pointer, mean, sigma }: { pointer: string; mean: number; sigma: number }, detector: Detector<S>): Detecting {
  const request: FieldRequest = { pointer, as: "number" };
  return {
    request,
    remember: (saved) => {
      let { state, n }: { state: S; n: number } = saved === null ? { state: detector.start(), n: 0 } : JSON.parse(saved);
      return {
        saved: () => JSON.stringify({ state, n }),
        take: ({ view, counted, first, end }) => {
          const numbers = columnOf(view, request);
          if (numbers.kind !== "number") return [];
          const alarms: Alarm[] = [];
          for (let row = first; row < end; row++) {
            const x = numbers.values[row]!; // row < end, within the batch
            if (counted[row] === 0 || numbers.presence[row] !== PRESENT || !Number.isFinite(x)) continue;
            const next = detector.add(state, (x - mean) / sigma);
            state = next.state;
            n++;
            if (!next.alarm) continue;
            alarms.push({ row, n, expected: mean });
            n = 0;
          }
          return alarms;
        },
      };
    },
  };
}

function steps(adwin: Adwin): Detector<ReturnType<Adwin["start"]>> {
  return adwin;
}

/** The test hears only a rise, so one of two looks at the numbers upside down. */
function eitherWay(test: PageHinkley): Detector<readonly ReturnType<PageHinkley["start"]>[]> {
  return {
    start: () => [test.start(), test.start()],
    add: (state, x) => {
      const next = state.map((side, i) => test.add(side, i === 0 ? x : -x));
      return { state: next.map((side) => side.state), alarm: next.some((side) => side.alarm) };
    },
  };
}

function standardOf(spec: LevelSpec, column: BaselineColumn | null): { readonly mean: number; readonly sigma: number } {
  if (spec.mean !== undefined && spec.sigma !== undefined) return { mean: spec.mean, sigma: spec.sigma };
  if (column?.kind === "number" && column.sigma > 0) return { mean: column.mean, sigma: column.sigma };
  throw needed(
    spec,
    "the detector does not know the mean and the spread that are in order",
    "set mean and sigma, or a baseline in which the field varies",
  );
}
