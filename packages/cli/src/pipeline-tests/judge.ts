import { isDeepStrictEqual } from "node:util";
import type { ExpectedRecord, PipelineTest } from "@weir/pipeline";
import type { DryRun, Outcome } from "../dry-run/dry-run.ts";
import { parseJson } from "../untrusted.ts";

/** What is otherwise than a test expects, one line each; empty: it holds. */
export function judge({ expect }: PipelineTest, { status, outcomes }: DryRun): string[] {
  const sent = new Map<string, number>(
    status.stages.flatMap(({ id, ports }) => Object.entries(ports).map(([port, n]) => [`${id}.${port}`, n] as const)),
  );
  const verdicts = new Map(status.windows.map((w) => [w.id, w.verdict]));
  const byId = new Map<string, Outcome[]>();
  for (const outcome of outcomes) byId.set(outcome.id, [...(byId.get(outcome.id) ?? []), outcome]);
  return [
    ...Object.entries(expect.counts).flatMap(([port, n]) => different(`records of ${port}`, n, sent.get(port) ?? 0)),
    ...Object.entries(expect.windows).flatMap(([id, verdict]) => different(`window ${id}`, verdict, verdicts.get(id) ?? "not judged")),
    ...expect.records.flatMap((record) => judgeRecord(record, byId.get(record.id) ?? [])),
  ];
}

function judgeRecord(expected: ExpectedRecord, found: readonly Outcome[]): string[] {
  const [outcome, ...more] = found;
  if (outcome === undefined) return [`${expected.id}: no record of this id went in`];
  if (more.length > 0) return [`${expected.id}: ${found.length} records have this id; a test needs one`];
  const { id, rule, class: kind, fields } = expected;
  const why = outcome.failure === null ? "" : ` (${outcome.failure.class}: ${outcome.failure.message})`;
  const value: unknown = Object.keys(fields).length === 0 ? null : parseJson(Buffer.from(outcome.record.value ?? []).toString());
  return [
    ...different(`${id} ends at`, expected.port, `${outcome.stage}.${outcome.port}`, why),
    ...(rule === undefined || refusedBy(outcome, rule)
      ? []
      : [`${id}: expected rule ${rule} to refuse it, found ${why.trim() || "that none did"}`]),
    ...(kind === undefined ? [] : different(`${id} has class`, kind, outcome.failure?.class ?? "none", why)),
    ...Object.entries(fields).flatMap(([pointer, wanted]) => different(`${id} has at ${pointer}`, wanted, at(value, pointer))),
  ];
}

/** Reasons name the rule first, and those of windows every rule that stopped it. */
export function refusedBy({ failure }: Outcome, rule: string): boolean {
  return failure !== null && failure.message.split(/[^A-Za-z0-9_-]+/).includes(rule);
}

function different(what: string, wanted: unknown, found: unknown, why = ""): string[] {
  return isDeepStrictEqual(wanted, found) ? [] : [`${what}: expected ${shown(wanted)}, found ${shown(found)}${why}`];
}

function shown(value: unknown): string {
  return typeof value === "string" ? value : value === undefined ? "nothing" : JSON.stringify(value);
}

function at(value: unknown, pointer: string): unknown {
  return pointer
    .split("/")
    .slice(1)
    .map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"))
    .reduce<unknown>((here, name) => {
      if (typeof here !== "object" || here === null || !Object.hasOwn(here, name)) return undefined;
      return Array.isArray(here) ? (here as readonly unknown[])[Number(name)] : Object.entries(here).find(([key]) => key === name)?.[1];
    }, value);
}
