import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { parseAliases, parseModelReference } from "@weir/model";
import { openModel, readModel, type ModelSession } from "@weir/onnx";
import { batchOf, headerText, recordAt, selectRows, type Batch } from "@weir/record";
import type { Decided } from "@weir/stream";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { createStage } from "./stage.ts";

const pipeline = new URL("../../../deploy/pipelines/flights/", import.meta.url);
const lines = gunzipSync(readFileSync(new URL("data/sample.ndjson.gz", pipeline)))
  .toString()
  .trimEnd()
  .split("\n");
const encoder = new TextEncoder();
const NO_ALIASES = parseAliases({}, "none");
const batchFrom = (values: readonly (string | null)[], partition = 0): Batch =>
  batchOf(
    { topic: "flights.gate.pass", partition },
    values.map((v) => ({ key: encoder.encode("k"), value: v === null ? null : encoder.encode(v) })),
  );
const sessions = new Map<string, ModelSession>();
const stageFor = (version: string, options: Partial<Parameters<typeof createStage>[0]> = {}) =>
  createStage({
    id: "score",
    as: "prediction",
    session: sessions.get(version)!,
    spec: "5".repeat(64),
    owner: "group:flight-ops",
    ...options,
  }); // opened below

/** A decision's row as it is written. */
const written = (decided: Decided, row: number) =>
  recordAt(selectRows(decided.batch, decided.rows, { headers: decided.headers ?? [], tails: decided.tails ?? null }), row);
const textOf = (bytes: Uint8Array | null): string => new TextDecoder().decode(bytes ?? new Uint8Array(0));
const valuesOf = (decided: readonly Decided[]): string[] =>
  decided.flatMap((d) => Array.from(d.rows, (row) => textOf(written(d, row).value)));
interface Prediction {
  readonly label: string;
  readonly confidence: number;
  readonly scores: Readonly<Record<string, number>>;
  readonly model: string;
}
const predictionOf = (value: string): Prediction => (JSON.parse(value) as { prediction: Prediction }).prediction;

beforeAll(async () => {
  for (const version of ["1", "2"]) {
    const { bytes, manifest } = await readModel(
      fileURLToPath(new URL("models", pipeline)),
      parseModelReference(`late-arrival/${version}`),
      NO_ALIASES,
    );
    sessions.set(version, await openModel(bytes, manifest, { place: "in-place" }));
  }
});
afterAll(async () => {
  for (const session of sessions.values()) await session.close();
});

it("a model takes its features from an array, and records without such an array are dead letters", async () => {
  const { bytes, manifest } = await readModel(
    fileURLToPath(new URL("models", pipeline)),
    parseModelReference("late-arrival/1"),
    NO_ALIASES,
  );
  const width = manifest.input.shape[1];
  const features = [{ name: "x", field: "/x", encode: { kind: "vector", width, missing: "refuse" } }] as const;
  await using session = await openModel(bytes, { ...manifest, input: { ...manifest.input, features } }, { place: "in-place" });
  const whole = manifest.golden.filter(({ inputs }) => !inputs.includes(null));
  const bad = ['{"x":[1]}', '{"x":null}', "{}", `{"x":${JSON.stringify(Array(width).fill("1"))}}`];
  const values = [...whole.map(({ inputs }) => JSON.stringify({ x: inputs })), ...bad];
  const [decided] = await stageFor("1", { session }).process([batchFrom(values)]);
  const predictions = valuesOf([decided!]).slice(0, whole.length).map(predictionOf); // one batch, one decision
  expect(whole.length).toBeGreaterThan(5);
  expect(predictions.map(({ label }) => label)).toEqual(whole.map(({ expect: { label } }) => label));
  expect([...(decided!.failures ?? [])].map(([row, { message }]) => [row - whole.length, message.replace(/^.*1\) /, "")])).toEqual([
    [0, "is no array of as many finite 32-bit numbers as the model takes"],
    [1, "is absent or null, which the model does not take"],
    [2, "is absent or null, which the model does not take"],
    [3, "is no array of as many finite 32-bit numbers as the model takes"],
  ]);
});

