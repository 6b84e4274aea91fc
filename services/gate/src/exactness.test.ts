import { createHash } from "node:crypto";
import { compileContract } from "@weir/contract";
import type { RuleSpec, WindowSpec } from "@weir/rules";
import type { Stage } from "@weir/stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { applyChanges, batchFrom, decide, emptySeen, header, LANE, see, type Seen, type TestRecord } from "../testdata/harness.ts";
import { createStage, type GateOptions } from "./stage.ts";

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex");
const SCHEMA = {
  type: "object",
  properties: { id: { type: "integer" }, t: { type: "integer" }, x: { type: ["number", "null"] }, d: { type: "number" } },
  required: ["t", "d"],
};
const CONTRACT = compileContract(SCHEMA, { sha256 });
const RULES: readonly RuleSpec[] = [
  { id: "nulls", kind: "nullRate", field: "/x", max: 0.25 },
  { id: "x", kind: "required", field: "/x" },
  { id: "d", kind: "range", field: "/d", min: 0, max: 8, action: "tag" },
  { id: "rise", kind: "rateChange", field: "/x", of: "null", rate: 0.1, spacing: 100 },
  { id: "jump", kind: "level", field: "/d", detector: "pageHinkley", mean: 5, sigma: 1, threshold: 3 },
  { id: "step", kind: "level", field: "/d", mean: 5, sigma: 1, delta: 0.5 },
  { id: "once", kind: "unique", field: "/id", horizon: 60, maxKeys: 5 },
  { id: "sudden", kind: "volume", ratio: { min: 0.4, max: 2 } },
  { id: "few", kind: "range", field: "/d", min: 0, max: 8, mostly: 0.7, action: "tag", onInsufficient: "mergeNext" },
];

type Bounds = Pick<GateOptions, "partBytes" | "maxHeldBytes">;

function gate(window: WindowSpec | null, bounds: Bounds & { readonly stops?: boolean } = {}, rules: readonly RuleSpec[] = RULES): Stage {
  return createStage({
    stops: true,
    ...bounds,
    pipeline: "p",
    stage: "gate",
    owner: "group:a",
    spec: "00",
    contract: CONTRACT,
    rules,
    window,
    time: { pointer: "/t", unit: "ms" },
    sha256,
  });
}

/** Cuts, commits and crashes of one run: what must not matter. */
interface Step {
  readonly take: number;
  readonly then: "nothing" | "commit" | "crash";
}

interface Run {
  readonly log: readonly TestRecord[];
  /** Offset at which the partition was found silent; -1: never. */
  readonly silentAt: number;
  readonly build: () => Stage;
}

function play({ log, silentAt, build }: Run, steps: readonly Step[]): Seen {
  const seen = emptySeen();
  let pending = emptySeen();
  const state = new Map<string, string>();
  let committed = 0;
  let marked = false;
  let markedCommitted = false;
  let stage = build();
  let next = 0;
  stage.assign(LANE, 0, state);
  const commit = (): void => {
    for (const [port, lines] of Object.entries(pending.ports)) seen.ports[port]!.push(...lines);
    seen.verdicts.push(...pending.verdicts);
    pending = emptySeen();
    applyChanges(state, stage);
    committed = Math.max(committed, stage.position(LANE) ?? next);
    markedCommitted = marked;
  };
  const silence = (): void => {
    if (marked || silentAt < 0 || next < silentAt) return;
    marked = true;
    see(pending, stage, stage.close!({ lane: LANE, offset: next, watermark: Number.MAX_SAFE_INTEGER }));
    commit();
  };
  const crash = (): void => {
    pending = emptySeen();
    stage = build();
    stage.assign(LANE, committed, new Map(state));
    next = committed;
    marked = markedCommitted;
  };
  let at = 0;
  const stepNow = (): Step => steps[at++] ?? { take: 7, then: "nothing" };
  /** Brings out what leaves in parts; false when the process died in between. */
  const drain = (): boolean => {
    for (;;) {
      const more = stage.more!();
      const step = more === null && stage.stopped!(LANE, 0) === null ? null : stepNow();
      if (step === null) return true;
      if (more === null) stage.goOn!(LANE); // whenever somebody comes to it
      else if ("lane" in more) {
        const { from, to } = more;
        const decided = stage.recalled!(batchFrom(log.filter((r) => r.offset >= from && r.offset < to).slice(0, step.take)));
        if (decided instanceof Promise) throw new Error("a gate answers at once");
        see(pending, stage, decided);
      } else see(pending, stage, more);
      if (step.then === "commit") commit();
      if (step.then === "crash") {
        crash();
        return false;
      }
    }
  };
  for (;;) {
    if (!drain()) continue;
    const step = stepNow();
    const stop = !marked && silentAt >= 0 ? silentAt : Infinity;
    const records = log.filter((r) => r.offset >= next && r.offset < stop).slice(0, step.take);
    if (records.length > 0) {
      see(pending, stage, decide(stage, records));
      next = records[records.length - 1]!.offset + 1;
    } else if (stop < Infinity) next = stop;
    if (!drain()) continue;
    silence();
    if (!drain()) continue;
    if (records.length === 0 && next >= (log[log.length - 1]?.offset ?? -1) + 1 && (marked || silentAt < 0)) break;
    if (step.then === "commit") commit();
    if (step.then === "crash") crash();
  }
  see(pending, stage, stage.endOfInput!(LANE));
  while (!drain()) {
    while (!drain()); // stopped, or torn out of parts
    see(
      pending,
      stage,
      decide(
        stage,
        log.filter((r) => r.offset >= next),
      ),
    );
    next = (log[log.length - 1]?.offset ?? -1) + 1;
    if (!marked && silentAt >= 0) silence();
    see(pending, stage, stage.endOfInput!(LANE));
  }
  commit();
  expect(stage.held!()).toBe(0);
  return seen;
}

