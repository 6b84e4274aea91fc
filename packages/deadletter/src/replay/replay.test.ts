import { createHash } from "node:crypto";
import { headerText, type Failure, type Header } from "@weir/record";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { deadLetterHeaders, type StageFacts } from "../dead-letter.ts";
import { readDeadLetter } from "../read.ts";
import { nothingChanged, type Present } from "./guard.ts";
import { createGrouping } from "./groups.ts";
import { createLedgerView, isSettled, parseLedgerEntry, type LedgerEntry, type RunEntry } from "./ledger.ts";
import { parsePlan, runIdOf, sealPlan, type ReplayPlan } from "./plan.ts";
import { createRanges, isWithin, overlap } from "./ranges.ts";
import { allowedBy, durationOf } from "./rate.ts";
import { nextCount, recordHeaders, resentHeaders } from "./resend.ts";
import { compileSelection, type Letter, type Selection } from "./selection.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const encoder = new TextEncoder();
const facts: StageFacts = {
  stage: "gate",
  group: "p.gate",
  spec: "5".repeat(64),
  contract: "c".repeat(64),
  code: "weir/1",
  owner: "group:ops",
};
const contractFailure: Failure = { class: "CONTRACT", message: '/distance must be a number, not "12"' };

function letter(options: { failure?: Failure; headers?: readonly Header[]; value?: string; key?: string; offset?: number; at?: number } = {}): Letter {
  const { failure = contractFailure, headers = [], value = '{"distance":"12"}', key = "EWR", offset = 7, at = 1_360_000_000_000 } = options;
  const failed = { headers, id: "a", hop: { topic: "p.in", partition: 1, offset, timestamp: at }, failedAt: at };
  const record = { key: encoder.encode(key), value: encoder.encode(value), headers: deadLetterHeaders(facts, failure, failed, sha256), timestamp: at, offset };
  const description = readDeadLetter(record);
  if (!description) throw new Error("not a dead letter");
  return { topic: "p.dlq", partition: 1, record, description };
} // prettier-ignore

describe("ranges", () => {
  it("hold exactly the selected offsets, however they lie", () => {
    fc.assert(
      fc.property(fc.array(fc.tuple(fc.integer({ min: 1, max: 3 }), fc.boolean()), { maxLength: 60 }), (steps) => {
        const builder = createRanges();
        let offset = -1;
        const all = steps.map(([gap, selected]) => ({ offset: (offset += gap), selected }));
        for (const { offset: at, selected } of all) builder.add(at, selected);
        const ranges = builder.done();
        expect(all.map(({ offset: at }) => isWithin(ranges, at))).toEqual(all.map(({ selected }) => selected));
        expect(ranges.reduce((n, r) => n + r.count, 0)).toBe(all.filter(({ selected }) => selected).length);
      }),
    );
  });

  it("overlap where a run of one meets a run of the other", () => {
    const range = (first: number, last: number) => ({ first, last, count: 1 });
    expect(overlap([range(0, 3), range(8, 9)], [range(4, 7)])).toBe(false);
    expect(overlap([range(0, 3), range(8, 9)], [range(4, 8)])).toBe(true);
    expect(overlap([], [range(4, 8)])).toBe(false);
  });
});

describe("a selection", () => {
  const cases: readonly (readonly [Selection, boolean])[] = [
    [{}, true],
    [{ class: ["DECODE", "CONTRACT"] }, true],
    [{ class: ["RULE"] }, false],
    [{ stage: ["gate"], owner: ["group:ops"] }, true],
    [{ stage: ["gate"], owner: ["group:else"] }, false],
    [{ key: ["JFK", "EWR"] }, true],
    [{ key: ["JFK"] }, false],
    [{ offsets: [{ partition: 1, first: 7, last: 7 }] }, true],
    [{ offsets: [{ partition: 0, first: 0, last: 99 }] }, false],
    [{ since: "2013-02-04T17:46:40Z" }, true],
    [{ until: "2013-02-04T17:46:40Z" }, false],
    [{ filter: 'record.distance == "12"' }, true],
    [{ filter: "record.nowhere > 1" }, false],
    [{ filter: 'headers["weir.dlq.class"] == "CONTRACT"' }, true],
  ];
  it.each(cases)("%j: %s", (selection, matches) => expect(compileSelection(selection).matches?.(letter())).toBe(matches));

  it("finds rules by their id, whatever rule set they were in", () => {
    const broke = letter({ failure: { class: "RULE", message: "m", rules: ["gate@5c0e91d2/distance"] } });
    const is = (rule: string) => compileSelection({ rule: [rule] }).matches?.(broke);
    expect([is("distance"), is("gate@5c0e91d2/distance"), is("istance")]).toEqual([true, true, false]);
  });

  it("says what is wrong with it", () => {
    expect(compileSelection({ since: "yesterday", filter: "record." }).problems).toEqual([
      "since must be a time such as 2013-02-05T12:00:00Z",
      expect.stringContaining("filter, column"),
    ]);
  });
});

