import { expect, it } from "vitest";
import { parsePipeline } from "./parse.ts";
import { rightsOf, topicsOf, type Right, type Role } from "./rights.ts";
import { topologyOf } from "./topology.ts";

const TEXT = `apiVersion: weir/v1
kind: Pipeline
metadata: {name: p, owner: user:a}
record: {contract: c.json}
stages:
  in: {type: ingest, out: check, http: {}, files: {f: {from: {folder: inbox}, match: "*.csv"}}}
  check: {type: gate, rules: [], pass: score}
  score: {type: inference, model: m/1, as: prediction, out: route}
  route: {type: router, rules: [{id: a, when: "true", to: x}], default: y, sample: {random: 2%, to: some}}
`;

function rights(text = TEXT): readonly Right[] {
  const { pipeline } = parsePipeline(text, "p.yaml", { env: {}, sha256: () => "0" });
  if (pipeline === null) throw new Error("the pipeline does not parse");
  return rightsOf(pipeline, topologyOf(pipeline));
}

const shown = (role: Role, text = TEXT): string[] =>
  rights(text)
    .filter((r) => r.role === role)
    .map((r) => `${r.operation} ${r.resource} ${r.name}${r.pattern === "prefixed" ? "*" : ""}`);

it("a stage reads its inputs and writes its ports and what it says of itself, under its own group and ids", () => {
  expect(shown("gate")).toEqual([
    "read topic p.in.out",
    "read topic p.check.replay",
    "read topic p.control",
    "read topic p.state.check",
    "write topic p.check.pass",
    "write topic p.check.quarantine",
    "write topic p.dlq",
    "write topic p.executions",
    "write topic p.state.check",
    "write topic p.verdicts",
    "write topic p.control",
    "read group p.check",
    "describe group p.score",
    "describe group p.route",
    "write transactional-id weir-p.check-*",
  ]);
  expect(shown("router")).toEqual([
    "read topic p.score.out",
    "read topic p.route.replay",
    "read topic p.control",
    "write topic p.route.x",
    "write topic p.route.y",
    "write topic p.route.some",
    "write topic p.dlq",
    "write topic p.executions",
    "read group p.route",
    "describe group p.check",
    "describe group p.score",
    "write transactional-id weir-p.route-*",
  ]);
});

it("a door writes the entry, and remembers what it answered and read", () => {
  expect(shown("ingest")).toEqual([
    "read topic p.receipts",
    "read topic p.state.in",
    "write topic p.in.out",
    "write topic p.receipts",
    "write topic p.state.in",
    "write transactional-id weir-p.in-*",
  ]);
});

it("the monitor and the people write no data", () => {
  expect(shown("monitor").every((r) => r.startsWith("read topic"))).toBe(true);
  expect(shown("operator").filter((r) => r.startsWith("write topic p.") && /pass|quarantine|out$|route\.x|dlq/.test(r))).toEqual([
    "write topic p.in.out",
  ]);
});

it("tells which topics a role has to do with", () => {
  expect([...topicsOf(rights(), ["monitor"])]).toEqual(["p.executions", "p.verdicts"]);
  expect(topicsOf(rights(), ["gate", "router"]).has("p.score.out")).toBe(true);
  expect(topicsOf(rights(), ["gate"]).has("p.route.x")).toBe(false);
});

it("a gate that a rule can stop tells so, and who watches for silence sees how far inputs go", () => {
  const withRule = (rule: string): string => TEXT.replace("rules: []", `window: {kind: count, size: 5}, rules: [${rule}]`);
  const more = (role: Role, rule: string): string[] => shown(role, withRule(rule)).filter((right) => !shown(role).includes(right));
  const halt = "{id: a, kind: nullRate, field: /x, max: 1%, action: halt}";
  expect([more("gate", halt), more("monitor", halt)]).toEqual([["write topic weir.alerts"], ["read topic weir.alerts"]]);
  expect(more("monitor", halt.replace("halt}", "halt, mode: observe}"))).toEqual([]);
  const quiet = "{id: a, kind: silence, gap: 15m}";
  expect([more("gate", quiet), more("monitor", quiet)]).toEqual([
    [],
    ["read topic weir.alerts", "describe topic p.in.out", "write topic weir.alerts", "write transactional-id weir-monitor-p-*"],
  ]);
});
