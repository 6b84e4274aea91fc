import { readFileSync } from "node:fs";
import path from "node:path";
import { buildStage } from "@weir/gate";
import type { StageSpec } from "@weir/pipeline";
import { parseBaseline, type DriftSpec, type RuleSpec, type RuleVerdict } from "@weir/rules";
import { createMetrics, sha256, type LoadedPipeline } from "@weir/service";
import { expect, test } from "vitest";
import { batchOfValues, flights, inputOf, sample, toldBy } from "./flights.ts";
import { FLIGHTS } from "./flights-world.ts";

// Every flight of a day can be right and the day wrong: distances in kilometres keep every contract. Rules `drift` ask how far a window lies
// from a baseline, a summary of records that were good. The model was trained on January, so January is the baseline of this pipeline.

const GATE = inputOf("gate");
const JANUARY = "baselines/january-2013.json";
const FEBRUARY = sample();
const DISTANCE: DriftSpec = { id: "distance", kind: "drift", field: "/distance", baseline: JANUARY };

test("a baseline is a file: the cells that the values of a field fall into, and how many of January's fell there", () => {
  const text = readFileSync(path.join(FLIGHTS, JANUARY), "utf8");
  const { records, columns } = parseBaseline(text, JANUARY, sha256);
  const { cells = [], counts = [] } = columns["/distance"] ?? {};
  expect(cells).toEqual(["under", ...[213, 404, 541, 733, 872, 1020, 1089, 1504, 2422].map((miles) => `<= ${miles}`), "> 2422", "over", "null"]); // prettier-ignore
  expect(counts.reduce((sum, count) => sum + count)).toBe(records);
  // What verdicts were measured against must not change behind them: the file has a digest, and whoever wants another one learns another one.
  expect(() => parseBaseline(text.replace('"max": 4983', '"max": 9000'), JANUARY, sha256)).toThrow("baselines are immutable");
});

test("a day is counted into the same cells; the effect is how far its shares lie from January's", async () => {
  const [usual, kilometres] = await rulesOf([DISTANCE], [day(6), inKilometres(day(7))]);
  expect(usual).toMatchObject({ verdict: "pass", n: 901, drift: { method: "js", fail: 0.2, level: "none", m: 27_004, cells: 13 } });
  expect(usual?.drift?.effect).toBeLessThan(0.05);
  expect(kilometres).toMatchObject({ verdict: "breach", drift: { level: "fail" } });
  // The cells that moved most tell what has happened: hardly any flight is as short as that to Boston any more.
  expect(kilometres?.drift?.top[0]).toEqual({ cell: "<= 213", baseline: 0.101726, window: 0.00751073 });
});

test("nulls are a cell, so a field that is lost has drifted, although all the values that are left are as they were", async () => {
  const delays: DriftSpec = { ...DISTANCE, id: "delays", field: "/dep_delay" };
  const half = day(7).map((value, i) => (i % 2 === 0 ? value : value.replace(/"dep_delay": ?-?\d+/, '"dep_delay":null')));
  const [usual, lost] = await rulesOf([delays], [day(6), half]);
  expect(usual).toMatchObject({ verdict: "pass" });
  expect(lost).toMatchObject({ verdict: "breach", drift: { top: [{ cell: "null" }, {}, {}] } });
});

test("a few records lie far from any baseline by chance: what does not exceed this noise is no drift, however large it looks", async () => {
  const rules: RuleSpec[] = [DISTANCE, { ...DISTANCE, id: "bold", judge: "exact" }];
  const [whole] = await rulesOf(rules, [day(6)]);
  const [few, bold] = await rulesOf(rules, [day(6).filter((_, i) => i % 8 === 0)]);
  expect([whole, few].map((answer) => [answer?.n, answer?.drift?.effect, answer?.drift?.floor])).toEqual([
    [901, 0.0226434, 0.0736373],
    [113, 0.116729, 0.204975], // an eighth of the records, almost three times the noise
  ]);
  expect([few?.drift?.level, bold?.drift?.level]).toEqual(["none", "warn"]); // `judge: exact` asks the effect alone
});

test("fewer than 100 records, or five a cell, are no evidence at all: the answer is insufficient, and not that all is well", async () => {
  const [answer] = await rulesOf([DISTANCE], [inKilometres(day(6)).slice(0, 60)]);
  expect(answer).toMatchObject({ verdict: "insufficient", why: "60 records, at least 100 are needed" });
});

