import type { Batch, Lane } from "@weir/record";
import type { Decided, Stage } from "@weir/stream";
import { expect, test } from "vitest";
import { batchOfValues, toldBy } from "./flights.ts";

// A stage gives every record a port. That is all it does: it sees no topic of its outputs, no producer, no commit. The
// runner does the rest, in one transaction.

/** Sends every second record the other way. */
function createSplitter(): Stage {
  return {
    id: "split",
    ports: [
      { name: "even", kind: "data" },
      { name: "odd", kind: "data" },
    ],
    holds: false,
    process: (batches: readonly Batch[]): Decided[] =>
      batches.map((batch) => ({
        batch,
        rows: Int32Array.from({ length: batch.count }, (_, row) => row),
        ports: Uint8Array.from(batch.offset, (offset) => offset % 2), // a pure function of the log: no clock, no counter
      })),
    position: () => null, // nothing is held back
    snapshot: () => [],
    assign: (_lane: Lane) => {},
    revoke: () => {},
    describe: () => ({ spec: "0".repeat(64), owner: "group:guide" }),
  };
}

test("every record comes out of exactly one port", async () => {
  const stage = createSplitter();
  const batch = batchOfValues("in", ["a", "b", "c"]);
  const told = toldBy(stage, await stage.process([batch]));
  expect(told.map(({ value, port }) => `${value} → ${port}`)).toEqual(["a → even", "b → odd", "c → even"]);
});

test("how the log was cut into batches changes nothing", async () => {
  const stage = createSplitter();
  const whole = toldBy(stage, await stage.process([batchOfValues("in", ["a", "b", "c"])]));
  const parts = toldBy(stage, await stage.process([batchOfValues("in", ["a"]), batchOfValues("in", ["b", "c"], 1)]));
  const portsOf = (told: typeof whole): readonly string[] => told.map(({ value, port }) => value + port);
  expect(portsOf(parts)).toEqual(portsOf(whole));
});
