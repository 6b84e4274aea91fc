import type { IngestSpec } from "../pipeline.ts";
import type { Path, SpecProblem } from "../problems.ts";
import type { Draft } from "./draft.ts";

/** Secrets that stand in the file, and sources that would read the same for ever. */
export function lintDoors(draft: Draft, stage: IngestSpec): readonly SpecProblem[] {
  return [...secretPaths(stage).flatMap((path) => plainSecret(draft, path)), ...pullProblems(draft, stage)];
}

function secretPaths({ id, webhook = {}, files = {}, pull = {} }: IngestSpec): readonly Path[] {
  const at = (...path: Path): Path => ["stages", id, ...path];
  return [
    ...Object.entries(webhook).flatMap(([name, { secrets }]) => secrets.map((_, i) => at("webhook", name, "secrets", i))),
    ...Object.entries(files).flatMap(([name, { from }]) => ("bucket" in from ? [at("files", name, "from", "bucket", "secretKey")] : [])),
    ...Object.entries(pull).flatMap(([name, { headers }]) =>
      Object.keys(headers)
        .filter((header) => /^(?:authorization|cookie|x-api-key)$/i.test(header))
        .map((header) => at("pull", name, "headers", header)),
    ),
  ];
}

function plainSecret(draft: Draft, path: Path): readonly SpecProblem[] {
  if (draft.yaml.substituted(path)) return [];
  return [
    draft.yaml.problem("WEIR-1901", path, {
      what: "a secret stands in the pipeline file",
      why: "whoever reads the file, or its history, has it",
      fix: "write ${NAME} and set the environment variable, or ${file:PATH}",
      severity: "warning",
    }),
  ];
}

function pullProblems(draft: Draft, { id, pull = {} }: IngestSpec): readonly SpecProblem[] {
  return Object.entries(pull).flatMap(([name, { url }]) =>
    url.includes("{cursor}")
      ? []
      : [
          draft.yaml.problem("WEIR-1902", ["stages", id, "pull", name, "url"], {
            what: "the URL has no place for the cursor",
            why: "every request would get the same records again",
            fix: "write {cursor} where it belongs, for example ?after={cursor}",
          }),
        ],
  );
}
