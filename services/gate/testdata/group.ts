import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { batchOf, partitionOf, type Header, type Lane } from "@weir/record";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Decided, Stage, StateNote } from "@weir/stream";
import { createStage } from "../src/stage.ts";
import { emptySeen, see, type Seen } from "./harness.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const encoder = new TextEncoder();
const CONTRACT = compileContract(
  { type: "object", properties: { t: { type: "integer" }, x: { type: ["number", "null"] } }, required: ["t"] },
  { sha256 },
);
export const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "x", kind: "required", field: "/x" },
  { id: "few", kind: "volume", min: 3, action: "tag" },
];
export const WINDOW = { kind: "time", scope: "global", every: 30, lateness: 0, late: "quarantine", hold: true } as const;

export interface Item {
  readonly id: number;
  readonly t: number;
  readonly x: number | null;
  readonly headers?: readonly Header[];
}

/** Processes that share the partitions of one topic, the committed log and the state topic; everything in between is theirs to lose. */
export function group(options: {
  readonly partitions: number;
  readonly items: readonly Item[];
  readonly processes: number;
  readonly window?: WindowSpec;
  readonly rules?: (process: number) => readonly RuleSpec[];
}) {
  const { partitions, items, processes, window = WINDOW, rules = () => RULES } = options;
  const build = (process: number): Stage =>
    createStage({
      pipeline: "p",
      stage: "gate",
      owner: "group:a",
      spec: "00",
      contract: CONTRACT,
      rules: rules(process),
      window,
      time: { pointer: "/t", unit: "ms" },
      sha256,
      stops: true,
    });
  const lanes = Array.from({ length: partitions }, (_, partition): Lane => ({ topic: "in", partition }));
  const log = lanes.map(() => [] as { offset: number; value: Uint8Array; headers: readonly Header[] }[]);
  for (const item of items) {
    const of = log[partitionOf(encoder.encode(`k${item.id % 7}`), partitions)]!; // below the number of partitions
    const { id, t, x, headers = [] } = item;
    of.push({ offset: of.length, value: encoder.encode(JSON.stringify({ id, t, x })), headers });
  }
  const notes: StateNote[] = [];
  const states = lanes.map(() => new Map<string, string>());
  const committed = lanes.map(() => 0);
  const seen = lanes.map(() => emptySeen());
  const running = Array.from({ length: processes }, (_, process) => ({
    stage: build(process),
    lanes: new Map<number, number>(),
    pending: lanes.map(() => emptySeen()),
    heard: 0,
  }));
  type Running = (typeof running)[number];
  const take = (process: Running, partition: number): void => {
    process.stage.assign(lanes[partition]!, committed[partition]!, new Map(states[partition])); // below the number of partitions, here and below
    process.lanes.set(partition, committed[partition]!);
  };
  lanes.forEach((_, partition) => take(running[partition % processes]!, partition));
  const add = (process: Running, decided: readonly Decided[]): void => {
    for (const d of decided) see(process.pending[d.batch.partition]!, process.stage, [d]);
  };
  const commit = (process: Running): void => {
    for (const { lane, key, value } of process.stage.snapshot()) {
      if (value === null) states[lane.partition]!.delete(key);
      else states[lane.partition]!.set(key, value);
      notes.push({ partition: lane.partition, key, value });
    }
    for (const [partition, next] of process.lanes) committed[partition] = process.stage.position(lanes[partition]!) ?? next;
    process.pending.forEach((pending, partition) => {
      for (const [port, lines] of Object.entries(pending.ports)) seen[partition]!.ports[port]!.push(...lines);
      seen[partition]!.verdicts.push(...pending.verdicts);
    });
    process.pending = lanes.map(() => emptySeen());
  };
  const api = {
    seen,
    running,
    read: (process: Running, partition: number, count: number): void => {
      const next = process.lanes.get(partition);
      if (next === undefined) return;
      const records = log[partition]!.slice(next, next + count);
      if (records.length === 0) return;
      process.lanes.set(partition, next + records.length);
      const decided = process.stage.process([batchOf(lanes[partition]!, records)]);
      if (decided instanceof Promise) throw new Error("a gate decides at once");
      add(process, decided);
    },
    hear: (process: Running, count = Infinity): void => {
      const until = Math.min(notes.length, process.heard + count);
      add(process, process.stage.hear!(notes.slice(process.heard, until), partitions));
      process.heard = until;
    },
    commit,
    crash: (index: number): void => {
      const old = running[index]!;
      // A fresh process listens before it decides anything.
      const fresh = { stage: build(index), lanes: new Map<number, number>(), pending: lanes.map(() => emptySeen()), heard: 0 };
      running[index] = fresh;
      for (const partition of old.lanes.keys()) take(fresh, partition);
      api.hear(fresh);
    },
    move: (from: number, partition: number): void => {
      const [old, other] = [running[from]!, running[(from + 1) % processes]!];
      if (!old.lanes.has(partition) || old === other) return;
      commit(old);
      old.stage.revoke(lanes[partition]!);
      old.lanes.delete(partition);
      take(other, partition);
    },
    silence: (process: Running, partition: number): void => {
      if (process.lanes.has(partition)) process.stage.close!({ lane: lanes[partition]!, offset: 0, watermark: Number.MAX_SAFE_INTEGER });
    },
    end: (process: Running, partition: number): void => add(process, process.stage.endOfInput!(lanes[partition]!)),
    /** What is left of a transaction is read on its own: the marker of its end, no record. */
    marker: (process: Running, partition: number): void => void process.stage.process([batchOf(lanes[partition]!, [])]),
    /** Reads everything, ends the input of every partition and waits until nothing is held. */
    finish: (ends = true): void => {
      for (let round = 0; round < 12; round++) {
        for (const process of running) {
          for (const partition of process.lanes.keys()) api.read(process, partition, 1000);
          if (ends && round === 0) for (const partition of process.lanes.keys()) api.end(process, partition);
          api.hear(process);
          commit(process);
        }
      }
    },
    /** Lets everybody hear everybody. */
    settle: (): void => {
      for (let round = 0; round < 6; round++) {
        for (const process of running) {
          commit(process);
          api.hear(process);
        }
      }
    },
    held: () => running.reduce((n, p) => n + p.stage.held!(), 0),
    states,
  };
  return api;
}

