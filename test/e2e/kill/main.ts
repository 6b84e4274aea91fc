import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import path from "node:path";
import { startEmbedded } from "@weir/broker";
import { isExact } from "../witness.ts";
import { wholeNumbers } from "../flags.ts";
import { killRun } from "./kill-run.ts";

// `node start.mjs faults kill`: services are killed, seed after seed. A JSON line each and one over all; 1 where a record was lost, doubled or moved.
const { seeds, from, records, rate, every } = wholeNumbers(process.argv.slice(2), {
  seeds: 3,
  from: 1,
  records: 200_000,
  rate: 4000,
  every: 3000,
});

const dataDir = await mkdtemp(path.join(tmpdir(), "weir-faults-kill-"));
const broker = await startEmbedded({ dataDir, port: 0, note: (line) => console.error(`  ${line}`) });
const sum = { seeds: 0, exact: 0, records: 0, kills: 0, lost: 0, doubled: 0, outOfOrder: 0, foreign: 0 };
try {
  for (let seed = from; seed < from + seeds; seed++) {
    const result = await killRun({ address: broker.address, seed, records, rate, killEveryMs: every });
    console.log(JSON.stringify(result));
    sum.seeds++;
    if (isExact(result)) sum.exact++;
    for (const name of ["records", "kills", "lost", "doubled", "outOfOrder", "foreign"] as const) sum[name] += result[name];
  }
  console.log(JSON.stringify({ summary: "kill", ...sum }));
} finally {
  await broker.stop();
}
if (sum.exact === sum.seeds) await rm(dataDir, { recursive: true, force: true });
process.exit(sum.exact === sum.seeds ? 0 : 1);