const value = fc.oneof(
  {
    weight: 12,
    arbitrary: fc
      .record({
        id: fc.integer({ min: 0, max: 9 }),
        t: fc.integer({ min: 0, max: 200 }),
        x: fc.option(fc.integer({ min: 0, max: 3 }), { freq: 4 }),
        d: fc.integer({ min: 0, max: 10 }),
      })
      .map((v) => JSON.stringify(v)),
  },
  { weight: 1, arbitrary: fc.integer({ min: 0, max: 200 }).map((t) => `{"t":${t},"x":null,"d":"text"}`) },
  { weight: 1, arbitrary: fc.constant('{"t":"no time","x":1,"d":1}') },
  { weight: 1, arbitrary: fc.constant("{not json") },
);
const batchHeaders = fc.record({ id: fc.constantFrom("a", "b", "c", ""), last: fc.integer({ min: 0, max: 9 }) });
const anyLog = fc
  .array(fc.record({ value, gap: fc.integer({ min: 1, max: 3 }), drift: fc.integer({ min: 0, max: 12 }), batch: batchHeaders }), {
    minLength: 1,
    maxLength: 60,
  })
  .map((items) => {
    let offset = -1;
    let base = 0;
    return items.map(({ value: text, gap, drift, batch }): TestRecord => {
      offset += gap;
      base += drift;
      const headers = [
        header("batch-id", batch.id),
        ...(batch.last === 0 ? [header("batch-last", "true")] : []),
        ...(batch.id === "b" ? [header("batch-count", "4")] : []),
        ...(batch.id === "c" ? [header("batch-checksum", "12345678")] : []),
      ];
      return {
        offset,
        value: text.replace(/"t":(\d+)/, (_, t: string) => `"t":${base + Math.floor(Number(t) / 4)}`),
        timestamp: base,
        headers,
      };
    });
  });
const anySteps = fc.array(
  fc.record({ take: fc.integer({ min: 1, max: 9 }), then: fc.constantFrom("nothing", "commit", "commit", "crash") }),
  {
    maxLength: 60,
  },
);

const bounded = fc.record({ partBytes: fc.constantFrom(1, 60, 10_000), maxHeldBytes: fc.constantFrom(1, 150, 10_000) });

const time = { kind: "time", every: 30, lateness: 5, hold: true } as const;
const sliding = { kind: "sliding", every: 10, over: 40, lateness: 5 } as const;
const WINDOWS: readonly (WindowSpec | null)[] = [
  null,
  { kind: "count", size: 7, hold: true },
  { kind: "count", size: 5, hold: true, minRecords: 4 },
  { kind: "count", size: 5, hold: false },
  { ...time, late: "quarantine" },
  { ...time, late: "nextWindow", minRecords: 4 },
  { ...time, late: "recordRulesOnly", hold: false },
  { ...time, late: "quarantine", maxFuture: 40, offset: 7, minRecords: 6 },
  { ...time, scope: "key", by: "/id", maxKeys: 4, late: "quarantine", minRecords: 2 },
  { ...time, scope: "key", by: "/id", late: "quarantine", hold: false },
  { kind: "batch", hold: true },
  { kind: "count", size: 3, hold: false, breaker: { closeAfter: 2 } },
  { kind: "count", size: 4, hold: false, breaker: { closeAfter: 1 }, minRecords: 3 },
  { ...time, late: "nextWindow", hold: false, breaker: { closeAfter: 1 }, minRecords: 2 },
  { ...time, late: "recordRulesOnly", lateness: 40, hold: false, breaker: { closeAfter: 2 } },
  { kind: "batch", hold: false, breaker: { closeAfter: 1 } },
  { ...sliding, hold: true, late: "quarantine" },
  { ...sliding, hold: true, late: "nextWindow", lateness: 25, offset: 3, minRecords: 5 },
  { ...sliding, hold: false, late: "recordRulesOnly", over: 100 },
  { ...sliding, hold: false, late: "quarantine", breaker: { closeAfter: 1 } },
];

