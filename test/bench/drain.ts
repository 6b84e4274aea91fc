import path from "node:path";
import { laneKey } from "@weir/record";
import { systemClock } from "@weir/service";
import type { Log } from "@weir/stream";
import { startFleet, type Fleet } from "../e2e/fleet.ts";
import { lanesOf } from "../e2e/read-committed.ts";
import { countOutput, type Counted } from "./count.ts";
import type { System } from "./options.ts";
import { followProcessorTime, type ProcessorTime } from "./processor-time.ts";
import type { Reference } from "./reference.ts";
import { touchMemory } from "./touch-memory.ts";
import { prepare, type Setup, type SetupOptions } from "./systems.ts";

/** What one run of one system showed. Microseconds are processor time per record. */
export interface Drained {
  readonly system: System;
  readonly records: number;
  readonly recordsPerSecond: number;
  /** How long the measured part took. */
  readonly measuredMs: number;
  readonly processes: readonly { readonly name: string; readonly micros: number }[];
  /** All processes of the system. */
  readonly cpuMicros: number;
  readonly brokerMicros: number;
  /** Processors taken by everything else. */
  readonly otherCores: number;
  readonly missing: number;
  readonly doubled: number;
  /** How often a process was killed. */
  readonly kills: number;
  /** Records at each end, by what the topic's name ends with. */
  readonly ends: Readonly<Record<string, number>>;
}

export interface DrainOptions extends SetupOptions {
  readonly system: System;
  readonly records: number;
  readonly brokerPids: readonly number[];
  readonly reference: Reference;
  /** `kill -9` of one of the processes that carry records, in turn, so often; null: none. */
  readonly killEveryMs: number | null;
  /** Told of the topics that are of no use any more. */
  readonly discard?: (topics: readonly string[]) => Promise<void>;
  /** Ends the run before its time: the processes are killed, and there is no figure. */
  readonly signal?: AbortSignal;
}

/** The beginning: processes start, share the partitions and are compiled. */
const DROPPED_SHARE = 0.25;
const LOOK_MS = 500;
/** Nothing has come for so long after all records are there: it is over. */
const QUIET_MS = 3000;
/** Nothing has come for so long although records are missing. */
const STUCK_MS = 30_000;

/** Starts a system before a full topic, waits until it has emptied it, and reads what it wrote. */
export async function drain(log: Log, options: DrainOptions): Promise<Drained> {
  const { system, records, brokerPids, address, folder, reference, killEveryMs, signal } = options;
  const setup = await prepare(system, log, options);
  touchMemory(path.join(folder, "holes"));
  const startedAt = systemClock.now();
  const fleet = startFleet({ pipeline: setup.pipeline, address, processes: setup.processes, logs: folder, isBuilt: true });
  const pids = setup.processes.map(() => new Set<number>());
  const time = followProcessorTime(() => {
    fleet.pids().forEach((pid, i) => pids[i]!.add(pid)); // parallel
    return [...fleet.pids(), ...brokerPids];
  });
  const killer = createKiller(fleet, setup, killEveryMs);
  const onLook = async (): Promise<void> => {
    signal?.throwIfAborted();
    await killer.look();
  };
  try {
    await untilQuiet(log, fleet, setup, { records, onLook });
  } catch (error) {
    await fleet.kill();
    throw error;
  } finally {
    time.stop();
  }
  await fleet.stop();
  const counted = await countOutput(log, { hops: setup.hops, records, startedAt, reference: system === "weir-pass" ? null : reference });
  await options.discard?.(setup.hops.flat());
  return { system, records, kills: killer.kills(), ...figuresOf({ setup, time, pids, brokerPids, records, counted }) };
}

/** Kills the processes that carry records, one after the other. */
function createKiller(fleet: Fleet, { processes }: Setup, everyMs: number | null): { look(): Promise<void>; kills(): number } {
  const victims = processes.flatMap(({ hop }, i) => (hop === null ? [] : [i]));
  let killedAt = systemClock.monotonic();
  let kills = 0;
  return {
    kills: () => kills,
    look: async () => {
      if (everyMs === null || systemClock.monotonic() - killedAt < everyMs) return;
      killedAt = systemClock.monotonic();
      await fleet.killAndRestart(victims[kills++ % victims.length]!); // a system carries records
    },
  };
}

interface Looking {
  readonly records: number;
  readonly onLook: () => Promise<void>;
}

async function untilQuiet(log: Log, fleet: Fleet, { hops }: Setup, { records, onLook }: Looking): Promise<void> {
  const lanes = await lanesOf(log, hops.at(-1) ?? []);
  let written = -1;
  for (let movedAt = systemClock.monotonic(); ;) {
    await systemClock.sleep(LOOK_MS);
    fleet.assertAlive();
    const bounds = await log.bounds(lanes);
    const now = lanes.reduce((sum, lane) => sum + (bounds.get(laneKey(lane))?.latest ?? 0), 0); // markers count too
    const silence = systemClock.monotonic() - movedAt;
    if (now === written && silence > (now >= records ? QUIET_MS : STUCK_MS)) return;
    if (now !== written) movedAt = systemClock.monotonic();
    written = now;
    if (now < records) await onLook();
  }
}

interface Seen {
  readonly setup: Setup;
  readonly time: ProcessorTime;
  /** Of every process, those that took its place included. */
  readonly pids: readonly ReadonlySet<number>[];
  readonly brokerPids: readonly number[];
  readonly records: number;
  readonly counted: Counted;
}

type Figures = Omit<Drained, "system" | "records" | "kills">;

/**
 * The rate is that of the ends. In separate services the first is ahead of the last: processor time is taken from when a
 * quarter of the *first* hop was written, and every process is divided by what its own hop moved since, the broker and
 * processes without a hop by the mean over all hops.
 */
function figuresOf({ setup, time, pids, brokerPids, records, counted }: Seen): Figures {
  const ends = counted.hops.at(-1)!; // a system writes somewhere
  const first = counted.hops[0]!; // as above
  const to = ends.momentOf(1);
  const rateFrom = ends.momentOf(DROPPED_SHARE);
  const from = Math.min(first.momentOf(DROPPED_SHARE), rateFrom);
  const shares = counted.hops.map((hop) => hop.between(from, to) / Math.max(1, hop.total));
  const meanShare = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  const sumOf = (list: Iterable<number>): number => [...list].reduce((sum, pid) => sum + time.usedBy(pid, from, to), 0);
  const perRecord = (micros: number, share: number): number => micros / (share * records);
  const processes = setup.processes.map(({ slot, hop }, i) => ({
    name: slot,
    micros: perRecord(sumOf(pids[i]!), hop === null ? meanShare : shares[hop]!), // pids a process, a share a hop
  }));
  return {
    recordsPerSecond: (1000 * ends.between(rateFrom, to)) / (to - rateFrom),
    measuredMs: to - rateFrom,
    processes,
    cpuMicros: processes.reduce((sum, p) => sum + p.micros, 0),
    brokerMicros: perRecord(sumOf(brokerPids), meanShare),
    otherCores: (time.busy(from, to) - sumOf([...pids.flatMap((own) => [...own]), ...brokerPids])) / (1000 * (to - from)),
    missing: counted.missing,
    doubled: counted.doubled,
    ends: Object.fromEntries([...counted.byTopic].map(([topic, count]) => [path.extname(topic).slice(1), count])),
  };
}
