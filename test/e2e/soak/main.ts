import { systemClock } from "@weir/service";
import { SPOTLESS } from "../faults/judge.ts";
import { wholeNumbers } from "../flags.ts";
import { writeReadmePart } from "../readme-part.ts";
import { soakText } from "./report.ts";
import { soak } from "./soak.ts";

// `npm run soak -- --minutes N --seed S`: one report as JSON on standard output and in the README of this folder, the faults as they happen on standard error.
const { minutes, seed, rate } = wholeNumbers(process.argv.slice(2), { minutes: 60, seed: 1, rate: 300 });
const startedAt = systemClock.monotonic();
const note = (line: string): void => console.error(`${((systemClock.monotonic() - startedAt) / 1000).toFixed(1).padStart(7)} s  ${line}`);
const report = await soak({ minutes, seed, rate, note });
console.log(JSON.stringify(report, null, 2));
await writeReadmePart("soak", soakText(report));
process.exitCode = JSON.stringify(report.judgement) === JSON.stringify(SPOTLESS) && report.unhandledRejections === 0 ? 0 : 1;
