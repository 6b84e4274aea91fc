import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { describe, expect, it } from "vitest";
import { parsePipeline } from "./parse.ts";
import { formatProblem } from "./problems.ts";
import { topologyOf } from "./topology.ts";

const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
const flights = readFileSync(new URL("../fixtures/flights.yaml", import.meta.url), "utf8");

type Env = Record<string, string>;
const parse = (text: string, env: Env = {}, files: Env = {}) =>
  parsePipeline(text, "p.yaml", { env, readText: (path) => files[path] ?? null, sha256 });

/** The problems of the flights pipeline after one change, as people see them. */
function said(from: string | RegExp, to: string, env: Env = {}): string[] {
  const text = flights.replace(from, to);
  expect(text).not.toBe(flights);
  return parse(text, env).problems.map(formatProblem);
}

describe("the flights pipeline", () => {
  const { pipeline, problems } = parse(flights);

  it("has no problems", () => {
    expect(problems).toEqual([]);
  });

  it("is read with units resolved and owners inherited", () => {
    expect(pipeline).toMatchObject({
      name: "flights",
      owner: "group:flight-ops",
      partitions: 1,
      headers: "full",
      timestamps: "now",
      record: { contract: "flight.schema.json", format: "json", id: "/id", key: "/origin", time: { pointer: "/event_time" } },
      delivery: { guarantee: "exactly-once", compression: "none", commitEveryMs: 100, commitBytes: 8_388_608 },
      onFailure: { retry: { attempts: 3, backoffMinMs: 200, backoffMaxMs: 5000 }, then: "dead-letter" },
    });
    expect(pipeline?.stages.get("gate")).toMatchObject({
      id: "gate",
      type: "gate",
      owner: "group:flight-ops",
      pass: { stage: "score" },
      quarantine: { topic: "flights.gate.quarantine" },
      window: { kind: "time", every: 86_400_000, offset: 18_000_000, lateness: 0, hold: true, minRecords: 50, late: "quarantine" },
    });
    expect(pipeline?.stages.get("route")).toMatchObject({
      default: "manual",
      branches: new Map([
        ["auto", { topic: "flights.route.auto" }],
        ["review", { topic: "flights.route.review" }],
        ["manual", { topic: "flights.route.manual" }],
      ]),
    });
  });

  it("has these topics", () => {
    if (pipeline === null) throw new Error("does not parse");
    const topology = topologyOf(pipeline);
    expect(topology.entryTopic).toBe("flights.ingest.out");
    expect(topology.topics.map((topic) => topic.name)).toEqual([
      "flights.ingest.out",
      "flights.gate.pass",
      "flights.gate.quarantine",
      "flights.score.out",
      "flights.route.auto",
      "flights.route.review",
      "flights.route.manual",
      "flights.gate.replay",
      "flights.score.replay",
      "flights.route.replay",
      "flights.dlq",
      "flights.parked",
      "flights.replays",
      "flights.executions",
      "flights.verdicts",
      "flights.state.gate",
      "flights.control",
      "weir.audit",
      "weir.alerts",
    ]);
    expect(topology.stages.map(({ id, inputs, next }) => ({ id, inputs, next: [...next] }))).toEqual([
      { id: "ingest", inputs: [], next: [["out", "gate"]] },
      { id: "gate", inputs: ["flights.ingest.out"], next: [["pass", "score"]] },
      { id: "score", inputs: ["flights.gate.pass"], next: [["out", "route"]] },
      { id: "route", inputs: ["flights.score.out"], next: [] },
    ]);
    expect(topology.topics.find((topic) => topic.name === "flights.state.gate")?.configs).toEqual({
      "cleanup.policy": "compact",
      "max.message.bytes": "2097152",
    });
  });

  it("keeps its digest when only the layout of the file changes, and changes it with its meaning", () => {
    const digest = (text: string): string | undefined => parse(text).pipeline?.digest;
    expect(digest(flights.replace("partitions: 1 ", "# a remark\npartitions: 1 "))).toBe(pipeline?.digest);
    expect(digest(flights.replace("commit: { every: 100ms, bytes: 8MiB }", "commit: {}"))).toBe(pipeline?.digest);
    expect(digest(flights.replace("max: 5%", "max: 4%"))).not.toBe(pipeline?.digest);
    const pinned = parsePipeline(flights, "p.yaml", { env: {}, sha256, pins: new Map([["flight.schema.json", "sha256:1"]]) });
    expect(pinned.pipeline?.digest).not.toBe(pipeline?.digest);
  });
});

