import { wholeNumbers } from "../flags.ts";
import { isExact } from "../witness.ts";
import { doorsRun } from "./doors-run.ts";

// `node start.mjs faults doors`: clients by HTTP while the door is killed and the broker restarted. One JSON line; 1 where an id is not behind the gate exactly once.
const options = wholeNumbers(process.argv.slice(2), { records: 100_000, clients: 50, batch: 10, kills: 3 });

const result = await doorsRun({ ...options, note: (line) => console.error(`  ${line}`) });
console.log(JSON.stringify(result));
process.exit(isExact(result.behindGate) && result.behindGate.records === options.records && result.keyedTwice === 0 ? 0 : 1);
