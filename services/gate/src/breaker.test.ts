import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { applyChanges, batchFrom, decide, emptySeen, header, LANE, see, type TestRecord } from "../testdata/harness.ts";
import { asReplays } from "./build.ts";
import { settleBreaker, type Tripped } from "./breaker.ts";
import { createStage, type GateOptions } from "./stage.ts";
import { joinSpans } from "./taint.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract(
  { type: "object", properties: { t: { type: "integer" }, x: { type: ["number", "null"] } }, required: ["x"] },
  { sha256 },
);
const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "small", kind: "range", field: "/x", max: 9 },
];
const window: WindowSpec = { kind: "count", size: 4, hold: false, breaker: { closeAfter: 2 } };

function gate(options: Partial<GateOptions> = {}): Stage {
  const stage = createStage({
    ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, rules: RULES, window, time: null, sha256 },
    ...options,
  });
  stage.assign(LANE, 0, new Map());
  return stage;
}

const values = (xs: readonly (number | null | string)[], first = 0): TestRecord[] =>
  xs.map((x, i) => ({ offset: first + i, value: typeof x === "string" ? x : JSON.stringify({ t: 0, x }) }));
const GOOD = [1, 2, 3, 4];
const BAD = [null, 1, null, 1];

/** Where records went, a letter each: passed, quarantined, dead. */
function ports(stage: Stage, records: readonly TestRecord[]): string {
  const letters = new Map<number, string>();
  for (const d of decide(stage, records)) d.rows.forEach((row, i) => letters.set(d.batch.offset[row]!, "pqd"[d.ports[i]!]!));
  return records.map(({ offset }) => letters.get(offset) ?? "-").join("");
}

interface Told {
  readonly id: string;
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly breaker?: string;
  readonly taint?: unknown;
}
function verdicts(stage: Stage, records: readonly TestRecord[]): Told[] {
  return decide(stage, records)
    .flatMap((d) => d.verdicts ?? [])
    .map(({ value }) => {
      const { id, verdict, quarantined, breaker, taint }: Told = JSON.parse(value ?? "");
      return { id, verdict, quarantined, ...(breaker && { breaker }), ...(taint !== undefined && { taint }) };
    });
}

