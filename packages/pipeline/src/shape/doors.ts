import * as z from "zod";
import type { BucketSpec, FileSource, HttpDoor, PullSource, WebhookSource } from "../doors.ts";
import { expecting, headerName, pointer, positiveDuration, size, whole, word } from "./words.ts";

/** A broker takes 1 MiB with everything around the value, unless it was told otherwise. */
const RECORD_BYTES_MAX = 1_000_000;

const hashedKey = z
  .string(expecting("sha256:HEX"))
  .regex(/^sha256:[0-9a-f]{64}$/, expecting("sha256: and the 64 hex digits of the key's SHA-256; the key itself stays with its holder"));

const limits = z
  .strictObject({
    body: size.prefault("8MiB").meta({ description: "Bytes of a body, unpacked." }),
    stream: size.prefault("256MiB").meta({ description: "Bytes of an NDJSON stream, unpacked." }),
    record: size
      .prefault("1000kB")
      .refine((bytes) => bytes <= RECORD_BYTES_MAX, {
        error: "must be at most 1000kB: with key and headers the entry topic takes no larger records",
      })
      .meta({ description: "Bytes of one record." }),
    depth: whole(1, 512).default(64).meta({ description: "Arrays and objects inside one another." }),
    rate: whole(1, 100_000_000)
      .nullable()
      .default(null)
      .meta({ description: "Records a second and API key. Default: as many as the log takes." }),
  })
  .prefault({});

const idempotency = z
  .strictObject({
    keep: positiveDuration.prefault("24h").meta({ description: "How long a repeated Idempotency-Key gets its answer again." }),
    keys: whole(1, 5_000_000).default(300_000).meta({ description: "How many keys are known at a time; the oldest are forgotten." }),
  })
  .prefault({});

export const httpDoorSchema: z.ZodType<HttpDoor> = z
  .strictObject({
    batchMax: whole(1, 100_000).default(1000).meta({ description: "Records of one request, and of one transaction of a stream." }),
    keys: z
      .record(word, hashedKey)
      .default({})
      .meta({ description: "SHA-256 of each API key by the name of its holder. Empty: whoever reaches the port may write." }),
    headers: z.array(headerName).max(50).default([]).meta({ description: "Request headers that become headers of its records." }),
    limits,
    idempotency,
  })
  .meta({ description: "POST /v1/PIPELINE/records." });

const webhook: z.ZodType<WebhookSource> = z.strictObject({
  scheme: z
    .enum(["standard", "stripe"])
    .default("standard")
    .meta({ description: "standard: webhook-id, webhook-timestamp, webhook-signature; stripe: stripe-signature." }),
  secrets: z
    .array(z.string(expecting("a secret")).min(8).max(512))
    .min(1)
    .max(4)
    .meta({ description: "Any of them may have signed.", examples: [["${PAYMENTS_SECRET}"]] }),
  tolerance: positiveDuration.prefault("5m").meta({ description: "How far the sender's clock may be from ours." }),
});

export const webhooksSchema: z.ZodType<Readonly<Record<string, WebhookSource>>> = z
  .record(word, webhook)
  .meta({ description: "POST /v1/PIPELINE/webhooks/NAME, signed by HMAC." });

const httpUrl = z
  .string(expecting("an http or https URL"))
  .max(2048)
  .regex(/^https?:\/\/(?![^/?#]*@)[^\s]+$/, expecting("an http or https URL without user and password in it"));

const bucket: z.ZodType<BucketSpec> = z.strictObject({
  endpoint: httpUrl.meta({ examples: ["https://s3.eu-central-1.amazonaws.com"] }),
  name: z.string().regex(/^[a-z0-9][a-z0-9.-]{1,62}$/, expecting("the name of a bucket")),
  prefix: z.string().max(1024).default(""),
  region: z.string().min(1).max(64).default("us-east-1"),
  accessKey: z.string().min(1).max(256),
  secretKey: z.string().min(1).max(256),
});

const place = z.union(
  [z.strictObject({ folder: z.string(expecting("a folder")).min(1).max(1024) }), z.strictObject({ bucket })],
  expecting("{folder: PATH} or {bucket: {endpoint, name, accessKey, secretKey}}"),
);

const fileSource: z.ZodType<FileSource> = z.strictObject({
  from: place.meta({ description: "A folder, relative to the pipeline's, or a bucket." }),
  match: z.string(expecting("a pattern of names")).min(1).max(255).default("*").meta({ description: "Which files: * is anything." }),
  format: z.enum(["auto", "ndjson", "csv"]).default("auto").meta({ description: "auto: by the ending of the name, before .gz." }),
  every: positiveDuration.prefault("5s").meta({ description: "How often it looks." }),
  settle: positiveDuration
    .prefault("5s")
    .meta({ description: "How long a file must have stayed as it is until its last line counts without a line feed." }),
});

export const filesSchema: z.ZodType<Readonly<Record<string, FileSource>>> = z
  .record(word, fileSource)
  .meta({ description: "Files of NDJSON or CSV, packed with gzip or not; every line once, nothing is moved." });

const pull: z.ZodType<PullSource> = z.strictObject({
  url: httpUrl.meta({ description: "{cursor} is replaced by the last cursor.", examples: ["https://example.org/changes?after={cursor}"] }),
  headers: z.record(headerName, z.string().max(4096)).default({}),
  every: positiveDuration.prefault("30s").meta({ description: "Pause after an answer without records." }),
  records: pointer.prefault("/records").meta({ description: "Where the answer has the array of records." }),
  cursor: pointer.meta({ description: "Where the answer names the next cursor." }),
  start: z.string().max(1024).default("").meta({ description: "Cursor of the first request." }),
  maxBytes: size.prefault("8MiB").meta({ description: "Bytes of an answer." }),
});

export const pullSchema: z.ZodType<Readonly<Record<string, PullSource>>> = z
  .record(word, pull)
  .meta({ description: "Answers of HTTP servers that are read on from a cursor." });
