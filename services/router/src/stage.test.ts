import { fileURLToPath } from "node:url";
import type { FieldTypes } from "@weir/expr";
import {
  ABSENT,
  allRows,
  batchOf,
  dictionaryHeader,
  headerText,
  NOTHING_ADDED,
  PRESENT,
  recordAt,
  selectRows,
  type Batch,
  type Column,
  type PlainRecord,
} from "@weir/record";
import type { RouterSpec } from "@weir/routing";
import { createMetrics, loadPipeline } from "@weir/service";
import type { Decided } from "@weir/stream";
import fc from "fast-check";
import { describe, expect, it } from "vitest";
import { buildStage } from "./build.ts";
import { createStage, type RouterOptions } from "./stage.ts";

const encoder = new TextEncoder();
const lane = { topic: "flights.score.out", partition: 0 };
const fieldTypes: FieldTypes = new Map([
  ["record.carrier", "string"],
  ["record.distance", "number"],
  ["prediction.confidence", "number"],
  ["prediction.label", "string"],
  ["headers", "map"],
]);
const bands: RouterSpec = {
  rules: [
    { id: "high", when: "prediction.confidence >= 0.9", to: "auto" },
    { id: "middle", when: "prediction.confidence >= 0.6", to: "review" },
  ],
  default: "manual",
};
const stageOf = (router: RouterSpec = bands, more: Partial<RouterOptions> = {}) =>
  createStage({
    id: "route",
    pipeline: "flights",
    router,
    fieldTypes,
    spec: "5c0e91d2".padEnd(64, "0"),
    owner: "group:flight-ops",
    ...more,
  });
const valueOf = (confidence: unknown): string => JSON.stringify({ carrier: "UA", prediction: { label: "late", confidence } });
const batchFrom = (values: readonly (string | null)[], more: Partial<PlainRecord> = {}): Batch =>
  batchOf(
    lane,
    values.map((value, offset) => ({ ...more, offset, value: value === null ? null : encoder.encode(value) })),
  );
const decide = async (stage: ReturnType<typeof stageOf>, batch: Batch): Promise<Decided> => {
  const [decided] = await stage.process([batch]);
  if (!decided) throw new Error("nothing was decided");
  return decided;
};
const headersOf = (decided: Decided): readonly (string | null)[] => {
  const view = selectRows(decided.batch, decided.rows, { headers: decided.headers ?? [] });
  return Array.from(allRows(view.count), (row) => headerText(recordAt(view, row).headers, "weir.branch"));
};

/** Port and header of every row. */
const routes = async (stage: ReturnType<typeof stageOf>, batch: Batch): Promise<readonly string[]> => {
  const decided = await decide(stage, batch);
  const headers = headersOf(decided);
  return Array.from(decided.ports, (port, row) => `${stage.ports[port]?.name ?? "?"} ${headers[row] ?? "-"}`);
};

