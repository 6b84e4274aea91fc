import { PRESENT } from "@weir/record";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights } from "./flights.ts";

// Nobody works on single records: a batch is one partition's slice of the log, its fetched bytes and where everything lies
// in them. The contract, the pipeline's JSON Schema, reads fields out of the bytes into columns, one pass for all rows.

test("a contract turns the bytes of a batch into columns", () => {
  const batch = batchOfValues("flights.ingest.out", [flight({ distance: 529 }), flight({ distance: 1400 })]);
  const reader = flights.contract.reader([{ pointer: "/distance", as: "number" }]);
  const { columns, failures } = reader.read(batch);
  const [distance] = columns.values();
  expect(distance?.kind === "number" ? [...distance.values] : null).toEqual([529, 1400]);
  expect(distance ? [...distance.presence] : null).toEqual([PRESENT, PRESENT]);
  expect(failures.size).toBe(0);
});

test("what does not keep the contract is told by row, and the other rows are read all the same", () => {
  const batch = batchOfValues("flights.ingest.out", [flight(), "{not JSON", flight({ distance: "far" })]);
  const { failures } = flights.contract.reader([]).read(batch);
  expect([...failures].map(([row, failure]) => [row, failure.class])).toEqual([
    [1, "DECODE"],
    [2, "CONTRACT"],
  ]);
});
