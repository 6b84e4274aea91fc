import type { RuleSpec } from "@weir/rules";
import * as z from "zod";
import type { Doors } from "../doors.ts";
import { filesSchema, httpDoorSchema, pullSchema, webhooksSchema } from "./doors.ts";
import { ruleSchema } from "./rule.ts";
import { windowSchema, type WindowFile } from "./window.ts";
import { backoff, expecting, memberName, modelReference, owner, share, topicName, whole, word } from "./words.ts";

export type TargetFile = string | { readonly topic: string } | { readonly stage: string; readonly topic?: string };

export interface FailureFile {
  readonly retry?: { readonly attempts?: number; readonly backoff?: { readonly minMs: number; readonly maxMs: number } };
  readonly then?: "dead-letter" | "pause";
  readonly sequenced?: boolean;
}

interface StageFileCommon {
  readonly owner?: string;
  readonly onFailure?: FailureFile;
}

export interface IngestFile extends StageFileCommon, Doors {
  readonly type: "ingest";
  readonly out: TargetFile;
}

export interface GateFile extends StageFileCommon {
  readonly type: "gate";
  readonly window?: WindowFile;
  readonly rules: readonly RuleSpec[];
  readonly pass: TargetFile;
  readonly quarantine?: { readonly topic: string };
}

export interface InferenceFile extends StageFileCommon {
  readonly type: "inference";
  readonly model: string;
  readonly batch: { readonly maxRows: number; readonly reproducible?: boolean };
  readonly as: string;
  readonly out: TargetFile;
}

export interface RouterFile extends StageFileCommon {
  readonly type: "router";
  readonly rules: readonly { readonly id: string; readonly when: string; readonly to: string }[];
  readonly default: string;
  readonly branches?: Readonly<Record<string, TargetFile>>;
  readonly sample?: { readonly random: number; readonly to: string };
}

export type StageFile = IngestFile | GateFile | InferenceFile | RouterFile;

const target: z.ZodType<TargetFile> = z
  .union(
    [word, z.strictObject({ topic: topicName }), z.strictObject({ stage: word, topic: topicName.exactOptional() })],
    expecting("a stage, {topic: NAME} or {stage: STAGE, topic: NAME}"),
  )
  .meta({ description: "Where the port leads: a stage of this pipeline, or a topic." });

export const failureSchema: z.ZodType<FailureFile> = z
  .strictObject({
    retry: z
      .strictObject({
        attempts: whole(0, 100).exactOptional().meta({ description: "Retries in place. Default: 3." }),
        backoff: backoff
          .exactOptional()
          .meta({ description: "Pause before a retry, from … to. Default: 200ms..5s.", examples: ["200ms..5s"] }),
      })
      .exactOptional(),
    then: z.enum(["dead-letter", "pause"]).exactOptional().meta({ description: "What follows the last retry. Default: dead-letter." }),
    sequenced: z.boolean(expecting("true or false")).exactOptional().meta({
      description:
        "Keep the order of keys: later records of a key wait behind its failed one, and go on in their order once that has been replayed or discarded. Default: false.",
    }),
  })
  .meta({ description: "What happens when a record or something a stage depends on fails. Inherited: pipeline, then stage." });

const common = {
  owner: owner.exactOptional().meta({ description: "Who answers for the stage. Default: the pipeline's owner." }),
  onFailure: failureSchema.exactOptional(),
};

const ingest = z
  .strictObject({
    type: z.literal("ingest"),
    ...common,
    http: httpDoorSchema.exactOptional(),
    webhook: webhooksSchema.exactOptional(),
    files: filesSchema.exactOptional(),
    pull: pullSchema.exactOptional(),
    out: target,
  })
  .meta({ description: "The pipeline's entry. Producers may also write its topic themselves." });

const gate = z
  .strictObject({
    type: z.literal("gate"),
    ...common,
    window: windowSchema.exactOptional(),
    rules: z.array(ruleSchema).max(1000),
    pass: target,
    quarantine: z.strictObject({ topic: topicName }).exactOptional().meta({ description: "Default: PIPELINE.STAGE.quarantine." }),
  })
  .meta({ description: "Judges records and windows; what breaks a rule does not go on." });

const inference = z
  .strictObject({
    type: z.literal("inference"),
    ...common,
    model: modelReference.meta({ description: "NAME@ALIAS, NAME/VERSION or NAME@sha256:HEX.", examples: ["late-arrival@champion"] }),
    batch: z
      .strictObject({
        maxRows: whole(2, 65_536).default(2048).meta({ description: "Rows of one run of the model." }),
        reproducible: z
          .boolean(expecting("true or false"))
          .exactOptional()
          .meta({ description: "Pad every run to one size, for models whose digits depend on it." }),
      })
      .prefault({}),
    as: memberName.default("prediction").meta({ description: "Name of the member that the prediction becomes." }),
    out: target,
  })
  .meta({ description: "Asks a model and adds its prediction to the record." });

const routerRule = z.strictObject({
  id: word,
  when: z.string(expecting("a CEL expression")).min(1).max(2048).meta({ description: "CEL over record, prediction and headers." }),
  to: word.meta({ description: "A branch; one that is named like a stage leads there." }),
});

const router = z
  .strictObject({
    type: z.literal("router"),
    ...common,
    rules: z.array(routerRule).max(1000).meta({ description: "The first rule that matches decides." }),
    default: word.meta({ description: "Branch of the records that no rule takes." }),
    branches: z
      .record(word, target)
      .exactOptional()
      .meta({ description: "Branches that lead elsewhere than to the stage of their name or to PIPELINE.STAGE.BRANCH." }),
    sample: z
      .strictObject({ random: share, to: word })
      .exactOptional()
      .meta({ description: "A copy of a share of the records on a topic of its own; the decision stands." }),
  })
  .meta({ description: "Sends every record down one branch." });

export const stageSchema: z.ZodType<StageFile> = z.discriminatedUnion("type", [ingest, gate, inference, router]);
