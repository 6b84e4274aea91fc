import path from "node:path";
import type { Drained } from "./drain.ts";
import { openLines } from "./kept-lines.ts";

/** A run as `runs.jsonl` keeps it: whoever measures for hours may be ended in between. */
export interface KeptRun {
  /** What was run: system, number of the run, records, kills. */
  readonly key: string;
  /** Digest of the sources that were measured. */
  readonly code: string;
  readonly drained: Drained;
}

export interface KeptRuns {
  readonly file: string;
  /** Of these sources, by key. */
  readonly runs: ReadonlyMap<string, Drained>;
  add(key: string, drained: Drained): void;
}

export function openRuns(folder: string, { code, again }: { readonly code: string; readonly again: boolean }): KeptRuns {
  const file = path.join(folder, "runs.jsonl");
  const kept = openLines(file, isKeptRun, again);
  const runs = new Map(kept.lines.filter((run) => run.code === code).map(({ key, drained }) => [key, drained]));
  return {
    file,
    runs,
    add: (key, drained) => {
      kept.add({ key, code, drained });
      runs.set(key, drained);
    },
  };
}

/** Only this program writes them: that they are whole is enough. */
function isKeptRun(value: unknown): value is KeptRun {
  return typeof value === "object" && value !== null && "key" in value && "code" in value && "drained" in value;
}