describe("the flights", () => {
  it.each(["1", "2"])("that golden rows were made from get the golden answers: late-arrival/%s", async (version) => {
    const { golden } = sessions.get(version)!.manifest; // opened above
    const real = golden.filter((g) => g.id !== null);
    const values = real.map((g) => lines.find((l) => l.includes(`"id":"${g.id}"`)) ?? "");
    const predictions = valuesOf(await stageFor(version).process([batchFrom(values)])).map(predictionOf);
    expect(real.length).toBe(14);
    real.forEach((g, i) => {
      expect(predictions[i]?.label).toBe(g.expect.label);
      expect(Math.abs((predictions[i]?.scores["on-time"] ?? NaN) - g.expect.scores[0]!)).toBeLessThan(1e-5); // two classes
      expect(Math.abs((predictions[i]?.scores["late"] ?? NaN) - g.expect.scores[1]!)).toBeLessThan(1e-5);
    });
  });

  it.each([
    ["1", [6876, 4924, 422]],
    ["2", [6143, 5634, 445]],
  ] as const)("of the demonstration stream fall high, middle and low: late-arrival/%s", async (version, expected) => {
    const half = 5000;
    const decided = await stageFor(version).process([batchFrom(lines.slice(0, half)), batchFrom(lines.slice(half), 1)]);
    const bands = [0, 0, 0];
    for (const d of decided) {
      expect(d.failures).toBeUndefined();
      const column = d.columns?.get("number /prediction/confidence");
      if (column?.kind !== "number") throw new Error("no column of confidences");
      for (const confidence of column.values) bands[confidence >= 0.9 ? 0 : confidence >= 0.6 ? 1 : 2]!++; // three bands
    }
    expect(bands).toEqual(expected);
  });

  it.each(["1", "2"])("get the same bytes alone and together: late-arrival/%s", async (version) => {
    const some = lines.filter((_, i) => i % 401 === 0);
    const stage = stageFor(version);
    const together = valuesOf(await stage.process([batchFrom(some)]));
    for (const [i, line] of some.entries()) expect(valuesOf(await stage.process([batchFrom([line])]))).toEqual([together[i]]);
  });

  it("keep their bytes and gain one member, one header and columns that say the same", async () => {
    const [first = "", second = ""] = lines;
    const [decided] = await stageFor("1").process([batchFrom([first, second])]);
    if (!decided) throw new Error("nothing was decided");
    const record = written(decided, 1);
    const prediction = `,"prediction":{"label":"on-time","confidence":0.912708,"scores":{"on-time":0.912708,"late":0.0872923},"model":"late-arrival/1"}}`;
    expect(textOf(record.value)).toBe(second.slice(0, -1) + prediction);
    expect(headerText(record.headers, "weir.model")).toBe("late-arrival/1#1d14b670");
    expect([...decided.ports]).toEqual([0, 0]);
    expect(
      [...(decided.columns ?? [])].map(([name, c]) => [
        name,
        c.kind === "number" ? c.values[1] : c.kind === "string" ? c.dictionary[c.codes[1]!] : null,
      ]),
    ).toEqual([
      // two rows
      ["string /prediction/model", "late-arrival/1"],
      ["string /prediction/label", "on-time"],
      ["number /prediction/confidence", 0.912708],
      ["number /prediction/scores/on-time", 0.912708],
      ["number /prediction/scores/late", 0.0872923],
    ]);
  });
});

