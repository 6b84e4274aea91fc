import { cpus } from "node:os";
import type { Drained } from "./drain.ts";
import type { NamedWorkload } from "./workloads/named-workload.ts";
import { WORKLOADS } from "./workloads/workloads.ts";

/** More than this taken by others makes the rate of a run worthless. */
const VOID_OTHER_CORES = 0.2;

/** How the figures of a workload come to be. */
export function methodOf({ method }: NamedWorkload): string {
  return `Method
  records   ${method.records}
  work      ${method.work.join("\n            ")}
${SAME_FOR_ALL}`;
}

const SAME_FOR_ALL = `  order     read_committed, transactions of at most 100 ms or 8 MiB: exactly-once
  systems   ours as the image runs them: built, the same flags of Node
            weir-pass      one process that carries records over and does nothing with them, no headers added: what runner and Kafka alone cost
            weir-fused     one process, gate + inference + router in it
            weir-minimal   the same with headers: minimal, of what Weir adds only the id
            weir-stored    as weir-fused with delivery: {compression: lz4-stored}: what it writes is in frames of LZ4 that compress nothing
            weir-at-least-once  as weir-fused with delivery: {guarantee: at-least-once}: written outside of transactions, offsets committed as often; nothing is killed here
            weir-services  five processes: ingest and monitor (both beside the way here: a producer filled the entry topic), gate, inference, router
            weir-services-stored  the same with delivery: {compression: lz4-stored}
            others         one process each where nothing else is said, the sources in test/bench/peers; two threads or subtasks for Kafka Streams and Flink, one for the rest
              streams-plain  Kafka Streams 4.3.1 as most people write it: a tree of JSON and one run of the model a record
              streams-tuned  bytes, a streaming parser, records gathered until the commit and scored in one run
              flink-plain    Flink 2.2 as most people write it, checkpoints every second
              flink-tuned    an operator that gathers records until the checkpoint and scores them in one run
              java-hand      a loop of consumer and producer with a scan of JSON written for this record, one run a poll, transactions of 100 ms
              bytewax        batches of 2,000 and one run a batch, at-least-once
              quix           Quix Streams, a function a record
              kafkajs-each   eachMessage, one run of the model and one send a record, at-least-once
              kafkajs-services  the same as three processes with topics between: gate, inference, router. Of five services these carry records; ingest
                             and monitor would be beside the way here as ours are, so there is nothing for them to do and they are not started
  broker    Kafka 4.3.1 in a process of its own on this machine, one node, 2 GiB heap, warmed up by six runs that are thrown away, five of them with
            transactions of a few milliseconds; before every run all free memory is brought into use, so that none pays for getting pages
            for the first time
  drain     the entry topic is filled beforehand, then the processes are started; the first 25 % are dropped
            records/s from the times at which the output was appended; CPU µs per record from /proc/PID/stat of every process and of the broker, without the
            first 25 % of the first hop: each process by the records that its own hop moved, the broker and those without a hop by the mean of the hops
            other cores: processors taken by everything else on the machine, this command and the hypervisor included; above ${VOID_OTHER_CORES} the rate is void
  kills     with --kill-every: kill -9 of the processes that carry records, in turn, each started again at once; the time of both counts
  exact     afterwards all ends are read, read_committed, and every id is looked for: missing and doubled; each at the branch where it has to be,
            and one prediction in 997 compared with the model's to 1e-5, else there is no figure
`;

/** One line of JSON: medians where there are several runs. */
export function jsonLine(runs: readonly Drained[], { name }: NamedWorkload): string {
  const { system, records } = runs[0]!; // a system that was run
  return JSON.stringify({
    ...(name !== WORKLOADS[0].name && { workload: name }),
    system,
    records,
    recordsPerSecond: Math.round(median(runs.map((r) => r.recordsPerSecond))),
    cpuMicros: round(median(runs.map((r) => r.cpuMicros))),
    brokerMicros: round(median(runs.map((r) => r.brokerMicros))),
    otherCores: round(median(runs.map((r) => r.otherCores))),
    missing: Math.max(...runs.map((r) => r.missing)),
    doubled: Math.max(...runs.map((r) => r.doubled)),
    ...(runs.some((r) => r.kills > 0) && { kills: runs.reduce((sum, r) => sum + r.kills, 0) }),
  });
}

/** The table for people. */
export function table(results: readonly (readonly Drained[])[]): string {
  const nameWidth = Math.max(WIDTHS[0]!, ...results.map(([run]) => run!.system.length)); // there is a width, and a system that was run
  const lines = [
    row(nameWidth, ["system", "records", "records/s", "system µs", "broker µs", "sum µs", "other cores", "missing", "doubled"]),
  ];
  for (const runs of results) {
    const { system, records } = runs[0]!; // a system that was run
    const of = (value: (run: Drained) => number, digits: number): string => range(runs.map(value), digits);
    lines.push(
      row(nameWidth, [
        system,
        thousands(records),
        of((r) => r.recordsPerSecond, 0),
        of((r) => r.cpuMicros, 2),
        of((r) => r.brokerMicros, 2),
        of((r) => r.cpuMicros + r.brokerMicros, 2),
        of((r) => r.otherCores, 2),
        of((r) => r.missing, 0),
        of((r) => r.doubled, 0),
      ]),
    );
    for (const [i, run] of runs.entries()) lines.push(details(run, runs.length > 1 ? `run ${i + 1}: ` : ""));
  }
  return `${lines.join("\n")}\n${cpus().length} processors, ${cpus()[0]?.model ?? "unknown"}, Node ${process.versions.node}\n`;
}

function details(run: Drained, before: string): string {
  const processes = run.processes.map((p) => `${p.name} ${p.micros.toFixed(2)}`).join(", ");
  const ends = Object.entries(run.ends)
    .map(([name, count]) => `${name} ${thousands(count)}`)
    .join(", ");
  const isVoid = run.otherCores > VOID_OTHER_CORES ? "\n      void for records/s: the machine was not quiet" : "";
  const kills = run.kills === 0 ? "" : `, ${run.kills} processes killed`;
  return `    ${before}µs of ${processes}; ${(run.measuredMs / 1000).toFixed(1)} s measured${kills}\n      ends: ${ends}${isVoid}`;
}

const WIDTHS = [14, 11, 20, 14, 14, 14, 12, 8, 8];

function row(nameWidth: number, cells: readonly string[]): string {
  return cells.map((cell, i) => (i === 0 ? cell.padEnd(nameWidth) : cell.padStart(WIDTHS[i] ?? 0))).join(" ");
}

/** Median, and lowest and highest where they differ. */
function range(values: readonly number[], digits: number): string {
  const text = (value: number): string => (digits === 0 ? thousands(Math.round(value)) : value.toFixed(digits));
  const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map(text);
  return low === high ? `${middle}` : `${middle} (${low}–${high})`;
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const middle = Math.floor(sorted.length / 2);
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2; // there is one
}

export function thousands(value: number): string {
  return value.toLocaleString("en");
}

function round(value: number): number {
  return Math.round(100 * value) / 100;
}
