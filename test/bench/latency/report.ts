import { cpus } from "node:os";
import { thousands } from "../report.ts";
import { doubtsOf, isHeld, LIMIT_MS, percent, TRIAL_SECONDS, type Line, type Measured, type Plan } from "./plan.ts";

export const METHOD = `Method
  records    as in the other bench: card transactions of about 290 bytes of JSON, 8 partitions, every hundredth one bad; their event_time is the intended time of
             sending, in microseconds
  open loop  a Poisson schedule made beforehand from a seed; a process of its own sends what is due every 2 ms, acks=all, outside of transactions and whatever becomes
             of it; late is what left over 1 ms after its moment, and a run where more than 0.1 % did is void
  latency    from the intended time of sending (the 2 ms are part of it) until a reader of all ends, read_committed, a process of its own, has the record; both by
             the machine's monotonic clock; buckets of 1 %
  start      the system is started, probes go through it until all have come out, then the schedule begins; the first 10 seconds of it (5 of a trial) are dropped
  setting    milliseconds from one commit to the next (Weir: delivery.commit.every; Kafka Streams: commit.interval.ms; the loop: age of a transaction, 0 commits
             every poll; Flink: checkpoints): each is tried for ${TRIAL_SECONDS} seconds, then the one with the lowest p99 is measured
  exact      afterwards all ends are read and every id is looked for, at the branch where it has to be, one prediction in 997 compared; else there is no figure
  cores      processors used in the measured part, from /proc/PID/stat; others: everything that is neither system, broker, generator nor reader
  priority   generator and reader come before all others where the system allows it
`;

const HEAD = [
  "system",
  "commit ms",
  "offered/s",
  "reached/s",
  "p50 ms",
  "p90 ms",
  "p99 ms",
  "p99.9 ms",
  "max ms",
  "cores: system + broker",
  "others",
  "late p99 ms (over 1 ms)",
  "missing, doubled",
];

function cellsOf({ system, commitMs, rate, measured }: Line): string[] {
  const head = [system, commitMs === null ? "its own" : String(commitMs), thousands(rate)];
  if (measured === null) return [...head, ...HEAD.slice(head.length).map(() => "")];
  const m = measured;
  return [
    ...head,
    thousands(Math.round(m.reachedPerSecond)),
    ...[m.p50, m.p90, m.p99, m.p999, m.max].map(milliseconds),
    `${m.systemCores.toFixed(2)} + ${m.brokerCores.toFixed(2)}`,
    m.otherCores.toFixed(2),
    `${m.lateMsP99.toFixed(2)} (${percent(m.lateShare)})`,
    `${m.missing}, ${m.doubled}`,
  ];
}

/** One line for people, while it goes on. */
export function lineText(line: Line): string {
  const { system, rate, commitMs, isTrial, measured } = line;
  const what = `${system}, ${thousands(rate)}/s, ${commitMs === null ? "its own setting" : `commits of ${commitMs} ms`}${isTrial ? ", trial" : ""}`;
  const doubts = doubtsOf(line).map((doubt) => `\n    ${doubt}`);
  return `${what}${measured === null ? "" : `: ${figures(measured)}`}${doubts.join("")}`;
}

function figures(m: Measured): string {
  return [
    `p50 ${milliseconds(m.p50)}, p90 ${milliseconds(m.p90)}, p99 ${milliseconds(m.p99)}, p99.9 ${milliseconds(m.p999)}, max ${milliseconds(m.max)} ms`,
    `reached ${thousands(Math.round(m.reachedPerSecond))}/s`,
    `cores ${m.systemCores.toFixed(2)} + ${m.brokerCores.toFixed(2)} (generator ${m.generatorCores.toFixed(2)}, reader ${m.readerCores.toFixed(2)}, others ${m.otherCores.toFixed(2)})`,
    `late p99 ${m.lateMsP99.toFixed(2)} ms, ${percent(m.lateShare)} over 1 ms`,
    `missing ${m.missing}, doubled ${m.doubled}`,
  ].join("; ");
}

export function markdownOf(lines: readonly Line[], { systems }: Pick<Plan, "systems">): string {
  const order = (a: Line, b: Line): number =>
    a.rate - b.rate ||
    (a.measured?.p99 ?? Infinity) - (b.measured?.p99 ?? Infinity) ||
    systems.indexOf(a.system) - systems.indexOf(b.system);
  const finals = lines.filter((line) => !line.isTrial).toSorted(order);
  const trials = lines.filter((line) => line.isTrial).toSorted(order);
  return [
    `${cpus().length} processors, ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}.`,
    "",
    ...tableOf(finals),
    ...doubtLines(finals),
    "",
    ...highestRates(finals),
    ...(trials.length === 0 ? [] : [`Settings tried, ${TRIAL_SECONDS} seconds each:`, "", ...tableOf(trials), ...doubtLines(trials), ""]),
    "```",
    METHOD.trimEnd(),
    "```",
    "",
  ].join("\n");
}

function tableOf(lines: readonly Line[]): string[] {
  const row = (cells: readonly string[]): string => `| ${cells.join(" | ")} |`;
  return [row(HEAD), `|${"---|".repeat(HEAD.length)}`, ...lines.map((line) => row(cellsOf(line)))];
}

function doubtLines(lines: readonly Line[]): string[] {
  const told = lines.flatMap((line) =>
    doubtsOf(line).map((doubt) => `- ${line.system} at ${thousands(line.rate)}/s, commit ${line.commitMs ?? "its own"}: ${doubt}`),
  );
  return told.length === 0 ? [] : ["", ...told];
}

/** By system, the highest rate that it held; nothing where there is one rate only. */
function highestRates(finals: readonly Line[]): string[] {
  if (new Set(finals.map((line) => line.rate)).size < 2) return [];
  const systems = [...new Set(finals.map((line) => line.system))];
  const told = systems.map((system) => {
    const held = finals.filter((line) => line.system === system && isHeld(line)).map((line) => line.rate);
    return `| ${system} | ${held.length === 0 ? "none" : thousands(Math.max(...held))} |`;
  });
  return [`| system | highest rate measured with p99 ≤ ${LIMIT_MS} ms |`, "|---|---|", ...told, ""];
}

function milliseconds(ms: number): string {
  return ms < 100 ? ms.toFixed(1) : thousands(Math.round(ms));
}
