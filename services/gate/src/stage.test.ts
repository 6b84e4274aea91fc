import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { compileContract } from "@weir/contract";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { applyChanges, decide, emptySeen, LANE, see, type Seen, type TestRecord } from "../testdata/harness.ts";
import { createStage } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const DAY = { kind: "time", every: 86_400_000, offset: 18_000_000, lateness: 0, late: "quarantine", hold: true } as const;
const NULLS: RuleSpec = { id: "dep-delay-nulls", kind: "nullRate", field: "/dep_delay", max: 0.05 };
const RULES: readonly RuleSpec[] = [NULLS, { id: "dep-delay", kind: "required", field: "/dep_delay" }];
const contract = compileContract(
  {
    type: "object",
    properties: { event_time: { type: "string" }, dep_delay: { type: ["number", "null"] }, distance: { type: "number" } },
    required: ["event_time", "dep_delay"],
  },
  { sha256 },
);

function gate(rules: readonly RuleSpec[] = RULES, window: WindowSpec | null = DAY): Stage {
  return createStage({
    pipeline: "flights",
    stage: "gate",
    owner: "group:ops",
    spec: "00",
    contract,
    rules,
    window,
    time: { pointer: "/event_time" },
    sha256,
  });
}

function flights(): TestRecord[] {
  const text = readFileSync(new URL("../testdata/flights-2013-02-07--09.ndjson", import.meta.url), "utf8").trimEnd();
  return text.split("\n").map((value, offset) => ({ offset, value }));
}

function runAll(stage: Stage, records: readonly TestRecord[], size = 500): Seen {
  const seen = emptySeen();
  stage.assign(LANE, 0, new Map());
  for (let i = 0; i < records.length; i += size) see(seen, stage, decide(stage, records.slice(i, i + size)));
  see(seen, stage, stage.endOfInput!(LANE));
  return seen;
}

const verdictsOf = (
  seen: Seen,
): { window: { id: string }; verdict: string; n: number; rules: { k: number; n: number }[]; closedBy: string }[] =>
  seen.verdicts.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));

describe("days of flights", () => {
  it("passes 7 February and stops the two days of the blizzard", () => {
    const seen = runAll(gate(), flights());
    expect(verdictsOf(seen).map((v) => [v.window.id, v.verdict, v.rules[0]!.k, v.rules[0]!.n, v.closedBy])).toEqual([
      ["2013-02-07T05:00Z", "pass", 4, 932, "log"],
      ["2013-02-08T05:00Z", "breach", 472, 930, "log"],
      ["2013-02-09T05:00Z", "breach", 393, 684, "endOfInput"],
    ]);
    expect([seen.ports["pass"]!.length, seen.ports["quarantine"]!.length, seen.ports["dlq"]!.length]).toEqual([928, 4 + 930 + 684, 0]);
  });

  it("tells of every refused record which rule and which verdict refused it", () => {
    const seen = runAll(gate(), flights());
    const stop = gate().describe().rules!.slice(0, 8);
    expect(seen.ports["quarantine"]![0]).toMatch(
      new RegExp(
        `weir.window=gate/time/2013-02-07T05:00Z RULE dep-delay: /dep_delay is null, a value is required \\[gate@${stop}/dep-delay\\]`,
      ),
    );
    expect(seen.ports["quarantine"]![4]).toBe(
      `932 weir.window=gate/time/2013-02-08T05:00Z WINDOW window gate/time/2013-02-08T05:00Z: dep-delay-nulls: 472 of 930, allowed: 5 % [gate@${stop}/dep-delay-nulls] gate/time/2013-02-08T05:00Z/0`,
    );
  });

  it("judges a window that was open at a deployment by the rules that it was opened under", () => {
    const records = flights();
    const before = gate();
    const seen = emptySeen();
    before.assign(LANE, 0, new Map());
    see(seen, before, decide(before, records.slice(0, 1200)));
    const state = new Map(applyChanges(new Map(), before));
    const after = gate([{ ...NULLS, max: 0.9 }]);
    const from = before.position(LANE)!;
    after.assign(LANE, from, state);
    see(seen, after, decide(after, records.slice(from)));
    see(seen, after, after.endOfInput!(LANE));
    expect(verdictsOf(seen).map((v) => v.verdict)).toEqual(["pass", "breach", "pass"]);
  });
});

