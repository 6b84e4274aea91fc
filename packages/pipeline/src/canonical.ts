import type { Pipeline } from "./pipeline.ts";

/** What a reference in the file stood for when it was read, by the reference: `flight.schema.json` → `sha256:…`. */
export type Pins = ReadonlyMap<string, string>;

/** One text for all files that mean the same: defaults filled in, keys sorted, references pinned. */
export function canonicalPipeline(pipeline: Omit<Pipeline, "digest">, pins: Pins): string {
  const { description: _, ...meaning } = pipeline;
  return canonicalJson({ pipeline: meaning, pins });
}

/** JSON with sorted keys; maps count as objects. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(",")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null";
  const entries: [string, unknown][] = value instanceof Map ? [...value].map(([k, v]) => [String(k), v]) : Object.entries(value);
  const members = entries
    .filter(([, member]) => member !== undefined)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`);
  return `{${members.join(",")}}`;
}