/** Of the rules those that there are for such windows; where closed panes are kept, others that count cells and values. */
function rulesFor(window: WindowSpec | null): readonly RuleSpec[] {
  const byKey = window?.kind === "time" && window.scope === "key";
  const slides = window?.kind === "sliding";
  const rules = RULES.filter(
    (rule) =>
      !((byKey || slides || window?.breaker) && rule.onInsufficient === "mergeNext") && !((byKey || slides) && rule.kind === "volume"),
  );
  if (window?.kind === "batch") return [...rules, WHOLE];
  return slides ? [...rules, ...OF_PANES] : rules;
}

const WHOLE: RuleSpec = { id: "whole", kind: "complete", action: "alert" };

const OF_PANES: readonly RuleSpec[] = [
  { id: "many", kind: "volume", max: 30 },
  { id: "middle", kind: "mean", field: "/d", max: 5.5, action: "alert" },
  { id: "ids", kind: "cardinality", field: "/id", max: 6, action: "tag" },
];

const inBatch = (offset: number, id: string, text: string): TestRecord => ({
  offset,
  value: text,
  timestamp: 0,
  headers: [header("batch-id", id), ...(id === "b" ? [header("batch-count", "4")] : [])],
});
/** Window b waits for the next one when the process dies, and the end of window a, which was decided, is read again after it. */
const INTERLEAVED = [inBatch(0, "a", '{"t":0,"x":null,"d":0}'), inBatch(1, "b", "{not json"), inBatch(2, "a", "{not json")];

const timed = (offset: number, t: number): TestRecord => ({ offset, value: `{"id":0,"t":${t},"x":null,"d":0}`, timestamp: t, headers: [] });
const three = (then: Step["then"], ...later: Step[]): Step[] => [{ take: 3, then }, ...later];
const tiny = { partBytes: 1, maxHeldBytes: 1 };
/** What a process that died between the parts of a window has to find again. */
const EXAMPLES: [TestRecord[], Step[], number, Bounds][] = [
  [INTERLEAVED, three("crash"), 3, tiny],
  // A window that a marker closed leaves when it is filled again, before the record behind it.
  [[timed(0, 0), timed(1, 0)], [{ take: 1, then: "crash" }], 1, { partBytes: 10_000, maxHeldBytes: 1 }],
  // The end of the input merged a window into the one that leaves.
  [
    [timed(0, 4), timed(1, 60), timed(2, 11)],
    three("nothing", { take: 1, then: "nothing" }, { take: 1, then: "commit" }, { take: 1, then: "crash" }),
    -1,
    tiny,
  ],
  // A record closed two windows: one left at once, the other, which was spilled, leaves in parts.
  [
    [timed(0, 60), timed(1, 35), timed(2, 100)],
    [
      { take: 1, then: "nothing" },
      { take: 2, then: "nothing" },
      { take: 1, then: "commit" },
      { take: 1, then: "crash" },
    ],
    3,
    { partBytes: 60, maxHeldBytes: 1 },
  ],
];

/** The rules over windows and over records as they come, but that they stop the partition. */
function stopping(rules: readonly RuleSpec[]): readonly RuleSpec[] {
  const halts = ["nulls", "rise", "many", "whole"];
  const pauses = ["jump", "sudden"];
  return rules.map((rule) =>
    halts.includes(rule.id) ? { ...rule, action: "halt" } : pauses.includes(rule.id) ? { ...rule, action: "pause" } : rule,
  );
}

/** One of each kind of windows. */
const STOPPING = [0, 1, 4, 5, 10, 11, 16].map((i) => WINDOWS[i] ?? null);
const CASES = [
  ...WINDOWS.map((window) => [JSON.stringify(window), window, rulesFor(window), false] as const),
  ...STOPPING.map((window) => [`${JSON.stringify(window)} that stops`, window, stopping(rulesFor(window)), true] as const),
];

describe("the same log gives the same outputs, however it is cut and whatever crashes", () => {
  it.each(CASES)("window %s", (_name, window, rules, stops) => {
    const property = fc.property(anyLog, anySteps, fc.integer({ min: -30, max: 90 }), bounded, (records, cuts, silent, bounds) => {
      const end = records[records.length - 1]!.offset + 1;
      const run: Run = { log: records, silentAt: silent < 0 ? -1 : Math.min(silent, end), build: () => gate(window, {}, rules) };
      const small: Run = { ...run, build: () => gate(window, bounds, rules) };
      const whole = play(run, [
        { take: 1000, then: "nothing" },
        { take: 1000, then: "nothing" },
      ]);
      expect(play(run, cuts)).toEqual(whole);
      // Windows that leave in parts, and whose bytes are given up, say the same.
      expect(play(small, cuts)).toEqual(whole);
      // So does one that rules do not stop.
      if (stops) expect(play({ ...run, build: () => gate(window, { stops: false }, rules) }, cuts)).toEqual(whole);
      const offsets = Object.values(whole.ports)
        .flat()
        .map((line) => Number(line.split(" ")[0]))
        .sort((a, b) => a - b);
      expect(offsets).toEqual(records.map((r) => r.offset));
    });
    fc.assert(property, { numRuns: stops ? 25 : 50, examples: EXAMPLES });
  });
});
