import { createW1 } from "@weir/testkit";
import { expect, test } from "vitest";
import { allocatedBy } from "../bench/kernels/allocated.ts";
import { startReplayedChain } from "../bench/kernels/replayed-chain.ts";
import { W1 } from "../bench/workload.ts";

// Wide bands: they are to find what has become twice as dear, on any machine.

const RECORDS = 24_000;
const TURNS = 12;
/** Measured: 2.3 to 2.6 times. */
const MOST_PARSES = 6;
/** Measured: 45, with batches of 3,000 records. */
const MOST_HEAP_BYTES = 90;

/** The least processor time that a piece of work took, of several tries, in microseconds. */
async function leastMicros(work: () => Promise<void> | void): Promise<number> {
  let least = Infinity;
  for (let turn = 0; turn < TURNS; turn++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    least = Math.min(least, user + system);
  }
  return least;
}

test("gate, inference and router together cost no more than to parse the record a few times", async () => {
  const chain = await startReplayedChain(W1, RECORDS);
  await chain.give(6 * RECORDS);
  const micros = (await leastMicros(() => chain.give(RECORDS))) / RECORDS;
  await chain.stop();
  const make = createW1({ seed: 1, faultEvery: 0 });
  const texts = Array.from({ length: RECORDS }, (_, i) => make(i).value);
  const parse = (await leastMicros(() => texts.forEach((text) => void JSON.parse(text)))) / RECORDS;
  expect(micros / parse).toBeLessThan(MOST_PARSES);
}, 120_000);

test("good records leave next to nothing in the heap for the garbage collector", async () => {
  const chain = await startReplayedChain({ ...W1, faultEvery: 0 }, RECORDS);
  await chain.give(6 * RECORDS);
  const bytes = (await allocatedBy(() => chain.give(4 * RECORDS))) / (4 * RECORDS);
  await chain.stop();
  expect(bytes).toBeLessThan(MOST_HEAP_BYTES);
}, 120_000);
