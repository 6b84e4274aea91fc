import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import { fuse } from "./fusion.ts";
import { loadPipeline } from "./load-pipeline.ts";

const { topology } = loadPipeline(fileURLToPath(new URL("../../../deploy/pipelines/flights", import.meta.url)), {});

test("neighbours run together, and a stage that holds records begins a chain of its own", () => {
  expect(fuse(topology, (id) => id === "gate")).toEqual([["gate", "score", "route"]]);
  expect(fuse(topology, (id) => id === "route")).toEqual([["gate", "score"], ["route"]]);
});
