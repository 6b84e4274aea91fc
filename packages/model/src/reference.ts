import { WeirError } from "@weir/record";
import { createInspector } from "./inspect.ts";

/** `late-arrival/1`, `late-arrival@champion` or `late-arrival@sha256:…` */
export type ModelReference = { readonly model: string } & (
  | { readonly by: "version"; readonly version: string }
  | { readonly by: "alias"; readonly alias: string }
  | { readonly by: "digest"; readonly digest: string }
);

/** One version that an alias stands for, pinned by the digest of its bytes. */
export interface AliasTarget {
  readonly version: string;
  readonly digest: string;
}

export type Aliases = ReadonlyMap<string, AliasTarget>;

const REFERENCE = /^([a-z0-9][a-z0-9._-]{0,99})(?:\/([1-9][0-9]{0,8})|@sha256:([0-9a-f]{64})|@([a-z][a-z0-9-]{0,49}))$/;

/** @throws {WeirError} WEIR-4002 */
export function parseModelReference(text: string): ModelReference {
  const [, model, version, digest, alias] = REFERENCE.exec(text) ?? [];
  if (model && version) return { model, by: "version", version };
  if (model && digest) return { model, by: "digest", digest };
  if (model && alias) return { model, by: "alias", alias };
  throw new WeirError(
    {
      code: "WEIR-4002",
      what: `"${text}" names no model`,
      why: "a model is named with a version, an alias or the digest of its bytes",
      fix: "write delay/3, delay@champion or delay@sha256: followed by 64 hex digits",
    },
    { exitCode: 3 },
  );
}

/** Reads what `aliases.yaml` holds: `champion: {version: 1, digest: …}`. @throws {WeirError} WEIR-4003 with every problem at once. */
export function parseAliases(untrusted: unknown, where: string): Aliases {
  const inspect = createInspector();
  const aliases = new Map<string, AliasTarget>();
  for (const [alias, value] of Object.entries(inspect.object(untrusted, ""))) {
    if (!/^[a-z][a-z0-9-]{0,49}$/.test(alias)) inspect.fail(`/${alias}`, "must be lower-case letters, digits and hyphens, at most 50");
    const o = inspect.object(value, `/${alias}`, ["version", "digest"]);
    const version = typeof o["version"] === "number" ? String(o["version"]) : inspect.text(o["version"], `/${alias}/version`);
    if (version && !/^[1-9][0-9]{0,8}$/.test(version)) inspect.fail(`/${alias}/version`, "must be 1, 2, 3 and so on");
    const digest = inspect.text(o["digest"], `/${alias}/digest`).replace(/^sha256:/, "");
    if (digest && !/^[0-9a-f]{64}$/.test(digest)) inspect.fail(`/${alias}/digest`, "must be a SHA-256 as 64 lower-case hex digits");
    aliases.set(alias, { version, digest });
  }
  if (inspect.problems.length > 0) {
    throw new WeirError(
      {
        code: "WEIR-4003",
        what: "the aliases of a model cannot be read",
        where,
        why: inspect.problems.join("\n         "),
        fix: "write champion: {version: 1, digest: <64 hex digits>}",
      },
      { exitCode: 3 },
    );
  }
  return aliases;
}

/**
 * The version that a reference means, and the digest that it is pinned to (null where the reference pins none).
 * @throws {WeirError} WEIR-4004
 */
export function resolveModel(
  reference: ModelReference,
  aliases: Aliases,
  versions: readonly { readonly version: string; readonly digest: string }[],
): { readonly version: string; readonly digest: string | null } {
  const target = targetOf(reference, aliases, versions);
  if (target && versions.some((v) => v.version === target.version)) return target;
  const name = nameOf(reference);
  const known = versions.map((v) => v.version).join(", ") || "none";
  throw new WeirError(
    {
      code: "WEIR-4004",
      what: target ? `model ${name} stands for version ${target.version}, which is not there` : `model ${name} is not there`,
      why: `versions: ${known}; aliases: ${[...aliases.keys()].join(", ") || "none"}`,
      fix: "name a version or an alias that exists, or register the model",
    },
    { exitCode: 3 },
  );
}

function targetOf(
  reference: ModelReference,
  aliases: Aliases,
  versions: readonly { readonly version: string; readonly digest: string }[],
): { readonly version: string; readonly digest: string | null } | undefined {
  switch (reference.by) {
    case "version":
      return { version: reference.version, digest: null };
    case "alias":
      return aliases.get(reference.alias);
    case "digest":
      return versions.find((v) => v.digest === reference.digest);
  }
}

function nameOf(reference: ModelReference): string {
  if (reference.by === "version") return `${reference.model}/${reference.version}`;
  return reference.by === "alias" ? `${reference.model}@${reference.alias}` : `${reference.model}@sha256:${reference.digest}`;
}
