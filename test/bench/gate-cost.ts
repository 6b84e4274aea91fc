import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { compileContract, type Contract } from "@weir/contract";
import { batchOf, type Batch } from "@weir/record";
import { compileRuleSet, countRows, emptyTally, judgeBatch, judgeWindow, parseBaseline, type RuleSpec } from "@weir/rules";
import { loadPipeline, sha256 } from "@weir/service";
import { createW1, W1_FEATURES, W1_SCHEMA } from "@weir/testkit";
import { learnBaseline } from "./baseline.ts";

/**
 * What rules and cells cost beyond reading the columns that they look at, in processor time a record:
 * `npx tsx --conditions=weir-source test/bench/gate-cost.ts`
 */
interface Case {
  readonly name: string;
  readonly contract: Contract;
  readonly rules: readonly RuleSpec[];
  readonly baselines: Parameters<typeof compileRuleSet>[1]["baselines"];
  readonly batches: readonly Batch[];
}

const BATCH = 2000;
const WARM_UP = 5;
const PASSES = 40;

function batchesOf(values: readonly Uint8Array[]): Batch[] {
  const batches: Batch[] = [];
  for (let at = 0; at < values.length; at += BATCH) {
    const rows = values.slice(at, at + BATCH).map((value, i) => ({ value, offset: at + i, timestamp: 0 }));
    batches.push(batchOf({ topic: "in", partition: 0 }, rows));
  }
  return batches;
}

function flights(): Case {
  const folder = fileURLToPath(new URL("../../deploy/pipelines/flights", import.meta.url));
  const { pipeline, contract, baselines } = loadPipeline(folder, {});
  const gate = pipeline.stages.get("gate");
  const lines = gunzipSync(readFileSync(`${folder}/data/sample.ndjson.gz`))
    .toString()
    .trimEnd()
    .split("\n");
  const values = lines.map((line) => new TextEncoder().encode(line));
  const rules = gate?.type === "gate" ? gate.rules : [];
  return { name: "flights: 13 fields, js and psi of each", contract, rules, baselines, batches: batchesOf(values) };
}

function w1(): Case {
  const make = createW1({ seed: 1 });
  const values = Array.from({ length: 20_000 }, (_, i) => new TextEncoder().encode(make(i).value));
  const contract = compileContract(W1_SCHEMA);
  const batches = batchesOf(values);
  const fields = W1_FEATURES.map(([name]) => name);
  const text = learnBaseline({ name: "w1", contract, fields, batches, areWindows: false });
  const rules = W1_FEATURES.flatMap(([name, min, max]): RuleSpec[] => [
    { id: `${name}-range`, kind: "range", field: `/${name}`, min, max },
    { id: `${name}-drift`, kind: "drift", field: `/${name}`, baseline: "w1" },
  ]);
  return {
    name: "W1: 7 fields, range and drift of each",
    contract,
    rules,
    baselines: new Map([["w1", parseBaseline(text, "w1", sha256)]]),
    batches,
  };
}

/** Mean processor time of the passes, microseconds a record: some systems count it in ticks of 10 ms, so single passes say nothing. */
function cost(batches: readonly Batch[], pass: (batch: Batch) => void): number {
  const records = batches.reduce((n, batch) => n + batch.count, 0);
  // A reader reads the same batch once, and knows it by the places of its values.
  const run = (passes: number): void => {
    for (let i = 0; i < passes; i++) for (const batch of batches) pass({ ...batch, valueAt: batch.valueAt.slice() });
  };
  run(WARM_UP);
  const before = process.cpuUsage();
  run(PASSES);
  const { user, system } = process.cpuUsage(before);
  return (user + system) / (records * PASSES);
}

for (const { name, contract, rules, baselines, batches } of [w1(), flights()]) {
  const ruleSet = compileRuleSet(rules, { stage: "gate", contract, sha256, ...(baselines && { baselines }) });
  const bytes =
    batches.reduce((sum, batch) => sum + batch.valueLength.reduce((s, n) => s + n, 0), 0) / batches.reduce((n, b) => n + b.count, 0);
  const reader = contract.reader(ruleSet.requests);
  const reading = cost(batches, (batch) => void reader.read(batch));
  const count = (batch: Batch): ReturnType<typeof emptyTally> => {
    const judgement = judgeBatch(ruleSet, { batch, read: reader.read(batch), repeats: new Map() }, null);
    const tally = emptyTally(ruleSet);
    countRows(tally, judgement, 0, batch.count);
    return tally;
  };
  const counting = cost(batches, (batch) => void count(batch));
  const judging = cost(batches, (batch) => void judgeWindow(ruleSet, count(batch)));
  const figure = (micros: number): string => `${micros.toFixed(2)} µs`;
  console.log(`${name} (${bytes.toFixed(0)} bytes a record, windows of ${BATCH})`);
  console.log(
    `  reading ${figure(reading)}, rules and cells ${figure(counting - reading)}, verdicts ${figure(judging - counting)} a record`,
  );
}
