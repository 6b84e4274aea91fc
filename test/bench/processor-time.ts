import { existsSync, readFileSync } from "node:fs";
import { systemClock } from "@weir/service";

/** Units of /proc: a hundred a second on every Linux that Node runs on. */
const TICK_MICROS = 10_000;
const EVERY_MS = 50;

/** Processor time used up to one moment. */
interface Sample {
  /** Milliseconds since 1970. */
  readonly at: number;
  /** Microseconds by process. */
  readonly used: ReadonlyMap<number, number>;
  /** Microseconds of all processors that were not idle; what a hypervisor gave to others counts. */
  readonly busy: number;
}

export interface ProcessorTime {
  stop(): void;
  /** Microseconds that a process used between two moments, milliseconds since 1970. */
  usedBy(pid: number, from: number, to: number): number;
  /** Microseconds of all processors together. */
  busy(from: number, to: number): number;
}

/** Follows processes in /proc from now on, whichever there are at the moment; of one that has ended what it had used stays. */
export function followProcessorTime(pids: () => readonly number[]): ProcessorTime {
  const samples: Sample[] = [];
  const take = (): void => {
    const used = new Map(samples.at(-1)?.used);
    for (const pid of pids()) used.set(pid, Math.max(used.get(pid) ?? 0, usedBy(pid)));
    samples.push({ at: systemClock.now(), used, busy: busyMicros() });
  };
  take();
  const timer = setInterval(take, EVERY_MS);
  const between = (value: (sample: Sample) => number, from: number, to: number): number =>
    valueAt(samples, value, to) - valueAt(samples, value, from);
  return {
    stop: () => {
      clearInterval(timer);
      take();
    },
    usedBy: (pid, from, to) => between((s) => s.used.get(pid) ?? 0, from, to),
    busy: (from, to) => between((s) => s.busy, from, to),
  };
}

/** Straight line between the two samples around the moment. */
function valueAt(samples: readonly Sample[], value: (sample: Sample) => number, at: number): number {
  const after = samples.findIndex((s) => s.at >= at);
  const [a, b] = [samples[after - 1], samples[after]];
  if (!b) return value(samples.at(-1)!); // there is a sample from the beginning on
  if (!a) return value(b);
  return value(a) + ((value(b) - value(a)) * (at - a.at)) / Math.max(1, b.at - a.at);
}

/** 0 for a process that has ended: whoever watches over it says so. */
function usedBy(pid: number): number {
  const file = `/proc/${pid}/stat`;
  if (!existsSync(file)) return 0;
  const stat = readFileSync(file, "utf8");
  const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" "); // behind the name, which may hold blanks: state is the third field
  return (Number(fields[11]) + Number(fields[12])) * TICK_MICROS;
}

function busyMicros(): number {
  const [, user = 0, nice = 0, system = 0, , , irq = 0, softirq = 0, steal = 0] = (readFileSync("/proc/stat", "utf8").split("\n")[0] ?? "")
    .split(/\s+/)
    .map(Number);
  return (user + nice + system + irq + softirq + steal) * TICK_MICROS;
}
