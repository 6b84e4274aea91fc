import { readFileSync, writeFileSync } from "node:fs";
import { expect, it } from "vitest";
import { keysAt, pipelineJsonSchema, placesOfKey } from "./json-schema.ts";

const file = new URL("../../pipeline.schema.json", import.meta.url);

/** `WEIR_UPDATE=1` writes the file anew. */
it("is what pipeline.schema.json holds", () => {
  const text = `${JSON.stringify(pipelineJsonSchema(), null, 2)}\n`;
  if (process.env["WEIR_UPDATE"] === "1") writeFileSync(file, text);
  expect(JSON.parse(readFileSync(file, "utf8"))).toEqual(JSON.parse(text));
});

it("describes every stage type with a sentence", () => {
  const stages = JSON.stringify(pipelineJsonSchema()["properties"]);
  for (const sentence of ["The pipeline's entry.", "Judges records and windows", "Asks a model", "Sends every record down one branch."])
    expect(stages).toContain(sentence);
});

it("knows the keys of a place by the types that the file chooses there", () => {
  const file = { stages: { gate: { type: "gate", window: { kind: "count" } } } };
  expect(keysAt(file, ["stages", "gate"])).toEqual(["type", "owner", "onFailure", "window", "rules", "pass", "quarantine"]);
  expect(keysAt(file, ["stages", "gate", "window"])).toEqual(["kind", "hold", "breaker", "minRecords", "idleAfter", "size"]);
});

it("knows where else a key belongs", () => {
  expect(placesOfKey("maxRows")).toEqual(["stages.<id>.batch of an inference"]);
  expect(placesOfKey("contract")).toEqual(["record"]);
});
