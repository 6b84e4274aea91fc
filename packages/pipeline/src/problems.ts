import type { Problem } from "@weir/record";

/** A problem of a pipeline file (or of a file beside it), with its place. `where` holds the same place as text. */
export interface SpecProblem extends Problem {
  readonly severity: "error" | "warning";
  readonly file: string;
  /** From 1; absent for problems of a whole file. */
  readonly line?: number;
  readonly column?: number;
  /** `stages.gate.rules[2].max` */
  readonly path?: string;
}

export type Path = readonly (string | number)[];

export function pathText(path: Path): string {
  let text = "";
  for (const part of path) {
    if (typeof part === "number") text += `[${part}]`;
    else text += /^[A-Za-z_][\w-]*$/.test(part) ? `${text === "" ? "" : "."}${part}` : `[${JSON.stringify(part)}]`;
  }
  return text;
}

/** `file:line:col  path  what · why · how to fix  (CODE)`, one line. */
export function formatProblem(problem: SpecProblem): string {
  const said = [problem.what, problem.why, problem.fix].filter((part) => part !== undefined && part !== "");
  const mark = problem.severity === "warning" ? "warning: " : "";
  return [placeText(problem), `${mark}${said.join(" · ")}`, `(${problem.code})`].join("  ");
}

export function placeText(place: Pick<SpecProblem, "file" | "line" | "column" | "path">): string {
  const at = place.line === undefined ? place.file : `${place.file}:${place.line}:${place.column ?? 1}`;
  return place.path ? `${at}  ${place.path}` : at;
}

/** By place, not by severity: people read a file from top to bottom. */
export function sortProblems(problems: readonly SpecProblem[]): SpecProblem[] {
  return [...problems].sort(
    (a, b) => (a.line ?? 0) - (b.line ?? 0) || (a.column ?? 0) - (b.column ?? 0) || (a.code < b.code ? -1 : a.code > b.code ? 1 : 0),
  );
}

export function hasErrors(problems: readonly SpecProblem[]): boolean {
  return problems.some((problem) => problem.severity === "error");
}
