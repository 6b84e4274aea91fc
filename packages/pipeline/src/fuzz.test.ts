import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import fc from "fast-check";
import { expect, it } from "vitest";
import { validatePipeline } from "./validate.ts";

const flights = readFileSync(new URL("../fixtures/flights.yaml", import.meta.url), "utf8")
  .replace(/ {2}score:[^]*? {2}route:/, "  route:")
  .replace("pass: score", "pass: route")
  .replaceAll("prediction.confidence", "record.distance");
const schema =
  '{"type":"object","properties":{"id":{"type":"string"},"origin":{"type":"string"},"event_time":{"type":"string"},"dep_delay":{"type":["integer","null"]},"distance":{"type":"integer"}}}';
const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");

const edit = fc.record({
  at: fc.nat(flights.length),
  drop: fc.nat(12),
  put: fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom(
      "{",
      "}",
      "[",
      "]",
      ":",
      "- ",
      "\n",
      "\n  ",
      "&a ",
      "*a",
      "${X}",
      "${file:/x}",
      "null",
      "!!str ",
      "'",
      '"',
      "|",
      ">",
      "? ",
      "__proto__: ",
      "<<: ",
    ),
  ),
});

it("is said what is wrong with any file, with places inside it, and never throws", () => {
  fc.assert(
    fc.property(fc.array(edit, { minLength: 1, maxLength: 6 }), (edits) => {
      const text = edits.reduce((t, { at, drop, put }) => t.slice(0, at) + put + t.slice(at + drop), flights);
      const { pipeline, topology, problems } = validatePipeline({
        file: "p.yaml",
        text,
        env: { X: "x" },
        sha256,
        readText: (path) => (path === "flight.schema.json" ? schema : null),
      });
      expect(pipeline === null).toBe(problems.some((problem) => problem.severity === "error"));
      expect(topology === null).toBe(pipeline === null);
      const lines = text.split("\n").length;
      for (const { line = 1, column = 1 } of problems) {
        expect(line).toBeGreaterThanOrEqual(1);
        expect(line).toBeLessThanOrEqual(lines);
        expect(column).toBeGreaterThanOrEqual(1);
      }
    }),
    { numRuns: 300 },
  );
});
