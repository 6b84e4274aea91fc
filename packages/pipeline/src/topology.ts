import { AUDIT_TOPIC } from "@weir/audit";
import { keepsPositions, keepsReceipts } from "./doors.ts";
import { portsOf, type Pipeline, type StageSpec, type StageType, type Target } from "./pipeline.ts";
import { planTopic, type TopicFamily, type TopicPlan } from "./topics.ts";

/** Which topics a pipeline has and which stage reads and writes which. */
export interface Topology {
  readonly entryTopic: string;
  /** In flow order: a stage comes after all that feed it. */
  readonly stages: readonly StageTopology[];
  /** Everything to create, the entry topic first. */
  readonly topics: readonly TopicPlan[];
  readonly dlq: string;
  readonly executions: string;
  readonly verdicts: string;
  readonly control: string;
  /** Where dead letters end that were replayed again and again. */
  readonly parked: string;
  /** What owners are told, of all pipelines. */
  readonly alerts: string;
  /** What became of dead letters: runs of replays and their outcomes. */
  readonly replays: string;
  /** Answers of the HTTP doors, by idempotency key. */
  readonly receipts: string;
  state(stageId: string): string;
  /** Where records wait behind a failed one of their key. */
  waiting(stageId: string): string;
}

export interface StageTopology {
  readonly id: string;
  readonly type: StageType;
  /** Consumer group. */
  readonly group: string;
  readonly inputs: readonly string[];
  /** Read beside the inputs: what a replay sends to this very stage. Only there are headers of replays believed. */
  readonly replay: string;
  /** Topic of each port; dead letters go to the pipeline's `dlq`. */
  readonly outputs: ReadonlyMap<string, string>;
  /** The stage that reads a port's topic, where there is one. */
  readonly next: ReadonlyMap<string, string>;
}

/** Assumes a checked pipeline: targets exist, no cycles. */
export function topologyOf(pipeline: Pipeline): Topology {
  const named = pipeline.topics;
  const own = {
    dlq: named.deadLetters ?? `${pipeline.name}.dlq`,
    executions: named.executions ?? `${pipeline.name}.executions`,
    verdicts: named.verdicts ?? `${pipeline.name}.verdicts`,
    control: named.control ?? `${pipeline.name}.control`,
    parked: `${pipeline.name}.parked`,
    replays: `${pipeline.name}.replays`,
    receipts: `${pipeline.name}.receipts`,
    alerts: "weir.alerts",
  };
  const state = (stageId: string): string => `${pipeline.name}.state.${stageId}`;
  const waiting = (stageId: string): string => `${pipeline.name}.${stageId}.waiting`;
  const stages = flowOrder(pipeline.stages).map((stage) => stageTopology(pipeline, stage));
  const entry = stages.find((stage) => stage.type === "ingest")?.outputs.get("out") ?? `${pipeline.name}.ingest.out`;
  return { entryTopic: entry, stages, topics: planTopics(pipeline, stages, entry, { ...own, state, waiting }), ...own, state, waiting };
}

function stageTopology(pipeline: Pipeline, stage: StageSpec): StageTopology {
  const ports = [...portsOf(stage)];
  const inputs: string[] = [];
  for (const from of pipeline.stages.values()) {
    for (const [port, target] of portsOf(from)) {
      const topic = topicOf(pipeline.name, from.id, port, target);
      if (target.stage === stage.id && !inputs.includes(topic)) inputs.push(topic);
    }
  }
  return {
    id: stage.id,
    type: stage.type,
    group: `${pipeline.name}.${stage.id}`,
    inputs,
    replay: `${pipeline.name}.${stage.id}.replay`,
    outputs: new Map(ports.map(([port, target]) => [port, topicOf(pipeline.name, stage.id, port, target)])),
    next: new Map(ports.flatMap(([port, target]) => (target.stage === undefined ? [] : [[port, target.stage] as const]))),
  };
}

export function topicOf(pipeline: string, stage: string, port: string, target: Target): string {
  return target.topic ?? `${pipeline}.${stage}.${port}`;
}

