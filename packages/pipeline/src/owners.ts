import * as z from "zod";
import type { SpecProblem } from "./problems.ts";
import { duration, expecting, owner, positiveDuration, whole } from "./shape/words.ts";
import { explainIssue } from "./shape/explain.ts";
import { readYaml, type YamlText } from "./yaml-text.ts";
import { didYouMean } from "./near.ts";

/** Who answers, and who is told when. Ids without their `user:` or `group:`. */
export interface Owners {
  readonly users: Readonly<Record<string, OwnerUser>>;
  readonly groups: Readonly<Record<string, OwnerGroup>>;
  readonly policies: Readonly<Record<string, EscalationPolicy>>;
}

export interface OwnerUser {
  readonly name?: string;
  /** Name of a sink for alerts. */
  readonly channel?: string;
  readonly policy?: string;
}

export interface OwnerGroup {
  /** `user:<id>` */
  readonly members: readonly string[];
  readonly channel?: string;
  readonly policy?: string;
}

/** Durations in milliseconds. */
export interface EscalationPolicy {
  readonly steps: readonly { readonly after: number; readonly notify: readonly string[] }[];
  readonly repeat: number;
  readonly ackTimeout?: number;
  readonly quiet?: { readonly severity: readonly string[]; readonly hours: string; readonly timezone: string };
}

const text = z.string().min(1).max(200);
const id = z.string().regex(/^[A-Za-z0-9][\w.@-]{0,126}$/, expecting("letters, digits, . _ @ and -"));

const schema: z.ZodType<Owners> = z.strictObject({
  users: z
    .record(id, z.strictObject({ name: text.exactOptional(), channel: text.exactOptional(), policy: text.exactOptional() }))
    .default({}),
  groups: z
    .record(id, z.strictObject({ members: z.array(owner).min(1).max(1000), channel: text.exactOptional(), policy: text.exactOptional() }))
    .default({}),
  policies: z
    .record(
      id,
      z.strictObject({
        steps: z
          .array(
            z.strictObject({
              after: duration,
              notify: z.array(z.union([z.literal("owner"), owner], expecting("owner, user:NAME or group:NAME"))).min(1),
            }),
          )
          .min(1)
          .max(20),
        repeat: whole(0, 100).default(0),
        ackTimeout: positiveDuration.exactOptional(),
        quiet: z
          .strictObject({
            severity: z.array(z.enum(["info", "warning", "critical"])).min(1),
            hours: z.string().regex(/^(?:[01]\d|2[0-3]):[0-5]\d-(?:[01]\d|2[0-3]):[0-5]\d$/, expecting("hours such as 20:00-07:00")),
            timezone: text,
          })
          .exactOptional(),
      }),
    )
    .default({}),
});

export interface ParsedOwners {
  readonly owners: Owners | null;
  readonly problems: readonly SpecProblem[];
}

export function parseOwners(source: string, file: string): ParsedOwners {
  const yaml = readYaml(source, file, null);
  if (yaml.problems.length > 0) return { owners: null, problems: yaml.problems };
  const result = schema.safeParse(yaml.value ?? {});
  if (!result.success) return { owners: null, problems: result.error.issues.flatMap((issue) => explainIssue(issue, yaml, OWNERS_KEYS)) };
  const problems = namesProblems(result.data, yaml);
  return { owners: problems.length === 0 ? result.data : null, problems };
}

const OWNERS_KEYS = { at: (): readonly string[] => [], elsewhere: (): readonly string[] => [] };

/** Everybody who can be named: a file that lists users must list all of them, else members of groups are known, too. */
export function allOwners(owners: Owners): readonly string[] {
  const users = Object.keys(owners.users).map((name) => `user:${name}`);
  const members = users.length > 0 ? [] : Object.values(owners.groups).flatMap((group) => group.members);
  return [...new Set([...users, ...members, ...Object.keys(owners.groups).map((name) => `group:${name}`)])];
}

function namesProblems(owners: Owners, yaml: YamlText): readonly SpecProblem[] {
  const problems: SpecProblem[] = [];
  const known = allOwners(owners);
  const check = (name: string, path: readonly (string | number)[]): void => {
    if (name !== "owner" && !known.includes(name))
      problems.push(
        yaml.problem("WEIR-1703", path, { what: `\`${name}\` is neither a user nor a group of this file`, fix: didYouMean(name, known) }),
      );
  };
  const policy = (name: string | undefined, path: readonly (string | number)[]): void => {
    if (name !== undefined && !Object.hasOwn(owners.policies, name))
      problems.push(
        yaml.problem("WEIR-1703", path, { what: `there is no policy \`${name}\``, fix: didYouMean(name, Object.keys(owners.policies)) }),
      );
  };
  for (const [name, user] of Object.entries(owners.users)) policy(user.policy, ["users", name, "policy"]);
  for (const [name, group] of Object.entries(owners.groups)) {
    group.members.forEach((member, i) => check(member, ["groups", name, "members", i]));
    policy(group.policy, ["groups", name, "policy"]);
  }
  for (const [name, { steps }] of Object.entries(owners.policies)) {
    steps.forEach((step, i) => step.notify.forEach((who, j) => check(who, ["policies", name, "steps", i, "notify", j])));
  }
  return problems;
}
