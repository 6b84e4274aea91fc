import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import type { RuleSpec, RuleVerdict, WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges, decide, LANE, type TestRecord } from "../testdata/harness.ts";
import { createStage, type GateOptions } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const contract = compileContract(
  { type: "object", properties: { t: { type: "integer" }, x: { type: ["number", "null"] } }, required: ["t"] },
  { sha256 },
);
const NULLS: RuleSpec = { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 };
const MEAN: RuleSpec = { id: "mean", kind: "mean", field: "/x", action: "alert", max: 100 };
const VALUES: RuleSpec = { id: "values", kind: "cardinality", field: "/x", action: "alert", max: 8 };
type Sliding = Extract<WindowSpec, { kind: "sliding" }>;
const window: Sliding = { kind: "sliding", every: 10, over: 30, lateness: 0, late: "quarantine", hold: true };

function gate(options: Partial<GateOptions> = {}): Stage {
  const stage = createStage({
    ...{ pipeline: "p", stage: "gate", owner: "group:a", spec: "00", contract, rules: [NULLS], window, sha256 },
    ...{ time: { pointer: "/t", unit: "ms" }, ...options },
  });
  stage.assign(LANE, 0, new Map());
  return stage;
}

interface Timed {
  readonly t: number;
  readonly x: number | null;
}
const recordsOf = (all: readonly Timed[]): TestRecord[] => all.map((r, offset) => ({ offset, value: JSON.stringify(r) }));
/** Panes of ten milliseconds, their values. */
const panes = (...values: readonly (readonly (number | null)[])[]): TestRecord[] =>
  recordsOf(values.flatMap((xs, i) => xs.map((x) => ({ t: 10 * i, x }))));
const GOOD = [1, 2, 3, 4];
const BAD = [null, null, null, 4];

interface Told {
  readonly window: Readonly<Record<string, unknown>>;
  readonly partitions: readonly Readonly<Record<string, number>>[];
  readonly n: number;
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly rules: readonly RuleVerdict[];
  readonly breaker?: string;
  readonly taint?: unknown;
}
interface Seen {
  /** Where records went by offset, a letter each: passed, quarantined, held. */
  readonly ports: string;
  readonly told: readonly Told[];
}
function play(stage: Stage, records: readonly TestRecord[]): Seen {
  const letters = new Map<number, string>();
  const told: Told[] = [];
  for (const d of decide(stage, records)) {
    d.rows.forEach((row, i) => letters.set(d.batch.offset[row]!, "pqd"[d.ports[i]!]!));
    told.push(...(d.verdicts ?? []).map(({ value }): Told => JSON.parse(value ?? "")));
  }
  return { ports: records.map(({ offset }) => letters.get(offset) ?? "-").join(""), told };
}

