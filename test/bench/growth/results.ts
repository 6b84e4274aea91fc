import { cpus } from "node:os";
import { thousands } from "../report.ts";
import { keyOf, type Axis } from "./axes.ts";
import { EXPLANATIONS } from "./explanations.ts";
import type { Finished } from "./finished.ts";
import { LIMIT, stepsOf, type Step } from "./neighbours.ts";

/** More than this taken by others makes the rate of a point worthless. */
const VOID_OTHER_CORES = 0.2;

/** An axis with what was measured; null where a point is still to be. */
export interface MeasuredAxis {
  readonly axis: Axis;
  readonly finished: readonly (Finished | null)[];
  readonly steps: readonly (Step | null)[];
}

export function measuredAxis(axis: Axis, all: ReadonlyMap<string, Finished>): MeasuredAxis {
  const finished = axis.points.map((point) => all.get(keyOf(point)) ?? null);
  const costs = finished.map((f, i) => f && { at: axis.points[i]!.at, micros: f.cpuMicros + f.brokerMicros }); // parallel
  return { axis, finished, steps: stepsOf(costs, axis.per) };
}

/** The tables of all axes, in Markdown. */
export function growthTables(axes: readonly MeasuredAxis[]): string {
  const machine = `${cpus().length} processors, ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}`;
  return [
    `# How cost grows\n`,
    `CPU µs per record of weir-fused (gate + inference + router in one process, exactly-once) and of its broker, a preloaded drain a point, the first 25 % dropped; ${machine}. Card transactions of 290 bytes, 8 partitions, one process, 1 % failing, no window, where the axis does not say otherwise; records of the axes of size and features are an id, a key, numbers and filling. ÷ before: times the sum of the point before, bold where it is more than ${LIMIT} times apart. All ends were read afterwards: every record must be at the one where it has to be, and one prediction in 997 right to 1e-5.\n`,
    ...axes.map(tableOf),
  ].join("\n");
}

function tableOf(measured: MeasuredAxis): string {
  const { axis, finished, steps } = measured;
  const { per } = axis;
  const head = [
    axis.counts,
    "records",
    "records/s",
    "system µs",
    "broker µs",
    "sum µs",
    "÷ before",
    ...(per?.inRecord ? [`µs per ${per.unit}`] : []),
    ...(per ? [`µs per further ${per.unit}`] : []),
    "other cores",
    "missing",
    "doubled",
  ];
  const rows = axis.points.map(({ at, records }, i) => [
    thousands(at),
    thousands(records),
    ...cellsOf(finished[i] ?? null, steps[i] ?? null, axis),
  ]);
  const line = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [`## ${axis.title}\n`, line(head), `|${"---|".repeat(head.length)}`, ...rows.map(line), "", ...wordsOn(measured), ""].join("\n");
}

function cellsOf(finished: Finished | null, step: Step | null, { per }: Axis): string[] {
  if (finished === null || step === null) return ["not measured yet"];
  const { recordsPerSecond, cpuMicros, brokerMicros, otherCores, missing, doubled } = finished;
  const micros = (value: number | null): string => (value === null ? "" : value.toFixed(2));
  const ratio = step.ratio === null ? "" : step.ratio.toFixed(2);
  const rate = thousands(Math.round(recordsPerSecond));
  return [
    otherCores > VOID_OTHER_CORES ? `(${rate})` : rate,
    micros(cpuMicros),
    micros(brokerMicros),
    micros(step.cost.micros),
    step.isFar ? `**${ratio}**` : ratio,
    ...(per?.inRecord ? [micros(step.perUnit)] : []),
    ...(per ? [micros(step.perFurther)] : []),
    otherCores.toFixed(2),
    missing === 0 ? "0" : `**${thousands(missing)}**`,
    doubled === 0 ? "0" : `**${thousands(doubled)}**`,
  ];
}

/** What is to be said on an axis: why neighbours are far apart, or that nobody knows, and what makes its figures void. */
function wordsOn({ axis, finished, steps }: MeasuredAxis): string[] {
  const isFar = steps.some((step) => step?.isFar);
  const isLoud = finished.some((f) => f !== null && f.otherCores > VOID_OTHER_CORES);
  const far = EXPLANATIONS[axis.name] ?? `**Neighbours are more than ${LIMIT} times apart, and nothing explains it.**`;
  const near = `No neighbours are more than ${LIMIT} times apart.`;
  const loud = `Rates in brackets are void: something else took more than ${VOID_OTHER_CORES} processors.`;
  const measured = finished.filter((f) => f !== null).length;
  return [...(measured > 1 ? [isFar ? far : near] : []), ...(isLoud ? [loud] : [])];
}

/** Axes with neighbours too far apart that nobody explains. */
export function unexplained(axes: readonly MeasuredAxis[]): string[] {
  return axes
    .filter(({ axis, steps }) => EXPLANATIONS[axis.name] === undefined && steps.some((step) => step?.isFar))
    .map(({ axis }) => axis.name);
}