/** Stages after all that feed them; equals keep the order of the file. Stages of a cycle come last, in the order of the file. */
export function flowOrder(stages: ReadonlyMap<string, StageSpec>): readonly StageSpec[] {
  const waiting = new Map([...stages.keys()].map((id) => [id, 0]));
  const targets = (stage: StageSpec): string[] =>
    [...portsOf(stage).values()].flatMap((target) => (target.stage !== undefined && stages.has(target.stage) ? [target.stage] : []));
  for (const stage of stages.values()) for (const id of targets(stage)) waiting.set(id, (waiting.get(id) ?? 0) + 1);
  const order: StageSpec[] = [];
  const left = [...stages.values()];
  while (left.length > 0) {
    const free = left.findIndex((stage) => waiting.get(stage.id) === 0);
    if (free < 0) return [...order, ...left];
    const [stage] = left.splice(free, 1);
    if (stage === undefined) return order; // `free` is a valid index
    order.push(stage);
    for (const id of targets(stage)) waiting.set(id, (waiting.get(id) ?? 0) - 1);
  }
  return order;
}

type OwnTopics = Pick<
  Topology,
  "dlq" | "executions" | "verdicts" | "control" | "parked" | "replays" | "receipts" | "alerts" | "state" | "waiting"
>;

function planTopics(pipeline: Pipeline, stages: readonly StageTopology[], entry: string, own: OwnTopics): TopicPlan[] {
  const plans = new Map<string, TopicPlan>();
  const plan = (name: string, family: TopicFamily): void => {
    if (!plans.has(name)) plans.set(name, planTopic(name, family, pipeline.partitions, holdMs(pipeline, stages, name)));
  };
  plan(entry, "entry");
  for (const stage of stages) {
    for (const [port, topic] of stage.outputs) plan(topic, stage.type === "gate" && port === "quarantine" ? "quarantine" : "data");
    const sample = pipeline.stages.get(stage.id);
    if (sample?.type === "router" && sample.sample) plan(sample.sample.to, "data");
  }
  for (const stage of stages) if (stage.type !== "ingest") plan(stage.replay, "replay");
  plan(own.dlq, "dead-letters");
  plan(own.parked, "parked");
  plan(own.replays, "replays");
  plan(own.executions, "executions");
  plan(own.verdicts, "verdicts");
  for (const stage of pipeline.stages.values()) {
    if (keepsState(stage)) plan(own.state(stage.id), "state");
    if (isSequenced(stage)) plan(own.waiting(stage.id), "waiting");
  }
  for (const stage of pipeline.stages.values())
    if (stage.type === "ingest" && keepsReceipts(stage))
      plans.set(own.receipts, planTopic(own.receipts, "receipts", pipeline.partitions, stage.http?.idempotency.keep));
  plan(own.control, "control");
  plan(AUDIT_TOPIC, "audit");
  plan(own.alerts, "alerts");
  return [...plans.values()];
}

/** Of the stages that have state of their own: gates, who keeps the order of keys, and doors that remember how far they have read. */
export function keepsState(stage: StageSpec): boolean {
  if (stage.type === "ingest") return keepsPositions(stage);
  return stage.type === "gate" || isSequenced(stage);
}

/** Do later records of a key wait behind its failed one? */
export function isSequenced(stage: StageSpec): boolean {
  return stage.type !== "ingest" && stage.onFailure.sequenced === true;
}

/** Twice the longest time that the gates which read the topic hold: of windows that slide a pane. */
function holdMs(pipeline: Pipeline, stages: readonly StageTopology[], topic: string): number {
  let ms = 0;
  for (const stage of stages) {
    const spec = pipeline.stages.get(stage.id);
    if (spec?.type !== "gate" || !stage.inputs.includes(topic)) continue;
    const { window } = spec;
    if (window?.kind === "time" || window?.kind === "sliding") ms = Math.max(ms, 2 * (window.every + window.lateness));
  }
  return ms;
}
