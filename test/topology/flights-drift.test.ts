import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { createStage } from "@weir/gate";
import { batchOf } from "@weir/record";
import type { RuleVerdict } from "@weir/rules";
import { loadPipeline, sha256 } from "@weir/service";
import { expect, it } from "vitest";

const FOLDER = fileURLToPath(new URL("../../deploy/pipelines/flights", import.meta.url));
const lane = { topic: "flights.ingest.out", partition: 0 };

interface DayVerdict {
  readonly window: { readonly start: string };
  readonly n: number;
  readonly rules: readonly RuleVerdict[];
}

/** Days of flights through the gate of the flights pipeline, as its file has it. */
function verdictsOf(file: string): DayVerdict[] {
  const { pipeline, contract, baselines } = loadPipeline(FOLDER, {});
  const spec = pipeline.stages.get("gate");
  if (spec?.type !== "gate") throw new Error("flights has no gate");
  const { rules, owner, window = null } = spec;
  const common = { pipeline: "flights", stage: "gate", spec: pipeline.digest, time: pipeline.record.time, sha256 };
  if (window?.kind !== "time") throw new Error("flights has no days");
  // One partition: a stage alone has no others to wait for.
  const stage = createStage({ ...common, contract, rules, owner, window: { ...window, scope: "partition" }, baselines });
  stage.assign(lane, 0, new Map());
  const lines = gunzipSync(readFileSync(`${FOLDER}/data/${file}`))
    .toString()
    .trimEnd()
    .split("\n");
  const records = lines.map((line, offset) => ({ offset, value: new TextEncoder().encode(line), timestamp: 0 }));
  const decided = [
    ...(stage.process([batchOf(lane, records)]) as readonly { verdicts?: readonly { value: string | null }[] }[]),
    ...stage.endOfInput!(lane),
  ];
  return decided.flatMap((d) => d.verdicts ?? []).map((verdict) => JSON.parse(String(verdict.value)));
}

/** JS and PSI of every field and day against January, computed outside Weir with pandas, to 4 digits. */
const expected = readFileSync(new URL("testdata/flights-drift-against-january.csv", import.meta.url), "utf8")
  .trimEnd()
  .split("\n")
  .slice(1)
  .map((line) => line.split(","))
  .map(([window, records, field, js, psi]) => ({
    window: window!,
    records: Number(records),
    field: field!,
    js: Number(js),
    psi: Number(psi),
  }));

const told = ({ window, n, rules }: DayVerdict, name: string): (typeof expected)[number][] =>
  rules
    .filter((rule) => rule.drift?.method === "js")
    .map(({ drift: js }) => {
      const psi = rules.find((rule) => rule.drift?.method === "psi" && rule.drift.field === js!.field)!.drift!;
      return { window: name || window.start.slice(0, 10), records: n, field: js!.field.slice(1), js: js!.effect, psi: psi.effect };
    });

it.each([
  ["sample.ndjson.gz", ""],
  ["corrupt/2013-02-06-distance-in-km.ndjson.gz", "2013-02-06-distance-in-km"],
  ["corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz", "2013-02-07-dep_delay-null-spike"],
])("%s: the gate measures what pandas measured", (file, name) => {
  const seen = verdictsOf(file).flatMap((verdict) => told(verdict, name));
  const wanted = expected.filter(({ window }) => (name === "" ? window.length === 10 : window === name));
  expect(wanted.length).toBeGreaterThanOrEqual(13);
  // The verdict has 6 digits, the table 4 decimals.
  const near = (value: number, other: number): number => (Math.abs(value - other) <= 6e-5 ? other : value);
  expect(seen.map((day, i) => ({ ...day, js: near(day.js, wanted[i]!.js), psi: near(day.psi, wanted[i]!.psi) }))).toEqual(wanted);
});

it("distances in kilometres are drift of that field, and of no other", () => {
  const [day] = verdictsOf("corrupt/2013-02-06-distance-in-km.ndjson.gz");
  expect(day!.rules.filter((rule) => rule.drift && rule.verdict === "breach").map((rule) => rule.id)).toContain("distance-js");
  const ordinary = verdictsOf("sample.ndjson.gz").flatMap((verdict) => verdict.rules);
  for (const id of ["distance-js", "hour-js", "carrier-js", "origin-js"]) {
    expect(ordinary.filter((rule) => rule.id === id).map((rule) => rule.verdict)).toEqual(new Array(14).fill("pass"));
  }
});
