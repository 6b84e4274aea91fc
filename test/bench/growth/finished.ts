import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

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

/** Points that need not be measured again, by key. Lines of another version, and one that a kill cut off, do not count; of several the last does. */
export function finishedIn(text: string, version: Version): Map<string, Finished> {
  const lines = text.split("\n").flatMap((line) => parseLine(line) ?? []);
  const same = lines.filter(({ code, method }) => code === version.code && method === version.method);
  return new Map(same.map((finished) => [finished.key, finished]));
}

function parseLine(line: string): Finished | null {
  try {
    const value: unknown = JSON.parse(line);
    return isFinished(value) ? value : null;
  } catch {
    return null;
  }
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

export function openFinished(folder: string, { again, ...version }: FinishedFileOptions): FinishedFile {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "growth.jsonl");
  if (again) rmSync(file, { force: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text !== "" && !text.endsWith("\n")) appendFileSync(file, "\n"); // a kill cut its last line off
  const finished = finishedIn(text, version);
  return {
    file,
    finished,
    add: (point) => {
      appendFileSync(file, `${JSON.stringify(point)}\n`);
      finished.set(point.key, point);
    },
  };
}