describe("a breaker", () => {
  it("lets records flow, and diverts those after a window that broke a rule until two in a row have not", () => {
    const records = values([...GOOD, ...BAD, ...GOOD, ...BAD, ...GOOD, ...GOOD, ...GOOD]);
    expect(ports(gate(), records)).toBe("pppp" + "pppp" + "qqqq" + "qqqq" + "qqqq" + "qqqq" + "pppp");
    expect(verdicts(gate(), records)).toEqual([
      { id: "gate/count/0-0/0", verdict: "pass", quarantined: false },
      {
        ...{ id: "gate/count/0-1/0", verdict: "breach", quarantined: false, breaker: "tripped" },
        taint: [{ partition: 0, first: 4, last: 7, count: 4 }],
      },
      { id: "gate/count/0-2/0", verdict: "pass", quarantined: true, breaker: "halfOpen" },
      { id: "gate/count/0-3/0", verdict: "breach", quarantined: true, breaker: "tripped" },
      { id: "gate/count/0-4/0", verdict: "pass", quarantined: true, breaker: "halfOpen" },
      { id: "gate/count/0-5/0", verdict: "pass", quarantined: true, breaker: "closed" },
      { id: "gate/count/0-6/0", verdict: "pass", quarantined: false },
    ]);
  });

  it("tells diverted records which verdict is why, and counts as taint only what went on", () => {
    const stage = gate();
    const [first] = verdicts(stage, values([null, 10, "no JSON", null]));
    expect(first?.taint).toEqual([{ partition: 0, first: 0, last: 3, count: 2 }]);
    const seen = emptySeen();
    see(seen, stage, decide(stage, values([1, 10, "no JSON"], 4)));
    const why = "WINDOW diverted: window gate/count/0-0: nulls: 2 of 3, allowed: 25 %";
    expect(seen.ports["quarantine"]?.map((line) => line.replace(/\[.*\]/, "[…]"))).toEqual([
      `4  ${why} […] gate/count/0-0/0`,
      `5  ${why} […] gate/count/0-0/0`,
    ]);
    expect(seen.ports["dlq"]).toHaveLength(1);
  });

  it("stays open while windows have not enough evidence", () => {
    const timed: WindowSpec = { kind: "time", every: 10, lateness: 0, late: "quarantine", hold: false, minRecords: 2, breaker: { closeAfter: 1 } }; // prettier-ignore
    const at = (offset: number, t: number, x: number | null): TestRecord => ({ offset, value: JSON.stringify({ t, x }) });
    const records = [at(0, 0, null), at(1, 1, 1), at(2, 10, 1), at(3, 20, 1), at(4, 21, 1), at(5, 30, 1)];
    const options = { window: timed, time: { pointer: "/t", unit: "ms" } } as const;
    expect(verdicts(gate(options), records).map((v) => [v.verdict, v.breaker])).toEqual([
      ["breach", "tripped"],
      ["insufficient", "open"],
      ["pass", "closed"],
    ]);
    expect(ports(gate(options), records)).toBe("ppqqqp");
  });

  it("counts a window that was open when it tripped, and tells what of it had gone on", () => {
    const timed: WindowSpec = { kind: "time", every: 10, lateness: 10, late: "quarantine", hold: false, breaker: { closeAfter: 1 } };
    const at = (offset: number, t: number, x: number | null): TestRecord => ({ offset, value: JSON.stringify({ t, x }) });
    const records = [at(0, 0, null), at(1, 12, null), at(2, 20, 1), at(3, 13, null), at(4, 30, 1)];
    const told = verdicts(gate({ window: timed, time: { pointer: "/t", unit: "ms" } }), records);
    expect(told.map((v) => [v.id, v.breaker, v.taint, v.quarantined])).toEqual([
      ["gate/time/1970-01-01T00:00Z/0", "tripped", [{ partition: 0, first: 0, last: 0, count: 1 }], false],
      ["gate/time/1970-01-01T00:00:00.010Z/0", "tripped", [{ partition: 0, first: 1, last: 1, count: 1 }], false],
    ]);
  });

  it("is in the state: whoever takes the partition over diverts on, and knows what went on before", () => {
    const stage = gate();
    decide(stage, values([...BAD, 1]));
    const state = applyChanges(new Map(), stage);
    const next = gate();
    next.assign(LANE, stage.position(LANE)!, state);
    expect(ports(next, values([1, 2, 3, 4, 5, 6, 7, 8], 4))).toBe("-qqqqqqq");
    // Within a window that flows, too.
    const flowing = gate();
    decide(flowing, values([null, 1]));
    const heir = gate();
    heir.assign(LANE, 0, applyChanges(new Map(), flowing));
    expect(verdicts(heir, values([...BAD])).map((v) => v.taint)).toEqual([[{ partition: 0, first: 0, last: 3, count: 4 }]]);
  });

  it("is forgotten when the gate has none any more", () => {
    const stage = gate();
    decide(stage, values(BAD));
    const state = applyChanges(new Map(), stage);
    const held = gate({ window: { kind: "count", size: 4, hold: true } });
    held.assign(LANE, 4, state);
    expect(ports(held, values(GOOD, 4))).toBe("pppp");
  });

  it("holds replays back: a run comes once, and there is no later one to divert", () => {
    expect(asReplays({ ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract }, rules: RULES, window, time: null, sha256 }).window).toEqual({ kind: "batch", hold: true }); // prettier-ignore
    const stage = createStage({
      ...asReplays({ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, rules: RULES, window, time: null, sha256 }),
    });
    stage.assign(LANE, 0, new Map());
    const run = values(BAD).map((record) => ({ ...record, headers: [header("weir.replay.id", "r1")] }));
    expect(stage.process([batchFrom(run)])).toEqual([]);
  });
});

describe("what a verdict does to the breaker", () => {
  const rule = { id: "r", kind: "nullRate", n: 4, mode: "enforce", action: "quarantineWindow" } as const;
  const told = (verdict: "pass" | "breach" | "insufficient", action: "quarantineWindow" | "alert" = "quarantineWindow") => ({
    ...({ verdict, broken: [], outcome: verdict === "breach" ? "quarantine" : "pass", condemnedBy: [], tags: [] } as const),
    rules: [{ ...rule, verdict, action }],
  });
  const failure = { class: "WINDOW", message: "m", verdict: "v" } as const;
  const open = (good: number): { tripped: Tripped | null } => ({ tripped: { failure, good } });

  it.each([
    ["nothing, while it is closed and the window passes", { tripped: null }, told("pass"), null, null],
    ["nothing, while it is closed and there is no evidence", { tripped: null }, told("insufficient"), null, null],
    ["trips it", { tripped: null }, told("breach"), failure, "tripped"],
    ["trips it again: windows that were good before count no more", open(2), told("breach"), failure, "tripped"],
    ["leaves it open", open(0), told("insufficient"), null, "open"],
    ["leaves it half open", open(1), told("insufficient"), null, "halfOpen"],
    ["a rule that alerts has no say", open(2), told("insufficient", "alert"), null, "closed"],
    ["is one good window of three", open(0), told("pass"), null, "halfOpen"],
    ["is the last good window", open(2), told("pass"), null, "closed"],
  ] as const)("%s", (_, state, judgement, condemned, expected) => {
    const lane = { ...state };
    expect(settleBreaker(lane, 3, judgement, condemned)).toBe(expected);
    expect(lane.tripped === null).toBe(expected === null || expected === "closed");
  });
});

it("spans of offsets add up in any order", () => {
  const [a, b] = [{ first: 3, last: 9, count: 2 }, { first: 1, last: 4, count: 3 }]; // prettier-ignore
  expect([joinSpans(a, b), joinSpans(b, a), joinSpans(null, a), joinSpans(null, null)]).toEqual([
    { first: 1, last: 9, count: 5 },
    { first: 1, last: 9, count: 5 },
    a,
    null,
  ]);
});
