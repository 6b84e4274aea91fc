import { createMetrics } from "@weir/service";
import { expect, test } from "vitest";
import { gateTelemetry } from "./telemetry.ts";

test("windows are counted by verdict and fate, their rules by answer, rules of an earlier deployment together", async () => {
  const metrics = createMetrics();
  const { judged } = gateTelemetry(metrics, { pipeline: "p", stage: "gate" }, ["nulls"]);
  const rule = { kind: "nullRate", mode: "enforce", action: "quarantineWindow", k: 1, n: 2 } as const;
  judged({ verdict: "breach", fate: "quarantined", rules: [{ ...rule, id: "nulls", verdict: "breach" }] });
  for (let i = 0; i < 50; i++) judged({ verdict: "pass", fate: "passed", rules: [{ ...rule, id: `gone-${i}`, verdict: "pass" }] });
  const { text } = await metrics.expose(undefined);
  const shown = text.split("\n").filter((line) => /^weir_(verdicts|windows)_total/.test(line));
  expect(shown.filter((line) => !line.endsWith(" 0"))).toEqual([
    'weir_verdicts_total{pipeline="p",stage="gate",rule="nulls",verdict="breach"} 1',
    'weir_verdicts_total{pipeline="p",stage="gate",rule="earlier",verdict="pass"} 50',
    'weir_windows_total{pipeline="p",stage="gate",verdict="pass",fate="passed"} 50',
    'weir_windows_total{pipeline="p",stage="gate",verdict="breach",fate="quarantined"} 1',
  ]);
  expect(shown).toHaveLength(4 + 1 + 12);
});
