import { createRandom } from "@weir/testkit";
import { wholeNumbers } from "../flags.ts";
import { writeReadmePart } from "../readme-part.ts";
import { median } from "../soak/usage.ts";
import { measureRecovery, type Recovery } from "./recovery.ts";

// `node start.mjs faults recovery --kills 20 --restarts 20`: seconds until the lag is gone, at half of what the pipeline can do.
const { kills, restarts, seed } = wholeNumbers(process.argv.slice(2), { kills: 20, restarts: 20, seed: 1 });
const recovery = await measureRecovery({ kills, restarts, seed, random: createRandom(seed), note: (line) => console.error(`  ${line}`) });
console.log(JSON.stringify(recovery));
await writeReadmePart("recovery", textOf(recovery));

function textOf({ capacity, rate, calmMs, afterKill, afterRestart }: Recovery): string {
  const row = (what: string, seconds: readonly number[]): string =>
    `| ${what} | ${seconds.length} | ${median(seconds).toFixed(1)} | ${Math.max(...seconds).toFixed(1)} |`;
  return [
    `At ${rate.toLocaleString("en")} records/s, half of the ${capacity.toLocaleString("en")} that five processes and a broker did on the same machine at the same time; seconds from the strike until what comes out is again no further behind what goes in than it was at most in 20 s without faults (${calmMs.toFixed(0)} ms), and stays so for 5 s.`,
    "",
    "| after | times | median s | worst s |",
    "|---|---|---|---|",
    row("kill -9 of a process, started again at once", afterKill),
    row("a stop and start of the broker, its own start included", afterRestart),
  ].join("\n");
}
