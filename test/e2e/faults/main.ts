import { mkdir } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "../command.ts";
import { CASES } from "./cases/index.ts";
import { chooseRuns, parseChoice, type Run } from "./choice.ts";
import { writeReadmePart } from "../readme-part.ts";
import { createResults, readResults } from "./results.ts";
import { faultTable } from "./table.ts";
import { openWorlds } from "./worlds.ts";

// `npm run test:faults`: the whole list, or what is named. Every run that holds is remembered in the results file, and not
// repeated with --resume; the table in test/e2e/README.md is made of it. 1 where a run does not hold.
const choice = parseChoice(process.argv.slice(2));
const folder = path.join(ROOT, ".weir/faults");
await mkdir(folder, { recursive: true });
const file = path.join(folder, "results.ndjson");
const results = await createResults(file, { resume: choice.resume });
const runs = chooseRuns(CASES, choice).filter((run) => !(choice.resume && results.holds(run.of.name, run.seed)));
console.error(`${runs.length} runs: ${[...new Set(runs.map((r) => r.of.name))].join(", ")}`);

let failed = 0;
const worlds = openWorlds(choice.seed);
try {
  for (const run of runs) if (!(await one(run))) failed++;
} finally {
  await worlds[Symbol.asyncDispose]();
}
await writeReadmePart("faults", faultTable(CASES, await readResults(file)));
process.exit(failed === 0 ? 0 : 1); // a run that did not hold may have left something waiting

async function one({ of, seed }: Run): Promise<boolean> {
  try {
    const result = await worlds.run(of, seed);
    await results.add(result);
    console.log(JSON.stringify(result));
    return result.holds;
  } catch (error) {
    console.error(`${of.name}, seed ${seed}: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
    await worlds.discard(of.nodes); // whatever state it is in
    return false;
  }
}
