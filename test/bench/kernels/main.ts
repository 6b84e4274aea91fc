import { allocatedBy } from "./allocated.ts";
import { WORKLOADS } from "../workloads/workloads.ts";
import { startReplayedChain } from "./replayed-chain.ts";

// node --conditions=weir-source --import tsx test/bench/kernels/main.ts [FAULT-EVERY [WORKLOAD]]: processor time and allocations per record
// of the fused stages without a broker, for profiles (--cpu-prof) and for comparisons of two trees. 0: no record is damaged.

const [faultEvery = "100", name = "W1"] = process.argv.slice(2);
const named = WORKLOADS.find((workload) => workload.name === name);
if (named === undefined) throw new Error(`there is no workload "${name}"`);

/** Bytes of the recorded values, about those of 24,000 card transactions. */
const TURN_BYTES = 7_000_000;
const TURN_RECORDS = Math.round(TURN_BYTES / named.bytes);
const WARM_UP_TURNS = 10;
const MEASURED = 40;

const chain = await startReplayedChain({ ...named.workload, faultEvery: Number(faultEvery) }, TURN_RECORDS);
await chain.give(WARM_UP_TURNS * TURN_RECORDS);
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
