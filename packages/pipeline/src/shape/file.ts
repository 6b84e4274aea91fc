import { FAILURE_CLASSES, type FailureClass } from "@weir/record";
import * as z from "zod";
import type { RecordSpec, TopicNames } from "../pipeline.ts";
import { failureSchema, stageSchema, type FailureFile, type StageFile } from "./stage.ts";
import {
  duration,
  expecting,
  schemaFile,
  headerName,
  owner,
  pointer,
  positiveDuration,
  share,
  size,
  topicName,
  whole,
  word,
} from "./words.ts";

/** The file as written, with units resolved and without what is inherited. */
export interface PipelineFile {
  readonly apiVersion: "weir/v1";
  readonly kind: "Pipeline";
  readonly metadata: MetadataFile;
  readonly partitions: number;
  readonly record: RecordFile;
  readonly delivery: DeliveryFile;
  readonly onFailure?: FailureFile;
  readonly deadLetter?: DeadLetterFile;
  readonly headers: "full" | "minimal";
  readonly timestamps: "now" | "keep";
  readonly topics?: TopicNames;
  readonly stages: Readonly<Record<string, StageFile>>;
}

export interface MetadataFile {
  readonly name: string;
  readonly owner: string;
  readonly description?: string;
}

export interface RecordFile {
  readonly contract: string;
  readonly format: "json" | "avro";
  readonly id?: RecordSpec["id"];
  readonly key?: string;
  readonly time?: string | { readonly pointer: string; readonly unit?: "s" | "ms" };
}

export interface DeadLetterFile {
  readonly breaker: { readonly ratio: number; readonly over: number; readonly then: "pause"; readonly classes?: readonly FailureClass[] };
}

export interface DeliveryFile {
  readonly guarantee: "exactly-once" | "at-least-once";
  readonly compression: "none" | "lz4-stored";
  readonly commit: { readonly every: number; readonly bytes: number };
}

const metadata: z.ZodType<MetadataFile> = z.strictObject({
  name: word.meta({ description: "Name of the pipeline; its topics and groups begin with it." }),
  owner: owner.meta({ description: "Who answers for the pipeline; stages inherit it.", examples: ["group:flight-ops"] }),
  description: z.string().max(1000).exactOptional(),
});

export const recordSchema: z.ZodType<RecordFile> = z
  .strictObject({
    contract: schemaFile.meta({
      description: "Schema of the records, a file in the pipeline's folder.",
      examples: ["flight.schema.json"],
    }),
    format: z.enum(["json", "avro"]).default("json").meta({
      description: "json: the contract is a JSON Schema. avro: an .avsc file, and values have Confluent's framing.",
    }),
    id: z
      .union([pointer, z.strictObject({ header: headerName })], expecting("a JSON pointer such as /id, or {header: NAME}"))
      .exactOptional()
      .meta({ description: "What names a record. Default: topic-partition-offset of the entry topic." }),
    key: pointer.exactOptional().meta({ description: "From what `produce` and ingest make a key." }),
    time: z
      .union(
        [pointer, z.strictObject({ pointer, unit: z.enum(["s", "ms"]).exactOptional() })],
        expecting("a JSON pointer such as /event_time, or {pointer: …, unit: s}"),
      )
      .exactOptional()
      .meta({ description: "Event time: RFC 3339 text, or epoch numbers with a unit. Default: the record's timestamp." }),
  })
  .meta({ description: "What the records are." });

const delivery: z.ZodType<DeliveryFile> = z.strictObject({
  guarantee: z.enum(["exactly-once", "at-least-once"]).default("exactly-once").meta({
    description:
      "What holds of the output when a process is killed or a broker fails. exactly-once: records, offsets and the execution log become visible in one transaction or not at all. at-least-once: records can be read as soon as they are written, and some may be written again, with the same weir.id and in the same order; none is lost. Stages that keep state (windows, rules that remember, sequenced) and fused chains that have one are exactly-once in any case, and so is what ingest and replays write.",
  }),
  compression: z.enum(["none", "lz4-stored"]).default("none").meta({
    description:
      "How what the stages write lies in the batches of their topics. lz4-stored: in frames of LZ4 that compress nothing. Brokers read each record of a plain batch, header by header, and of this one only sizes, which saves them a tenth to a fifth of their time. Whoever reads the topics must know LZ4: the clients of Java, C, Go and what is built on them do; kafkajs needs kafkajs-lz4, kafka-python and aiokafka need their extra for lz4.",
  }),
  commit: z
    .strictObject({
      every: duration.prefault("100ms").meta({
        description:
          "While records come, a transaction is committed so often; what comes after a silence is committed at once. Shorter: less latency, more work for the broker. 10ms is quick, 100ms cheap.",
      }),
      bytes: size.prefault("8MiB").meta({ description: "And when it holds so many bytes." }),
    })
    .prefault({}),
});

const deadLetter: z.ZodType<DeadLetterFile> = z
  .strictObject({
    breaker: z
      .strictObject({
        ratio: share.meta({ description: "Share of what a partition is given that may fail.", examples: ["5%"] }),
        over: positiveDuration.prefault("1m").meta({ description: "Over so long. Default: 1m." }),
        then: z.literal("pause").default("pause").meta({ description: "The partition waits and is tried again; its owner is told." }),
        classes: z.array(z.enum(FAILURE_CLASSES)).min(1).exactOptional().meta({
          description: "Failures that count. Default: those of processing (MODEL_*, ROUTE, OUTPUT_REJECTED, DEPENDENCY, INTERNAL).",
        }),
      })
      .meta({ description: "Where more fails, no more dead letters are written." }),
  })
  .meta({ description: "What keeps a failing stage from flooding the dead letters." });

const topics: z.ZodType<TopicNames> = z
  .strictObject({
    deadLetters: topicName.exactOptional(),
    executions: topicName.exactOptional(),
    verdicts: topicName.exactOptional(),
    control: topicName.exactOptional(),
  })
  .meta({ description: "Other names for the topics in which Weir speaks of itself." });

export const fileSchema: z.ZodType<PipelineFile> = z
  .strictObject({
    apiVersion: z.literal("weir/v1"),
    kind: z.literal("Pipeline"),
    metadata,
    partitions: whole(1, 1024).default(1).meta({ description: "Partitions of every topic of the pipeline." }),
    record: recordSchema,
    delivery: delivery.prefault({}),
    onFailure: failureSchema.exactOptional(),
    deadLetter: deadLetter.exactOptional(),
    headers: z.enum(["full", "minimal"]).default("full").meta({ description: "minimal writes only weir.id." }),
    timestamps: z.enum(["now", "keep"]).default("now").meta({ description: "Timestamps of produced records." }),
    topics: topics.exactOptional(),
    stages: z.record(word, stageSchema).meta({ description: "The stages, by id." }),
  })
  .meta({ title: "Weir pipeline", description: "One pipeline: its records, its stages and where their ports lead." });
