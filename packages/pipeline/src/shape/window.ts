import type { WindowSpec } from "@weir/rules";
import * as z from "zod";
import { duration, expecting, pointer, positiveDuration, whole } from "./words.ts";

/** The rules' own type, but that `hold` is decided later, when it is not written. */
export type WindowFile = WindowSpec extends infer W
  ? W extends WindowSpec
    ? Omit<W, "hold"> & { readonly hold?: boolean }
    : never
  : never;

const common = {
  hold: z
    .boolean(expecting("true or false"))
    .exactOptional()
    .meta({ description: "Nothing of the window goes on until it is judged. Default: true as soon as a window rule can quarantine." }),
  breaker: z
    .strictObject({
      closeAfter: whole(1, 1000).default(3).meta({ description: "Windows in a row without a breach after which records go on again." }),
    })
    .exactOptional()
    .meta({
      description:
        "Instead of hold: records go on while the window is open; a window that breaks a rule with quarantineWindow diverts later records to the quarantine, until windows without a breach close the breaker.",
      examples: [{ closeAfter: 3 }],
    }),
  minRecords: whole(1, 1_000_000_000).exactOptional().meta({ description: "Below this many records window rules answer `insufficient`." }),
  idleAfter: positiveDuration
    .exactOptional()
    .meta({ description: "Close the window when the partition has been silent for so long (wall clock)." }),
};

const count = z
  .strictObject({
    kind: z.literal("count"),
    ...common,
    size: whole(1, 10_000_000).meta({ description: "Delivered records per partition." }),
  })
  .meta({ description: "Every so many records of a partition." });

/** Of windows on event time. */
const timed = {
  lateness: duration.prefault("0s").meta({ description: "How far the watermark stays behind the greatest event time." }),
  late: z
    .enum(["quarantine", "nextWindow", "recordRulesOnly"])
    .default("quarantine")
    .meta({ description: "What happens to records of a window that is closed." }),
  maxFuture: duration
    .exactOptional()
    .meta({ description: "An event time further than this ahead of the record's own timestamp is refused." }),
};

const offset = duration.exactOptional().meta({ description: "Shift of the boundaries from midnight UTC.", examples: ["5h"] });

const time = z
  .strictObject({
    kind: z.literal("time"),
    ...common,
    scope: z.enum(["partition", "global", "key"]).exactOptional().meta({
      description:
        "global judges one window over all partitions, key judges every key of `by` for itself within a partition. Default: every partition for itself.",
    }),
    by: pointer.exactOptional().meta({ description: "For scope: key: the field whose values are the keys.", examples: ["/tenant"] }),
    maxKeys: whole(1, 10_000).exactOptional().meta({
      description: "For scope: key: keys of a window with a tally of their own; those beyond are judged together. Default: 10000.",
    }),
    every: positiveDuration.meta({ description: "Length of the window.", examples: ["1d", "15m"] }),
    offset,
    timezone: z
      .string(expecting("a time zone such as Europe/Paris"))
      .refine(isTimeZone, expecting("a time zone such as Europe/Paris"))
      .exactOptional()
      .meta({ description: "Windows of whole days begin at midnight there, daylight saving included." }),
    ...timed,
  })
  .meta({ description: "Tumbling, on event time." });

const sliding = z
  .strictObject({
    kind: z.literal("sliding"),
    ...common,
    every: positiveDuration.meta({
      description: "Length of a pane. Whenever one closes there is a verdict; held records wait for their own pane.",
      examples: ["5m"],
    }),
    over: positiveDuration.meta({
      description: "What a verdict looks back on: the panes of so long, the one that closes included.",
      examples: ["1h"],
    }),
    offset,
    ...timed,
  })
  .meta({ description: "Sliding, on event time: panes of `every`, each judged with those before it that lie within `over`." });

const batch = z
  .strictObject({
    kind: z.literal("batch"),
    ...common,
    scope: z.enum(["partition", "global"]).exactOptional().meta({
      description:
        "global judges a batch over all partitions: over when they together have as many records as its header batch-count says. Default: what each partition has of it for itself.",
    }),
  })
  .meta({ description: "What a producer marks as one batch by headers." });

export const windowSchema: z.ZodType<WindowFile> = z.discriminatedUnion("kind", [count, time, sliding, batch]);

function isTimeZone(name: string): boolean {
  try {
    return new Intl.DateTimeFormat("en", { timeZone: name }).resolvedOptions().timeZone !== "";
  } catch {
    return false;
  }
}