describe("records", () => {
  it("go down the branch of the first rule that matches and say so in a header", async () => {
    const values = [0.95, 0.9, 0.899999, 0.6, 0.599999].map(valueOf);
    expect(await routes(stageOf(), batchFrom(values))).toEqual([
      "auto auto/high",
      "auto auto/high",
      "review review/middle",
      "review review/middle",
      "manual manual/default",
    ]);
  });

  it("keep their bytes, keys and headers", async () => {
    const own = {
      key: encoder.encode("EWR"),
      headers: [
        { key: "a", value: encoder.encode("1") },
        { key: "a", value: null },
      ],
    };
    const batch = batchFrom([valueOf(0.95)], own);
    const decided = await decide(stageOf(), batch);
    const written = recordAt(selectRows(batch, decided.rows, { headers: decided.headers ?? [] }), 0);
    expect(written).toEqual({
      ...own,
      value: encoder.encode(valueOf(0.95)),
      timestamp: 0,
      offset: 0,
      headers: [...own.headers, { key: "weir.branch", value: encoder.encode("auto/high") }],
    });
    expect([decided.tails, decided.columns]).toEqual([undefined, undefined]);
  });

  it("that are no JSON are dead letters, and the others go on", async () => {
    const decided = await decide(stageOf(), batchFrom(["{", valueOf(0.95), null, ""]));
    expect([...decided.ports]).toEqual([3, 0, 3, 3]);
    expect([...(decided.failures ?? [])].map(([row, failure]) => [row, failure.class])).toEqual([
      [0, "DECODE"],
      [2, "DECODE"],
      [3, "DECODE"],
    ]);
    expect(headersOf(decided)).toEqual([null, "auto/high", null, null]);
  });

  it.each<[string, string, string]>([
    ["lacks", `{"carrier":"UA"}`, "rule high: `prediction.confidence >= 0.9`: No such key: confidence"],
    ["holds null for", valueOf(null), "no such overload: null >= double"],
    ["holds text for", valueOf("high"), "prediction.confidence is not a number"],
    ["is no object and lacks", "[1]", "No such key: confidence"],
  ])("of which one %s what a rule asks for are dead letters of the rule", async (_, value, message) => {
    const decided = await decide(stageOf(), batchFrom([value, valueOf(0.7)]));
    expect([...decided.ports]).toEqual([3, 1]);
    expect([...(decided.failures ?? [])]).toEqual([
      [0, { class: "ROUTE", message: expect.stringContaining(message), retriable: false, rules: ["route@5c0e91d2/high"] }],
    ]);
  });

  it("go past a rule that is told to skip what it cannot decide", async () => {
    const rules = bands.rules.map((rule) => ({ ...rule, onError: "skip" as const }));
    expect(await routes(stageOf({ ...bands, rules }), batchFrom([`{"carrier":"UA"}`]))).toEqual(["manual manual/default"]);
  });

  it("can be routed by what only an object tells: headers and text", async () => {
    const rules = [
      { id: "eu", when: "headers.region == 'eu'", to: "europe" },
      { id: "united", when: "record.carrier.matches('^U')", to: "united" },
    ];
    const router = { rules: [...rules, ...bands.rules].map((rule) => ({ ...rule, onError: "skip" as const })), default: "manual" };
    const values = [valueOf(0.95), `{"carrier":"AA","prediction":{"confidence":0.95}}`, "{"];
    expect(await routes(stageOf(router), batchFrom(values))).toEqual(["united united/united", "auto auto/high", "dlq -"]);
    expect(
      await routes(
        stageOf(router),
        batchFrom(values, {
          headers: [
            { key: "region", value: encoder.encode("eu") },
            { key: "region", value: null },
          ],
        }),
      ),
    ).toEqual(["europe europe/eu", "europe europe/eu", "dlq -"]);
  });

  it("are decoded even where no rule looks at them", async () => {
    expect(await routes(stageOf({ rules: [], default: "all" }), batchFrom(["{}", "{"]))).toEqual(["all all/default", "dlq -"]);
    expect(
      await routes(stageOf({ rules: [{ id: "eu", when: "has(headers.region)", to: "europe" }], default: "all" }), batchFrom(["{}", "{"])),
    ).toEqual(["all all/default", "dlq -"]);
  });

  it("are asked for a prediction under another name where the stage is told", async () => {
    expect(
      await routes(stageOf(bands, { as: "ri/val" }), batchFrom([`{"ri/val":{"confidence":0.95},"prediction":{"confidence":0}}`])),
    ).toEqual(["auto auto/high"]);
  });
});

describe("a fused router", () => {
  const confidence = fc
    .oneof(fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0.9, 0.6, 0.8999995, 0.89999949, 0.5999996, 1, 0, 1e-9))
    .map((x) => Number(x.toPrecision(6)));
  const router: RouterSpec = {
    ...bands,
    rules: [...bands.rules, { id: "odd", when: "record.carrier.startsWith('U') && prediction.confidence < 0.3", to: "odd" }],
  };

  it("decides on the column as a separate one decides on the text", async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(confidence, { minLength: 1, maxLength: 20 }), fc.constantFrom("UA", "AA"), async (confidences, carrier) => {
        const whole = confidences.map((c) => `{"carrier":"${carrier}","prediction":{"label":"late","confidence":${c}}}`);
        expect(await routes(stageOf(router), fusedBatch(confidences, carrier))).toEqual(await routes(stageOf(router), batchFrom(whole)));
      }),
      { numRuns: 200 },
    );
  });

  it("does not look at the value where the columns tell everything", async () => {
    const batch = fusedBatch([0.95, 0.7], "UA");
    const unreadable: Batch = { ...batch, bytes: new Uint8Array(batch.bytes.length) };
    expect(await routes(stageOf(), unreadable)).toEqual(["auto auto/high", "review review/middle"]);
  });

  /** What an inference stage hands on in the same process: the value as it was, a tail and a column. */
  function fusedBatch(confidences: readonly number[], carrier: string): Batch {
    const value = `{"carrier":"${carrier}"}`;
    const parts = confidences.map((c) => encoder.encode(`,"prediction":{"label":"late","confidence":${c}}}`));
    const count = confidences.length;
    const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
    const at = new Int32Array(count);
    let end = 0;
    parts.forEach((part, i) => {
      bytes.set(part, end);
      at[i] = end;
      end += part.length;
    });
    const column: Column = { kind: "number", values: Float64Array.from(confidences), presence: new Uint8Array(count).fill(PRESENT) };
    return {
      ...batchFrom(confidences.map(() => value)),
      added: {
        ...NOTHING_ADDED,
        tails: { bytes, at, length: Int32Array.from(parts, (part) => part.length), keep: new Int32Array(count).fill(value.length - 1) },
        columns: new Map([["number /prediction/confidence", column]]),
      },
    };
  }
});

