import type { Sha256 } from "@weir/deadletter";
import type * as z from "zod";
import { canonicalPipeline, type Pins } from "./canonical.ts";
import type { Pipeline } from "./pipeline.ts";
import { hasErrors, sortProblems, type SpecProblem } from "./problems.ts";
import { resolvePipeline } from "./resolve.ts";
import { explainIssue } from "./shape/explain.ts";
import { valueAt } from "./value-at.ts";
import { fileSchema, type PipelineFile } from "./shape/file.ts";
import type { Surroundings } from "./substitute.ts";
import { readYaml, type YamlText } from "./yaml-text.ts";

export interface ParseOptions extends Surroundings {
  readonly sha256: Sha256;
  /** What the references of the file stand for; part of the digest. */
  readonly pins?: Pins;
}

/** The form of a file alone: whether its ports, fields, models and owners exist is `validatePipeline`'s question. */
export function parsePipeline(
  text: string,
  file: string,
  options: ParseOptions,
): { readonly pipeline: Pipeline | null; readonly problems: readonly SpecProblem[] } {
  const { yaml, shape, problems } = readPipelineFile(text, file, options);
  const pipeline = shape === null || hasErrors([...yaml.problems, ...problems]) ? null : withDigest(resolvePipeline(shape), options);
  return { pipeline, problems: sortProblems([...yaml.problems, ...problems]) };
}

export function withDigest(pipeline: Omit<Pipeline, "digest">, options: Pick<ParseOptions, "sha256" | "pins">): Pipeline {
  return { ...pipeline, digest: options.sha256(canonicalPipeline(pipeline, options.pins ?? new Map())) };
}

export interface PipelineText {
  readonly yaml: YamlText;
  /** What could be read as plain data, with substituted text as the type that the schema wants. */
  readonly value: unknown;
  /** null when anything in the form is wrong. */
  readonly shape: PipelineFile | null;
  readonly problems: readonly SpecProblem[];
}

export function readPipelineFile(text: string, file: string, surroundings: Surroundings): PipelineText {
  const yaml = readYaml(text, file, surroundings);
  if (yaml.value === undefined) return { yaml, value: undefined, shape: null, problems: [] };
  if (typeof yaml.value !== "object" || yaml.value === null || Array.isArray(yaml.value)) {
    return {
      yaml,
      value: undefined,
      shape: null,
      problems: [yaml.problem("WEIR-1201", [], { what: "the file holds no map of keys", fix: "begin with apiVersion: weir/v1" })],
    };
  }
  const first = fileSchema.safeParse(yaml.value);
  if (first.success) return { yaml, value: yaml.value, shape: first.data, problems: [] };
  const value = retype(yaml, first.error.issues);
  const second = fileSchema.safeParse(value);
  if (second.success) return { yaml, value, shape: second.data, problems: [] };
  return { yaml, value, shape: null, problems: second.error.issues.flatMap((issue) => explainIssue(issue, yaml)) };
}

/** What a substitution put in is text; where the schema wants a number or a truth value and the text is one, it becomes one. */
function retype(yaml: YamlText, issues: readonly z.core.$ZodIssue[]): unknown {
  let value = yaml.value;
  for (const issue of issues) {
    const path = issue.path.filter((part) => typeof part !== "symbol");
    if (issue.code !== "invalid_type" || !yaml.substituted(path)) continue;
    const text = valueAt(value, path);
    if (issue.expected === "boolean" && (text === "true" || text === "false")) value = replaceAt(value, path, text === "true");
    if (issue.expected !== "boolean" && typeof text === "string" && /^[-+]?\d+(?:\.\d+)?(?:e[-+]?\d+)?$/i.test(text))
      value = replaceAt(value, path, Number(text));
  }
  return value;
}

function replaceAt(value: unknown, path: readonly (string | number)[], replacement: unknown): unknown {
  const [step, ...rest] = path;
  if (step === undefined) return replacement;
  if (Array.isArray(value)) return value.map((item: unknown, i) => (i === step ? replaceAt(item, rest, replacement) : item));
  return Object.fromEntries(
    Object.entries(value ?? {}).map(([key, member]) => [key, key === step ? replaceAt(member, rest, replacement) : member]),
  );
}