/** What does not depend on partitions: every record's fate, every window's verdict. */
export function facts(seen: readonly Seen[], ids: (partition: number, offset: number) => number): unknown {
  const fates = seen.flatMap(({ ports }, partition) =>
    Object.entries(ports).flatMap(([port, lines]) =>
      lines.map((line) => [ids(partition, Number(line.split(" ")[0])), port, line.slice(line.indexOf(" "))]),
    ),
  );
  const verdicts = seen.flatMap((s) => s.verdicts).map((line) => ({ ...JSON.parse(line.slice(line.indexOf(" ") + 1)), partitions: null }));
  return { fates: fates.sort((a, b) => Number(a[0]) - Number(b[0])), verdicts };
}

export type Step = {
  readonly process: number;
  readonly partition: number;
  readonly count: number;
  readonly act: "read" | "hear" | "commit" | "crash" | "move";
};
export function idsIn(list: readonly Item[], partitions: number): (partition: number, offset: number) => number {
  const byPartition: number[][] = Array.from({ length: partitions }, () => []);
  for (const { id } of list) byPartition[partitionOf(encoder.encode(`k${id % 7}`), partitions)]!.push(id); // below the number of partitions
  return (partition, offset) => byPartition[partition]![offset]!; // an offset of the log
}

/** Reads, hears, commits, crashes and hands over as the steps say, then to the end. */
export function shake(api: ReturnType<typeof group>, partitions: number, processes: number, steps: readonly Step[]): void {
  for (const { process, partition, count, act } of steps) {
    const index = process % processes;
    const running = api.running[index]!; // below the number of processes
    if (act === "read") api.read(running, partition % partitions, count);
    else if (act === "hear") api.hear(running, count);
    else if (act === "commit") api.commit(running);
    else if (act === "crash") api.crash(index);
    else api.move(index, partition % partitions);
  }
  api.finish();
  if (api.held() > 0) throw new Error(`${api.held()} records are held for ever`);
}