describe("a record that cannot be scored", () => {
  const good = lines[0] ?? "";
  const cases: readonly (readonly [string, string | null, string, string])[] = [
    ["is no JSON", "{", "DECODE", ""],
    ["has no value", null, "DECODE", ""],
    ["is no object", "[1,2]", "CONTRACT", "object"],
    [
      "has text for a number",
      good.replace(/"distance":\d+/, `"distance":"229"`),
      "CONTRACT",
      "/distance (feature distance of late-arrival/1) has another type",
    ],
    [
      "has no category",
      good.replace(/"carrier":"[^"]+"/, `"carrier":null`),
      "CONTRACT",
      "/carrier (feature carrier of late-arrival/1) is absent or null",
    ],
    ["has the member already", good.replace("{", `{"prediction":null,`), "CONTRACT", "has a member prediction already"],
  ];
  it.each(cases)("since it %s is a dead letter, the others go on", async (_, value, failureClass, message) => {
    const [decided] = await stageFor("1").process([batchFrom([good, value, good])]);
    if (!decided) throw new Error("nothing was decided");
    expect([...decided.ports]).toEqual([0, 1, 0]);
    expect([...(decided.failures ?? [])]).toEqual([
      [1, expect.objectContaining({ class: failureClass, message: expect.stringContaining(message), model: "late-arrival/1#1d14b670" })],
    ]);
    expect(written(decided, 1).value).toEqual(value === null ? null : encoder.encode(value));
    expect(written(decided, 1).headers).toEqual([]);
    expect(predictionOf(textOf(written(decided, 2).value)).confidence).toBe(0.868907);
  });

  it("since the model fails on it is a dead letter of the model", async () => {
    const golden = sessions.get("1")!; // opened above
    const broken: ModelSession = {
      ...golden,
      run: async (features, rows) => ({
        ...(await golden.run(features, rows)),
        failures: new Map([[1, { class: "MODEL_TIMEOUT", message: "late", retriable: true }]]),
      }),
    };
    const [decided] = await stageFor("1", { session: broken }).process([batchFrom(["{", good, good, good])]);
    expect([...(decided?.ports ?? [])]).toEqual([1, 0, 1, 0]);
    expect([...(decided?.failures?.values() ?? [])].map((f) => f.class)).toEqual(["DECODE", "MODEL_TIMEOUT"]);
  });

  it("since the model answers no number is a dead letter of its output", async () => {
    const golden = sessions.get("1")!; // opened above
    const broken: ModelSession = {
      ...golden,
      run: async (_, rows) => ({ values: new Float32Array(2 * rows).fill(NaN), width: 2, rows, failures: new Map(), runs: 1, ms: 1 }),
    };
    const [decided] = await stageFor("1", { session: broken }).process([batchFrom([good])]);
    expect(decided?.failures?.get(0)?.class).toBe("MODEL_OUTPUT");
  });
});

describe("the stage", () => {
  it("runs the model once over all partitions of a fetch, and tells how long it took", async () => {
    const runs: unknown[] = [];
    const stage = stageFor("1", { onRun: (run) => runs.push(run) });
    await stage.process([batchFrom(lines.slice(0, 30)), batchFrom([]), batchFrom(lines.slice(30, 70), 1)]);
    expect(runs).toEqual([{ model: "late-arrival/1#1d14b670", rows: 70, runs: 1, ms: expect.any(Number), failed: 0 }]);
  });

  it("holds nothing and says what it is", () => {
    const stage = stageFor("2");
    expect([stage.holds, stage.position({ topic: "t", partition: 0 }), stage.snapshot()]).toEqual([false, null, []]);
    expect(stage.describe()).toEqual({ spec: "5".repeat(64), model: "late-arrival/2#bb03412b", owner: "group:flight-ops" });
  });

  it("can put the prediction into a header", async () => {
    const [decided] = await stageFor("1", { carrier: "header" }).process([batchFrom([lines[1] ?? ""])]);
    if (!decided) throw new Error("nothing was decided");
    expect(textOf(written(decided, 0).value)).toBe(lines[1]);
    expect(JSON.parse(headerText(written(decided, 0).headers, "weir.prediction") ?? "")).toMatchObject({
      label: "on-time",
      confidence: 0.912708,
    });
  });

  it("adds a second model's prediction behind the first one's", async () => {
    const [first] = await stageFor("1").process([batchFrom([lines[1] ?? ""])]);
    if (!first) throw new Error("nothing was decided");
    const view = selectRows(first.batch, first.rows, {
      headers: first.headers ?? [],
      tails: first.tails ?? null,
      columns: first.columns ?? new Map(),
    });
    const [second] = await stageFor("2", { as: "rival" }).process([view]);
    const [again] = await stageFor("2").process([view]);
    if (!second) throw new Error("nothing was decided");
    const value = JSON.parse(textOf(written(second, 0).value)) as Record<string, Prediction>;
    expect([value["prediction"]?.model, value["rival"]?.model]).toEqual(["late-arrival/1", "late-arrival/2"]);
    expect(again?.failures?.get(0)?.message).toContain("has a member prediction already");
  });
});
