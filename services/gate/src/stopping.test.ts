import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import { describe, expect, it } from "vitest";
import { applyChanges, decide, header, LANE, type TestRecord } from "../testdata/harness.ts";
import { asReplays } from "./build.ts";
import { createStage, type GateOptions } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract(
  { type: "object", properties: { t: { type: "integer" }, x: { type: ["number", "null"] } }, required: ["x"] },
  { sha256 },
);
const NULLS: RuleSpec = { id: "nulls", kind: "nullRate", field: "/x", max: 0.25, action: "halt" };
const window: WindowSpec = { kind: "count", size: 4, hold: true };
const OPTIONS: GateOptions = {
  ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, rules: [NULLS], window, time: null, sha256 },
  stops: true,
};

function gate(options: Partial<GateOptions> = {}): Stage {
  const stage = createStage({ ...OPTIONS, ...options });
  stage.assign(LANE, 0, new Map());
  return stage;
}

const values = (xs: readonly (number | null)[], first = 0): TestRecord[] =>
  xs.map((x, i) => ({ offset: first + i, value: JSON.stringify({ t: 0, x }) }));
const GOOD = [1, 2, 3, 4];
const BAD = [null, 1, null, 1];

type Told = ReturnType<typeof decide>;

/** Where records went, a letter each: passed, quarantined, dead; `-`: nowhere yet. */
function ports(told: Told, count: number): string {
  const letters = new Map<number, string>();
  for (const d of told) d.rows.forEach((row, i) => letters.set(d.batch.offset[row]!, "pqd"[d.ports[i]!]!));
  return Array.from({ length: count }, (_, offset) => letters.get(offset) ?? "-").join("");
}
const verdictsOf = (told: Told): string[] => told.flatMap((d) => d.verdicts ?? []).map(({ key }) => key);

/** Everything that it lets go without being given more. */
function drain(stage: Stage): Told {
  const out = [];
  for (let more = stage.more!(); more !== null && !("lane" in more); more = stage.more!()) out.push(...more);
  return out;
}

describe("a rule that halts", () => {
  it("quarantines its window, and nothing behind the verdict is taken in until the partition goes on", () => {
    const stage = gate();
    const before = decide(stage, values([...GOOD, ...BAD, ...GOOD, 1]));
    expect(ports(before, 13)).toBe("pppp" + "qqqq" + "-----");
    expect(verdictsOf(before)).toEqual(["gate/count/0-0/0", "gate/count/0-1/0"]);
    expect(drain(stage)).toEqual([]);
    expect(stage.stopped!(LANE, 500)).toEqual({
      verdict: "gate/count/0-1/0",
      rule: "nulls",
      owner: "group:a",
      next: 8,
      since: 500,
      until: null,
    });
    expect(stage.stopped!(LANE, 900)?.since).toBe(500);
    expect(stage.position(LANE)).toBe(8);
    stage.goOn!(LANE);
    expect(ports(drain(stage), 13)).toBe("--------" + "pppp" + "-");
    expect(stage.stopped!(LANE, 900)).toBeNull();
  });

  it("lets nothing go of windows that the same record closed, but what stands before the verdict", () => {
    const late: WindowSpec = { kind: "time", every: 10, lateness: 20, late: "quarantine", hold: true };
    const at = (offset: number, t: number, x: number | null): TestRecord => ({ offset, value: JSON.stringify({ t, x }) });
    const stage = gate({ window: late, time: { pointer: "/t", unit: "ms" } });
    const told = decide(stage, [at(0, 1, 1), at(1, 11, null), at(2, 21, 1), at(3, 60, 1)]);
    expect(ports(told, 4)).toBe("pq--");
    stage.stopped!(LANE, 1);
    stage.goOn!(LANE);
    expect(ports(drain(stage), 4)).toBe("--p-");
  });

  it("is in the state: whoever takes the partition over is stopped, and so is one that windows are open in", () => {
    const stage = gate();
    decide(stage, values([...BAD, 1, 2]));
    const since = stage.stopped!(LANE, 500);
    const state = applyChanges(new Map(), stage);
    const next = gate();
    next.assign(LANE, 4, new Map(state));
    expect(next.stopped!(LANE, 900)).toEqual(since);
    next.goOn!(LANE);
    expect([...applyChanges(new Map(state), next).keys()].filter((key) => key.startsWith("stop/"))).toEqual([]);
    expect(ports(decide(next, values([1, 2, 3, 4], 4)), 8)).toBe("----pppp");

    const timed: WindowSpec = { kind: "time", every: 10, lateness: 20, late: "quarantine", hold: true };
    const at = (offset: number, t: number, x: number | null): TestRecord => ({ offset, value: JSON.stringify({ t, x }) });
    const log = [at(0, 1, null), at(1, 11, 1), at(2, 31, 1), at(3, 60, 1)];
    const first = gate({ window: timed, time: { pointer: "/t", unit: "ms" } });
    expect(ports(decide(first, log), 4)).toBe("q---");
    first.stopped!(LANE, 500);
    const heir = gate({ window: timed, time: { pointer: "/t", unit: "ms" } });
    heir.assign(LANE, first.position(LANE)!, applyChanges(new Map(), first));
    expect(heir.stopped!(LANE, 900)?.since).toBe(500);
    // It goes on and dies before anything else is committed: the stop is over, the window is filled again.
    heir.goOn!(LANE);
    expect(heir.snapshot()).toEqual([{ lane: LANE, key: "stop/in/0", value: null }]);
    expect(ports(decide(heir, log.slice(1)), 4)).toBe("-pp-");
  });

  it("stops at an alarm, before the record that raised it is decided", () => {
    const rules: RuleSpec[] = [
      { id: "rise", kind: "rateChange", field: "/x", of: "null", rate: 0.1, spacing: 100, action: "pause", for: 60 },
    ];
    const stage = gate({ rules, window: null });
    const told = decide(stage, values([1, 1, null, null, null, null, null, null]));
    const alarm = Number(verdictsOf(told)[0]?.split("/").at(-1));
    expect(ports(told, 8)).toBe("p".repeat(alarm) + "-".repeat(8 - alarm));
    expect(stage.stopped!(LANE, 500)).toMatchObject({ rule: "rise", since: 500, until: 560 });
    stage.goOn!(LANE);
    expect(ports(drain(stage), 8).slice(alarm)[0]).toBe("p");
  });

  it("stops what flows, too: the window that was bad has gone on, nothing comes after it", () => {
    const stage = gate({ window: { kind: "count", size: 4, hold: false } });
    expect(ports(decide(stage, values([...BAD, ...GOOD])), 8)).toBe("pppp----");
  });

  it.each<[string, Partial<GateOptions>]>([
    ["where the rule observes", { rules: [{ ...NULLS, mode: "observe" }] }],
    ["where nobody heeds it", { stops: false }],
  ])("stops nothing %s", (_, options) => {
    const stage = gate(options);
    expect(ports(decide(stage, values([...BAD, ...GOOD])), 8).slice(4)).toBe("pppp");
    expect(stage.stopped!(LANE, 1)).toBeNull();
  });

  it("stops no replay: a bad run says nothing of the source", () => {
    const stage = createStage(asReplays(OPTIONS));
    stage.assign(LANE, 0, new Map());
    decide(stage, values(BAD).map((record) => ({ ...record, headers: [header("weir.replay.id", "r1")] }))); // prettier-ignore
    expect(ports([...stage.endOfInput!(LANE)], 4)).toBe("qqqq");
    expect(stage.stopped!(LANE, 1)).toBeNull();
  });
});
