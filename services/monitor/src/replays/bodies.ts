import { parseEdit, parsePlan, parseSelection, type NewerPolicy, type Pace, type ReplayPlan, type RunKind } from "@weir/deadletter";
import type { PlanRequest } from "@weir/replay";
import { sha256 } from "@weir/service";

/** What a request asks for, from JSON that nobody has looked at; every problem at once. */
export class BadRequest extends Error {
  readonly problems: readonly string[];
  constructor(problems: readonly string[]) {
    super(problems.join("; "));
    this.name = "BadRequest";
    this.problems = problems;
  }
}

type Members = ReadonlyMap<string, unknown>;

function membersOf(body: unknown): Members {
  if (typeof body !== "object" || body === null || Array.isArray(body)) throw new BadRequest(["the body must be a JSON object"]);
  return new Map(Object.entries(body));
}

const ACTOR = /^(?:user|group|service):[\w.@-]{1,128}$/;

export function actorIn(body: unknown): string {
  const actor = membersOf(body).get("actor");
  if (typeof actor !== "string" || !ACTOR.test(actor)) throw new BadRequest(["actor must be user:NAME, group:NAME or service:NAME"]);
  return actor;
}

const KINDS: readonly RunKind[] = ["replay", "release", "discard"];

/** `topic` is where the letters are unless the body names another. */
export function planRequest(body: unknown, topic: string): PlanRequest {
  const members = membersOf(body);
  const problems: string[] = [];
  const { selection, problems: wrong } = parseSelection(members.get("selection") ?? {});
  problems.push(...wrong);
  const edit = members.has("edit") ? parseEdit(members.get("edit")) : null;
  problems.push(...(edit?.problems ?? []));
  const does = KINDS.find((kind) => kind === (members.get("does") ?? "replay"));
  if (does === undefined) problems.push(`does must be one of ${KINDS.join(", ")}`);
  const text = (name: string): string | undefined => {
    const value = members.get(name);
    if (value !== undefined && typeof value !== "string") problems.push(`${name} must be text`);
    return typeof value === "string" ? value : undefined;
  };
  const [from, target] = [text("topic"), text("target")];
  const ifNewer = members.has("ifNewer") ? newerIn(members.get("ifNewer"), problems) : null;
  const madeBy = actorIn(body);
  if (problems.length > 0 || does === undefined) throw new BadRequest(problems);
  return {
    does,
    selection,
    madeBy,
    topic: from ?? topic,
    ...(edit?.spec && { edit: edit.spec }),
    ...(target !== undefined && { target }),
    ...(ifNewer && { ifNewer }),
    force: members.get("force") === true,
    onlyPassing: members.get("onlyPassing") === true,
    again: members.get("again") === true,
  };
}

function newerIn(value: unknown, problems: string[]): NewerPolicy | null {
  const members = new Map<string, unknown>(typeof value === "object" && value !== null ? Object.entries(value) : []);
  const [then, version] = [members.get("then"), members.get("version")];
  if ((then === "skip" || then === "replay" || then === "fail") && typeof version === "string") return { then, version };
  problems.push("ifNewer must be {then: skip, replay or fail, version: JSON POINTER}");
  return null;
}

export interface ExecutionRequest {
  readonly plan: ReplayPlan;
  readonly actor: string;
  readonly reason: string;
  readonly pace: Pace;
  readonly abortOn: number | null;
}

const MAX_RATE = 1_000_000;

export function executionRequest(body: unknown): ExecutionRequest {
  const members = membersOf(body);
  const problems: string[] = [];
  const plan = parsePlan(JSON.stringify(members.get("plan") ?? null), sha256);
  if (typeof plan === "string") problems.push(`plan: ${plan}`);
  const reason = members.get("reason");
  if (typeof reason !== "string" || reason.trim() === "") problems.push("reason must say why, for the audit");
  const number = (name: string, fallback: number, max: number): number => {
    const value = members.get(name) ?? fallback;
    if (typeof value === "number" && value >= 0 && value <= max) return value;
    problems.push(`${name} must be a number from 0 to ${max}`);
    return fallback;
  };
  const pace = { perSecond: Math.max(1, number("perSecond", 500, MAX_RATE)), rampMs: number("rampMs", 0, 3_600_000) };
  const abortOn = members.has("abortOn") ? number("abortOn", 1, 1) : null;
  const actor = actorIn(body);
  if (problems.length > 0 || typeof plan === "string" || typeof reason !== "string") throw new BadRequest(problems);
  return { plan, actor, reason, pace, abortOn };
}
