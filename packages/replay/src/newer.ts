import type { Letter, NewerPolicy, ReplayPlan } from "@weir/deadletter";
import type { Topology } from "@weir/pipeline";
import { laneKey } from "@weir/record";
import type { Log } from "@weir/stream";
import { lanesOf, wholeOf } from "./lanes.ts";
import { plannedLetters } from "./planned.ts";
import { readStretches } from "./read-stretch.ts";

/** Which version of a key has reached an end of the pipeline. */
export interface Newer {
  /** Looks at what came since. */
  refresh(): Promise<void>;
  /** What has passed that is newer than the record, as text; null where nothing is. */
  than(letter: Letter): string | null;
}

const decoder = new TextDecoder();

type Version = number | string;

/** Follows the ends of the pipeline, only for keys of the plan. */
export async function watchNewer(log: Log, topology: Topology, plan: ReplayPlan, { version }: NewerPolicy): Promise<Newer> {
  const keys = new Set<string>();
  for await (const { record } of plannedLetters(log, plan)) if (record.key !== null) keys.add(decoder.decode(record.key));
  const newest = new Map<string, Version>();
  const ends = topology.stages.flatMap((s) => [...s.outputs].filter(([port]) => !s.next.has(port) && port !== "quarantine").map(([, t]) => t)); // prettier-ignore
  const lanes = (await Promise.all([...new Set(ends)].map((topic) => lanesOf(log, topic)))).flat();
  const next = new Map<string, number>();
  return {
    refresh: async () => {
      const stretches = (await wholeOf(log, lanes)).map((s) => ({ ...s, offset: Math.max(s.offset, next.get(laneKey(s)) ?? 0) }));
      for await (const { record } of readStretches(log, stretches)) {
        const key = record.key === null ? null : decoder.decode(record.key);
        const found = key === null || !keys.has(key) ? null : versionOf(record.value, version);
        if (key !== null && found !== null && isNewer(found, newest.get(key))) newest.set(key, found);
      }
      for (const { end, ...lane } of stretches) next.set(laneKey(lane), end);
    },
    than: ({ record }) => {
      const passed = record.key === null ? undefined : newest.get(decoder.decode(record.key));
      const own = versionOf(record.value, version);
      return passed !== undefined && own !== null && isNewer(passed, own) ? `version ${passed} after ${own}` : null;
    },
  };
}

function isNewer(a: Version, b: Version | undefined): boolean {
  return b === undefined || (typeof a === typeof b && a > b);
}

/** The number or text at the pointer; null where the record has none. */
function versionOf(value: Uint8Array | null, pointer: string): Version | null {
  let at: unknown;
  try {
    at = value === null ? null : JSON.parse(decoder.decode(value));
  } catch {
    return null;
  }
  for (const name of pointer.split("/").slice(1)) {
    if (typeof at !== "object" || at === null) return null;
    at = new Map<string, unknown>(Object.entries(at)).get(name.replaceAll("~1", "/").replaceAll("~0", "~"));
  }
  return typeof at === "number" || typeof at === "string" ? at : null;
}
