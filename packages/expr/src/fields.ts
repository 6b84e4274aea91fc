import type { FieldType, FieldTypes } from "./expression.ts";
import { nearest } from "./near.ts";
import type { Access } from "./survey.ts";

/** What the field list says of a read. */
export type Resolved =
  | { readonly kind: "declared"; readonly type: FieldType; /** How many of the names the declared path has. */ readonly depth: number }
  /** An object of which only members are declared, or a root. */
  | { readonly kind: "object" }
  | {
      readonly kind: "unknown";
      readonly message: string;
      /** Which of the names is unknown; -1: the root. */ readonly at: number;
      readonly hint?: string;
    };

export function resolve(access: Access, fields: FieldTypes): Resolved {
  const { root, names } = access;
  for (let depth = names.length; depth >= 0; depth--) {
    const path = pathOf(root, names.slice(0, depth));
    const type = fields.get(path);
    if (type === undefined) continue;
    if (depth === names.length || type === "map" || type === "dyn") return { kind: "declared", type, depth };
    return { kind: "unknown", message: `${path} is a ${type} and has no member \`${names[depth] ?? ""}\``, at: depth };
  }
  for (let depth = 0; depth <= names.length; depth++) {
    if (hasMembers(fields, pathOf(root, names.slice(0, depth)))) continue;
    return depth === 0 ? unknownRoot(root, fields) : unknownMember(access, depth - 1, fields);
  }
  return { kind: "object" };
}

export function pathOf(root: string, names: readonly string[]): string {
  return [root, ...names].join(".");
}

/** For a name that is none of the roots: most often a field without `record.` before it. */
export function hintForName(name: string, fields: FieldTypes): string | undefined {
  const path = [...fields.keys()].find((known) => known.slice(known.indexOf(".") + 1) === name);
  if (path !== undefined && path !== name) return `did you mean \`${path}\`?`;
  const near = nearest(name, [...rootsOf(fields), ...lastNames(fields)]);
  if (near === null) return undefined;
  const whole = [...fields.keys()].find((known) => known.slice(known.indexOf(".") + 1) === near) ?? near;
  return `did you mean \`${whole}\`?`;
}

function unknownRoot(root: string, fields: FieldTypes): Resolved {
  const known = [...rootsOf(fields)].join(", ");
  return {
    kind: "unknown",
    message: `there is no \`${root}\` here`,
    at: -1,
    hint: known === "" ? "nothing can be read here" : `known here: ${known}`,
  };
}

function unknownMember(access: Access, at: number, fields: FieldTypes): Resolved {
  const parent = pathOf(access.root, access.names.slice(0, at));
  const name = access.names[at] ?? "";
  const siblings = [
    ...new Set(
      [...fields.keys()].filter((path) => path.startsWith(`${parent}.`)).map((path) => path.slice(parent.length + 1).split(".")[0] ?? ""),
    ),
  ];
  const near = nearest(name, siblings);
  const elsewhere = near === null ? [...fields.keys()].find((path) => path.endsWith(`.${name}`)) : undefined;
  const meant = near === null ? elsewhere : `${parent}.${near}`;
  const hint =
    meant === undefined ? `known: ${siblings.slice(0, 10).join(", ")}${siblings.length > 10 ? ", …" : ""}` : `did you mean \`${meant}\`?`;
  return { kind: "unknown", message: `unknown field \`${parent}.${name}\``, at, hint };
}

function hasMembers(fields: FieldTypes, path: string): boolean {
  for (const known of fields.keys()) if (known.startsWith(`${path}.`)) return true;
  return false;
}

function rootsOf(fields: FieldTypes): ReadonlySet<string> {
  return new Set([...fields.keys()].map((path) => path.split(".")[0] ?? ""));
}

function lastNames(fields: FieldTypes): readonly string[] {
  return [...fields.keys()].filter((path) => path.includes(".")).map((path) => path.slice(path.indexOf(".") + 1));
}
