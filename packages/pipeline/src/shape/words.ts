import * as z from "zod";
import { BACKOFF, backoffMs, DURATION, durationMs, SHARE, shareOf, SIZE, sizeBytes } from "../units.ts";

/** What `expecting` says is shown as "expected …". */
export function expecting(what: string): { error: string } {
  return { error: `expected ${what}` };
}

function text(pattern: RegExp, what: string): z.ZodString {
  return z.string(expecting(what)).regex(pattern, expecting(what));
}

export const duration: z.ZodType<number, string> = text(DURATION, "a duration with its unit, such as 100ms, 30s, 15m, 5h or 1d").transform(
  durationMs,
);
export const positiveDuration: z.ZodType<number, string> = text(DURATION, "a duration with its unit, such as 100ms, 30s, 15m, 5h or 1d")
  .refine((value) => !(durationMs(value) <= 0), { error: "must be more than nothing" })
  .transform(durationMs);
export const size: z.ZodType<number, string> = text(SIZE, "a size with its unit, such as 512KiB or 8MiB").transform(sizeBytes);
export const share: z.ZodType<number, string> = text(SHARE, "a share in percent, such as 5% or 0.1%").transform(shareOf);
export const backoff: z.ZodType<{ readonly minMs: number; readonly maxMs: number }, string> = text(
  BACKOFF,
  "a duration or a range of them, such as 200ms..5s",
)
  .refine((value) => !(backoffMs(value).minMs > backoffMs(value).maxMs), {
    error: "the first of the two must not be longer than the second",
  })
  .transform(backoffMs);

/** Pipelines, stages, rules and branches: topic names are made of them, so no dots. */
export const word: z.ZodType<string> = text(
  /^[a-z][a-z0-9-]{0,62}$/,
  "a name of lower-case letters, digits and -, beginning with a letter, at most 63",
);
export const owner: z.ZodType<string> = text(/^(?:user|group):[A-Za-z0-9][\w.@-]{0,126}$/, "user:NAME or group:NAME");
export const topicName: z.ZodType<string> = text(
  /^(?!\.{1,2}$)[A-Za-z0-9._-]{1,249}$/,
  "a topic name: letters, digits, . _ and -, at most 249",
);
export const pointer: z.ZodType<string> = text(/^(?:\/(?:[^~/]|~[01])+)+$/, "a JSON pointer to a field, such as /dep_delay");
export const memberName: z.ZodType<string> = text(/^[A-Za-z_][A-Za-z0-9_]{0,62}$/, "a name of letters, digits and _");
export const fileInFolder: z.ZodType<string> = text(
  /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:\n]{1,255}$/,
  "a path inside the pipeline's folder",
);
export const schemaFile: z.ZodType<string> = text(
  /^(?!\/)(?!.*(?:^|\/)\.\.(?:\/|$))[^\\:\n]{1,255}$/,
  "a path inside the pipeline's folder; a schema of a registry is saved there first, from URL/subjects/SUBJECT/versions/VERSION/schema",
);
export const headerName: z.ZodType<string> = text(/^[^\s]{1,128}$/, "the name of a header");
export const modelReference: z.ZodType<string> = text(
  /^[a-z][a-z0-9-]{0,62}(?:@[a-z][a-z0-9-]{0,62}|\/[1-9]\d{0,8}|@sha256:[0-9a-f]{64})$/,
  "a model: NAME@ALIAS, NAME/VERSION or NAME@sha256:HEX",
);

export function whole(min: number, max: number): z.ZodType<number> {
  return z.int(expecting("a whole number")).min(min).max(max);
}
