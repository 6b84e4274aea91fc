import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { loadPipeline } from "@weir/service";
import { expect, test } from "vitest";
import { notTried, rulesOfGates } from "../not-tried.ts";
import { readLines } from "../produce/lines.ts";
import { dryRun } from "./dry-run.ts";

const FLIGHTS = fileURLToPath(new URL("../../../../deploy/pipelines/flights", import.meta.url));

test("a day whose distances are text ends where it ends on a broker, record by record", async () => {
  const lines = readLines(`${FLIGHTS}/data/corrupt/2013-02-05-distance-as-text.ndjson.gz`);
  const { records, status, outcomes } = await dryRun(loadPipeline(FLIGHTS, {}), lines);
  const count = (port: string): number => outcomes.filter((o) => `${o.stage}.${o.port}` === port).length;
  const routed = count("route.auto") + count("route.review") + count("route.manual");
  expect({ records, dlq: count("gate.dlq"), quarantined: count("gate.quarantine"), routed }).toEqual({
    records: 896,
    dlq: 536,
    quarantined: 4,
    routed: 356,
  });
  expect(new Set(outcomes.map((o) => o.id)).size).toBe(896);
  expect(outcomes.find((o) => o.port === "dlq")?.failure).toEqual({ class: "CONTRACT", message: expect.stringContaining("/distance") });
  expect(status.windows.map((w) => [w.id, w.verdict])).toEqual([["gate/time/2013-02-05T05:00Z", "pass"]]);
});

test("a rule that would halt the gate quarantines its day, and the days behind it are seen too", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-dry-run-"));
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  const text = readFileSync(file, "utf8").replace("max: 5%, action: quarantineWindow", "max: 5%, action: halt");
  writeFileSync(file, text.replace("    rules:\n", "    rules:\n      - { id: quiet, kind: silence, gap: 15m }\n"));
  const loaded = loadPipeline(folder, {});
  expect(notTried(rulesOfGates(loaded))).toEqual([
    "not judged here, because the clock decides it and not the records: quiet (silence)",
    "stops nothing here, so that everything is seen: dep-delay-nulls (pause, halt); the broken window is quarantined all the same",
  ]);
  const { status } = await dryRun(loaded, readLines(`${FLIGHTS}/data/corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz`));
  expect(status.windows.map((w) => [w.id, w.verdict, w.quarantined])).toEqual([["gate/time/2013-02-07T05:00Z", "breach", true]]);
});
