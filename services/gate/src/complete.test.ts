import { createHash } from "node:crypto";
import { crc32 } from "node:zlib";
import { compileContract } from "@weir/contract";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { decide, header, LANE, type TestRecord } from "../testdata/harness.ts";
import { asReplays } from "./build.ts";
import { createStage, type GateOptions } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({ type: "object", properties: { x: { type: "number" } }, required: ["x"] }, { sha256 });
const OPTIONS: GateOptions = {
  ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, time: null, sha256 },
  rules: [{ id: "whole", kind: "complete" }],
  window: { kind: "batch", hold: true },
};

function gate(options: GateOptions = OPTIONS): Stage {
  const stage = createStage(options);
  stage.assign(LANE, 0, new Map());
  return stage;
}

/** Records of one batch; `last` ends it. */
const batchOf = (values: readonly string[], headers: readonly ReturnType<typeof header>[], last = true): TestRecord[] =>
  values.map((value, offset) => ({
    offset,
    value,
    headers: [header("batch-id", "b"), ...headers, ...(last && offset === values.length - 1 ? [header("batch-last", "true")] : [])],
  }));

function told(stage: Stage, records: readonly TestRecord[]): unknown {
  const [verdict] = [...decide(stage, records), ...(stage.endOfInput?.(LANE) ?? [])].flatMap((d) => d.verdicts ?? []);
  return JSON.parse(verdict?.value ?? "null");
}

const ONE = '{"x":1}';
const TWO = '{"x":2}';
const DAMAGED = "{";
const sumOf = (...values: string[]): string => (values.reduce((sum, value) => sum + crc32(value), 0) >>> 0).toString(16).padStart(8, "0");

describe("a batch", () => {
  it.each([
    ["has as many records as it should", batchOf([ONE, TWO], [header("batch-count", "2")]), "pass", { records: 2 }],
    ["has them also when one is damaged", batchOf([ONE, DAMAGED], [header("batch-count", "2")]), "pass", { records: 2 }],
    ["ends before its last record", batchOf([ONE, TWO], [header("batch-count", "3")]), "breach", { records: 3 }],
    ["ends with the input", batchOf([ONE], [header("batch-count", "3")], false), "breach", { records: 3 }],
    ["has the values that it should, in any order", batchOf([TWO, DAMAGED, ONE], [header("batch-checksum", sumOf(ONE, TWO, DAMAGED).toUpperCase())]), "pass", { sum: sumOf(ONE, TWO, DAMAGED) }],
    ["has others", batchOf([ONE, ONE], [header("batch-count", "2"), header("batch-checksum", sumOf(ONE, TWO))]), "breach", { records: 2, checksum: sumOf(ONE, TWO), sum: sumOf(ONE, ONE) }],
  ] as const)("%s", (_what, records, verdict, declared) => {
    expect(told(gate(), records)).toMatchObject({ verdict, quarantined: verdict === "breach", rules: [{ id: "whole", verdict, n: records.length, declared }] });
  }); // prettier-ignore

  it("of which nobody said anything cannot be judged, and neither can a run of replays", () => {
    const silent = [{ id: "whole", verdict: "insufficient", why: "no record has batch-count or batch-checksum" }];
    expect(told(gate(), batchOf([ONE], []))).toMatchObject({ verdict: "insufficient", quarantined: false, rules: silent });
    const again = batchOf([ONE], [header("batch-count", "2"), header("weir.replay.id", "r")]);
    expect(told(gate(asReplays(OPTIONS)), again)).toMatchObject({ verdict: "insufficient", rules: silent });
  });
});
