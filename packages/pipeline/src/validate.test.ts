// Longer than 400 lines: a table of everything that can be wrong in one pipeline.
import { createHash } from "node:crypto";
import { baselineText } from "@weir/rules";
import { existsSync, readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { formatProblem } from "./problems.ts";
import { validatePipeline, type Validated } from "./validate.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const folder = new URL("../../../deploy/pipelines/flights/", import.meta.url);
const read = (path: string): Uint8Array | null => (existsSync(new URL(path, folder)) ? readFileSync(new URL(path, folder)) : null);
const readText = (path: string): string | null => {
  const bytes = read(path);
  return bytes === null ? null : new TextDecoder().decode(bytes);
};
const flights = readFileSync(new URL("../fixtures/flights.yaml", import.meta.url), "utf8");

type Change = readonly [from: string, to: string];
interface Setting {
  readonly changes?: readonly Change[];
  readonly files?: Readonly<Record<string, string | null>>;
}

function validate({ changes = [], files = {} }: Setting = {}): Validated {
  const text = changes.reduce((t, [from, to]) => {
    expect(t).toContain(from);
    return t.replace(from, () => to);
  }, flights);
  return validatePipeline({
    file: "p.yaml",
    text,
    sha256,
    env: {},
    readBytes: read,
    readText: (path) => (Object.hasOwn(files, path) ? (files[path] ?? null) : readText(path)),
  });
}

const said = (setting: Setting): string[] => validate(setting).problems.map(formatProblem);
const change = (from: string, to: string): Setting => ({ changes: [[from, to]] });

describe("the flights pipeline's folder", () => {
  it("is valid", () => {
    const { pipeline, topology, contract, models, owners, problems } = validatePipeline({
      file: "pipeline.yaml",
      text: readText("pipeline.yaml") ?? "",
      sha256,
      env: {},
      readBytes: read,
      readText,
    });
    expect(problems).toEqual([]);
    expect(pipeline?.digest).toMatch(/^[0-9a-f]{64}$/);
    expect(topology?.entryTopic).toBe("flights.ingest.out");
    expect(contract?.field("/dep_delay")?.types).toEqual(["integer", "null"]);
    expect(models.get("score")).toMatchObject({ model: "late-arrival", version: "1", modelPath: "models/late-arrival/1/model.onnx" });
    expect(Object.keys(owners?.groups ?? {})).toContain("flight-ops");
  });

  it("has a digest that depends on the contract's meaning, not its layout", () => {
    const schema = readText("flight.schema.json") ?? "";
    const digest = (text: string): string | undefined => validate({ files: { "flight.schema.json": text } }).pipeline?.digest;
    expect(digest(JSON.stringify(JSON.parse(schema), null, 7))).toBe(validate().pipeline?.digest);
    expect(digest(schema.replace('"minimum": 1', '"minimum": 0'))).not.toBe(validate().pipeline?.digest);
  });
});

describe("the graph", () => {
  it.each<[string, Setting, string[]]>([
    [
      "a port to a stage that is not there",
      change("out: gate", "out: gaet"),
      [
        "p.yaml:20:10  stages.ingest.out  port `out` leads to the stage `gaet`, which there is not · stages: ingest, gate, score, route · did you mean `gate`?  (WEIR-1301)",
        "p.yaml:21:3  stages.gate  no record ever reaches the stage `gate` · let a port of an earlier stage lead to it, or remove it  (WEIR-1303)",
        "p.yaml:34:3  stages.score  no record ever reaches the stage `score` · let a port of an earlier stage lead to it, or remove it  (WEIR-1303)",
        "p.yaml:40:3  stages.route  no record ever reaches the stage `route` · let a port of an earlier stage lead to it, or remove it  (WEIR-1303)",
      ],
    ],
    [
      "a circle",
      change("to: auto }", "to: gate }"),
      [
        "p.yaml:43:63  stages.route.rules[0].to  the stages form a circle: gate → score → route → gate · let one of these ports lead to a topic or to a later stage  (WEIR-1302)",
      ],
    ],
    [
      "a port to ingest",
      change("    default: manual", "    default: ingest"),
      [
        "p.yaml:45:14  stages.route.default  port `ingest` leads to the ingest stage · it takes records from outside only · name another stage, or a topic: {topic: NAME}  (WEIR-1306)",
        "p.yaml:45:14  stages.route.default  the stages form a circle: ingest → gate → score → route → ingest · let one of these ports lead to a topic or to a later stage  (WEIR-1302)",
      ],
    ],
    [
      "a second entry",
      change("  gate:\n", "  again: { type: ingest, out: gate }\n  gate:\n"),
      [
        "p.yaml:21:3  stages.again  a second ingest stage · a pipeline has one entry topic · let producers share it, or make two pipelines  (WEIR-1304)",
      ],
    ],
    [
      "a topic with two purposes",
      change("quarantine: { topic: flights.gate.quarantine }", "quarantine: { topic: flights.dlq }"),
      [
        "p.yaml:33:17  stages.gate.quarantine  the topic flights.dlq is where Weir keeps its dead letters and cannot be a quarantine too · give one of them another name: {topic: NAME}  (WEIR-1305)",
      ],
    ],
    [
      "a branch that no rule takes",
      change("    default: manual", "    default: manual\n    branches: { manaul: { topic: people } }"),
      ["p.yaml:46:17  stages.route.branches.manaul  no rule leads to the branch `manaul` · did you mean `manual`?  (WEIR-1804)"],
    ],
  ])("with %s", (_, setting, expected) => {
    const lines = said(setting);
    expect([...lines].sort()).toEqual([...expected].sort());
  });

  it("may branch and join: two gates, a second model behind a branch", () => {
    const { pipeline, topology, problems } = validate({
      changes: [
        ["to: review }", "to: second }"],
        [
          "    default: manual",
          "    default: manual\n  second: { type: inference, model: late-arrival@champion, as: opinion, out: check }\n  check: { type: gate, rules: [], pass: { topic: people } }",
        ],
      ],
    });
    expect(problems).toEqual([]);
    expect(pipeline?.stages.size).toBe(6);
    expect(topology?.stages.map((s) => s.id)).toEqual(["ingest", "gate", "score", "route", "second", "check"]);
    expect(topology?.stages.find((s) => s.id === "second")?.inputs).toEqual(["flights.route.second"]);
    expect(topology?.topics.map((t) => t.name)).toContain("people");
  });
});

describe("gates, fields, models and owners", () => {
  const manifest = "models/late-arrival/1/manifest.json";
  it.each<[string, Setting, string[]]>([
    [
      "a window rule without a window",
      change("    window: { kind: time, every: 1d, offset: 5h, lateness: 0s, hold: true, minRecords: 50, late: quarantine }\n", ""),
      [
        "p.yaml:27:84  stages.gate.rules[1].action  the rule `dep-delay-nulls` judges windows, but the gate has none · add window: {kind: time, every: 1d} or {kind: count, size: 500} to the gate  (WEIR-1801)",
      ],
    ],
    [
      "a window that is not held",
      change("hold: true", "hold: false"),
      [
        "p.yaml:28:84  stages.gate.rules[1].action  the rule `dep-delay-nulls` cannot quarantine a window that is not held · its records have gone on before it is judged · remove hold: false from the window, give it a breaker: {}, or use action: alert or tag  (WEIR-1802)",
      ],
    ],
    [
      "the order of keys at a gate with windows",
      change("then: dead-letter }", "then: dead-letter, sequenced: true }"),
      [
        "p.yaml:24:13  stages.gate.window  a gate that judges windows or remembers records cannot keep the order of keys · what waits behind a failed record is judged later than it came · give the gate onFailure: {sequenced: false}; the stages behind it can keep the order  (WEIR-1804)",
      ],
    ],
    [
      "values that are unique in windows, of no field and with a horizon",
      change(
        "- { id: contract,",
        "- { id: once, kind: unique, max: 1% }\n      - { id: twice, kind: unique, field: /id, max: 1%, horizon: 1h }\n      - { id: contract,",
      ),
      [
        "p.yaml:26:40  stages.gate.rules[0].max  over windows `unique` needs a field · name it: field: /id  (WEIR-1804)",
        "p.yaml:27:66  stages.gate.rules[1].horizon  a window needs no horizon · remove horizon, or max to compare with all records within it  (WEIR-1804)",
      ],
    ],
    [
      "a complete window that is no batch, and one that is merged",
      change(
        "- { id: contract,",
        "- { id: whole, kind: complete }\n      - { id: merged, kind: complete, onInsufficient: mergeNext }\n      - { id: contract,",
      ),
      [
        "p.yaml:26:28  stages.gate.rules[0].kind  only a batch can be complete · its producer says in headers how many records it has · make the window kind: batch, or use kind: volume  (WEIR-1804)",
        "p.yaml:27:55  stages.gate.rules[1].onInsufficient  a batch of which nothing was said is not more complete together with the next one · use pass or quarantine  (WEIR-1804)",
      ],
    ],
    [
      "a batch over all partitions that is merged into the next one",
      {
        changes: [
          ["kind: time, every: 1d, offset: 5h, lateness: 0s, hold: true, minRecords: 50, late: quarantine", "kind: batch, scope: global"],
          ["max: 5%", "max: 5%, onInsufficient: mergeNext"],
        ],
      },
      [
        "p.yaml:28:92  stages.gate.rules[1].onInsufficient  windows over all partitions cannot be merged into the next one · use pass or quarantine, or scope: partition  (WEIR-1804)",
      ],
    ],
    [
      "a breaker in windows that are held",
      change("hold: true,", "hold: true, breaker: {},"),
      [
        "p.yaml:24:70  stages.gate.window.hold  `hold` and `breaker` both say what becomes of records · with a breaker they flow while the window is open · keep one of them  (WEIR-1804)",
      ],
    ],
    [
      "a breaker over all partitions, and windows that are merged",
      {
        changes: [
          ["hold: true,", "scope: global, breaker: {},"],
          ["max: 5%,", "max: 5%, onInsufficient: mergeNext,"],
        ],
      },
      [
        "p.yaml:24:71  stages.gate.window.scope  a breaker is not there for scope: global · it judges and diverts every partition for itself · use scope: partition, or hold: true  (WEIR-1804)",
        "p.yaml:28:92  stages.gate.rules[1].onInsufficient  windows over all partitions cannot be merged into the next one · use pass or quarantine, or scope: partition  (WEIR-1804)",
        "p.yaml:28:92  stages.gate.rules[1].onInsufficient  a window of which records flow cannot be merged into the next one · a breaker would learn of it a window later · use pass or quarantine, or hold: true  (WEIR-1804)",
      ],
    ],
    [
      "a breaker that no rule trips",
      {
        changes: [
          ["hold: true,", "breaker: {},"],
          ["max: 5%, action: quarantineWindow", "max: 5%, action: alert"],
        ],
      },
      [
        "p.yaml:24:73  stages.gate.window.breaker  warning: no rule can trip the breaker · only rules with quarantineWindow do · let a rule have action: quarantineWindow, or remove `breaker`  (WEIR-1804)",
      ],
    ],
    [
      "a breaker that never closes",
      change("hold: true,", "breaker: {closeAfter: 0},"),
      ["p.yaml:24:86  stages.gate.window.breaker.closeAfter  0 is too small · at least 1  (WEIR-1205)"],
    ],
    [
      "windows that slide by no whole panes, and what they cannot do",
      {
        changes: [
          ["kind: time, every: 1d, offset: 5h,", "kind: sliding, every: 2h, over: 5h, offset: 3h,"],
          ["max: 5%,", "max: 5%, onInsufficient: mergeNext,"],
          ["      - { id: distance,", "      - { id: many, kind: volume, ratio: { max: 2 } }\n      - { id: distance,"],
        ],
      },
      [
        "p.yaml:24:47  stages.gate.window.over  `over` is not a whole number of panes, two at least · a pane is as long as `every` · make it a multiple of `every`, or use kind: time for windows of one pane  (WEIR-1804)",
        "p.yaml:24:59  stages.gate.window.offset  `offset` must be shorter than `every` · subtract `every` from it  (WEIR-1804)",
        "p.yaml:28:92  stages.gate.rules[1].onInsufficient  a window that slides cannot be merged into the next one · its panes are part of the next windows already · use pass or quarantine, or a longer `over`  (WEIR-1804)",
        "p.yaml:31:42  stages.gate.rules[3].ratio  windows that slide are not compared with those before · they have most of their records in common · use min and max, or kind: time  (WEIR-1804)",
      ],
    ],
    [
      "windows that slide by too many panes",
      change("kind: time, every: 1d, offset: 5h,", "kind: sliding, every: 1s, over: 1d,"),
      [
        "p.yaml:24:47  stages.gate.window.over  a window has 86400 panes, at most 1440 are kept · make `every` longer or `over` shorter  (WEIR-1804)",
      ],
    ],
    [
      "windows that slide over all partitions",
      change("kind: time, every: 1d, offset: 5h,", "kind: sliding, every: 1h, over: 1d, scope: global,"),
      [
        "p.yaml:24:51  stages.gate.window.scope  unknown key `scope` · `stages.gate.window` takes kind, hold, breaker, minRecords, idleAfter, every, over, offset, lateness, late, maxFuture · `scope` belongs under `stages.<id>.window` of a time or `stages.<id>.window` of a batch  (WEIR-1203)",
      ],
    ],
    [
      "two ids alike",
      change("id: distance,", "id: dep-delay,"),
      ["p.yaml:31:15  stages.gate.rules[3].id  the id `dep-delay` is taken by rule 3 already · give one of them another id  (WEIR-1404)"],
    ],
    [
      "no event time",
      change("  time: /event_time\n", ""),
      [
        "p.yaml:23:21  stages.gate.window.kind  warning: windows follow the records' timestamps · record.time is not set · set record.time: /FIELD, if records have an event time  (WEIR-1803)",
      ],
    ],
    [
      "an offset as long as the window",
      change("offset: 5h", "offset: 1d"),
      ["p.yaml:24:46  stages.gate.window.offset  `offset` must be shorter than `every` · subtract `every` from it  (WEIR-1804)"],
    ],
    [
      "windows of keys without the field",
      change("kind: time,", "kind: time, scope: key,"),
      ["p.yaml:24:34  stages.gate.window.scope  scope: key needs `by`, the field whose values are the keys · add by: /FIELD  (WEIR-1804)"],
    ],
    [
      "a field of keys without the scope",
      change("kind: time,", "kind: time, by: /carrier,"),
      ["p.yaml:24:31  stages.gate.window.by  `by` is for scope: key · add scope: key, or remove it  (WEIR-1804)"],
    ],
    [
      "windows of keys that are merged",
      {
        changes: [
          ["kind: time,", "kind: time, scope: key, by: /carier,"],
          ["max: 5%,", "max: 5%, onInsufficient: mergeNext,"],
        ],
      },
      [
        "p.yaml:24:43  stages.gate.window.by  the contract has no field /carier · did you mean `/carrier`?  (WEIR-1503)",
        "p.yaml:28:92  stages.gate.rules[1].onInsufficient  windows of keys cannot be merged into the next one · use pass or quarantine, or scope: partition  (WEIR-1804)",
      ],
    ],
    [
      "a field that is not in the contract",
      change("field: /distance", "field: /distanze"),
      ["p.yaml:31:45  stages.gate.rules[3].field  the contract has no field /distanze · did you mean `/distance`?  (WEIR-1503)"],
    ],
    [
      "a range of text",
      change("field: /distance", "field: /carrier"),
      [
        "p.yaml:31:45  stages.gate.rules[3].field  /carrier is string, which the rule kind `range` cannot use · it needs number or integer  (WEIR-1504)",
      ],
    ],
    [
      "epoch numbers without a unit",
      change("time: /event_time", "time: /distance"),
      [
        "p.yaml:14:9  record.time  /distance is integer, which an event time in RFC 3339 cannot use · it needs string · declare the unit of epoch numbers: {pointer: …, unit: ms}  (WEIR-1504)",
      ],
    ],
    [
      "a prediction over a field",
      change("as: prediction", "as: distance"),
      [
        "p.yaml:38:9  stages.score.as  the contract has a field `distance` already · a prediction never overwrites what came in · choose another name: as: NAME  (WEIR-1505)",
      ],
    ],
    [
      "no contract file",
      { files: { "flight.schema.json": null } },
      [
        "p.yaml:10:13  record.contract  there is no file flight.schema.json · correct the path, which is relative to the pipeline's folder, or add the file  (WEIR-1501)",
      ],
    ],
    [
      "an owner that nobody knows",
      change("owner: group:flight-ops", "owner: group:fligth-ops"),
      [
        "p.yaml:6:10  metadata.owner  owners.yaml does not know group:fligth-ops · an alert for it would reach nobody · did you mean `group:flight-ops`?  (WEIR-1702)",
      ],
    ],
    [
      "a model without that alias",
      { files: { "models/late-arrival/aliases.yaml": "" } },
      [
        "p.yaml:36:12  stages.score.model  model late-arrival@champion is not there · versions: 1, 2; aliases: none · name a version or an alias that exists, or register the model  (WEIR-1601)",
      ],
    ],
    [
      "owners.yaml that names nobody",
      { files: { "owners.yaml": "users: {a: {}}\ngroups: {flight-ops: {members: [user:b], policy: std}}\n" } },
      [
        "owners.yaml:2:33  groups.flight-ops.members[0]  `user:b` is neither a user nor a group of this file · did you mean `user:a`?  (WEIR-1703)",
        "owners.yaml:2:50  groups.flight-ops.policy  there is no policy `std`  (WEIR-1703)",
      ],
    ],
  ])("with %s", (_, setting, expected) => {
    expect(said(setting)).toEqual(expected);
  });

  it("compare a model's bytes with the digest of its manifest", () => {
    const text = (readText(manifest) ?? "").replace(/("digest": "(?:sha256:)?)[0-9a-f]{8}/, "$100000000");
    const reference: Change = ["model: late-arrival@champion", "model: late-arrival/1"];
    expect(validate({ changes: [reference], files: { [manifest]: text } }).problems.map((p) => [p.code, p.what])).toEqual([
      ["WEIR-1602", "models/late-arrival/1/model.onnx is not the file that was registered"],
    ]);
  });

  it("compare a model's features with the contract", () => {
    const schema = (readText("flight.schema.json") ?? "").replaceAll('"visib"', '"visibility"');
    expect(validate({ files: { "flight.schema.json": schema } }).problems.map((p) => [p.code, p.what])).toEqual([
      ["WEIR-1604", "the contract has no field /visib for the feature `visib`"],
    ]);
  });

  it("compare a feature that is an array with the contract, and refuse rules that need a number", () => {
    const pixels = (items: object): object => ({ type: "array", items: { type: "number" }, ...items });
    const saidOf = (schema: object, rule: string | null = null): string[][] => {
      const text = JSON.parse(readText("flight.schema.json") ?? "{}");
      const features = [{ field: "/pixels", encode: { kind: "vector", width: 13 } }];
      const model = JSON.parse(readText(manifest) ?? "{}");
      const changes: Change[] = [["model: late-arrival@champion", "model: late-arrival/1"]];
      const distance = "{ id: distance, kind: range, field: /distance, min: 1, max: 6000, action: quarantineRecord }";
      return validate({
        changes: rule === null ? changes : [...changes, [distance, rule]],
        files: {
          "flight.schema.json": JSON.stringify({ ...text, properties: { ...text.properties, pixels: schema } }),
          [manifest]: JSON.stringify({ ...model, inputs: [{ ...model.inputs[0], features }] }),
        },
      }).problems.map((p) => [p.code, p.what]);
    };
    expect(saidOf(pixels({ minItems: 13, maxItems: 13 }))).toEqual([]);
    expect(saidOf(pixels({}))).toEqual([]);
    expect(saidOf(pixels({ minItems: 14, maxItems: 14 }))).toEqual([["WEIR-1604", "/pixels has 14 items; the feature `pixels` needs 13"]]);
    expect(saidOf(pixels({ maxItems: 12 }))).toEqual([["WEIR-1604", "/pixels has at most 12 items; the feature `pixels` needs 13"]]);
    expect(saidOf(pixels({ items: { type: "string" } }))).toEqual([
      ["WEIR-1604", "the items of /pixels are string; the feature `pixels` needs numbers"],
    ]);
    expect(saidOf({ type: "number" })).toEqual([["WEIR-1604", "/pixels is number; the feature `pixels` needs array"]]);
    const range = "{ id: r, kind: range, field: /pixels, min: 0, action: quarantineRecord }";
    expect(saidOf(pixels({}), range)).toEqual([["WEIR-1504", "/pixels is array, which the rule kind `range` cannot use"]]);
  });

  it("look for the baselines that rules name, and ask whether they say what is needed", () => {
    const distance = "{ id: distance, kind: range, field: /distance, min: 1, max: 6000, action: quarantineRecord }";
    const with_ = (rule: string): Change => [distance, rule];
    const column = { kind: "category", values: ["EWR"], cells: ["EWR", "unseen"], counts: [2000, 0] };
    const content = { kind: "Baseline", v: 1, name: "b", version: 1, records: 2000, columns: { "/origin": column } };
    const baseline = baselineText(content, sha256);
    const said = (rule: string, text = baseline): string[][] =>
      validate({ changes: [with_(rule)], files: { "b.json": text } }).problems.map((p) => [p.code, p.what]);
    const drift = (field: string, more = ""): string => `{ id: d, kind: drift, field: ${field}, baseline: b.json${more} }`;
    expect(said(drift("/origin"))).toEqual([]);
    expect(said(drift("/origin"), "")).toEqual([["WEIR-1605", "the baseline cannot be used (b.json: the file)"]]);
    expect(said(drift("/origin").replace("b.json", "c.json"))).toEqual([["WEIR-1605", "there is no file c.json"]]);
    expect(said(drift("/distance"))).toEqual([["WEIR-1401", "the baseline b.json says nothing of /distance"]]);
    expect(said(drift("/origin", ", method: ks"))).toEqual([["WEIR-1401", "ks compares places, and /origin holds categories"]]);
    const rise = "{ id: r, kind: rateChange, field: /origin, of: unseen, baseline: b.json }";
    expect(said(rise)).toEqual([["WEIR-1401", "a baseline says nothing of the rate of unseen values"]]);
    const digests = [baseline, baselineText({ ...content, version: 2 }, sha256)].map(
      (text) => validate({ changes: [with_(drift("/origin"))], files: { "b.json": text } }).pipeline!.digest,
    );
    expect(new Set(digests).size).toBe(2);
  });

  it("are checked although other parts of the file are wrong", () => {
    const codes = validate({
      changes: [
        ["partitions: 1", "partitions: 0"],
        ["    type: ingest", "    type: igest"],
        ["field: /distance", "field: /distanze"],
      ],
    }).problems.map((p) => p.code);
    expect(codes).toEqual(["WEIR-1205", "WEIR-1204", "WEIR-1503"]);
  });
});
