import type { RuleSpec } from "@weir/rules";
import * as z from "zod";
import { expecting, owner, pointer, share, whole, word } from "./words.ts";

const common = {
  id: word.meta({ description: "Names the rule in verdicts, metrics and dead letters." }),
  mode: z
    .enum(["off", "observe", "enforce"])
    .exactOptional()
    .meta({ description: "observe reports what enforce would have done. Default: enforce." }),
  action: z
    .enum(["tag", "quarantineRecord", "quarantineWindow", "deadLetter", "alert", "pause", "halt"])
    .exactOptional()
    .meta({ description: "What a breach does." }),
  owner: owner.exactOptional().meta({ description: "Default: the stage's owner." }),
  onInsufficient: z
    .enum(["pass", "mergeNext", "quarantine"])
    .exactOptional()
    .meta({ description: "What follows when there is not enough evidence. Default: pass, flagged." }),
};

const field = pointer.meta({ description: "JSON pointer to a field of the contract.", examples: ["/dep_delay"] });
const number = z.number(expecting("a number"));

const missing = z
  .strictObject({
    absent: z.boolean().exactOptional(),
    null: z.boolean().exactOptional(),
    sentinels: z
      .array(z.union([z.string(), z.number()]))
      .max(100)
      .exactOptional(),
  })
  .exactOptional()
  .meta({ description: "Which of the ways to have no value count as missing. Default: absent and null." });

const mostly = {
  mostly: share.exactOptional().meta({ description: "Makes it a window rule: at least this share must be right." }),
  denominator: z.enum(["present", "all"]).exactOptional().meta({ description: "What `mostly` is a share of. Default: present." }),
};

const bounds = { min: number.exactOptional(), max: number.exactOptional() };
const count = whole(0, Number.MAX_SAFE_INTEGER);

function someBound(rule: { readonly min?: number; readonly max?: number }): boolean {
  return rule.min !== undefined || rule.max !== undefined;
}

function ordered(rule: { readonly min?: number; readonly max?: number }): boolean {
  return rule.min === undefined || rule.max === undefined || rule.min <= rule.max;
}

const noBound = { error: "expected `min`, `max` or both" };
const disordered = { error: "`min` must not be greater than `max`" };

export const ruleSchema: z.ZodType<RuleSpec> = z.discriminatedUnion("kind", [
  z
    .strictObject({
      kind: z.literal("decode"),
      ...common,
      maxBytes: whole(1, 2_097_152).exactOptional(),
      maxDepth: whole(1, 1000).exactOptional(),
    })
    .meta({ description: "The bytes must decode. Always enforced; the rule only sets its options." }),
  z.strictObject({ kind: z.literal("schema"), ...common }).meta({ description: "The record must meet the contract. Always enforced." }),
  z.strictObject({ kind: z.literal("required"), ...common, field, missing }).meta({ description: "The field must have a value." }),
  z
    .strictObject({
      kind: z.literal("nullRate"),
      ...common,
      field,
      missing,
      max: share.meta({ description: "A window whose share of missing values is greater breaks the rule." }),
      judge: z.enum(["exact", "significant"]).exactOptional(),
      alpha: number.gt(0).lt(1).exactOptional().meta({ description: "Error probability of `judge: significant`." }),
    })
    .meta({ description: "At most so many missing values in a window." }),
  z
    .strictObject({ kind: z.literal("range"), ...common, field, ...bounds, ...mostly })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "The number must lie within bounds, both included." }),
  z
    .strictObject({
      kind: z.literal("oneOf"),
      ...common,
      field,
      values: z
        .array(z.union([z.string(), z.number(), z.boolean()]))
        .min(1)
        .max(10_000),
      ...mostly,
    })
    .meta({ description: "The value must be one of a list." }),
  z
    .strictObject({
      kind: z.literal("pattern"),
      ...common,
      field,
      pattern: z.string(expecting("a regular expression")).min(1).max(1000),
      ...mostly,
    })
    .meta({ description: "The text must match a regular expression (linear time: no look-around, no back-references)." }),
  z
    .strictObject({ kind: z.literal("length"), ...common, field, min: count.exactOptional(), max: count.exactOptional(), ...mostly })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "The text must have so many characters." }),
  z
    .strictObject({
      kind: z.literal("expr"),
      ...common,
      expr: z.string(expecting("a CEL expression")).min(1).max(2048),
      nullIs: z.enum(["pass", "fail"]).exactOptional(),
      onError: z.enum(["fail", "skip", "dead-letter"]).exactOptional(),
    })
    .meta({ description: "A CEL expression must be true." }),
  z
    .strictObject({ kind: z.literal("volume"), ...common, min: count.exactOptional(), max: count.exactOptional() })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "So many records in a window." }),
]);
