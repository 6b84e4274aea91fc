import { writeFileSync } from "node:fs";
import path from "node:path";

const SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  required: ["id", "n"],
  properties: { id: { type: "string" }, n: { type: "integer" }, note: { type: "string" } },
};

/** A pipeline with a door and a gate that lets every id through once. */
export function writeDoorPipeline(folder: string, name: string, partitions: number): void {
  writeFileSync(path.join(folder, "record.schema.json"), JSON.stringify(SCHEMA));
  writeFileSync(
    path.join(folder, "pipeline.yaml"),
    `apiVersion: weir/v1
kind: Pipeline
metadata: {name: ${name}, owner: group:tests}
partitions: ${partitions}
record: {contract: record.schema.json, id: /id, key: /id}
stages:
  ingest: {type: ingest, http: {batchMax: 1000}, out: gate}
  gate:
    type: gate
    rules:
      - {id: contract, kind: schema}
      - {id: once, kind: unique, field: /id, action: quarantineRecord}
    pass: {topic: ${name}.gate.pass}
`,
  );
}
