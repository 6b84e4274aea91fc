import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { contractAt } from "@weir/pipeline";
import { batchOf, recordAt } from "@weir/record";
import { baselineContent, baselineText, createLearner, type RuleVerdict } from "@weir/rules";
import { loadPipeline, sha256, systemClock, type LoadedPipeline } from "@weir/service";
import { createMemoryLog, type Log } from "@weir/stream";
import { afterAll, expect, test } from "vitest";
import { playInto, startPipeline } from "./flights-run.ts";
import { sample, text } from "./flights.ts";

// The gate before the model judges what goes in. What comes out can go wrong although everything that went in was allowed: so a gate may
// stand behind the model, too. Its records have a prediction, and its rules read it like any other field.

const SHIPPED = fileURLToPath(new URL("../../deploy/pipelines/flights", import.meta.url));
const folder = mkdtempSync(path.join(tmpdir(), "weir-guide-"));
afterAll(() => rmSync(folder, { recursive: true }));

const WATCH = `    out: watch
  watch:
    type: gate
    window: { kind: time, scope: global, every: 1d, offset: 5h, lateness: 0s, hold: false, minRecords: 50, late: recordRulesOnly }
    rules:
      - { id: labels, kind: drift, field: /prediction/label, baseline: baselines/predictions.json }
      - { id: sure, kind: quantile, field: /prediction/confidence, q: 0.5, min: 0.7, action: alert }
    pass: route
`;

function pipelineWithWatch(baseline: string): LoadedPipeline {
  cpSync(SHIPPED, folder, { recursive: true, filter: (from) => !/\/(?:data|scripts)/.test(from) });
  const spec = path.join(folder, "pipeline.yaml");
  writeFileSync(spec, readFileSync(spec, "utf8").replace("    out: route\n", WATCH));
  writeFileSync(path.join(folder, "baselines/predictions.json"), baseline);
  return loadPipeline(folder, {});
}

/** Everything that is committed in a topic, once as many records are there. */
async function valuesOf(log: Log, topic: string, count: number): Promise<string[]> {
  const values: string[] = [];
  await using fetcher = log.fetcher();
  const partitions = (await log.partitions([topic])).get(topic) ?? 0;
  const at = Array.from({ length: partitions }, (_, partition) => ({ topic, partition, offset: 0 }));
  while (values.length < count) {
    for (const batch of (await fetcher.fetch(at, 100)).batches) {
      for (let row = 0; row < batch.count; row++) values.push(text(recordAt(batch, row).value));
      at[batch.partition]!.offset = batch.nextOffset; // a lane that was asked for
    }
  }
  return values;
}

async function run(loaded: LoadedPipeline, values: readonly string[], topic: string, count: number): Promise<string[]> {
  await using log = createMemoryLog({ clock: systemClock });
  await log.createTopics(loaded.topology.topics);
  await using _services = await startPipeline(loaded, () => Promise.resolve({ ...log, [Symbol.asyncDispose]: () => Promise.resolve() }));
  await playInto(loaded, log, values);
  return await valuesOf(log, topic, count);
}

const daysOf = (first: number, last: number): string[] =>
  sample().filter((value) => Number(/"day": ?(\d+)/.exec(value)?.[1]) >= first && Number(/"day": ?(\d+)/.exec(value)?.[1]) <= last);

/** A baseline of predictions that were good, day by day. */
async function learnPredictions(): Promise<string> {
  const shipped = loadPipeline(SHIPPED, {});
  const flown = daysOf(1, 7).filter((value) => !/"dep_delay": ?null/.test(value));
  const predicted = await run(shipped, daysOf(1, 7), "flights.score.out", flown.length - 1); // one of them is too far
  const contract = contractAt(shipped.contract, shipped.pipeline.stages, "route");
  const learner = createLearner(contract, ["/prediction/label", "/prediction/confidence"]);
  const batch = batchOf(
    { topic: "predicted", partition: 0 },
    predicted.map((value) => ({ value: new TextEncoder().encode(value) })),
  );
  learner.take({ batch, read: contract.reader(learner.requests).read(batch), repeats: new Map() }, null);
  return baselineText(baselineContent(learner.learn(), { name: "predictions", version: 1, source: "first week of February" }), sha256);
}

test("a day on which the model says late to nearly everybody is told, although every flight was allowed in", async () => {
  const loaded = pipelineWithWatch(await learnPredictions());
  const spoiled = daysOf(13, 13).map((value) =>
    value.replace(/"dep_delay": ?(-?\d+)/, (_, minutes: string) => `"dep_delay":${Number(minutes) + 45}`),
  );
  const verdicts = await run(loaded, [...daysOf(12, 12), ...spoiled], loaded.topology.verdicts, 4);
  const said = new Map(
    verdicts.map((value) => {
      const { id, rules } = JSON.parse(value) as { id: string; rules: RuleVerdict[] };
      return [
        id,
        rules.filter(({ mode, verdict }) => mode === "enforce" && verdict !== "pass").map((rule) => `${rule.id} ${rule.verdict}`),
      ];
    }),
  );
  expect(Object.fromEntries(said)).toEqual({
    "gate/time/2013-02-12T05:00Z": [],
    "gate/time/2013-02-13T05:00Z": [],
    "watch/time/2013-02-12T05:00Z": [],
    "watch/time/2013-02-13T05:00Z": ["labels breach"],
  });
});
