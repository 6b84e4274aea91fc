import { readFileSync } from "node:fs";
import { userInfo } from "node:os";
import { parseEdit, type EditSpec, type NewerPolicy, type Pace, type Selection } from "@weir/deadletter";
import { FAILURE_CLASSES, WeirError, type FailureClass } from "@weir/record";
import type { Environment } from "@weir/service";
import type { Command } from "commander";

/** Which dead letters: flags that several commands share. */
export interface SelectionFlags {
  readonly class?: string[];
  readonly rule?: string[];
  readonly stage?: string[];
  readonly owner?: string[];
  readonly fingerprint?: string[];
  readonly window?: string[];
  readonly since?: string;
  readonly until?: string;
  readonly key?: string[];
  readonly offsets?: string[];
  readonly filter?: string;
  readonly limit?: string;
}

export function withSelection(command: Command): Command {
  return command
    .option("--class <class...>", "CONTRACT, MODEL_ERROR, …")
    .option("--rule <id...>", "failed by this rule")
    .option("--stage <id...>", "failed at this stage")
    .option("--owner <owner...>", "user:NAME or group:NAME")
    .option("--fingerprint <hash...>", "of these groups (weir dlq list --group)")
    .option("--window <id...>", "of this window, or of its verdict")
    .option("--since <time>", "failed at or after")
    .option("--until <time>", "failed before")
    .option("--key <key...>", "with this key")
    .option("--offsets <range...>", "PARTITION:FIRST-LAST")
    .option("--filter <cel>", "CEL over record and headers")
    .option("-n, --limit <n>", "at most so many");
}

export function selectionOf(flags: SelectionFlags): Selection {
  const classes = flags.class?.map((name) => classOf(name));
  const { rule, stage, owner, fingerprint, window, since, until, key, filter } = flags;
  return {
    ...(classes && { class: classes }),
    ...(rule && { rule }),
    ...(stage && { stage }),
    ...(owner && { owner }),
    ...(fingerprint && { fingerprint }),
    ...(window && { window }),
    ...(since !== undefined && { since }),
    ...(until !== undefined && { until }),
    ...(key && { key }),
    ...(flags.offsets && { offsets: flags.offsets.map(offsetsOf) }),
    ...(filter !== undefined && { filter }),
    ...(flags.limit !== undefined && { limit: wholeOf("--limit", flags.limit) }),
  };
}

function classOf(name: string): FailureClass {
  const known = FAILURE_CLASSES.find((one) => one === name.toUpperCase());
  if (known === undefined) throw usage("--class", name, `one of ${FAILURE_CLASSES.join(", ")}`);
  return known;
}

function offsetsOf(text: string): { partition: number; first: number; last: number } {
  const match = /^(\d+):(\d+)(?:-(\d+))?$/.exec(text);
  if (!match) throw usage("--offsets", text, "PARTITION:FIRST-LAST, such as 0:17-99");
  const first = Number(match[2]);
  return { partition: Number(match[1]), first, last: match[3] === undefined ? first : Number(match[3]) };
}

/** `500/s` or `500` */
export function paceOf({ rate, ramp }: { readonly rate: string; readonly ramp: string }): Pace {
  const match = /^(\d{1,7})(?:\/s)?$/.exec(rate);
  if (!match || Number(match[1]) === 0) throw usage("--rate", rate, "records a second, such as 500/s");
  return { perSecond: Number(match[1]), rampMs: durationOf("--ramp", ramp) };
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000 };

export function durationOf(flag: string, text: string): number {
  const match = /^(\d{1,7})(ms|s|m)$/.exec(text);
  if (!match) throw usage(flag, text, "a time with its unit, such as 30s");
  return Number(match[1]) * (UNITS[match[2] ?? ""] ?? 1);
}

export function shareOf(flag: string, text: string): number {
  const match = /^(\d{1,3}(?:\.\d+)?)%$/.exec(text);
  if (!match || Number(match[1]) > 100) throw usage(flag, text, "a share in percent, such as 20%");
  return Number(match[1]) / 100;
}

export function wholeOf(flag: string, text: string): number {
  if (!/^\d{1,12}$/.test(text)) throw usage(flag, text, "a whole number");
  return Number(text);
}

export interface EditFlags {
  readonly edit?: string;
  readonly map?: string[];
}

/** From a file of JSON, and from `--map POINTER=CEL`. */
export function editOf({ edit, map }: EditFlags): EditSpec | undefined {
  if (edit === undefined && map === undefined) return undefined;
  const fromFile: unknown = edit === undefined ? {} : readJson(edit);
  const maps = (map ?? []).map((text) => {
    const at = text.indexOf("=");
    if (at < 1) throw usage("--map", text, "POINTER=CEL, such as /distance=double(record.distance)");
    return [text.slice(0, at), text.slice(at + 1)] as const;
  });
  const given = Array.isArray(fromFile) ? { patch: fromFile } : fromFile;
  const { spec, problems } = parseEdit(maps.length === 0 ? given : Object.assign({}, given, { map: Object.fromEntries(maps) }));
  if (!spec) throw new WeirError({ code: "WEIR-6010", what: "the edit cannot be understood", where: edit ?? "--map", why: problems.join("; "), fix: "correct what is named" }, { exitCode: 2 }); // prettier-ignore
  return spec;
}

function readJson(file: string): unknown {
  try {
    return JSON.parse(readFileSync(file, "utf8"));
  } catch (cause) {
    throw new WeirError({ code: "WEIR-6010", what: "the edit cannot be understood", where: file, why: String(cause), fix: "give a file of JSON: a JSON Patch, or an object of patch, map and headers" }, { exitCode: 2, cause }); // prettier-ignore
  }
}

export function newerOf({ ifNewer, version }: { readonly ifNewer?: string; readonly version?: string }): NewerPolicy | undefined {
  if (ifNewer === undefined) return undefined;
  if (ifNewer !== "skip" && ifNewer !== "replay" && ifNewer !== "fail") throw usage("--if-newer", ifNewer, "skip, replay or fail");
  if (version === undefined)
    throw usage("--if-newer", ifNewer, "--version-field with the JSON pointer of what grows from version to version");
  return { then: ifNewer, version };
}

/** Who does it: told, or whoever runs the command. */
export function actorOf(by: string | undefined, env: Environment): string {
  const actor = by ?? env["WEIR_USER"] ?? `user:${userInfo().username}`;
  if (!/^(?:user|group|service):[\w.@-]{1,128}$/.test(actor)) throw usage("--by", actor, "user:NAME or group:NAME");
  return actor;
}

export function usage(flag: string, given: string, expected: string): WeirError {
  return new WeirError({ code: "WEIR-6004", what: `${flag} ${given} cannot be understood`, fix: `expected ${expected}` }, { exitCode: 2 });
}