describe("a sliding window", () => {
  it("is judged when a pane closes, over the panes that lie within it", () => {
    const { told } = play(gate(), panes(GOOD, [null, 1], GOOD, GOOD, [1]));
    expect(told.map(({ window: w, n, rules: [rule] }) => [w["id"], w["start"], w["panes"], rule?.k, n])).toEqual([
      ["1970-01-01T00:00Z", "1969-12-31T23:59:59.980Z", 1, 0, 4],
      ["1970-01-01T00:00:00.010Z", "1969-12-31T23:59:59.990Z", 2, 1, 6],
      ["1970-01-01T00:00:00.020Z", "1970-01-01T00:00Z", 3, 1, 10],
      ["1970-01-01T00:00:00.030Z", "1970-01-01T00:00:00.010Z", 3, 1, 10],
    ]);
    expect(told[3]).toMatchObject({
      window: {
        kind: "sliding",
        end: "1970-01-01T00:00:00.040Z",
        pane: { start: "1970-01-01T00:00:00.030Z", first: 10, last: 13, count: 4 },
      },
      partitions: [{ partition: 0, first: 4, last: 13, count: 10 }],
    });
  });

  it("quarantines its newest pane alone, as long as the bad one is within it, and tells what had gone on before", () => {
    const { ports, told } = play(gate(), panes(GOOD, BAD, GOOD, GOOD, GOOD, [1]));
    expect(ports).toBe("pppp" + "qqqq" + "pppp" + "pppp" + "pppp" + "-");
    expect(told.map(({ verdict, quarantined, taint }) => [verdict, quarantined, taint])).toEqual([
      ["pass", false, undefined],
      ["breach", true, [{ partition: 0, first: 0, last: 3, count: 4 }]],
      ["pass", false, undefined], // 3 of 12: a rate equal to its limit passes
      ["pass", false, undefined],
      ["pass", false, undefined],
    ]);
    expect(play(gate(), panes(BAD, GOOD, GOOD, GOOD, [1])).ports).toBe("qqqq" + "qqqq" + "pppp" + "pppp" + "-");
  });

  it("does not reach over a gap: panes without records count as empty and have no verdict", () => {
    const all = [...BAD.map((x) => ({ t: 0, x })), ...GOOD.map((x) => ({ t: 30, x })), { t: 60, x: 1 }];
    expect(play(gate(), recordsOf(all)).told.map((v) => [v.n, v.verdict])).toEqual([
      [4, "breach"],
      [4, "pass"],
    ]);
  });

  it("asks minRecords of the whole window", () => {
    const { told } = play(gate({ window: { ...window, minRecords: 6 } }), panes(BAD, [1, 2], [1]));
    expect(told.map((v) => v.verdict)).toEqual(["insufficient", "breach"]);
  });

  it("only reports where nothing is held", () => {
    const { ports, told } = play(gate({ window: { ...window, hold: false } }), panes(BAD, BAD, [1]));
    expect([ports, told.map((v) => [v.verdict, v.quarantined, v.taint])]).toEqual([
      "ppppppppp",
      [
        ["breach", false, undefined],
        ["breach", false, undefined],
      ],
    ]);
  });

  it("with a breaker diverts until the bad pane is out of reach, or outweighed", () => {
    const flowing: Sliding = { ...window, hold: false, breaker: { closeAfter: 1 } };
    const { ports, told } = play(gate({ window: flowing }), panes(GOOD, BAD, GOOD, GOOD, [1]));
    expect(ports).toBe("pppp" + "pppp" + "qqqq" + "pppp" + "p");
    expect(told.map(({ breaker, taint }) => [breaker, taint])).toEqual([
      [undefined, undefined],
      ["tripped", [{ partition: 0, first: 0, last: 7, count: 8 }]],
      ["closed", undefined],
      [undefined, undefined],
    ]);
  });

  it("grows anew after a change of rules", () => {
    const first = gate();
    decide(first, panes(BAD, GOOD));
    const stage = gate({ rules: [{ ...NULLS, max: 0.2 }] });
    stage.assign(LANE, first.position(LANE)!, applyChanges(new Map(), first));
    const { told } = play(stage, panes(BAD, GOOD, [1, 2, 3, null], [1]).slice(4));
    // The pane that was open is judged under its own rules, with the one before it; the next one alone.
    expect(told.map(({ window: w, n, verdict }) => [w["panes"], n, verdict])).toEqual([
      [2, 8, "breach"],
      [1, 4, "breach"],
    ]);
  });

  it("keeps in the state the panes that later windows reach, each written once, and none of other settings", () => {
    const stage = gate();
    const state = new Map<string, string>();
    const names = (): string[] => [...state.keys()].filter((key) => key.startsWith("pane/")).sort();
    const all = panes(GOOD, GOOD, GOOD, GOOD, GOOD, [1]);
    const written: number[] = [];
    for (let i = 0; i < all.length; i += 4) {
      decide(stage, all.slice(i, i + 4));
      const changes = stage.snapshot();
      written.push(changes.filter(({ key, value }) => key.startsWith("pane/") && value !== null).length);
      for (const { key, value } of changes) {
        if (value === null) state.delete(key);
        else state.set(key, value);
      }
    }
    expect(written).toEqual([0, 1, 1, 1, 1, 1]);
    expect(names()).toEqual(["pane/in/0/1970-01-01T00:00:00.030Z", "pane/in/0/1970-01-01T00:00:00.040Z"]);
    stage.endOfInput!(LANE);
    applyChanges(state, stage);
    const other = gate({ window: { ...window, every: 15 } });
    other.assign(LANE, 21, state);
    applyChanges(state, other);
    expect(names()).toEqual([]);
  });

  it("says of every window what a count over its records says", () => {
    const timed = fc.record({ t: fc.integer({ min: 0, max: 200 }), x: fc.option(fc.integer({ min: 0, max: 9 }), { freq: 3 }) });
    const ordered = fc.array(timed, { minLength: 1, maxLength: 120 }).map((all) => all.sort((a, b) => a.t - b.t));
    const shapes = fc.record({ every: fc.integer({ min: 1, max: 40 }), count: fc.integer({ min: 2, max: 7 }), offset: fc.nat(3) });
    fc.assert(
      fc.property(ordered, shapes, (all, { every, count, offset }) => {
        const over = every * count;
        const stage = gate({ window: { ...window, every, over, offset, hold: false }, rules: [NULLS, MEAN, VALUES] });
        const last = all[all.length - 1]!; // not empty
        for (const { window: w, n, rules } of play(stage, recordsOf([...all, { t: last.t + every, x: 0 }])).told) {
          const end = Date.parse(String(w["end"]));
          const own = all.filter(({ t }) => t >= end - over && t < end).map(({ x }) => x);
          const numbers = own.flatMap((x) => x ?? []);
          const mean = numbers.reduce((sum, x) => sum + x, 0) / numbers.length;
          expect([n, rules[0]?.k, rules[2]?.value ?? 0]).toEqual([
            own.length,
            own.length - numbers.length,
            Math.min(9, new Set(numbers).size),
          ]);
          if (numbers.length > 0) expect(rules[1]?.value).toBe(Number(mean.toPrecision(12)));
        }
      }),
    );
  });
});