test("a new rule observes first: it says what it would have done, and nothing follows; then it is enforced", async () => {
  const strict: DriftSpec = { ...DISTANCE, action: "quarantineWindow" };
  const observed = await judge([{ ...strict, mode: "observe" }], [inKilometres(day(6))]);
  expect(observed.verdicts).toMatchObject([{ verdict: "pass", quarantined: false, rules: [{ mode: "observe", verdict: "breach" }] }]);
  expect(observed.ports).toEqual(new Set(["pass"]));
  const enforced = await judge([strict], [inKilometres(day(6))]);
  expect(enforced.verdicts).toMatchObject([{ verdict: "breach", quarantined: true, rules: [{ mode: "enforce", verdict: "breach" }] }]);
  expect(enforced.ports).toEqual(new Set(["quarantine"]));
});

test("there are two bars: above the lower one a window passes and is worth a look", async () => {
  const partly = day(6).map((value, i) => (i % 2 === 0 ? value : (inKilometres([value])[0] ?? "")));
  const [answer] = await rulesOf([DISTANCE], [partly]);
  expect(answer).toMatchObject({ verdict: "pass", drift: { warn: 0.1, fail: 0.2, level: "warn" } });
});

test("one odd day wakes nobody: the alert is raised when two days of three have drifted, and cleared by three that have not", async () => {
  const odd = new Set([3, 5]);
  const days = [2, 3, 4, 5, 6, 7, 10].map((d) => (odd.has(d) ? inKilometres(day(d)) : day(d)));
  const answers = await rulesOf([DISTANCE], days);
  expect(answers.map(({ verdict, alert }) => `${verdict} ${alert ?? "-"}`)).toEqual([
    "pass -",
    "breach -",
    "pass -",
    "breach raised",
    "pass standing",
    "pass standing",
    "pass cleared",
  ]);
});

test("who looks at many fields finds something by chance: each must then be surer, and `driftShare` asks how many moved at once", async () => {
  const fields = ["/distance", "/carrier", "/origin", "/hour"];
  const many: RuleSpec[] = fields.map((field) => ({ ...DISTANCE, id: field.slice(1), field }));
  const [alone] = await rulesOf([DISTANCE], [day(6)]);
  const answers = await rulesOf([...many, { id: "many", kind: "driftShare", share: 0.5 }], [inKilometres(day(6))]);
  expect([alone?.drift?.alpha, answers[0]?.drift?.alpha]).toEqual([0.01, 0.0025]); // one false alarm in a hundred, over all of them
  expect(answers.map(({ id, verdict }) => [id, verdict])).toEqual([
    ["distance", "breach"],
    ["carrier", "pass"],
    ["origin", "pass"],
    ["hour", "pass"],
    ["many", "pass"],
  ]);
  expect(answers.at(-1)).toMatchObject({ k: 1, n: 4 });
});

// ---- what the chapter works with

/** The flights of a day of February, a JSON text each. */
function day(number: number): readonly string[] {
  const prefix = `"id":"2013-02-${String(number).padStart(2, "0")}-`;
  return FEBRUARY.filter((value) => value.includes(prefix));
}

function inKilometres(values: readonly string[]): string[] {
  return values.map((value) =>
    value.replace(/"distance": ?(\d+)/, (_, miles: string) => `"distance":${Math.round(Number(miles) * 1.609344)}`),
  );
}

interface Told {
  readonly verdict: string;
  readonly quarantined: boolean;
  readonly rules: readonly RuleVerdict[];
}

/** The gate of the flights pipeline with these rules over days of flights: its verdicts, and where the records went. */
async function judge(
  rules: readonly RuleSpec[],
  days: readonly (readonly string[])[],
): Promise<{ readonly verdicts: Told[]; readonly ports: ReadonlySet<string> }> {
  const { stage, close } = await buildStage(withRules(rules), "gate", { followers: [], meter: createMetrics() });
  const lane = { topic: GATE, partition: 0 };
  stage.assign(lane, 0, new Map());
  const decided = [...(await stage.process([batchOfValues(GATE, days.flat())])), ...(stage.endOfInput?.(lane) ?? [])];
  await close();
  const verdicts = decided.flatMap((d) => d.verdicts ?? []).map(({ value }): Told => JSON.parse(value ?? ""));
  return { verdicts, ports: new Set(toldBy(stage, decided).map(({ port }) => port)) };
}

/** Answers of all rules, day by day. */
async function rulesOf(rules: readonly RuleSpec[], days: readonly (readonly string[])[]): Promise<RuleVerdict[]> {
  return (await judge(rules, days)).verdicts.flatMap((told) => told.rules);
}

function withRules(rules: readonly RuleSpec[]): LoadedPipeline {
  const stages = new Map<string, StageSpec>();
  for (const [id, spec] of flights.pipeline.stages) {
    const isDays = spec.type === "gate" && spec.window?.kind === "time";
    stages.set(id, isDays ? { ...spec, rules, window: { ...spec.window, scope: "partition" } } : spec);
  }
  return { ...flights, pipeline: { ...flights.pipeline, stages } };
}
