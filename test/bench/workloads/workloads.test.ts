import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { parseAliases, parseModelReference } from "@weir/model";
import { openModel, readModel } from "@weir/onnx";
import { loadPipeline } from "@weir/service";
import { createRandom } from "@weir/testkit";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { parseOptions, systemsOf } from "../options.ts";
import { formOf, writePipeline, writerOf } from "../workload.ts";
import type { NamedWorkload } from "./named-workload.ts";
import { WORKLOADS } from "./workloads.ts";

const namesOf = (args: readonly string[]): unknown => {
  const { workload, systems } = parseOptions(args);
  return [workload.name, systems];
};

const ROWS = 1000;

describe("the workload of a bench", () => {
  test("is W1 where none is named", () => {
    expect(namesOf([])).toEqual(["W1", ["weir-pass", "weir-fused", "weir-services"]]);
    expect(parseOptions([]).records).toEqual(WORKLOADS[0].records);
  });

  test("may be named anywhere, and asks its own systems", () => {
    expect(namesOf(["--runs", "2", "--workload", "W5", "--json"])).toEqual(["W5", ["weir-fused", "weir-services"]]);
    expect(namesOf(["--systems", "all", "--workload", "W5"])).toEqual(["W5", ["weir-pass", "weir-fused", "weir-services"]]);
    expect(() => parseOptions(["--workload", "W5", "--systems", "java-hand"])).toThrow(/java-hand cannot do W5, only weir-pass/);
  });

  test("is refused where nobody knows it", () => {
    expect(() => parseOptions(["--workload", "W9"])).toThrow(/there is no workload "W9"/);
    expect(() => parseOptions(["--workload"])).toThrow(/there is no workload ""/);
  });

  test("says how many records a system is given, and a share or another number of them is taken", () => {
    expect(parseOptions(["--quick"]).records["weir-services"]).toBe(2_000_000);
    expect(parseOptions(["--records", "200000"]).records).toEqual(Object.fromEntries(systemsOf(WORKLOADS[0]).map((s) => [s, 200_000])));
  });
});

describe.each(WORKLOADS.map((workload) => [workload.name, workload] as const))("%s", (_, named: NamedWorkload) => {
  const { workload } = named;
  const folder = mkdtempSync(path.join(tmpdir(), "weir-workload-"));
  beforeAll(() => writePipeline(folder, workload, { name: "bench" }));
  afterAll(() => rmSync(folder, { recursive: true }));

  test("measures systems that can do it", () => {
    expect(named.usual.filter((system) => named.records[system] === undefined)).toEqual([]);
    expect(named.usual.length).toBeGreaterThan(0);
  });

  test("makes records of the size that it tells", () => {
    const make = writerOf(workload, { seed: 1, faultEvery: 0 });
    const bytes = Array.from({ length: 200 }, (_i, i) => make(i).value.length);
    expect(Math.abs(bytes.reduce((sum, n) => sum + n, 0) / bytes.length / named.bytes - 1)).toBeLessThan(0.05);
  });

  test("asks a model that gives every class, and of about 65 % of the records a confidence of at least 0.9", async () => {
    const { manifest, bytes } = await readModel(path.join(folder, "models"), parseModelReference("fraud/1"), parseAliases({}, "none"));
    await using session = await openModel(bytes, manifest);
    const random = createRandom(3);
    const { features } = formOf(workload);
    const rows = Float32Array.from({ length: ROWS * features.length }, (_n, i) => {
      const [, low, high] = features[i % features.length]!; // one of them
      return low + random() * (high - low);
    });
    const { values, width } = await session.run(rows, ROWS);
    const scores = Array.from({ length: ROWS }, (_r, row) => [...values.subarray(row * width, (row + 1) * width)]);
    const confident = scores.filter((row) => Math.max(...row) >= 0.9).length / ROWS;
    expect(confident).toBeGreaterThan(0.55);
    expect(confident).toBeLessThan(0.75);
    expect(new Set(scores.map((row) => row.indexOf(Math.max(...row)))).size).toBe(manifest.outputs.classes.length);
    expect(scores.filter((row) => Math.abs(row.reduce((sum, p) => sum + p, 0) - 1) > 1e-5)).toEqual([]);
  });

  test("has a pipeline that a service would take, with the rules that it tells", () => {
    const { pipeline } = loadPipeline(folder, {});
    const gate = pipeline.stages.get("gate");
    const kinds = gate?.type === "gate" ? gate.rules.map((rule) => rule.kind) : [];
    const count = (kind: string): number => kinds.filter((k) => k === kind).length;
    const features = formOf(workload).features.length;
    expect({ schema: count("schema"), drift: count("drift"), ranges: count("range") }).toEqual({
      schema: 1,
      drift: workload.drift ? features : 0,
      ranges: (workload.hasRanges ? features : 0) + (workload.windowRecords === null ? 0 : 1),
    });
  });
});
