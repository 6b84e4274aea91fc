import type { RuleSpec } from "@weir/rules";
import { distances } from "@weir/stats";
import * as z from "zod";
import { duration, expecting, fileInFolder, owner, pointer, positiveDuration, share, whole, word } from "./words.ts";

const common = {
  id: word.meta({ description: "Names the rule in verdicts, metrics and dead letters." }),
  mode: z
    .enum(["off", "observe", "enforce"])
    .exactOptional()
    .meta({ description: "observe reports what enforce would have done. Default: enforce." }),
  action: z.enum(["tag", "quarantineRecord", "quarantineWindow", "deadLetter", "alert", "pause", "halt"]).exactOptional().meta({
    description:
      "What a breach does. pause and halt keep a held window back as quarantineWindow does, and the partition takes in nothing further: until `for` is over, or until `weir resume`.",
  }),
  for: positiveDuration
    .exactOptional()
    .meta({ description: "With action pause: after so long it goes on by itself. Default: 5m.", examples: ["15m"] }),
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

/** Different values that a window keeps apart. */
const MAX_DISTINCT = 10_000;
const positive = number.gt(0);
const baseline = fileInFolder.meta({ description: "Baseline file, as `weir gate learn` writes it.", examples: ["baselines/january.json"] });

const warn = share
  .exactOptional()
  .meta({ description: "A greater share is worth a look: the window passes, its records and verdict say `warn`." });
const judge = z
  .enum(["exact", "significant"])
  .exactOptional()
  .meta({ description: "exact compares the window itself with the limit. significant asks whether chance explains it. Default: exact." });
const alpha = number
  .gt(0)
  .lt(1)
  .exactOptional()
  .meta({ description: "Probability of an error that is accepted where chance is asked. Default: 0.01." });

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
      warn,
      judge,
      alpha,
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
    .strictObject({
      kind: z.literal("nullRise"),
      ...common,
      field,
      missing,
      baseline,
      minDelta: share.exactOptional().meta({ description: "Rises of less are none, however certain. Default: 1%." }),
      alpha,
    })
    .meta({ description: "The share of missing values must not rise above that of the baseline. Default action: alert." }),
  z
    .strictObject({
      kind: z.literal("sentinel"),
      ...common,
      field,
      value: z.union([z.string(), z.number()]).meta({ description: "What stands for a value that is not known.", examples: [-999] }),
      max: share.meta({ description: "A window in which a greater share has the value breaks the rule." }),
      warn,
      judge,
      alpha,
      denominator: mostly.denominator,
    })
    .meta({ description: "One value must not take up too much of a window." }),
  z
    .strictObject({ kind: z.literal("type"), ...common, field, is: z.enum(["string", "number", "integer", "boolean"]), ...mostly })
    .meta({ description: "The value must be of a type." }),
  z
    .strictObject({
      kind: z.literal("freshness"),
      ...common,
      field,
      unit: z.enum(["s", "ms"]).exactOptional().meta({ description: "Of a time that is a number. Default: RFC 3339 text." }),
      maxAge: positiveDuration.meta({ description: "How long before the record's own timestamp the time may lie.", examples: ["15m"] }),
      maxFuture: duration.exactOptional().meta({ description: "How far ahead of it. Default: 0s." }),
      ...mostly,
    })
    .meta({ description: "The time in a field must be near the record's timestamp." }),
  z
    .strictObject({
      kind: z.literal("unique"),
      ...common,
      field: field.exactOptional().meta({ description: "Whose values must not repeat. Default: the record's id." }),
      horizon: positiveDuration.exactOptional().meta({
        description: "A value that comes again after so long is a new one, by the records' timestamps. Default: 1d.",
        examples: ["1h"],
      }),
      maxKeys: whole(1, 10_000_000).exactOptional().meta({
        description:
          "Remembered per partition; beyond it the oldest is forgotten. With max: counted per window; beyond it the rule may be insufficient. Default: 1000000.",
      }),
      max: share.exactOptional().meta({ description: "Judge windows: so many records may have the value of another of the window." }),
    })
    .meta({ description: "No other record of the partition had this value within the horizon; with max, of the window." }),
  z
    .strictObject({
      kind: z.literal("drift"),
      ...common,
      field,
      baseline,
      method: z
        .enum(Object.values(distances).map(({ name }) => name))
        .exactOptional()
        .meta({ description: "How distance is measured. Default: js." }),
      warn: positive.exactOptional().meta({ description: "Effect that is worth a look. Default: of the method." }),
      fail: positive.exactOptional().meta({ description: "Effect that is drift. Default: of the method." }),
      judge: z
        .enum(["exact", "significant"])
        .exactOptional()
        .meta({ description: "exact asks the effect alone. Default: significant, more than noise at a false discovery rate of 1 %." }),
      cell: z.string().exactOptional().meta({ description: "For `proportion`: the cell whose share is compared." }),
    })
    .meta({ description: "The distribution of a field must stay near its baseline. Default action: alert." }),
  z
    .strictObject({ kind: z.literal("driftShare"), ...common, share })
    .meta({ description: "Not so many of the fields with `drift` rules may drift at once. Default action: alert." }),
  z
    .strictObject({
      kind: z.literal("rateChange"),
      ...common,
      field,
      of: z.enum(["null", "invalid", "unseen", "class"]).meta({ description: "Which values the rate counts." }),
      value: z.string().exactOptional().meta({ description: "For `class`: the class." }),
      rate: share.exactOptional().meta({ description: "Rate that is in order. Default: that of the baseline." }),
      baseline: baseline.exactOptional(),
      spacing: whole(100, 1_000_000_000)
        .exactOptional()
        .meta({ description: "Records between false alarms, at least, on average. Default: 10000." }),
    })
    .meta({ description: "The rate of bad values must not rise; every record is looked at (e-SR detector). Default action: alert." }),
  z
    .strictObject({
      kind: z.literal("level"),
      ...common,
      field,
      detector: z.enum(["adwin", "pageHinkley"]).exactOptional().meta({ description: "Default: adwin." }),
      baseline: baseline.exactOptional(),
      mean: number.exactOptional().meta({ description: "Level that is in order. Default: that of the baseline." }),
      sigma: positive.exactOptional().meta({ description: "Standard deviation that is in order. Default: that of the baseline." }),
      delta: number.gt(0).lt(1).exactOptional().meta({ description: "adwin: bound on false alarms at one look. Default: 0.002." }),
      threshold: positive.exactOptional().meta({ description: "pageHinkley: sum of exceedances that alarms. Default: 50." }),
      tolerance: number.min(0).exactOptional().meta({ description: "pageHinkley: change that is tolerated. Default: 0.005." }),
    })
    .meta({ description: "The level of a number must not change; every record is looked at. Default action: alert." }),
  z
    .strictObject({ kind: z.literal("missingField"), ...common, field, baseline })
    .meta({ description: "A field that at least 99 % of the baseline have must not be missing in more than 99 % of a window." }),
  z
    .strictObject({
      kind: z.literal("newField"),
      ...common,
      minPresence: share.exactOptional().meta({ description: "Fields that a smaller share of the records has are none. Default: 1%." }),
      ignore: z
        .array(z.string(expecting("the name of a field")).min(1))
        .max(1000)
        .exactOptional()
        .meta({ description: "Names that are in order." }),
    })
    .meta({
      description:
        "No field of the record itself that the contract does not know, in a share of a window's records. Default action: alert.",
    }),
  z
    .strictObject({ kind: z.literal("typeChange"), ...common, field, baseline })
    .meta({ description: "At least half of the values of a window must have the type that the baseline has." }),
  z
    .strictObject({ kind: z.literal("constant"), ...common, field })
    .meta({ description: "The values of a window must not all be the same: a sensor that stands still." }),
  z
    .strictObject({
      kind: z.literal("cardinality"),
      ...common,
      field,
      min: whole(1, MAX_DISTINCT).exactOptional(),
      max: whole(1, MAX_DISTINCT).exactOptional(),
    })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "So many different values in a window, counted exactly." }),
  z
    .strictObject({ kind: z.literal("mean"), ...common, field, ...bounds })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "The mean of the numbers of a window must lie within bounds, both included." }),
  z
    .strictObject({
      kind: z.literal("quantile"),
      ...common,
      field,
      q: number
        .gt(0)
        .max(1)
        .meta({ description: "0.5 is the median, 1 the greatest.", examples: [0.95] }),
      ...bounds,
    })
    .refine(someBound, noBound)
    .refine(ordered, disordered)
    .meta({ description: "A quantile of the numbers of a window (nearest rank) must lie within bounds, both included." }),
  z
    .strictObject({
      kind: z.literal("volume"),
      ...common,
      min: count.exactOptional(),
      max: count.exactOptional(),
      ratio: z
        .strictObject({ min: number.min(0).exactOptional(), max: number.min(0).exactOptional() })
        .refine(someBound, noBound)
        .refine(ordered, disordered)
        .exactOptional()
        .meta({ description: "How many times the records of the window before it may have.", examples: [{ min: 0.5, max: 2 }] }),
      season: z
        .strictObject({ z: positive })
        .exactOptional()
        .meta({
          description:
            "How many robust standard deviations it may lie from the median of the last 12 windows that began at the same hour (UTC) of the same weekday.",
          examples: [{ z: 5 }],
        }),
    })
    .refine((rule) => someBound(rule) || rule.ratio !== undefined || rule.season !== undefined, {
      error: "expected `min`, `max`, `ratio` or `season`",
    })
    .refine(ordered, disordered)
    .meta({ description: "So many records in a window." }),
  z.strictObject({ kind: z.literal("complete"), ...common }).meta({
    description: "A batch is what its producer said of it in the headers batch-count and batch-checksum. For windows of kind batch.",
  }),
  z
    .strictObject({
      kind: z.literal("silence"),
      ...common,
      gap: positiveDuration.meta({ description: "So long may nothing come, by the clock of the monitor.", examples: ["15m"] }),
    })
    .meta({
      description: "Records must keep coming to the gate. The monitor watches for it; it alerts, and decides nothing about records.",
    }),
]);
