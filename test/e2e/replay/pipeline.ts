import { mkdirSync, writeFileSync } from "node:fs";
import path from "node:path";

/** A gate whose contract wants a number where its producer sends text: everything becomes a dead letter. */
export function writeTextPipeline(folder: string, name: string, partitions: number): void {
  mkdirSync(folder, { recursive: true });
  const properties = {
    id: { type: "string" },
    key: { type: "string" },
    group: { type: "number" },
    n: { type: "number" },
    v: { type: "number" },
  };
  writeFileSync(
    path.join(folder, "record.schema.json"),
    JSON.stringify({ type: "object", properties, required: ["id", "key", "group", "n", "v"] }),
  );
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    `apiVersion: weir/v1
kind: Pipeline
metadata: {name: ${name}, owner: user:tests}
partitions: ${partitions}
record: {contract: record.schema.json, format: json, id: /id, key: /key}
stages:
  ingest: {type: ingest, out: gate}
  gate:
    type: gate
    rules: [{id: contract, kind: schema}]
    pass: {topic: ${name}.out}
`,
  );
}

/** Groups of records; those of the first `SELECTED` are sent again. */
export const GROUPS = 5;
export const SELECTED = 3;
const KEYS = 100;

export function keyOf(n: number): string {
  return `key-${n % KEYS}`;
}

export function valueOf(n: number): string {
  return JSON.stringify({ id: `r-${n}`, key: keyOf(n), group: Math.floor(n / KEYS) % GROUPS, n, v: String(n) });
}

export function isSelected(n: number): boolean {
  return Math.floor(n / KEYS) % GROUPS < SELECTED;
}
