import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Decided, Stage } from "@weir/stream";
import { expect, test } from "vitest";
import { decide, emptySeen, LANE, see, type Seen, type TestRecord } from "../../testdata/harness.ts";
import { createStage } from "../stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({
  type: "object",
  properties: { t: { type: "integer" }, tenant: { type: ["string", "null"] }, x: { type: ["number", "null"] } },
  required: ["t"],
});
const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "x", kind: "range", field: "/x", min: 0 },
];
const WINDOW: WindowSpec = { kind: "time", scope: "key", by: "/tenant", every: 100, lateness: 0, late: "quarantine", hold: true };

function gate(window: WindowSpec = WINDOW, rules: readonly RuleSpec[] = RULES): Stage {
  const stage = createStage({
    pipeline: "p",
    stage: "gate",
    owner: "group:a",
    spec: "00",
    contract,
    rules,
    window,
    time: { pointer: "/t", unit: "ms" },
    sha256,
  });
  stage.assign(LANE, 0, new Map());
  return stage;
}

const record = (offset: number, tenant: string | null, x: number | null, t = 0): TestRecord => ({
  offset,
  value: JSON.stringify({ t, tenant, x }),
});

/** Decides the records and the end of the input. */
function through(stage: Stage, records: readonly TestRecord[]): Seen & { readonly verdict: Record<string, unknown> } {
  const seen = emptySeen();
  see(seen, stage, decide(stage, records));
  see(seen, stage, stage.endOfInput!(LANE));
  for (let more = stage.more!(); more !== null; more = stage.more!()) see(seen, stage, more as readonly Decided[]);
  return { ...seen, verdict: JSON.parse(seen.verdicts[0]!.slice(seen.verdicts[0]!.indexOf("{"))) as Record<string, unknown> };
}

test("one tenant's nulls stop that tenant alone", () => {
  const seen = through(gate(), [
    record(0, "a", 1),
    record(1, "b", 1),
    record(2, "a", null),
    record(3, "b", 2),
    record(4, "b", -1),
    record(5, null, 1),
  ]);
  expect(seen.ports["pass"]!.map((line) => line.split(" ")[0])).toEqual(["1", "3", "5"]);
  expect(seen.ports["quarantine"]).toEqual([
    expect.stringMatching(
      /^0 .*WINDOW window gate\/time\/.*, \/tenant "a": nulls: 1 of 2, allowed: 25 % \[gate@[0-9a-f]{8}\/nulls\] gate\/time\/1970-01-01T00:00Z\/0$/,
    ),
    expect.stringMatching(/^2 .*"a": nulls/),
    expect.stringMatching(/^4 .*RULE x: /),
  ]);
  expect(seen.verdict).toMatchObject({
    verdict: "breach",
    quarantined: true,
    n: 6,
    rules: [{ id: "nulls", verdict: "breach", k: 1, n: 3, of: "keys" }],
    keys: {
      by: "/tenant",
      judged: 3,
      breach: 1,
      insufficient: 0,
      list: [{ key: "a", n: 2, verdict: "breach", rules: [{ id: "nulls", k: 1, n: 2 }] }],
    },
  });
});

test("a key without enough records passes with a tag of its own, or is quarantined where the rule says so", () => {
  const few = [record(0, "a", 1), record(1, "b", 1), record(2, "b", 1)];
  const window = { ...WINDOW, minRecords: 2 };
  const tagged = through(gate(window), few);
  expect(tagged.ports["pass"]!.map((line) => /weir\.tags=(\S+)/.exec(line)?.[1] ?? "")).toEqual(["nulls=insufficient", "", ""]);
  const strict = through(gate(window, [{ ...RULES[0]!, onInsufficient: "quarantine" } as RuleSpec]), few);
  expect(strict.ports["quarantine"]!.map((line) => line.split(" ")[0])).toEqual(["0"]);
});

test("keys beyond the bound are judged together", () => {
  const seen = through(gate({ ...WINDOW, maxKeys: 2 }), [
    record(0, "a", 1),
    record(1, "b", 1),
    record(2, "c", null),
    record(3, "d", 1),
    record(4, "a", 1),
  ]);
  expect(seen.verdict["keys"]).toMatchObject({ judged: 3, breach: 1, others: true, list: [{ key: "(others)", n: 2 }] });
  expect(seen.ports["quarantine"]!.map((line) => line.split(" ")[0])).toEqual(["2", "3"]);
});

test("keys of any length, and such as objects have members of, are keys", () => {
  const long = "k".repeat(5000);
  const seen = through(gate(), [record(0, "__proto__", null), record(1, "toString", 1), record(2, long, null), record(3, `${long}!`, 1)]);
  expect(seen.ports["quarantine"]!.map((line) => line.split(" ")[0])).toEqual(["0", "2"]);
  expect(JSON.stringify(seen.verdict).length).toBeLessThan(2000);
});

test("10,000 open keys stay within a bound", () => {
  const rules = [
    ...RULES,
    ...Array.from({ length: 10 }, (_, i): RuleSpec => ({ id: `r${i}`, kind: "range", field: "/x", max: i, mostly: 0.1, action: "tag" })),
  ];
  const stage = gate(WINDOW, rules);
  const seen = emptySeen();
  const before = memory();
  for (let at = 0; at < 30_000; at += 1000)
    see(
      seen,
      stage,
      decide(
        stage,
        Array.from({ length: 1000 }, (_, i) => record(at + i, `tenant-${((at + i) * 7) % 10_000}`, i % 2 === 0 ? i : null)),
      ),
    );
  const held = stage.held!();
  const perKey = (memory() - before) / 10_000;
  const state = stage.snapshot().reduce((bytes, { value }) => bytes + (value?.length ?? 0), 0);
  console.info(`  10,000 keys, 12 rules: ${Math.round(perKey)} bytes a key with three held records of its own; state ${state} bytes`);
  expect([held, seen.ports["pass"]]).toEqual([30_000, []]);
  expect(perKey).toBeLessThan(20_000);
  expect(state).toBeLessThan(10_000);
  const end = stage.endOfInput!(LANE);
  see(seen, stage, end);
  expect(seen.ports["pass"]!.length + seen.ports["quarantine"]!.length).toBe(30_000);
});

test("what becomes of 10,000 keys fits a record of the state, also where the window leaves in parts", () => {
  const rules = Array.from({ length: 12 }, (_, i): RuleSpec => ({
    id: `a-rule-with-a-long-name-${i}`,
    kind: "nullRate",
    field: "/x",
    max: 0.1,
  }));
  const stage = createStage({
    pipeline: "p",
    stage: "gate",
    owner: "group:a",
    spec: "00",
    contract,
    rules,
    window: { ...WINDOW, minRecords: 2 },
    time: { pointer: "/t", unit: "ms" },
    sha256,
    partBytes: 1000,
  });
  stage.assign(LANE, 0, new Map());
  decide(
    stage,
    Array.from({ length: 10_000 }, (_, i) => record(i, `tenant-${"x".repeat(60)}-${i}`, 1)),
  );
  stage.endOfInput!(LANE);
  stage.more!();
  const largest = Math.max(...stage.snapshot().map(({ value }) => Buffer.byteLength(value ?? "")));
  expect(largest).toBeGreaterThan(500_000);
  expect(largest).toBeLessThan(1_500_000);
});

function memory(): number {
  (globalThis as { gc?: () => void }).gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return heapUsed + arrayBuffers;
}
