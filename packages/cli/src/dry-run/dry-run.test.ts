import { fileURLToPath } from "node:url";
import { loadPipeline } from "@weir/service";
import { expect, test } from "vitest";
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
