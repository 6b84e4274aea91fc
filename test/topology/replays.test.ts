import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { readDeadLetter, readReplayMarks, type Selection } from "@weir/deadletter";
import { headerText, writeHeaders, type Header, type PlainRecord } from "@weir/record";
import { createTrial } from "@weir/replay";
import { createRandom } from "@weir/testkit";
import { expect, test } from "vitest";
import { writeTextPipeline } from "../e2e/replay/pipeline.ts";
import { BUILDERS, FLIGHTS, linesOf, startWorld, type World } from "../guide/flights-world.ts";

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const bad = (n: number, key = "k"): string => JSON.stringify({ id: `r-${n}`, key, group: 0, n, v: String(n) });

function textPipeline(name: string): string {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-topology-"));
  writeTextPipeline(folder, name, 2);
  return folder;
}

const letters = (world: World, name: string): readonly PlainRecord[] => world.records(`${name}.dlq`);

test("a record that fails again is not picked twice, is parked at its third replay, and then left alone", async () => {
  await using world = await startWorld(textPipeline("park"));
  await world.produce([bad(1)]);
  await world.until(() => letters(world, "park").length === 1);
  for (const replay of [1, 2]) {
    const plan = await world.plan({ edit: { map: { "/group": `${replay}.0` } } });
    expect(plan).toMatchObject({ records: 1, targets: { "park.gate.replay": 1 }, first: [{ count: replay, now: { answer: "fail" } }] });
    const unedited = await world.plan({});
    expect(Object.keys(unedited.leftOut).some((why) => why.startsWith("would fail again, nothing has changed"))).toBe(true);
    // Sent all the same: with an edit the run asks the stages first, so this one is forced as it is.
    const forced = await world.plan({ force: true, target: "gate", selection: { offsets: placeOf(world) } });
    const status = await world.run(forced);
    expect(status.outcomes).toMatchObject({ "failed-again": 1, replayed: 0 });
    expect(letters(world, "park")).toHaveLength(1 + replay);
  }
  const third = await world.plan({ edit: { map: { "/group": "3.0" } } });
  expect(third).toMatchObject({ records: 1, targets: { "park.parked": 1 } });
  expect((await world.run(third)).outcomes).toMatchObject({ parked: 1 });
  const [parked] = world.records("park.parked");
  expect(readDeadLetter(parked ?? { headers: [] })).toMatchObject({ class: "CONTRACT", replay: { count: 3 } });
  expect((await world.plan({ edit: { map: { "/group": "4.0" } } })).leftOut).toEqual({ "failed-again before": 2, "parked before": 1 });
});

/** The newest letter. */
function placeOf(world: World): NonNullable<Selection["offsets"]> {
  return world.log.read("park.dlq").flatMap((records, partition) => records.map((r) => ({ partition, first: r.offset, last: r.offset, count: readReplayMarks(r.headers)?.count ?? 0 }))).sort((a, b) => b.count - a.count).slice(0, 1); // prettier-ignore
}

test("1,000 random records come back from the dead letters unchanged: binary, duplicate and empty headers, no key, a value of 1 MiB", async () => {
  const seed = Number(process.env["WEIR_SEED"] ?? 1);
  const random = createRandom(seed);
  const bytes = (max: number): Uint8Array => Uint8Array.from({ length: Math.floor(random() * max) }, () => Math.floor(random() * 256));
  const maybe = <T>(make: () => T): T | null => (random() < 0.2 ? null : make());
  const names = ["", "trace", "trace", "x".repeat(300), "kafka_dlt-original-topic", "Authorization", "ключ"];
  const headers = (): Header[] => Array.from({ length: Math.floor(random() * (random() < 0.05 ? 200 : 6)) }, () => ({ key: names[Math.floor(random() * names.length)] ?? "", value: maybe(() => bytes(20)) })); // prettier-ignore
  const records = Array.from({ length: 1000 }, (_, n) => ({ key: maybe(() => bytes(12)), value: n === 500 ? new Uint8Array(1_048_576).fill(0xff) : maybe(() => Uint8Array.of(0xff, ...bytes(60))), headers: headers() })); // prettier-ignore
  await using world = await startWorld(textPipeline("bytes"));
  await world.log.createTopics([{ name: "elsewhere", partitions: 2 }]);
  records.forEach((record, n) => world.log.append({ topic: "bytes.ingest.out", partition: n % 2 }, [{ ...record, timestamp: Date.now() }]));
  await world.until(() => letters(world, "bytes").length === 1000);
  const status = await world.run(await world.plan({ target: "elsewhere", force: true }));
  expect(status, `seed ${seed}`).toMatchObject({ state: "finished", outcomes: { replayed: 1000 } });
  const back = world.log.read("elsewhere");
  const own = (h: Header): boolean => !h.key.startsWith("weir.");
  for (const [n, record] of records.entries()) {
    const found = back[n % 2]?.[Math.floor(n / 2)];
    if (!found) throw new Error(`record ${n} is not back (seed ${seed})`);
    const same = [found.key, found.value, writeHeaders(found.headers.filter(own))];
    const sent = [record.key, record.value, writeHeaders(record.headers)];
    expect(same.map((b) => b && Buffer.from(b).toString("base64")), `record ${n}, seed ${seed}`).toEqual(sent.map((b) => b && Buffer.from(b).toString("base64"))); // prettier-ignore
    expect(headerText(found.headers, "weir.dlq.origin")).toMatch(new RegExp(`^bytes\\.ingest\\.out/${n % 2}/${Math.floor(n / 2)}/`));
  }
});

