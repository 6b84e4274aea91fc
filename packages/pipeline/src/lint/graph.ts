import { keepsReceipts } from "../doors.ts";
import { didYouMean } from "../near.ts";
import { portsOf, type StageSpec, type Target } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import { valueAt } from "../value-at.ts";
import { keepsState, topicOf } from "../topology.ts";
import { isComplete, type Draft } from "./draft.ts";

/** Ports that lead nowhere, circles, stages that nothing reaches, topics that two things claim. */
export function lintGraph(draft: Draft): readonly SpecProblem[] {
  const problems = [...draft.stages.values()].flatMap((stage) => [...danglingPorts(draft, stage), ...unusedBranches(draft, stage)]);
  problems.push(...sharedTopics(draft));
  if (!isComplete(draft)) return problems;
  return [...problems, ...wrongEntries(draft), ...circles(draft), ...unreached(draft)];
}

function danglingPorts(draft: Draft, stage: StageSpec): readonly SpecProblem[] {
  return [...portsOf(stage)].flatMap(([port, target]) => {
    const path = portPath(stage, port);
    if (target.stage === undefined) return [];
    if (!draft.ids.has(target.stage)) {
      const fix = didYouMean(target.stage, draft.ids) ?? "name a stage of this pipeline, or a topic: {topic: NAME}";
      return [
        draft.yaml.problem("WEIR-1301", path, {
          what: `port \`${port}\` leads to the stage \`${target.stage}\`, which there is not`,
          why: `stages: ${[...draft.ids].join(", ")}`,
          fix,
        }),
      ];
    }
    if (draft.stages.get(target.stage)?.type !== "ingest") return [];
    return [
      draft.yaml.problem("WEIR-1306", path, {
        what: `port \`${port}\` leads to the ingest stage`,
        why: "it takes records from outside only",
        fix: "name another stage, or a topic: {topic: NAME}",
      }),
    ];
  });
}

/** Where the file says where a port leads. */
export function portPath(stage: StageSpec, port: string): Path {
  if (stage.type !== "router") return ["stages", stage.id, port];
  const rule = stage.rules.findIndex((candidate) => candidate.to === port);
  return rule < 0 ? ["stages", stage.id, "default"] : ["stages", stage.id, "rules", rule, "to"];
}

function unusedBranches(draft: Draft, stage: StageSpec): readonly SpecProblem[] {
  if (stage.type !== "router") return [];
  const written = valueAt(draft.yaml.value, ["stages", stage.id, "branches"]);
  return Object.keys(written ?? {})
    .filter((name) => !stage.branches.has(name))
    .map((name) =>
      draft.yaml.problem("WEIR-1804", ["stages", stage.id, "branches", name], {
        what: `no rule leads to the branch \`${name}\``,
        fix: didYouMean(name, stage.branches.keys()) ?? "remove it, or let a rule lead to it",
        atKey: true,
      }),
    );
}

function wrongEntries(draft: Draft): readonly SpecProblem[] {
  const entries = [...draft.stages.values()].filter((stage) => stage.type === "ingest");
  if (entries.length === 1) return [];
  const [, second] = entries;
  if (second === undefined)
    return [
      draft.yaml.problem("WEIR-1304", ["stages"], {
        what: "no ingest stage",
        why: "it is the pipeline's entry",
        fix: "add ingest: {type: ingest, out: STAGE}",
      }),
    ];
  return [
    draft.yaml.problem("WEIR-1304", ["stages", second.id], {
      what: "a second ingest stage",
      why: "a pipeline has one entry topic",
      fix: "let producers share it, or make two pipelines",
      atKey: true,
    }),
  ];
}

function nextOf(draft: Draft, stage: StageSpec): readonly (readonly [port: string, StageSpec])[] {
  return [...portsOf(stage)].flatMap(([port, target]) => {
    const next = target.stage === undefined ? undefined : draft.stages.get(target.stage);
    return next === undefined ? [] : [[port, next] as const];
  });
}

/** One problem a circle, at the port that closes it. */
function circles(draft: Draft): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const done = new Set<string>();
  const visit = (stage: StageSpec, way: readonly string[]): void => {
    if (done.has(stage.id)) return;
    for (const [port, next] of nextOf(draft, stage)) {
      const start = way.indexOf(next.id);
      if (start < 0) visit(next, [...way, next.id]);
      else
        problems.push(
          draft.yaml.problem("WEIR-1302", portPath(stage, port), {
            what: `the stages form a circle: ${[...way.slice(start), next.id].join(" → ")}`,
            fix: "let one of these ports lead to a topic or to a later stage",
          }),
        );
    }
    done.add(stage.id);
  };
  for (const stage of draft.stages.values()) visit(stage, [stage.id]);
  return problems;
}

function unreached(draft: Draft): readonly SpecProblem[] {
  const entries = [...draft.stages.values()].filter((stage) => stage.type === "ingest");
  if (entries.length === 0) return [];
  const reached = new Set<string>();
  const visit = (stage: StageSpec): void => {
    if (reached.has(stage.id)) return;
    reached.add(stage.id);
    for (const [, next] of nextOf(draft, stage)) visit(next);
  };
  entries.forEach(visit);
  return [...draft.stages.values()]
    .filter((stage) => !reached.has(stage.id))
    .map((stage) =>
      draft.yaml.problem("WEIR-1303", ["stages", stage.id], {
        what: `no record ever reaches the stage \`${stage.id}\``,
        fix: "let a port of an earlier stage lead to it, or remove it",
        atKey: true,
      }),
    );
}

interface Claim {
  readonly path: Path;
  /** What the records of the topic are for; a topic has one purpose. */
  readonly use: string;
}

function sharedTopics(draft: Draft): readonly SpecProblem[] {
  const claims = new Map<string, Claim>();
  const problems: SpecProblem[] = [];
  const claim = (topic: string, path: Path, use: string): void => {
    const earlier = claims.get(topic);
    if (earlier === undefined) claims.set(topic, { path, use });
    else if (earlier.use !== use)
      problems.push(
        draft.yaml.problem("WEIR-1305", path, {
          what: `the topic ${topic} is ${earlier.use} and cannot be ${use} too`,
          fix: "give one of them another name: {topic: NAME}",
        }),
      );
  };
  for (const [key, fallback] of [
    ["deadLetters", "dlq"],
    ["executions", "executions"],
    ["verdicts", "verdicts"],
    ["control", "control"],
  ] as const) {
    claim(
      draft.topics[key] ?? `${draft.name}.${fallback}`,
      ["topics", key],
      `where Weir keeps its ${key === "deadLetters" ? "dead letters" : key}`,
    );
  }
  for (const stage of draft.stages.values()) {
    if (stage.type === "ingest" && keepsReceipts(stage))
      claim(`${draft.name}.receipts`, ["stages", stage.id], "where Weir keeps its receipts");
    if (keepsState(stage)) claim(`${draft.name}.state.${stage.id}`, ["stages", stage.id], `the state of ${stage.id}`);
    for (const [port, target] of portsOf(stage))
      claim(topicOf(draft.name, stage.id, port, target), portPath(stage, port), useOf(stage, port, target));
    if (stage.type === "router" && stage.sample) claim(stage.sample.to, ["stages", stage.id, "sample", "to"], `the sample of ${stage.id}`);
  }
  return problems;
}

function useOf(stage: StageSpec, port: string, target: Target): string {
  if (stage.type === "gate" && port === "quarantine") return "a quarantine";
  return target.stage === undefined ? "an output" : `the input of ${target.stage}`;
}
