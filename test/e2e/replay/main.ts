import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { freePorts, startEmbedded } from "@weir/broker";
import { wholeNumbers } from "../flags.ts";
import { isExact } from "../witness.ts";
import { replayRun } from "./replay-run.ts";

// `node start.mjs faults replay`: dead letters are sent again by a tool that is killed, over a broker that restarts. 1 where one was lost, doubled or moved.
const { seed, letters, rate, kills } = wholeNumbers(process.argv.slice(2), { seed: 1, letters: 20_000, rate: 200, kills: 5 });

const dataDir = await mkdtemp(path.join(tmpdir(), "weir-faults-replay-"));
const [port = 0] = await freePorts(1);
const note = (line: string): void => console.error(`  ${line}`);
let broker = await startEmbedded({ dataDir, port, note });
const restartBroker = async (): Promise<void> => {
  note("the broker stops");
  await broker.stop();
  broker = await startEmbedded({ dataDir, port, note });
};
let exact = false;
try {
  const result = await replayRun({ address: broker.address, seed, letters, rate, kills, restartBroker });
  console.log(JSON.stringify(result));
  exact = isExact(result) && result.records === result.planned && result.deadLetters === letters && result.auditWhole;
} finally {
  await broker.stop();
}
if (exact) await rm(dataDir, { recursive: true, force: true });
process.exit(exact ? 0 : 1);