describe("a sample", () => {
  const sampled: RouterSpec = { ...bands, sample: { share: 0.3, to: "audit" } };
  const ids = Array.from({ length: 400 }, (_, i) => `flight-${i}`);
  const values = ids.map((_, i) => (i % 10 === 0 ? "{" : valueOf((i % 100) / 100)));
  const idsOf = (decided: Decided): readonly (string | null)[] => {
    const [copies] = decided.copies ?? [];
    const view = selectRows(decided.batch, copies?.positions ?? new Int32Array(0));
    return Array.from(allRows(view.count), (row) => headerText(recordAt(view, row).headers, "weir.id"));
  };
  const stamped = (from: number, to: number): Batch =>
    batchOf(
      lane,
      ids.slice(from, to).map((id, i) => ({
        offset: from + i,
        value: encoder.encode(values[from + i] ?? ""),
        headers: [
          { key: "x", value: null },
          { key: "weir.id", value: encoder.encode(id) },
        ],
      })),
    );
  const stage = stageOf(sampled, { sampleTopic: "audit" });

  it("is a copy of a share of the routed records; the decision stands", async () => {
    const decided = await decide(stage, stamped(0, 400));
    const chosen = idsOf(decided);
    expect(decided.copies?.[0]?.topic).toBe("audit");
    expect(chosen.length).toBeGreaterThan(75);
    expect(chosen.length).toBeLessThan(145);
    expect(chosen.filter((id) => Number(id?.slice(7)) % 10 === 0)).toEqual([]);
    expect([...decided.ports]).toEqual([...(await decide(stageOf(), stamped(0, 400))).ports]);
  });

  it("is the same however the log is cut, and whether the id was written or is still to be", async () => {
    const whole = idsOf(await decide(stage, stamped(0, 400)));
    expect([...idsOf(await decide(stage, stamped(0, 123))), ...idsOf(await decide(stage, stamped(123, 400)))]).toEqual(whole);
    const bare = batchFrom(values);
    const added = { ...bare, added: { ...NOTHING_ADDED, headers: [dictionaryHeader("weir.id", ids, allRows(400))] } };
    expect(idsOf(await decide(stage, added))).toEqual(whole);
  });

  it("knows records that nobody stamped by their place", async () => {
    const decided = await decide(
      stageOf({ ...sampled, sample: { share: 1, to: "audit" } }, { sampleTopic: "audit" }),
      batchFrom([valueOf(0.1), "{"]),
    );
    expect([...(decided.copies?.[0]?.positions ?? [])]).toEqual([0]);
    expect((await decide(stage, batchFrom([]))).copies).toBeUndefined();
  });
});

describe("the stage", () => {
  it("has a port for every branch in order of first mention, and one for dead letters", () => {
    expect(stageOf({ rules: [...bands.rules, { id: "again", when: "true", to: "auto" }], default: "review" }).ports).toEqual([
      { name: "auto", kind: "data" },
      { name: "review", kind: "data" },
      { name: "dlq", kind: "dead-letter" },
    ]);
  });

  it("holds nothing and says what it is", () => {
    const stage = stageOf();
    expect([stage.holds, stage.position(lane), stage.snapshot()]).toEqual([false, null, []]);
    expect(stage.describe()).toEqual({ spec: "5c0e91d2".padEnd(64, "0"), owner: "group:flight-ops" });
  });

  it("decides every batch of a fetch", async () => {
    const decided = await stageOf().process([batchFrom([valueOf(0.95)]), batchFrom([]), batchFrom([valueOf(0.1), valueOf(0.7)])]);
    expect(decided.map((d) => [...d.ports])).toEqual([[0], [], [2, 1]]);
  });

  it("is refused with every problem of its rules", () => {
    const rules = [
      { id: "high", when: "prediction.confidense > 0.9", to: "auto" },
      { id: "high", when: "true", to: "dlq" },
    ];
    expect(() => stageOf({ rules, default: "" })).toThrow(
      /WEIR-1401[^]*two rules have the id `high`[^]*no default[^]*`dlq`[^]*rule high, column 12: unknown field `prediction.confidense` \(did you mean `prediction.confidence`\?\)/,
    );
  });

  it("is built from the flights pipeline, against its contract and its model", async () => {
    const loaded = loadPipeline(fileURLToPath(new URL("../../../deploy/pipelines/flights", import.meta.url)), {});
    const { stage } = await buildStage(loaded, "route", { followers: [], meter: createMetrics() });
    expect(stage.ports.map((port) => port.name)).toEqual(["auto", "review", "manual", "dlq"]);
    const column: Column = { kind: "number", values: Float64Array.of(0.95, NaN), presence: Uint8Array.of(PRESENT, ABSENT) };
    const batch = {
      ...batchFrom([valueOf(0.95), "{}"]),
      added: { ...NOTHING_ADDED, columns: new Map([["number /prediction/confidence", column]]) },
    };
    expect(await routes(stage, batch)).toEqual(["auto auto/high", "dlq -"]);
    expect(stage.describe().spec).toBe(loaded.pipeline.digest);
  });
});
