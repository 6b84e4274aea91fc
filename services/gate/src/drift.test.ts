import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import { baselineText, parseBaseline, type RuleSpec, type WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { applyChanges, decide, emptySeen, LANE, see, type Seen, type TestRecord } from "../testdata/harness.ts";
import { createStage } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract({ type: "object", properties: { x: { type: ["number", "null"] } } }, { sha256 });
const baseline = parseBaseline(
  baselineText(
    {
      kind: "Baseline",
      v: 1,
      name: "even",
      version: 1,
      records: 1000,
      columns: {
        "/x": {
          kind: "number",
          min: 0,
          max: 100,
          edges: [25, 50, 75],
          mean: 50,
          sigma: 29,
          cells: ["under", "<= 25", "<= 50", "<= 75", "> 75", "over", "null"],
          counts: [0, 250, 250, 250, 250, 0, 0],
        },
      },
    },
    sha256,
  ),
  "even.json",
  sha256,
);
const DRIFT: RuleSpec = { id: "x", kind: "drift", field: "/x", baseline: "even.json" };
const RISE: RuleSpec = { id: "rise", kind: "rateChange", field: "/x", of: "null", rate: 0.05, spacing: 1000 };
const HUNDRED: WindowSpec = { kind: "count", size: 100, hold: true };

const gate = (rules: readonly RuleSpec[], window: WindowSpec | null = HUNDRED): Stage =>
  createStage({
    pipeline: "p",
    stage: "gate",
    owner: "group:a",
    spec: "00",
    contract,
    rules,
    baselines: new Map([["even.json", baseline]]),
    window,
    time: null,
    sha256,
  });

/** Windows of 100: `.` lies evenly over the baseline, `!` lies in one corner of it. */
const log = (windows: string): TestRecord[] =>
  [...windows].flatMap((kind, w) =>
    Array.from({ length: 100 }, (_, i) => ({ offset: w * 100 + i, value: JSON.stringify({ x: kind === "!" ? 99 : i + 0.5 }) })),
  );

interface ToldVerdict {
  readonly id: string;
  readonly verdict: string;
  readonly rules: readonly {
    readonly id: string;
    readonly verdict: string;
    readonly alert?: string;
    readonly k?: number;
    readonly n: number;
  }[];
}
const verdictsOf = (seen: Seen): ToldVerdict[] => seen.verdicts.map((line) => JSON.parse(line.slice(line.indexOf(" ") + 1)));

/** The log through the gate, cut after `size` records; with `restarts` every cut is a crash after a commit. */
function run(build: () => Stage, records: readonly TestRecord[], { size = 70, restarts = false } = {}): Seen {
  const seen = emptySeen();
  const state = new Map<string, string>();
  let stage = build();
  stage.assign(LANE, 0, state);
  for (let next = 0; next < records.length;) {
    see(seen, stage, decide(stage, records.slice(next, next + size)));
    next += size;
    applyChanges(state, stage);
    if (!restarts) continue;
    const committed = stage.position(LANE) ?? Math.min(next, records.length);
    stage = build();
    stage.assign(LANE, committed, state);
    next = committed < next ? reread(stage, records, committed, next) : next;
  }
  return seen;
}

/** What is read again emits nothing. */
function reread(stage: Stage, records: readonly TestRecord[], from: number, to: number): number {
  expect(decide(stage, records.slice(from, to))).toEqual([]);
  return to;
}

describe("a rule drift", () => {
  it.each([
    ["....", "pass pass pass pass", "- - - -"],
    [".!..", "pass breach pass pass", "- - - -"],
    ["!!.", "breach breach pass", "- raised standing"],
    ["!.!", "breach pass breach", "- - raised"],
    ["!!...!", "breach breach pass pass pass breach", "- raised standing standing cleared -"],
  ])("over the windows %s gives %s and alerts %s", (windows, verdicts, alerts) => {
    for (const options of [{}, { size: 1000 }, { size: 33, restarts: true }]) {
      const answers = verdictsOf(run(() => gate([DRIFT]), log(windows), options)).map((v) => v.rules[0]!);
      expect(answers.map((r) => r.verdict).join(" ")).toBe(verdicts);
      expect(answers.map((r) => r.alert ?? "-").join(" ")).toBe(alerts);
    }
  });
  it("lets the window go unless it is told to quarantine it", () => {
    expect(run(() => gate([DRIFT]), log("!")).ports).toMatchObject({ pass: { length: 100 }, quarantine: [] });
    const refused = run(() => gate([{ ...DRIFT, action: "quarantineWindow" }]), log("!"));
    expect(refused.ports).toMatchObject({ pass: [], quarantine: { length: 100 } });
    expect(refused.ports["quarantine"]![0]).toContain("x: js of /x is 0.");
    expect(refused.ports["quarantine"]![0]).toContain("> 75: 25 % before, 100 % now");
  });
  it("only reports while it observes", () => {
    const seen = run(() => gate([{ ...DRIFT, mode: "observe", action: "quarantineWindow" }]), log("!"));
    expect(seen.ports).toMatchObject({ pass: { length: 100 } });
    expect(verdictsOf(seen)[0]).toMatchObject({ verdict: "pass", rules: [{ verdict: "breach" }] });
  });
});

describe("a detector", () => {
  const nulls = (n: number, from: number, every: number): TestRecord[] =>
    Array.from({ length: n }, (_, i) => ({ offset: i, value: JSON.stringify({ x: i >= from && i % every === 0 ? null : 1 }) }));
  it("raises its alarm at the same record however the log is read", () => {
    const records = nulls(600, 200, 3);
    const whole = run(() => gate([RISE]), records, { size: 600 });
    const alarms = verdictsOf(whole).filter((v) => v.id.includes("/stream/"));
    expect(alarms.length).toBeGreaterThan(1);
    expect(alarms[0]).toMatchObject({ verdict: "breach", rules: [{ id: "rise", kind: "rateChange", expected: 0.05 }] });
    const offset = Number(alarms[0]!.id.split("/").at(-1));
    expect(offset).toBeGreaterThan(200);
    expect(offset).toBeLessThan(240);
    for (const options of [{ size: 1 }, { size: 77 }, { size: 77, restarts: true }, { size: 250, restarts: true }]) {
      expect(run(() => gate([RISE]), records, options).verdicts).toEqual(whole.verdicts);
    }
  });
  it("remembers without windows, too", () => {
    const records = nulls(600, 200, 3);
    const whole = run(() => gate([RISE], null), records, { size: 600 });
    expect(whole.verdicts.length).toBeGreaterThan(1);
    expect(run(() => gate([RISE], null), records, { size: 50, restarts: true }).verdicts).toEqual(whole.verdicts);
  });
  it("starts anew when its settings change, and keeps its memory when others do", () => {
    const records = nulls(600, 0, 8);
    /** Where the second deployment raises its first alarm. */
    const through = (first: RuleSpec[], second: RuleSpec[]): number => {
      const state = new Map<string, string>();
      const before = gate(first, null);
      before.assign(LANE, 0, state);
      decide(before, records.slice(0, 100));
      applyChanges(state, before);
      const seen = emptySeen();
      const stage = gate(second, null);
      stage.assign(LANE, 100, state);
      see(seen, stage, decide(stage, records.slice(100)));
      return Number(
        verdictsOf(seen)
          .find((v) => v.rules[0]!.id === "rise")!
          .id.split("/")
          .at(-1),
      );
    };
    const [kept, anew] = [through([RISE], [RISE]), through([RISE], [{ ...RISE, spacing: 1001 }])];
    expect(kept).toBeLessThan(anew);
    expect(through([RISE], [RISE, { ...RISE, id: "other" }])).toBe(kept);
  });
});
