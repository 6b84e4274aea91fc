/** What a gate is told to check: plain data, parsed and validated by `@weir/pipeline`. Fields are JSON pointers into the record. */
export type Mode = "off" | "observe" | "enforce";
export type Action = "tag" | "quarantineRecord" | "quarantineWindow" | "deadLetter" | "alert" | "pause" | "halt";
export type Judge = "exact" | "significant";
export type OnInsufficient = "pass" | "mergeNext" | "quarantine";
export type OnError = "fail" | "skip" | "dead-letter";

interface Common {
  readonly id: string;
  readonly mode?: Mode;
  readonly action?: Action;
  readonly owner?: string;
  readonly onInsufficient?: OnInsufficient;
}

export type RuleSpec =
  | (Common & { readonly kind: "decode"; readonly maxBytes?: number; readonly maxDepth?: number })
  | (Common & { readonly kind: "schema" })
  | (Common & { readonly kind: "required"; readonly field: string; readonly missing?: Missing })
  | (Common & {
      readonly kind: "nullRate";
      readonly field: string;
      readonly max: number;
      readonly judge?: Judge;
      readonly alpha?: number;
      readonly missing?: Missing;
    })
  | (Common & {
      readonly kind: "range";
      readonly field: string;
      readonly min?: number;
      readonly max?: number;
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & {
      readonly kind: "oneOf";
      readonly field: string;
      readonly values: readonly (string | number | boolean)[];
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & {
      readonly kind: "pattern";
      readonly field: string;
      readonly pattern: string;
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & {
      readonly kind: "length";
      readonly field: string;
      readonly min?: number;
      readonly max?: number;
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & { readonly kind: "expr"; readonly expr: string; readonly nullIs?: "pass" | "fail"; readonly onError?: OnError })
  | (Common & { readonly kind: "volume"; readonly min?: number; readonly max?: number });

/** Which of the ways to have no value count as missing. Default: absent and null. */
export interface Missing {
  readonly absent?: boolean;
  readonly null?: boolean;
  readonly sentinels?: readonly (string | number)[];
}

interface WindowCommon {
  /** Nothing of the window goes on until it is judged. */
  readonly hold: boolean;
  /** Below this the value of a window rule says nothing. */
  readonly minRecords?: number;
}

/** Durations in milliseconds; shares as fractions of 1. */
export type WindowSpec =
  | (WindowCommon & { readonly kind: "count"; readonly size: number; readonly idleAfter?: number })
  | (WindowCommon & {
      readonly kind: "time";
      readonly every: number;
      /** Fixed shift of the boundaries from 1970-01-01T00:00Z, or a time zone's midnight. */
      readonly offset?: number;
      readonly timezone?: string;
      readonly lateness: number;
      readonly late: "quarantine" | "nextWindow" | "recordRulesOnly";
      readonly idleAfter?: number;
      /** An event time further than this ahead of the record's own timestamp is refused. */
      readonly maxFuture?: number;
    })
  | (WindowCommon & { readonly kind: "batch"; readonly idleAfter?: number });