describe("the loop guard", () => {
  const present: Present = { spec: "5".repeat(64), contract: "c".repeat(64), code: "weir/1", stages: new Map([["gate", { rules: "5c0e91d2".padEnd(64, "0"), model: null }], ["score", { rules: null, model: "late/1#aa" }]]) }; // prettier-ignore
  const check = (failure: Failure, changed: Partial<Present> = {}) =>
    nothingChanged(letter({ failure }).description, { ...present, ...changed });

  it("refuses what would fail again", () => {
    expect(check(contractFailure)).toBe("the contract is still cccccccc");
    expect(check({ class: "RULE", message: "m", rules: ["gate@5c0e91d2/r"] })).toBe("the rules of gate are still 5c0e91d2");
    expect(check({ class: "ROUTE", message: "m" })).toBe("the pipeline is still 55555555");
    expect(check({ class: "INTERNAL", message: "m" })).toBe("the pipeline is still 55555555");
  });

  it.each([
    ["another contract", contractFailure, { contract: "d".repeat(64) }],
    ["another version of Weir", contractFailure, { code: "weir/2" }],
    ["other rules", { class: "RULE", message: "m", rules: ["gate@00000000/r"] }, {}],
    ["a dependency that may be back", { class: "DEPENDENCY", message: "m" }, {}],
    ["what may pass by itself", { class: "INTERNAL", message: "m", retriable: true }, {}],
  ] as const)("lets %s try", (_, failure, changed) => expect(check(failure, changed)).toBeNull());
});

describe("a record that is sent again", () => {
  const own: Header[] = [{ key: "trace", value: encoder.encode("1") }, { key: "trace", value: null }, { key: "", value: new Uint8Array(0) }]; // prettier-ignore

  it("has its own headers as they were, its origin, and what the run says", () => {
    const first = letter({ headers: own });
    const sent = resentHeaders(first, recordHeaders(first), { run: "r1", edited: null });
    expect(sent.slice(0, 3)).toEqual(own);
    expect(sent.slice(3).map((h) => [h.key, headerText([h], h.key)])).toEqual([
      ["weir.dlq.origin", "p.in/1/7/1360000000000"],
      ["weir.dlq.first-failed-at", "2013-02-04T17:46:40.000Z"],
      ["weir.replay.id", "r1"],
      ["weir.replay.count", "1"],
      ["weir.replay.parent", "p.dlq/1/7"],
    ]);
  });

  it("that fails again carries the count on, and its origin and first failure never change", () => {
    let now = letter({ headers: own });
    const [origin] = [now.description.origin];
    for (let replay = 1; replay <= 3; replay++) {
      expect(nextCount(now)).toBe(replay);
      const sent = resentHeaders(now, recordHeaders(now), { run: `r${replay}`, edited: "00..11" });
      now = letter({ headers: sent, offset: 100 + replay, at: 1_370_000_000_000 });
      expect(now.description).toMatchObject({
        origin,
        firstFailedAt: "2013-02-04T17:46:40.000Z",
        replay: { id: `r${replay}`, count: replay },
      });
      expect(recordHeaders(now)).toEqual(own);
    }
  });
});

it("a pace reaches its rate by a ramp, and tells how long it takes", () => {
  const pace = { perSecond: 200, rampMs: 10_000 };
  expect([0, 1000, 10_000, 11_000].map((t) => allowedBy(pace, t))).toEqual([0, 29, 1100, 1300]);
  expect(allowedBy({ perSecond: 200, rampMs: 0 }, 1500)).toBe(300);
  for (const records of [1, 500, 1100, 5000]) expect(Math.abs(allowedBy(pace, durationOf(pace, records)) - records)).toBeLessThanOrEqual(1);
});

