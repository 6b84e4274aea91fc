import { allocatedBy } from "./allocated.ts";
import { startReplayedChain } from "./replayed-chain.ts";

// node --conditions=weir-source --import tsx test/bench/kernels/main.ts [FAULT-EVERY]: processor time and allocations per record
// of the fused stages without a broker, for profiles (--cpu-prof) and for comparisons of two trees. 0: no record is damaged.

const TURN_RECORDS = 24_000;
const MEASURED = 40;

const chain = await startReplayedChain({ partitions: 8, records: TURN_RECORDS, faultEvery: Number(process.argv[2] ?? 100) });
await chain.give(10 * TURN_RECORDS);
const turns: number[] = [];
for (let i = 0; i < MEASURED; i++) {
  const before = process.cpuUsage();
  await chain.give(2 * TURN_RECORDS);
  const { user, system } = process.cpuUsage(before);
  turns.push((user + system) / (2 * TURN_RECORDS));
}
turns.sort((a, b) => a - b);
const heapBytes = (await allocatedBy(() => chain.give(2 * TURN_RECORDS))) / (2 * TURN_RECORDS);
console.log(JSON.stringify({ leastMicros: turns[0], medianMicros: turns[MEASURED / 2], heapBytes }));
await chain.stop();
process.exit(0);