describe("substitution", () => {
  it("fills in variables and files, typed by what the key takes", () => {
    const text = flights
      .replace("partitions: 1", "partitions: ${PARTS}")
      .replace("maxRows: 2048", 'maxRows: "${ROWS:-512}"')
      .replace("hold: true", 'hold: "${HOLD}"')
      .replace("Will this flight arrive late?", () => "${file:/run/text} costs $${5}");
    const { pipeline, problems } = parse(text, { PARTS: "4", HOLD: "false" }, { "/run/text": "late\n" });
    expect(problems).toEqual([]);
    expect(pipeline).toMatchObject({ partitions: 4, description: "late costs ${5}" });
    expect(pipeline?.stages.get("score")).toMatchObject({ batch: { maxRows: 512 } });
    expect(pipeline?.stages.get("gate")).toMatchObject({ window: { hold: false } });
  });

  it("does not look again at what it put in, and not into keys or structure", () => {
    expect(parse(flights.replace("Will this flight arrive late?", "${A}"), { A: "${B}" }).pipeline?.description).toBe("${B}");
    expect(parse(flights.replace("maxRows: 2048", 'maxRows: "${A}"'), { A: "{x: 1}" }).problems.map((p) => p.code)).toEqual(["WEIR-1201"]);
  });

  it.each<[string, string]>([
    [
      "${NOWHERE}",
      "p.yaml:5:9  metadata.name  NOWHERE is not set · set the environment variable NOWHERE, or write ${NOWHERE:-default}  (WEIR-1101)",
    ],
    [
      "${EMPTY:?which pipeline?}",
      "p.yaml:5:9  metadata.name  EMPTY is not set: which pipeline? · set the environment variable EMPTY, or write ${EMPTY:-default}  (WEIR-1101)",
    ],
    [
      "${file:/run/none}",
      "p.yaml:5:9  metadata.name  the file /run/none cannot be read · check the path and the rights on it  (WEIR-1102)",
    ],
    [
      "${a b}",
      "p.yaml:5:9  metadata.name  `${a b}` is not a substitution · write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}; $${ for the characters themselves  (WEIR-1103)",
    ],
    [
      "${SECRET}",
      "p.yaml:5:9  metadata.name  expected a name of lower-case letters, digits and -, beginning with a letter, at most 63 · found the value put in by ${…}  (WEIR-1201)",
    ],
  ])("tells where %s went wrong, and never a value", (name, line) => {
    expect(
      parse(flights.replace("name: flights", `name: ${name}`), { EMPTY: "", SECRET: "Hunter2!" }).problems.map(formatProblem),
    ).toContain(line);
  });
});

describe("a hostile file", () => {
  const codes = (text: string): string[] => parse(text).problems.map((p) => p.code);
  const bomb = `a: &a [${"x,".repeat(50)}]\n${Array.from("bcdef", (c, i) => `${c}: &${c} [${`*${"abcde"[i]},`.repeat(10)}]`).join("\n")}\n`;

  it.each<[string, string, string]>([
    ["is too large", `# ${"x".repeat(1_048_576)}\n${flights}`, "WEIR-1002"],
    ["has an alias bomb", bomb, "WEIR-1002"],
    ["holds itself", "a: &a [*a]\n", "WEIR-1002"],
    ["is nested without end", `a: ${"[".repeat(20_000)}${"]".repeat(20_000)}`, "WEIR-1002"],
    ["is nested without end in lists", `${"- ".repeat(20_000)}1`, "WEIR-1002"],
    ["is nested without end by indentation", Array.from({ length: 1000 }, (_, i) => `${" ".repeat(i)}a:`).join("\n"), "WEIR-1002"],
    ["is nested too deeply", `a: ${"[".repeat(80)}${"]".repeat(80)}`, "WEIR-1002"],
    ["has several documents", `${flights}---\n${flights}`, "WEIR-1001"],
    ["is no YAML", "a: [", "WEIR-1001"],
    ["is a list", "- 1\n", "WEIR-1201"],
    ["is empty", "", "WEIR-1201"],
    ["reaches for the prototype", flights.replace("  ingest:", "  __proto__: {}\n  ingest:"), "WEIR-1003"],
  ])("that %s is refused", (_, text, code) => {
    expect(codes(text)).toContain(code);
  });
});