describe("the ledger", () => {
  const run = (state: RunEntry["state"], id = "r1"): RunEntry => ({ v: 1, kind: "run", run: id, does: "replay", state, at: "2013-02-05T05:00:00Z", actor: "user:a", reason: "mended", topic: "p.dlq", planDigest: "d", targets: ["p.gate.replay"], records: 3, ranges: [{ partition: 0, ranges: [{ first: 0, last: 2, count: 3 }] }] }); // prettier-ignore
  const outcome = (offset: number, what: "replayed" | "failed-again" | "skipped", id = "r1"): LedgerEntry => ({ v: 1, kind: "outcomes", run: id, topic: "p.dlq", partition: 0, outcomes: [{ offset, id: "a", outcome: what }] }); // prettier-ignore
  const view = (...entries: readonly LedgerEntry[]) => {
    const ledger = createLedgerView();
    for (const entry of entries) ledger.apply(parseLedgerEntry(JSON.stringify(entry)) ?? entry);
    return ledger;
  };

  it("counts a record that failed again only there", () => {
    const ledger = view(run("running"), outcome(0, "replayed"), outcome(1, "skipped"), outcome(0, "failed-again"), run("finished"));
    expect(ledger.run("r1")).toMatchObject({ state: "finished", done: 2, outcomes: { replayed: 0, "failed-again": 1, skipped: 1 } });
    expect([0, 1, 2].map((o) => isSettled(ledger.outcomeAt("p.dlq", 0, o)))).toEqual([true, false, false]);
    expect(ledger.hasDealt("r1", "p.dlq", 0, 1)).toBe(true);
  });

  it("knows which record another run has claimed, until that is over", () => {
    expect(view(run("running")).claimedBy("r2", "p.dlq", 0, 1)).toBe("r1");
    expect(view(run("running")).claimedBy("r1", "p.dlq", 0, 1)).toBeNull();
    expect(view(run("running"), run("cancelled")).claimedBy("r2", "p.dlq", 0, 1)).toBeNull();
  });

  it.each(["", "{}", '{"v":1,"kind":"run"}', '{"v":2,"kind":"fixed"}', "[]"])("%j is no entry", (text) =>
    expect(parseLedgerEntry(text)).toBeNull(),
  );
});

describe("groups", () => {
  it("gather the same trouble, tell the newest, and open again when it comes back after it was fixed", () => {
    const grouping = createGrouping(sha256);
    for (let i = 0; i < 3; i++) grouping.add(letter({ failure: { class: "CONTRACT", message: `/distance must be a number, not "${i}"` }, offset: i, at: 1_360_000_000_000 + i }), i > 0); // prettier-ignore
    grouping.add(letter({ failure: { class: "DECODE", message: "no JSON" } }), false);
    const fixedAt = (at: number) => new Map([[print, { version: "1.2", at: new Date(at).toISOString() }]]);
    const [first] = grouping.done(new Map());
    const print = first?.fingerprint ?? "";
    expect(first).toMatchObject({ class: "CONTRACT", count: 3, open: 2, state: "open", sample: { at: "p.dlq/1/2" } });
    expect(grouping.done(fixedAt(1_360_000_000_002))[0]).toMatchObject({ state: "fixed", fixedIn: { version: "1.2" } });
    expect(grouping.done(fixedAt(1_360_000_000_001))[0]).toMatchObject({ state: "reopened" });
    expect(grouping.done(new Map())[1]).toMatchObject({ class: "DECODE", open: 0, state: "settled" });
  });
});

describe("a plan", () => {
  const plan: Omit<ReplayPlan, "digest"> = { v: 1, pipeline: "p", does: "replay", topic: "p.dlq", snapshot: [], selection: {}, force: false, records: 0, partitions: [], targets: {}, leftOut: {}, wouldPass: { pass: 0, fail: 0, "not-known": 0 }, wouldFail: [], judgedAsWindow: {}, first: [], spec: "5", madeBy: "user:a", madeAt: "2013-02-05T05:00:00Z" }; // prettier-ignore

  it("is the same run wherever it is read, and no other plan's", () => {
    const sealed = sealPlan(plan, sha256);
    expect(parsePlan(JSON.stringify(sealed, null, 2), sha256)).toEqual(sealed);
    expect(runIdOf(sealed)).not.toBe(runIdOf(sealPlan({ ...plan, force: true }, sha256)));
  });

  it("that was changed by hand is refused", () => {
    const sealed = sealPlan(plan, sha256);
    expect(parsePlan(JSON.stringify({ ...sealed, records: 1 }), sha256)).toBe("it was changed after it was made: its digest does not fit");
    expect([parsePlan("x", sha256), parsePlan("{}", sha256)]).toEqual(["it is no JSON", "it is no plan of this version"]);
  });
});
