import type { Feature, W1Fault } from "./records.ts";

/** The text of a record, damaged: its first feature out of range, its second missing, its last no number, or the end cut off. */
export function damaged(record: Record<string, unknown>, fault: W1Fault | null, features: readonly Feature[]): string {
  const [first = "", second = "", last = ""] = [features[0]?.[0], features[1]?.[0], features.at(-1)?.[0]];
  if (fault === "range") record[first] = -1;
  if (fault === "missing") delete record[second];
  if (fault === "type") record[last] = "noon";
  const text = JSON.stringify(record);
  return fault === "cut" ? text.slice(0, Math.floor(text.length / 2)) : text;
}
