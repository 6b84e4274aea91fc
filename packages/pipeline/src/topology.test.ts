import { expect, it } from "vitest";
import { parsePipeline } from "./parse.ts";
import type { Pipeline } from "./pipeline.ts";
import { topologyOf } from "./topology.ts";

function pipelineOf(stages: string, rest = ""): Pipeline {
  const text = `apiVersion: weir/v1\nkind: Pipeline\nmetadata: {name: p, owner: user:a}\npartitions: 3\nrecord: {contract: c.json}\n${rest}stages:\n${stages}`;
  const { pipeline, problems } = parsePipeline(text, "p.yaml", { env: {}, sha256: () => "0" });
  if (pipeline === null) throw new Error(JSON.stringify(problems));
  return pipeline;
}

it("puts a stage after all that feed it, wherever the file has it", () => {
  const { stages } = topologyOf(
    pipelineOf(`
  join: {type: gate, rules: [], pass: {topic: out}}
  split: {type: router, rules: [{id: a, when: "true", to: join}], default: other}
  other: {type: gate, rules: [], pass: join}
  entry: {type: ingest, out: split}
`),
  );
  expect(stages.map((stage) => stage.id)).toEqual(["entry", "split", "other", "join"]);
  expect(stages.find((stage) => stage.id === "join")?.inputs).toEqual(["p.split.join", "p.other.pass"]);
  expect(Object.fromEntries(stages.find((stage) => stage.id === "split")?.next ?? [])).toEqual({ join: "join", other: "other" });
});

it("takes the names that the file gives", () => {
  const topology = topologyOf(
    pipelineOf(
      `
  in: {type: ingest, out: {stage: route, topic: raw}}
  route: {type: router, rules: [{id: a, when: "true", to: x}], default: y, branches: {y: {topic: people}}, sample: {random: 2%, to: audit}}
`,
      "topics: {deadLetters: graveyard, control: levers}\n",
    ),
  );
  expect(topology.entryTopic).toBe("raw");
  expect(topology.topics.map((topic) => topic.name)).toEqual([
    "raw",
    "p.route.x",
    "people",
    "p.route.audit",
    "p.route.replay",
    "graveyard",
    "p.parked",
    "p.replays",
    "p.executions",
    "p.verdicts",
    "levers",
    "weir.audit",
    "weir.alerts",
  ]);
  expect(topology).toMatchObject({ dlq: "graveyard", control: "levers", executions: "p.executions", verdicts: "p.verdicts" });
  expect(topology.state("gate")).toBe("p.state.gate");
});

it("gives every topic the pipeline's partitions, and our own room for a record with its headers", () => {
  const { topics } = topologyOf(pipelineOf("  in: {type: ingest, out: gate}\n  gate: {type: gate, rules: [], pass: {topic: out}}\n"));
  expect(topics.filter((topic) => topic.partitions !== 3).map((topic) => [topic.name, topic.partitions])).toEqual([
    ["p.replays", 1],
    ["weir.audit", 1],
    ["weir.alerts", 1],
  ]);
  expect(topics.filter((topic) => topic.configs["max.message.bytes"] !== "2097152").map((topic) => topic.family)).toEqual(["entry"]);
  expect(topics[0]?.configs).toEqual({ "cleanup.policy": "delete", "retention.ms": "604800000" });
});

it("keeps what a window still needs: twice its length", () => {
  const { topics } = topologyOf(
    pipelineOf(`
  in: {type: ingest, out: gate}
  gate: {type: gate, window: {kind: time, every: 30d, lateness: 1d}, rules: [{id: n, kind: volume, min: 1}], pass: {topic: out}}
`),
  );
  expect(topics[0]?.configs["retention.ms"]).toBe(String(2 * 31 * 86_400_000));
});