test("asked beforehand, the stages say of each of 1,000 mixed records what then becomes of it", async () => {
  const folder = mkdtempSync(path.join(tmpdir(), "weir-topology-"));
  cpSync(FLIGHTS, folder, { recursive: true });
  const file = path.join(folder, "pipeline.yaml");
  // A rule that raises where there is no gust: records that the router cannot decide.
  const raising = "      - { id: gusty, when: 'record.carrier == \"WN\" && record.wind_gust > 1000.0', to: manual }\n";
  writeFileSync(file, readFileSync(file, "utf8").replace("    rules:\n      - { id: high", `    rules:\n${raising}      - { id: high`));
  // And room for a member that the model's prediction is to become: records that inference cannot take.
  const schema = path.join(folder, "flight.schema.json");
  writeFileSync(schema, readFileSync(schema, "utf8").replace('"additionalProperties": false', '"additionalProperties": true'));
  await using world = await startWorld(folder);
  const values = mixed(linesOf("sample.ndjson.gz").slice(0, 1000));
  const records = values.map((value, n) => ({ key: encoder.encode("EWR"), value: encoder.encode(value), headers: [{ key: "weir.id", value: encoder.encode(`m-${n}`) }], timestamp: 0 })); // prettier-ignore
  await using trial = await createTrial(world.loaded, BUILDERS);
  const told = await trial.judge("gate", records);
  const batchwise = { key: "weir.replay.id", value: encoder.encode("r") };
  world.log.append({ topic: "flights.gate.replay", partition: 0 }, records.map((r) => ({ ...r, headers: [...r.headers, batchwise] }))); // prettier-ignore
  const note = JSON.stringify({ v: 1, kind: "end", topic: "flights.gate.replay", partition: 0, offset: 1000 });
  world.log.append({ topic: "flights.control", partition: 0 }, [{ key: encoder.encode("e"), value: encoder.encode(note) }]);
  const ends = ["flights.route.auto", "flights.route.review", "flights.route.manual", "flights.gate.quarantine", "flights.dlq"];
  await world.until(() => world.count(...ends) === 1000);
  const became = new Map(ends.flatMap((topic) => world.records(topic).map((r) => [headerText(r.headers, "weir.id"), `${topic} ${headerText(r.headers, "weir.dlq.class") ?? ""}`]))); // prettier-ignore
  const expected = told.map(
    ({ answer, at, class: why }) => `flights.${answer === "pass" || at.endsWith("quarantine") ? at : "dlq"} ${why ?? ""}`,
  );
  expect(told.map((_, n) => became.get(`m-${n}`))).toEqual(expected);
  const kinds = new Set(told.map((t) => (t.answer === "pass" ? t.at : `${t.at} ${t.class ?? ""}`)));
  for (const kind of [
    "gate.dlq DECODE",
    "gate.dlq CONTRACT",
    "gate.quarantine RULE",
    "score.dlq CONTRACT",
    "route.dlq ROUTE",
    "route.auto",
  ])
    expect(kinds).toContain(kind);
});

function mixed(lines: readonly string[]): string[] {
  return lines.map((line, n) => {
    switch (n % 10) {
      case 0:
        return line.slice(0, -5);
      case 1:
        return line.replace(/"distance":\d+/, '"distance":"far"');
      case 2:
        return line.replace(/"distance":\d+/, '"distance":9999');
      case 3: // few enough for the window to pass
        return n % 50 === 3 ? line.replace(/"dep_delay":-?\d+/, '"dep_delay":null') : line;
      case 4:
        return line.replace("{", '{"prediction":1,');
      default:
        return line;
    }
  });
}

test("of what a window condemned it is not known before whether it passes", async () => {
  await using world = await startWorld();
  const day = linesOf("corrupt/2013-02-07-dep_delay-null-spike.ndjson.gz").slice(0, 60).map((line) => line.replace(/"dep_delay":-?\d+/, '"dep_delay":null')); // prettier-ignore
  await world.produce(day);
  await world.until(() => world.count("flights.gate.quarantine") === 60);
  const plan = await world.plan({ topic: "flights.gate.quarantine", target: "gate", edit: { map: { "/dep_delay": "1.0" } } });
  expect(plan.wouldPass).toEqual({ pass: 0, fail: 0, "not-known": 60 });
  expect(plan.first[0]?.now.message).toBe("judged as a window: dep-delay-nulls");
  expect((await world.run(plan)).outcomes.replayed).toBe(60);
  expect(decoder.decode(world.records("flights.gate.pass")[0]?.value ?? undefined)).toContain('"dep_delay":1');
});
