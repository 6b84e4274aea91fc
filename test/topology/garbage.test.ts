import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { startReplayedChain } from "../bench/kernels/replayed-chain.ts";
import { W1 } from "../bench/workload.ts";

setFlagsFromString("--expose-gc");
const collect = runInNewContext("gc") as (how?: { type: "minor" }) => void;

const RECORDS = 3000;
const TURNS = 16;
/** A minor collection of its own that falls in between makes some of a turn old; one that keeps batches keeps them every time. */
const ROUNDS = 4;

test("minor collections free all that a fused chain allocated outside of the heap for batches that have left it", async () => {
  const chain = await startReplayedChain(W1, RECORDS);
  const outside = (): number => process.memoryUsage().arrayBuffers;
  const giveTurns = async (): Promise<void> => {
    for (let turn = 0; turn < TURNS; turn++) await chain.give(RECORDS);
  };
  await giveTurns();
  const kept: number[] = [];
  for (let round = 0; round < ROUNDS; round++) {
    collect();
    const before = outside();
    await giveTurns();
    collect({ type: "minor" });
    collect({ type: "minor" }); // what is young at the first is freed or old after the second
    kept.push(outside() - before);
  }
  await chain.stop();
  // 900 bytes a record pass through; the last two turns may still be referred to, and encoders grow now and then.
  expect(Math.min(...kept)).toBeLessThan(3 * 900 * RECORDS);
}, 60_000);
