import path from "node:path";
import { openLines } from "../kept-lines.ts";

/** What one point showed, as a line of `growth.jsonl` keeps it. */
export interface Finished {
  /** Of the point: workload and number of records. */
  readonly key: string;
  /** Digest of the sources that were measured. */
  readonly code: string;
  /** Of the measuring: figures of two versions are not compared. */
  readonly method: number;
  readonly recordsPerSecond: number;
  readonly measuredMs: number;
  readonly cpuMicros: number;
  readonly brokerMicros: number;
  readonly otherCores: number;
  readonly missing: number;
  readonly doubled: number;
  readonly ends: Readonly<Record<string, number>>;
}

/** Raise it when points are measured or counted in another way. */
export const METHOD_VERSION = 1;

export interface Version {
  readonly code: string;
  readonly method: number;
}

const NUMBERS = ["method", "recordsPerSecond", "measuredMs", "cpuMicros", "brokerMicros", "otherCores", "missing", "doubled"];

function isFinished(value: unknown): value is Finished {
  if (typeof value !== "object" || value === null) return false;
  const has = (name: string, type: string): boolean => typeof Reflect.get(value, name) === type;
  return has("key", "string") && has("code", "string") && has("ends", "object") && NUMBERS.every((name) => has(name, "number"));
}

/** Finished points in a folder, each written as soon as it is there. */
export interface FinishedFile {
  readonly file: string;
  readonly finished: ReadonlyMap<string, Finished>;
  add(finished: Finished): void;
}

export interface FinishedFileOptions extends Version {
  /** Forget what was measured before. */
  readonly again: boolean;
}

/** Points that need not be measured again. Those of another version do not count; of several the last does. */
export function openFinished(folder: string, { again, ...version }: FinishedFileOptions): FinishedFile {
  const file = path.join(folder, "growth.jsonl");
  const kept = openLines(file, isFinished, again);
  const same = kept.lines.filter(({ code, method }) => code === version.code && method === version.method);
  const finished = new Map(same.map((point) => [point.key, point]));
  return {
    file,
    finished,
    add: (point) => {
      kept.add(point);
      finished.set(point.key, point);
    },
  };
}
