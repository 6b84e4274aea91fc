import { buildStage } from "@weir/gate";
import type { StageSpec } from "@weir/pipeline";
import { createMetrics, type LoadedPipeline } from "@weir/service";
import { expect, test } from "vitest";
import { batchOfValues, flight, flights, inputOf, toldBy } from "./flights.ts";

// A day of flights is judged as one. But one carrier whose feed has broken need not stop all the others: with `scope: key` and
// `by: /carrier` the same rules judge every carrier's day for itself, in one window, with one verdict.

const GATE = inputOf("gate");

function* byCarrier(): Iterable<[string, StageSpec]> {
  for (const [id, spec] of flights.pipeline.stages) {
    if (spec.type !== "gate" || spec.window?.kind !== "time") yield [id, spec];
    else {
      const rules = spec.rules.filter((rule) => rule.kind !== "drift" && rule.kind !== "driftShare"); // baselines describe all of them
      yield [id, { ...spec, rules, window: { ...spec.window, scope: "key", by: "/carrier", minRecords: 10 } }];
    }
  }
}

const keyed: LoadedPipeline = { ...flights, pipeline: { ...flights.pipeline, stages: new Map(byCarrier()) } };

const dayOf = (carrier: string, count: number, cancelled: number): readonly string[] =>
  Array.from({ length: count }, (_, i) => flight({ id: `2013-02-01-EWR-${carrier}-${i}`, carrier, dep_delay: i < cancelled ? null : 3 }));

test("the day of a carrier whose flights have no delays is quarantined; the others' pass", async () => {
  const { stage, close } = await buildStage(keyed, "gate", { followers: [], meter: createMetrics() });
  stage.assign({ topic: GATE, partition: 0 }, 0, new Map());
  const day = [...dayOf("UA", 20, 0), ...dayOf("DL", 20, 10), ...dayOf("9E", 3, 0)];
  await stage.process([batchOfValues(GATE, day)]);
  const nextDay = flight({ id: "2013-02-02-EWR-UA-1", event_time: "2013-02-02T12:00:00Z" });
  const judged = await stage.process([batchOfValues(GATE, [nextDay], day.length)]);
  const ends = toldBy(stage, judged).map(({ port, value }) => `${port} ${/"carrier":"(..)"/.exec(value)?.[1] ?? ""}`);
  expect(new Set(ends)).toEqual(new Set(["pass UA", "quarantine DL", "pass 9E"]));

  const verdict = JSON.parse(judged.flatMap((d) => d.verdicts ?? [])[0]?.value ?? "") as { verdict: string; keys: unknown };
  expect(verdict).toMatchObject({
    verdict: "breach",
    keys: {
      by: "/carrier",
      judged: 3,
      breach: 1,
      insufficient: 1,
      list: [
        { key: "DL", n: 20 },
        { key: "9E", n: 3 },
      ],
    },
  });
  await close();
});
