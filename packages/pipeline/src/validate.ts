import { compileAvroContract, compileContract, type Contract } from "@weir/contract";
import type { Sha256 } from "@weir/deadletter";
import { MAX_VALUE_BYTES, WeirError } from "@weir/record";
import type { Baseline } from "@weir/rules";
import type { Pins } from "./canonical.ts";
import type { Draft } from "./lint/draft.ts";
import { lintDoors } from "./lint/doors.ts";
import { lintConditions, lintRules } from "./lint/expressions.ts";
import { lintFields } from "./lint/fields.ts";
import { findBaselines, type FoundBaselines } from "./baselines.ts";
import { lintAvro } from "./lint/avro.ts";
import { lintBaselines } from "./lint/baselines.ts";
import { lintGate } from "./lint/gate.ts";
import { lintGraph } from "./lint/graph.ts";
import { lintModels } from "./lint/models.ts";
import { lintOwners } from "./lint/owners.ts";
import { lintRouter } from "./lint/router.ts";
import { findModel, isProblem, type Folder, type ModelProblem, type ResolvedModel } from "./models.ts";
import { parseOwners, type Owners } from "./owners.ts";
import { readPipelineFile, withDigest, type PipelineText } from "./parse.ts";
import type { Pipeline, RecordSpec, StageSpec } from "./pipeline.ts";
import { hasErrors, sortProblems, type SpecProblem } from "./problems.ts";
import { DEFAULT_FAILURE, resolvePipeline, resolveRecord, resolveStage } from "./resolve.ts";
import { valueAt } from "./value-at.ts";
import { recordSchema } from "./shape/file.ts";
import { stageSchema } from "./shape/stage.ts";
import { topologyOf, type Topology } from "./topology.ts";

