import { AUDIT_TOPIC } from "@weir/audit";
import type { Pipeline, StageType } from "./pipeline.ts";
import { isSequenced, keepsState, type StageTopology, type Topology } from "./topology.ts";
import { canStop, isWatched } from "./watched.ts";

/** Whoever speaks to the broker for a pipeline: its services, and the people who use the command line. */
export const ROLES = ["ingest", "gate", "inference", "router", "monitor", "operator"] as const;
export type Role = (typeof ROLES)[number];

/** One thing that a role may do; in Kafka's words READ and WRITE include DESCRIBE. */
export interface Right {
  readonly role: Role;
  readonly resource: "topic" | "group" | "transactional-id";
  readonly name: string;
  readonly pattern: "literal" | "prefixed";
  readonly operation: "read" | "write" | "describe";
}

/** What each role needs to do its work, and nothing else: in the order of the roles, without repetitions. */
export function rightsOf(pipeline: Pipeline, topology: Topology): readonly Right[] {
  const rights = [
    ...topology.stages.flatMap((stage) => stageRights(pipeline, topology, stage)),
    ...topics("monitor", "read", [topology.executions, topology.verdicts]),
    ...watchRights(pipeline, topology),
    ...operatorRights(topology),
  ];
  const seen = new Map(rights.map((right) => [JSON.stringify(right), right]));
  return ROLES.flatMap((role) => [...seen.values()].filter((right) => right.role === role));
}

/** Topics that some of the roles read or write. */
export function topicsOf(rights: readonly Right[], roles: readonly Role[]): ReadonlySet<string> {
  return new Set(rights.flatMap((right) => (right.resource === "topic" && roles.includes(right.role) ? [right.name] : [])));
}

function stageRights(pipeline: Pipeline, topology: Topology, stage: StageTopology): Right[] {
  const role: StageType = stage.type;
  const transactions: Right = { role, resource: "transactional-id", name: `weir-${stage.group}-`, pattern: "prefixed", operation: "write" };
  const spec = pipeline.stages.get(stage.id);
  if (role === "ingest") {
    const remembered = [topology.receipts, topology.state(stage.id)].filter((name) => topology.topics.some((t) => t.name === name));
    return [...topics(role, "read", remembered), ...topics(role, "write", [...stage.outputs.values(), ...remembered]), transactions];
  }
  const sample = spec?.type === "router" && spec.sample ? [spec.sample.to] : [];
  const state = spec && keepsState(spec) ? [topology.state(stage.id)] : [];
  const waiting = spec && isSequenced(spec) ? [topology.waiting(stage.id)] : [];
  const own = role === "gate" ? [...state, topology.verdicts] : state;
  // A stage that its dead letters or one of its rules stop tells so itself.
  const told = pipeline.deadLetter?.breaker || canStop(spec) ? [topology.alerts] : [];
  // The end of a finite input is handed on to the stages that come after.
  const handedOn = stage.next.size > 0 ? [topology.control] : [];
  return [
    ...topics(role, "read", [...stage.inputs, stage.replay, topology.control, ...state, ...waiting]),
    ...topics(role, "write", [
      ...stage.outputs.values(),
      ...sample,
      topology.dlq,
      topology.executions,
      ...own,
      ...waiting,
      ...told,
      ...handedOn,
    ]),
    { role, resource: "group", name: stage.group, pattern: "literal", operation: "read" },
    // Fused, the first stage's group reads what replays send: how far it came is asked, so that a change of shape repeats nothing.
    ...groups(topology, role).filter(({ name }) => name !== stage.group),
    transactions,
  ];
}

/** What the monitor needs to tell which stages are stopped, and to watch for silence: how far inputs go, not what is in them. */
function watchRights(pipeline: Pipeline, topology: Topology): Right[] {
  const role = "monitor";
  const watched = topology.stages.filter(({ id }) => isWatched(pipeline.stages.get(id)));
  if (watched.length === 0) return [...pipeline.stages.values()].some(canStop) ? topics(role, "read", [topology.alerts]) : [];
  return [
    ...topics(role, "read", [topology.alerts]),
    ...topics(role, "describe", watched.flatMap(({ inputs }) => inputs)), // prettier-ignore
    ...topics(role, "write", [topology.alerts]),
    { role, resource: "transactional-id", name: `weir-monitor-${pipeline.name}-`, pattern: "prefixed", operation: "write" },
  ];
}

function operatorRights(topology: Topology): Right[] {
  const role = "operator";
  const replays = topology.stages.flatMap((stage) => (stage.type === "ingest" ? [] : [stage.replay]));
  const states = topology.topics.flatMap(({ name, family }) => (family === "state" ? [name] : [])); // a reset forgets what is in them
  return [
    ...topics(role, "read", [...topology.topics.map((t) => t.name), AUDIT_TOPIC]),
    ...topics(role, "write", [
      topology.entryTopic,
      topology.control,
      ...replays,
      ...states,
      topology.replays,
      topology.parked,
      AUDIT_TOPIC,
    ]),
    ...groups(topology, role),
    ...["weir-produce-", "weir-audit-", "weir-replay-", "weir-control-"].map((name): Right => ({
      role,
      resource: "transactional-id",
      name,
      pattern: "prefixed",
      operation: "write",
    })),
  ];
}

function topics(role: Role, operation: Right["operation"], names: readonly string[]): Right[] {
  return names.map((name): Right => ({ role, resource: "topic", name, pattern: "literal", operation }));
}

/** To see how far the stages came. */
function groups(topology: Topology, role: Role): Right[] {
  return topology.stages
    .filter((stage) => stage.type !== "ingest")
    .map(({ group }): Right => ({ role, resource: "group", name: group, pattern: "literal", operation: "describe" }));
}
