import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { wholeNumbers } from "../flags.ts";
import { isExact } from "../witness.ts";
import { rollingRun } from "./rolling-run.ts";

// `node start.mjs faults rolling`: every broker of three is restarted while records flow. One JSON line; 1 where a record was lost, doubled or moved.
const { seed, rate, rounds, pause } = wholeNumbers(process.argv.slice(2), { seed: 1, rate: 2000, rounds: 2, pause: 4000 });

const folder = await mkdtemp(path.join(tmpdir(), "weir-faults-rolling-"));
const result = await rollingRun({ folder, seed, rate, rounds, pauseMs: pause });
console.log(JSON.stringify(result));
if (isExact(result)) await rm(folder, { recursive: true, force: true });
else console.error(`  data and logs are kept in ${folder}`);
process.exit(isExact(result) ? 0 : 1);
