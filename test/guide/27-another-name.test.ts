import { compileContract } from "@weir/contract";
import { buildStage } from "@weir/gate";
import type { StageSpec } from "@weir/pipeline";
import { createMetrics, type LoadedPipeline } from "@weir/service";
import { toldVerdict, type RuleVerdict } from "@weir/rules";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, toldBy } from "./flights.ts";

// Somebody upstream renames a field. The contract still holds where it lets records have members that it does not name, and the old field may be
// null. What is left of it is a column that has gone empty, and a name that nobody knows. A rule `newField` tells the name, the rule that finds
// the field missing tells that they may belong together. It is a hint for whoever is called: nothing acts on it.

const GATE = inputOf("gate");

function* watchful(): Iterable<[string, StageSpec]> {
  for (const [id, spec] of flights.pipeline.stages) {
    if (spec.type !== "gate" || spec.window?.kind !== "time") yield [id, spec];
    else {
      const window = { ...spec.window, scope: "partition" } as const;
      yield [id, { ...spec, window, rules: [...spec.rules, { id: "unknown", kind: "newField", minPresence: 0.05, ignore: ["trace"] }] }];
    }
  }
}
/** That of the flights allows no other fields. */
const schema: object = JSON.parse(new TextDecoder().decode(flights.readBytes(flights.pipeline.record.contract)));
const contract = compileContract({ ...schema, additionalProperties: true });
const pipeline: LoadedPipeline = { ...flights, contract, pipeline: { ...flights.pipeline, stages: new Map(watchful()) } };

/** 60 flights of a February day; from the one with the number `renamed` on, the delay is called otherwise. */
const dayOf = (day: number, renamed: number): readonly string[] =>
  Array.from({ length: 60 }, (_, i) => {
    const date = `2013-02-${String(day).padStart(2, "0")}`;
    const told = flight({ id: `${date}-EWR-UA-${i}`, day, event_time: `${date}T12:00:00Z`, dep_delay: i < renamed ? 3 : null });
    return JSON.stringify({ ...JSON.parse(told), trace: i, ...(i >= renamed && { departure_delay: 3 }) });
  });

async function judge(
  ...days: readonly (readonly string[])[]
): Promise<{ rules: readonly RuleVerdict[]; failure: string | null | undefined }> {
  const { stage, close } = await buildStage(pipeline, "gate", { followers: [], meter: createMetrics() });
  const lane = { topic: GATE, partition: 0 };
  stage.assign(lane, 0, new Map());
  await stage.process([batchOfValues(GATE, days.flat())]);
  const decided = stage.endOfInput?.(lane) ?? [];
  await close();
  const [verdict] = decided.flatMap((d) => d.verdicts ?? []);
  const { rules }: { rules: readonly RuleVerdict[] } = JSON.parse(verdict?.value ?? "");
  return { rules, failure: toldBy(stage, decided)[0]?.failure };
}

test("a day in which the delay has another name is quarantined, and says which one", async () => {
  const { rules, failure } = await judge(dayOf(1, 20));
  const [nulls, unknown] = ["dep-delay-nulls", "unknown"].map((id) => rules.find((rule) => rule.id === id)!);
  expect(unknown).toMatchObject({ verdict: "breach", action: "alert", k: 40, n: 60, fields: [{ name: "departure_delay", k: 40 }] });
  expect(nulls).toMatchObject({ verdict: "breach", renamed: [{ from: "/dep_delay", to: "departure_delay" }] });
  expect(failure).toContain("dep-delay-nulls: 40 of 60, allowed: 5 %; /dep_delay may be called departure_delay now");
});

test("a field that is rare, or that somebody has said to be in order, is none", async () => {
  const { rules } = await judge(dayOf(1, 58));
  const unknown = rules.find((rule) => rule.id === "unknown")!;
  expect(unknown).toMatchObject({ verdict: "pass", k: 0, n: 60 });
  expect(toldVerdict(unknown)).toBe("no unknown field is frequent in 60, allowed: in less than 5 %");
});
