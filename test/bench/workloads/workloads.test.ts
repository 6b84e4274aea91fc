import { describe, expect, test } from "vitest";
import { parseOptions, SYSTEMS, systemsOf } from "../options.ts";
import { WORKLOADS } from "./workloads.ts";

const namesOf = (args: readonly string[]): unknown => {
  const { workload, systems } = parseOptions(args);
  return [workload.name, systems];
};

describe("the workload of a bench", () => {
  test("is W1 where none is named", () => {
    expect(namesOf([])).toEqual(["W1", ["weir-pass", "weir-fused", "weir-services"]]);
    expect(parseOptions([]).records).toEqual(WORKLOADS[0].records);
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

test.each(WORKLOADS.map((workload) => [workload.name, workload] as const))("%s measures systems that can do it", (_, workload) => {
  expect(workload.usual.filter((system) => workload.records[system] === undefined)).toEqual([]);
  expect(systemsOf(workload).every((system) => SYSTEMS.includes(system))).toBe(true);
  expect(workload.usual.length).toBeGreaterThan(0);
});
