import { mkdirSync, writeFileSync } from "node:fs";
import { cpus } from "node:os";
import path from "node:path";
import type { Drained } from "./drain.ts";
import type { System } from "./options.ts";
import { jsonLine, median, methodOf, thousands } from "./report.ts";
import type { NamedWorkload } from "./workloads/named-workload.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

/** What a system promises about its output when it is killed, as it is set up here. */
const GUARANTEES: Partial<Record<System, string>> = {
  "weir-at-least-once": "at-least-once",
  "streams-crayfish": "at-least-once",
  bytewax: "at-least-once",
  "kafkajs-each": "at-least-once",
  "kafkajs-services": "at-least-once",
};

interface Row {
  readonly system: System;
  readonly perSecond: readonly number[];
  readonly own: number;
  readonly broker: number;
  readonly sum: number;
}

/** Writes `results.jsonl`, `results.md` and `results.svg` into the folder, those of W5 as `results-w5.…`. */
export function keepResults(folder: string, results: readonly (readonly Drained[])[], workload: NamedWorkload): void {
  mkdirSync(folder, { recursive: true });
  const rows = results.map(rowOf).toSorted((a, b) => a.sum - b.sum);
  const file = path.join(folder, workload === WORKLOADS[0] ? "results" : `results-${workload.name.toLowerCase()}`);
  writeFileSync(`${file}.jsonl`, results.map((runs) => `${jsonLine(runs, workload)}\n`).join(""));
  writeFileSync(`${file}.md`, markdown(rows, results[0]?.length ?? 0, workload));
  writeFileSync(`${file}.svg`, plot(rows));
}

function rowOf(runs: readonly Drained[]): Row {
  const of = (value: (run: Drained) => number): number => median(runs.map(value));
  return {
    system: runs[0]!.system, // a system that was run
    perSecond: runs.map((r) => r.recordsPerSecond).toSorted((a, b) => a - b),
    own: of((r) => r.cpuMicros),
    broker: of((r) => r.brokerMicros),
    sum: of((r) => r.cpuMicros + r.brokerMicros),
  };
}

function markdown(rows: readonly Row[], runs: number, workload: NamedWorkload): string {
  const fused = rows.find((row) => row.system === "weir-fused");
  const lines = rows.map((row) => {
    const [least = 0, most = 0] = [row.perSecond[0], row.perSecond.at(-1)];
    const rate = `${thousands(Math.round(median(row.perSecond)))} (${thousands(Math.round(least))}–${thousands(Math.round(most))})`;
    const ratio = fused ? (row.sum / fused.sum).toFixed(2) : "";
    const guarantee = GUARANTEES[row.system] ?? "exactly-once";
    return `| ${row.system} | ${guarantee} | ${rate} | ${row.own.toFixed(2)} + ${row.broker.toFixed(2)} | ${row.sum.toFixed(2)} | ${ratio} |`;
  });
  return [
    `Median and range of ${runs} run${runs === 1 ? "" : "s"}; ${cpus().length} processors, ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}.`,
    "",
    "| system | guarantee | records/s | CPU µs per record, system + broker | sum | ÷ weir-fused |",
    "|---|---|---|---|---|---|",
    ...lines,
    "",
    "Every record was looked for at the branch that it has to end at, and one prediction in 997 compared to 1e-5, before a figure was taken.",
    "",
    "```",
    methodOf(workload).trimEnd(),
    "```",
    "",
  ].join("\n");
}

const WIDTH = 760;
const LABEL = 130;
const BAR = 22;
const GAP = 8;
const RIGHT = 90;

/** Processor time per record as bars on a logarithmic scale: system dark, broker light. */
function plot(rows: readonly Row[]): string {
  const most = Math.max(...rows.map((row) => row.sum));
  const x = (micros: number): number => ((WIDTH - LABEL - RIGHT) * Math.log10(1 + micros)) / Math.log10(1 + most);
  const height = rows.length * (BAR + GAP) + 40;
  const bars = rows.map((row, i) => {
    const y = 30 + i * (BAR + GAP);
    return [
      `<text x="${LABEL - 8}" y="${y + 15}" text-anchor="end">${row.system}</text>`,
      `<rect x="${LABEL}" y="${y}" width="${x(row.sum).toFixed(1)}" height="${BAR}" fill="#9ec5e8"/>`,
      `<rect x="${LABEL}" y="${y}" width="${x(row.own).toFixed(1)}" height="${BAR}" fill="${row.system.startsWith("weir") ? "#0b5394" : "#5b7a99"}"/>`,
      `<text x="${(LABEL + x(row.sum) + 6).toFixed(1)}" y="${y + 15}">${row.sum.toFixed(1)} µs</text>`,
    ].join("");
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" font-family="sans-serif" font-size="13">`,
    `<rect width="100%" height="100%" fill="#fff"/>`,
    `<text x="${LABEL}" y="18">CPU µs per record, dark: system, light: broker; logarithmic</text>`,
    ...bars,
    "</svg>",
    "",
  ].join("\n");
}
