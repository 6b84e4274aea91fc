import { constantHeader, type Failure } from "@weir/record";
import type { Decided } from "@weir/stream";
import type { Segment } from "../lane-state.ts";
import { decision, PASS, portOf, QUARANTINE, tagHeader, type Tags } from "../outlet.ts";
import type { KeySettings } from "../settings.ts";
import type { KeyFates } from "./judge-keys.ts";
import { OTHER_KEYS } from "./key-tallies.ts";

const NONE: readonly string[] = [];

/** Rows of a window that was judged key by key: each goes as its key does. */
export function releaseByKey(keys: KeySettings, segment: Segment, rows: Int32Array, name: string, fates: KeyFates): Decided {
  const { batch, judgement } = segment;
  const fateOf = fatesOf(keys, name, fates);
  const keyOf = fateOf === null ? null : keys.keysOf(batch);
  const failures = new Map<number, Failure>();
  const ports = new Uint8Array(rows.length).fill(PASS);
  for (let i = 0; i < rows.length; i++) {
    const row = rows[i]!; // i < length
    const condemned = keyOf && fateOf!(keyOf(row)).condemned; // there is a fate where there are keys
    const refusal = condemned ? undefined : judgement.refused.get(row);
    if (condemned) ports[i] = QUARANTINE;
    else if (refusal) ports[i] = portOf(refusal);
    const failure = condemned ?? refusal?.failure;
    if (failure) failures.set(i, failure);
  }
  const tags = keyOf === null ? judgement.tags : withKeyTags(judgement.tags, rows, (row) => fateOf!(keyOf(row)).tags); // as above
  const headers = [...tagHeader(rows, tags, []), constantHeader("weir.window", name, rows.length)];
  return decision({ batch, rows, ports, failures, headers });
}

/** The record's own tags, then those of its key. */
function withKeyTags(own: Tags, rows: Int32Array, ofKey: (row: number) => readonly string[]): Tags {
  const tags = new Map<number, readonly string[]>();
  for (const row of rows) {
    const all = [...(own.get(row) ?? []), ...ofKey(row)];
    if (all.length > 0) tags.set(row, all);
  }
  return tags;
}

interface Fate {
  readonly condemned: Failure | null;
  readonly tags: readonly string[];
}

/** Null when all keys simply pass: then nobody needs to know the keys. */
function fatesOf({ by }: KeySettings, window: string, fates: KeyFates): ((key: string) => Fate) | null {
  const { refs, ways, wayOf, others, why, verdict } = fates;
  if (ways.every(({ rules, tags }) => rules.length === 0 && tags.length === 0)) return null;
  const known = new Map<string, Fate>();
  return (key) => {
    const judgedAs = others && !Object.hasOwn(wayOf, key) ? OTHER_KEYS : key;
    let fate = known.get(judgedAs);
    if (!fate) known.set(judgedAs, (fate = fateOf(judgedAs)));
    return fate;
  };

  function fateOf(key: string): Fate {
    const way = Object.hasOwn(wayOf, key) ? ways[wayOf[key]!] : undefined; // its own
    if (way === undefined || way.rules.length === 0) return { condemned: null, tags: way?.tags ?? NONE };
    const rules = way.rules.map((at) => refs[at]!); // indexes of it
    const told = Object.hasOwn(why, key) ? why[key]! : rules.map((ref) => ref.slice(ref.indexOf("/") + 1)).join(", "); // its own
    const message = `window ${window}, ${by} ${JSON.stringify(key)}: ${told}`;
    return { condemned: { class: "WINDOW", message, rules: rules.slice(0, 20), verdict }, tags: way.tags };
  }
}