describe("what does not fit together is refused with a reason", () => {
  const opened = (): { stage: Stage; state: Map<string, string> } => {
    const stage = gate();
    stage.assign(LANE, 0, new Map());
    decide(stage, flights().slice(0, 100));
    return { stage, state: new Map(applyChanges(new Map(), stage)) };
  };
  it("another committed offset", () => {
    expect(() => gate().assign(LANE, 50, opened().state)).toThrow(/WEIR-2302 the committed offset 50/);
  });
  it("other window settings while windows are open", () => {
    expect(() => gate(RULES, { ...DAY, every: 3_600_000 }).assign(LANE, 0, opened().state)).toThrow(/WEIR-2303/);
  });
  it("records that are gone when they are read again", () => {
    const stage = gate();
    stage.assign(LANE, 0, opened().state);
    expect(() =>
      decide(
        stage,
        flights()
          .slice(0, 120)
          .filter((r) => r.offset !== 7),
      ),
    ).toThrow(/WEIR-2305 .*2013-02-07T05:00Z/);
  });
  it("more held records than fit", () => {
    const stage = createStage({
      pipeline: "p",
      stage: "gate",
      owner: "o",
      spec: "0",
      contract,
      rules: RULES,
      window: DAY,
      time: { pointer: "/event_time" },
      sha256,
      maxHeldRecords: 50,
    });
    stage.assign(LANE, 0, new Map());
    expect(() => decide(stage, flights().slice(0, 100))).toThrow(
      /WEIR-2304 the gate holds 100 records, at most 50 can be\n.*time\/2013-02-07T05:00Z/,
    );
  });
});

const flight = (offset: number, time: string, delay: number | null, more: Partial<TestRecord> = {}): TestRecord => ({
  offset,
  value: JSON.stringify({ event_time: time, dep_delay: delay, distance: 1 }),
  ...more,
});

describe("a rate equal to the limit passes", () => {
  it.each([
    [5, "pass"],
    [6, "breach"],
  ])("%i of 100 nulls with max 5 %%: %s", (nulls, verdict) => {
    const records = Array.from({ length: 100 }, (_, i) => flight(i, "2013-01-01T00:00:00Z", i < nulls ? null : 1));
    expect(verdictsOf(runAll(gate([NULLS], { kind: "count", size: 100, hold: true }), records)).map((v) => v.verdict)).toEqual([verdict]);
  });
});

describe("late records", () => {
  const records = [flight(0, "2013-01-01T06:00:00Z", 1), flight(1, "2013-01-02T06:00:00Z", 1), flight(2, "2013-01-01T07:00:00Z", 1)];
  it.each([
    ["quarantine", 2, 1],
    ["nextWindow", 3, 0],
    ["recordRulesOnly", 3, 0],
  ] as const)("%s", (late, passed, quarantined) => {
    const seen = runAll(gate([NULLS], { ...DAY, late }), records);
    expect([seen.ports["pass"]!.length, seen.ports["quarantine"]!.length]).toEqual([passed, quarantined]);
    const window = { quarantine: undefined, nextWindow: "2 weir.window=gate/time/2013-01-02T05:00Z", recordRulesOnly: "2 " }[late];
    expect(seen.ports["pass"]!.find((line) => line.startsWith("2 "))).toBe(window);
  });
});

it("passes a window without enough evidence flagged, and never silently", () => {
  const seen = runAll(gate([NULLS], { ...DAY, minRecords: 50 }), [flight(0, "2013-01-01T06:00:00Z", null)]);
  expect(seen.ports["pass"]).toEqual(["0 weir.tags=dep-delay-nulls=insufficient weir.window=gate/time/2013-01-01T05:00Z"]);
  expect(verdictsOf(seen)[0]!.verdict).toBe("insufficient");
});

it("believes no event time further ahead of the record's timestamp than maxFuture", () => {
  const seen = runAll(gate([NULLS], { ...DAY, maxFuture: 1000 }), [
    flight(0, "2013-01-01T06:00:00Z", 1, { timestamp: Date.UTC(2013, 0, 1, 6) }),
    flight(1, "2033-01-01T06:00:00Z", 1, { timestamp: Date.UTC(2013, 0, 1, 6) }),
    flight(2, "2013-01-01T07:00:00Z", 1, { timestamp: Date.UTC(2013, 0, 1, 7) }),
  ]);
  expect([seen.ports["pass"]!.length, seen.ports["quarantine"]!.length]).toEqual([2, 0]);
  expect(seen.ports["dlq"]![0]).toMatch(/^1  CONTRACT the event time is \d+ ms ahead/);
});
