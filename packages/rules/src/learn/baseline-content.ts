import type { BaselineColumn } from "../drift/baseline.ts";
import type { Learned } from "./learner.ts";

/** The members of a baseline file, without its digest. */
export function baselineContent(
  learned: Learned,
  about: { readonly name: string; readonly version: number; readonly source: string },
): Record<string, unknown> {
  return {
    kind: "Baseline",
    v: 1,
    ...about,
    records: learned.records,
    windows: learned.windows.length,
    columns: Object.fromEntries([...learned.columns].map(([field, { column }]) => [field, fileColumn(column)])),
  };
}

function fileColumn({ references, calibrated, ...column }: BaselineColumn): Record<string, unknown> {
  return { ...column, ...(Object.keys(references).length > 0 && { references }), ...(calibrated === "required" && { calibrated }) };
}