export interface ValidateOptions extends Folder {
  /** Name of the pipeline file, as people are shown it. */
  readonly file: string;
  readonly text: string;
  readonly sha256: Sha256;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Validated {
  /** null when there is an error (warnings do not count). */
  readonly pipeline: Pipeline | null;
  readonly topology: Topology | null;
  readonly contract: Contract | null;
  /** By inference stage. */
  readonly models: ReadonlyMap<string, ResolvedModel>;
  /** By the file that rules name. */
  readonly baselines: ReadonlyMap<string, Baseline>;
  /** null when there is no owners.yaml, or none that can be used. */
  readonly owners: Owners | null;
  readonly problems: readonly SpecProblem[];
}

/** The one validator: what start-up, command line and tests ask of a pipeline's folder without a broker. Finds every problem at once. */
export function validatePipeline(options: ValidateOptions): Validated {
  const parsed = readPipelineFile(options.text, options.file, options);
  const { draft: bare, resolved } = draftOf(parsed);
  const { contract, problems: contractProblems } = readContract(bare, options);
  const draft: Draft = { ...bare, contract };
  const models = findModels(draft, options);
  const baselines = findBaselines(draft.stages.values(), options, options.sha256);
  const owners = readOwners(options);
  const problems = sortProblems([
    ...parsed.yaml.problems,
    ...parsed.problems,
    ...contractProblems,
    ...lintGraph(draft),
    ...lintFields(draft),
    ...lintAvro(draft),
    ...lintModels(draft, models),
    ...lintBaselines(draft, baselines),
    ...owners.problems,
    ...[...draft.stages.values()].flatMap((stage) => lintStage(draft, stage, models, baselines)),
    ...(owners.owners === null ? [] : lintOwners(draft, owners.owners, textAt(parsed, ["metadata", "owner"]))),
  ]);
  const found = new Map([...models].flatMap(([stage, model]) => (isProblem(model) ? [] : [[stage, model] as const])));
  const pipeline =
    resolved === null || hasErrors(problems)
      ? null
      : withDigest(resolved, {
          sha256: options.sha256,
          pins: pinsOf(resolved, { contract, models: found, baselines: baselines.baselines }),
        });
  return {
    pipeline,
    topology: pipeline === null ? null : topologyOf(pipeline),
    contract,
    models: found,
    baselines: baselines.baselines,
    owners: owners.owners,
    problems,
  };
}

function lintStage(
  draft: Draft,
  stage: StageSpec,
  models: ReadonlyMap<string, ResolvedModel | ModelProblem>,
  baselines: FoundBaselines,
): readonly SpecProblem[] {
  if (stage.type === "ingest") return lintDoors(draft, stage);
  if (stage.type === "gate") return [...lintGate(draft, stage), ...lintRules(draft, stage, baselines)];
  return stage.type === "router" ? [...lintRouter(draft, stage), ...lintConditions(draft, stage, models)] : [];
}

/** Everything of the file that has the right form; all of it when nothing is wrong. */
function draftOf(parsed: PipelineText): { readonly draft: Draft; readonly resolved: Omit<Pipeline, "digest"> | null } {
  const { yaml, shape } = parsed;
  if (shape !== null) {
    const resolved = resolvePipeline(shape);
    const { name, record, topics, stages } = resolved;
    return { resolved, draft: { yaml, name, record, topics, stages, ids: new Set(stages.keys()), contract: null } };
  }
  const name = textAt(parsed, ["metadata", "name"]) ?? "pipeline";
  const ids = new Set(Object.keys(valueAt(parsed.value, ["stages"]) ?? {}));
  const stages = new Map<string, StageSpec>();
  for (const id of ids) {
    const stage = stageSchema.safeParse(valueAt(parsed.value, ["stages", id]));
    const around = { id, pipeline: name, owner: textAt(parsed, ["metadata", "owner"]) ?? "", onFailure: DEFAULT_FAILURE, ids };
    if (stage.success) stages.set(id, resolveStage(stage.data, around));
  }
  return { resolved: null, draft: { yaml, name, record: salvageRecord(parsed), topics: {}, stages, ids, contract: null } };
}

function salvageRecord(parsed: PipelineText): RecordSpec | null {
  const record = recordSchema.safeParse(valueAt(parsed.value, ["record"]));
  return record.success ? resolveRecord(record.data) : null;
}

function textAt(parsed: PipelineText, path: readonly string[]): string | null {
  const value = valueAt(parsed.value, path);
  return typeof value === "string" ? value : null;
}

function readContract(
  draft: Draft,
  options: ValidateOptions,
): { readonly contract: Contract | null; readonly problems: readonly SpecProblem[] } {
  if (draft.record === null) return { contract: null, problems: [] };
  const path = draft.record.contract;
  const text = options.readText(path);
  const fail = (code: "WEIR-1501" | "WEIR-1502", what: string, why?: string, fix?: string) => ({
    contract: null,
    problems: [draft.yaml.problem(code, ["record", "contract"], { what, why, fix })],
  });
  if (text === null)
    return fail(
      "WEIR-1501",
      `there is no file ${path}`,
      undefined,
      "correct the path, which is relative to the pipeline's folder, or add the file",
    );
  try {
    const bounds = { sha256: options.sha256, maxBytes: MAX_VALUE_BYTES };
    if (draft.record.format === "avro") return { contract: compileAvroContract(text, bounds), problems: [] };
    if (path.endsWith(".avsc"))
      return fail("WEIR-1502", `${path} is an Avro schema`, "the format of the records is json", "add format: avro");
    return { contract: compileContract(JSON.parse(text), bounds), problems: [] };
  } catch (error) {
    if (error instanceof SyntaxError) return fail("WEIR-1502", `${path} is not JSON`, error.message);
    if (error instanceof WeirError)
      return fail(
        "WEIR-1502",
        `${path}: ${error.problem.what}`,
        [error.problem.where, error.problem.why].filter(Boolean).join(": ") || undefined,
        error.problem.fix,
      );
    throw error;
  }
}

function findModels(draft: Draft, options: ValidateOptions): ReadonlyMap<string, ResolvedModel | ModelProblem> {
  const models = new Map<string, ResolvedModel | ModelProblem>();
  for (const stage of draft.stages.values())
    if (stage.type === "inference") models.set(stage.id, findModel(stage.model, options, options.sha256));
  return models;
}

function readOwners(options: ValidateOptions): { readonly owners: Owners | null; readonly problems: readonly SpecProblem[] } {
  const text = options.readText("owners.yaml");
  if (text === null) return { owners: null, problems: [] };
  const slash = options.file.lastIndexOf("/") + 1;
  return parseOwners(text, `${options.file.slice(0, slash)}owners.yaml`);
}

function pinsOf(
  pipeline: Omit<Pipeline, "digest">,
  { contract, models, baselines }: Pick<Validated, "contract" | "models" | "baselines">,
): Pins {
  const pins = new Map<string, string>();
  for (const [name, { digest }] of baselines) pins.set(name, `sha256:${digest}`);
  if (contract !== null && contract.digest !== null) pins.set(pipeline.record.contract, `sha256:${contract.digest}`);
  for (const [stage, model] of models) {
    const spec = pipeline.stages.get(stage);
    if (spec?.type === "inference") pins.set(spec.model, `${model.model}/${model.version}@sha256:${model.digest}`);
  }
  return pins;
}
