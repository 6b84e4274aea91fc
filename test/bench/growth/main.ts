import { writeFileSync } from "node:fs";
import path from "node:path";
import { ROOT } from "../../e2e/command.ts";
import type { Drained } from "../drain.ts";
import { axesOf, keyOf, type Axis, type Point } from "./axes.ts";
import { codeDigest } from "../code-digest.ts";
import { METHOD_VERSION, openFinished, type Finished, type Version } from "./finished.ts";
import { measurePoints } from "./measure.ts";
import { parseGrowthOptions } from "./options.ts";
import { growthPlot } from "./plot.ts";
import { growthTables, measuredAxis, unexplained, type MeasuredAxis } from "./results.ts";

// `npm run bench -- --growth`: processor time per record while one thing of a workload grows. Goes on where it was ended.

const note = (line: string): void => console.error(`  ${line}`);

/** Measures what is not in the folder yet, and writes `growth.md` and `growth.svg` of all that is after every point. */
export async function measureGrowth(args: readonly string[]): Promise<void> {
  const { axes: names, out, again, records } = parseGrowthOptions(args);
  const axes = axesOf(records);
  const version: Version = { code: codeDigest(ROOT), method: METHOD_VERSION };
  const file = openFinished(out, { ...version, again });
  const points = pointsOf(axes.filter(({ name }) => names.includes(name)));
  const missing = points.filter((point) => !file.finished.has(keyOf(point)));
  note(`${points.length - missing.length} of ${points.length} points are in ${file.file} for these sources (${version.code})`);
  const report = (): readonly MeasuredAxis[] => keepGrowth(out, axes, file.finished);
  const onDone = (point: Point, drained: Drained): void => {
    file.add(finishedOf(point, drained, version));
    report();
  };
  if (missing.length > 0) await measurePoints({ points: missing, note, signal: untilSignal(), onDone });
  const measured = report();
  console.log(growthTables(measured));
  for (const name of unexplained(measured)) note(`neighbours on the axis ${name} are too far apart, and nothing explains it`);
}

/** Ctrl-C ends the broker and the processes, too, and takes their data away. */
function untilSignal(): AbortSignal {
  const ending = new AbortController();
  for (const name of ["SIGINT", "SIGTERM"] as const)
    process.once(name, () => ending.abort(new Error(`ended by ${name}; finished points are kept, call it again to go on`)));
  return ending.signal;
}

/** Points that axes share are measured once. */
function pointsOf(axes: readonly Axis[]): Point[] {
  return [...new Map(axes.flatMap((axis) => axis.points).map((point) => [keyOf(point), point])).values()];
}

function finishedOf(point: Point, drained: Drained, version: Version): Finished {
  const round = (value: number): number => Math.round(1000 * value) / 1000;
  const { recordsPerSecond, measuredMs, cpuMicros, brokerMicros, otherCores, missing, doubled, ends } = drained;
  return {
    key: keyOf(point),
    ...version,
    recordsPerSecond: Math.round(recordsPerSecond),
    measuredMs: Math.round(measuredMs),
    cpuMicros: round(cpuMicros),
    brokerMicros: round(brokerMicros),
    otherCores: round(otherCores),
    missing,
    doubled,
    ends,
  };
}

/** Of all axes of which there is something to compare, those of earlier calls included. */
function keepGrowth(folder: string, axes: readonly Axis[], all: ReadonlyMap<string, Finished>): readonly MeasuredAxis[] {
  const measured = axes.map((axis) => measuredAxis(axis, all)).filter(({ steps }) => steps.some((step) => (step?.ratio ?? null) !== null));
  writeFileSync(path.join(folder, "growth.md"), growthTables(measured));
  writeFileSync(path.join(folder, "growth.svg"), growthPlot(measured));
  return measured;
}
