import type { SpecCode } from "./codes.ts";

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Content of a file, null if there is none. */
  readonly readText?: (path: string) => string | null;
}

export interface SubstitutionProblem {
  readonly code: SpecCode;
  readonly what: string;
  readonly fix: string;
}

export interface Substituted {
  readonly text: string;
  /** Was there anything to replace? Then the text may hold a secret and is not printed. */
  readonly changed: boolean;
  readonly problems: readonly SubstitutionProblem[];
}

const EXPRESSION = /(\$?)\$\{([^}]*)(\}?)/g;
const VARIABLE = /^([A-Za-z_][A-Za-z0-9_]*)(?:(:-|:\?)([\s\S]*))?$/;

/** Replaces `${NAME}`, `${NAME:-default}`, `${NAME:?message}` and `${file:PATH}`; `$${` stands for `${`. What is put in is not looked at again. */
export function substitute(text: string, surroundings: Surroundings): Substituted {
  const problems: SubstitutionProblem[] = [];
  let changed = false;
  const replaced = text.replace(EXPRESSION, (whole: string, escape: string, inner: string, end: string) => {
    if (escape === "$") return whole.slice(1);
    changed = true;
    const result = end === "" ? malformed(`\`${whole}\` has no end`) : resolve(inner, surroundings);
    if (typeof result === "string") return result;
    problems.push(result);
    return "";
  });
  return { text: replaced, changed, problems };
}

function resolve(inner: string, { env, readText }: Surroundings): string | SubstitutionProblem {
  if (inner.startsWith("file:")) return fileText(inner.slice("file:".length), readText);
  const match = VARIABLE.exec(inner);
  if (match === null) return malformed(`\`\${${inner}}\` is not a substitution`);
  const [, name = "", operator, rest = ""] = match;
  const value = env[name];
  if (operator === ":-") return value === undefined || value === "" ? rest : value;
  if (value !== undefined && (value !== "" || operator === undefined)) return value;
  const what = operator === ":?" && rest !== "" ? `${name} is not set: ${rest}` : `${name} is not set`;
  return { code: "WEIR-1101", what, fix: `set the environment variable ${name}, or write \${${name}:-default}` };
}

function fileText(path: string, readText: Surroundings["readText"]): string | SubstitutionProblem {
  const text = readText?.(path) ?? null;
  // Secrets are mounted as files that often end with a line break that is not part of them.
  if (text !== null) return text.replace(/\r?\n$/, "");
  return { code: "WEIR-1102", what: `the file ${path} cannot be read`, fix: "check the path and the rights on it" };
}

function malformed(what: string): SubstitutionProblem {
  return {
    code: "WEIR-1103",
    what,
    fix: "write ${NAME}, ${NAME:-default}, ${NAME:?message} or ${file:PATH}; $${ for the characters themselves",
  };
}