describe("a file with mistakes", () => {
  it.each<[string, string | RegExp, string, string[]]>([
    [
      "an unknown key",
      "out: gate",
      "uot: gate",
      [
        "p.yaml:18:3  stages.ingest.out  `out` is missing · expected a stage, {topic: NAME} or {stage: STAGE, topic: NAME}  (WEIR-1202)",
        "p.yaml:20:5  stages.ingest.uot  unknown key `uot` · `stages.ingest` takes type, owner, onFailure, http, webhook, files, pull, out · did you mean `out`?  (WEIR-1203)",
      ],
    ],
    [
      "a key in the wrong place",
      "    type: ingest",
      "    type: ingest\n    window: {kind: count, size: 5}",
      [
        "p.yaml:20:5  stages.ingest.window  unknown key `window` · `stages.ingest` takes type, owner, onFailure, http, webhook, files, pull, out · `window` belongs under `stages.<id>` of a gate  (WEIR-1203)",
      ],
    ],
    [
      "no unit",
      "every: 100ms",
      "every: 100",
      [
        "p.yaml:15:55  delivery.commit.every  expected a duration with its unit, such as 100ms, 30s, 15m, 5h or 1d · found 100  (WEIR-1201)",
      ],
    ],
    [
      "an unknown kind of rule",
      "kind: nullRate",
      "kind: nulRate",
      [
        'p.yaml:28:38  stages.gate.rules[1].kind  "nulRate" is not one of decode, schema, required, nullRate, range, oneOf, pattern, length, expr, nullRise, sentinel, type, freshness, unique, drift, driftShare, rateChange, level, missingField, newField, typeChange, constant, cardinality, mean, quantile, volume, complete, silence · did you mean `nullRate`?  (WEIR-1204)',
      ],
    ],
    [
      "an unknown kind of window",
      "kind: time,",
      "kind: slidding,",
      [
        'p.yaml:24:21  stages.gate.window.kind  "slidding" is not one of count, time, sliding, batch · did you mean `sliding`?  (WEIR-1204)',
      ],
    ],
    [
      "no default branch",
      /\n    default: manual/,
      "",
      [
        "p.yaml:40:3  stages.route.default  `default` is missing · expected a name of lower-case letters, digits and -, beginning with a letter, at most 63  (WEIR-1202)",
      ],
    ],
    [
      "no owner",
      "  owner: group:flight-ops\n",
      "",
      [
        "p.yaml:4:1  metadata.owner  no owner · every stage has one owner, its own or the pipeline's · add owner: user:NAME or group:NAME  (WEIR-1701)",
      ],
    ],
    ["a key twice", "    out: gate", "    out: gate\n    out: score", ["p.yaml:21:5  a key stands twice  (WEIR-1003)"]],
    [
      "a merge key",
      "    out: gate",
      "    <<: {out: gate}\n    out: gate",
      ["p.yaml:20:5  stages.ingest  merge keys (`<<`) are not read · write the keys out  (WEIR-1004)"],
    ],
  ])("with %s is told so", (_, from, to, expected) => {
    expect(said(from, to)).toEqual(expected);
  });

  it("is told every problem at once, from top to bottom", () => {
    const text = flights.replace("partitions: 1", "partitions: none").replace("5%", "0.05").replace("default: manual", "defalt: manual");
    expect(parse(text).problems.map((p) => p.code)).toEqual(["WEIR-1201", "WEIR-1201", "WEIR-1202", "WEIR-1203"]);
  });
});
