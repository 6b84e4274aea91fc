import type { DistanceName } from "@weir/stats";

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
  /** With action `pause`: milliseconds after which the stage goes on by itself. Default 5 minutes. */
  readonly for?: number;
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
      /** A greater share is worth a look. */
      readonly warn?: number;
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
  | (Common & {
      readonly kind: "nullRise";
      readonly field: string;
      readonly missing?: Missing;
      /** Baseline file, relative to the pipeline's folder. */
      readonly baseline: string;
      /** Default 1 %. */
      readonly minDelta?: number;
      readonly alpha?: number;
    })
  | (Common & {
      readonly kind: "sentinel";
      readonly field: string;
      readonly value: string | number;
      readonly max: number;
      /** A greater share is worth a look. */
      readonly warn?: number;
      readonly judge?: Judge;
      readonly alpha?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & {
      readonly kind: "type";
      readonly field: string;
      readonly is: "string" | "number" | "integer" | "boolean";
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | (Common & {
      readonly kind: "freshness";
      readonly field: string;
      readonly unit?: "s" | "ms";
      /** Milliseconds before and ahead of the record's timestamp; `maxFuture` default 0. */
      readonly maxAge: number;
      readonly maxFuture?: number;
      readonly mostly?: number;
      readonly denominator?: "present" | "all";
    })
  | MissingFieldSpec
  | NewFieldSpec
  | TypeChangeSpec
  | (Common & { readonly kind: "constant"; readonly field: string })
  | (Common & { readonly kind: "cardinality"; readonly field: string; readonly min?: number; readonly max?: number })
  | MeanSpec
  | QuantileSpec
  | UniqueSpec
  | DriftSpec
  | DriftShareSpec
  | RateChangeSpec
  | LevelSpec
  | VolumeSpec
  | CompleteSpec
  | SilenceSpec;

/** Has nothing come for so long? Asked of the clock, so it decides nothing about records: the monitor watches for it. */
export type SilenceSpec = Common & {
  readonly kind: "silence";
  /** Milliseconds. */
  readonly gap: number;
};

/** Is a batch what its producer said of it: as many records, the same values? */
export type CompleteSpec = Common & { readonly kind: "complete" };

/** Has a window as many records as it should? */
export type VolumeSpec = Common & {
  readonly kind: "volume";
  readonly min?: number;
  readonly max?: number;
  /** Of the window before: it may have so many times its records. */
  readonly ratio?: { readonly min?: number; readonly max?: number };
  /** Of the windows of the same hour of the week: robust standard deviations from their median. */
  readonly season?: { readonly z: number };
};

/** Has a field gone that was always there? */
export type MissingFieldSpec = Common & {
  readonly kind: "missingField";
  readonly field: string;
  /** Baseline file, relative to the pipeline's folder. */
  readonly baseline: string;
};

/** Have records a field of which the contract knows nothing? */
export type NewFieldSpec = Common & {
  readonly kind: "newField";
  /** Rarer ones are none. Default 1 %. */
  readonly minPresence?: number;
  /** Names that are in order. */
  readonly ignore?: readonly string[];
};

/** Have most values another type than before? */
export type TypeChangeSpec = Common & { readonly kind: "typeChange"; readonly field: string; readonly baseline: string };

export type MeanSpec = Common & { readonly kind: "mean"; readonly field: string; readonly min?: number; readonly max?: number };

export type QuantileSpec = Common & {
  readonly kind: "quantile";
  readonly field: string;
  /** In (0, 1]; 1 is the greatest. */
  readonly q: number;
  readonly min?: number;
  readonly max?: number;
};

export type UniqueSpec = Common & {
  readonly kind: "unique";
  /** Absent: the record's id. */
  readonly field?: string;
  /** Milliseconds; default one day. */
  readonly horizon?: number;
  /** Default 1,000,000. */
  readonly maxKeys?: number;
  /** Judged over windows, without a horizon: the share of records whose value another of the window has. Needs a field. */
  readonly max?: number;
};

/** Has the distribution of a field left its baseline? */
export type DriftSpec = Common & {
  readonly kind: "drift";
  readonly field: string;
  /** Baseline file, relative to the pipeline's folder. */
  readonly baseline: string;
  /** Default `js`. */
  readonly method?: DistanceName;
  /** Default: of the method. */
  readonly warn?: number;
  readonly fail?: number;
  /** `exact` asks the effect alone; default `significant`. */
  readonly judge?: Judge;
  /** For `proportion`: the cell whose share is compared. */
  readonly cell?: string;
};

/** Have so many of the fields with `drift` rules drifted at once? */
export type DriftShareSpec = Common & { readonly kind: "driftShare"; readonly share: number };

/** Has the rate of bad values risen, looked at with every record? */
export type RateChangeSpec = Common & {
  readonly kind: "rateChange";
  readonly field: string;
  readonly of: "null" | "invalid" | "unseen" | "class";
  /** For `class`. */
  readonly value?: string;
  /** Rate that is in order; default: that of the baseline. */
  readonly rate?: number;
  readonly baseline?: string;
  /** Records between false alarms, at least, on average. Default 10,000. */
  readonly spacing?: number;
};

/** Has the level of a number changed, looked at with every record? */
export type LevelSpec = Common & {
  readonly kind: "level";
  readonly field: string;
  /** Default `adwin`. */
  readonly detector?: "adwin" | "pageHinkley";
  readonly baseline?: string;
  /** What is in order; default: that of the baseline. */
  readonly mean?: number;
  readonly sigma?: number;
  /** ADWIN: bound on false alarms at one look. */
  readonly delta?: number;
  /** Page–Hinkley: sum of exceedances that alarms, and the rise that is tolerated; in standard deviations. */
  readonly threshold?: number;
  readonly tolerance?: number;
};

/** Which of the ways to have no value count as missing. Default: absent and null. */
export interface Missing {
  readonly absent?: boolean;
  readonly null?: boolean;
  readonly sentinels?: readonly (string | number)[];
}

interface WindowCommon {
  /** Nothing of the window goes on until it is judged. */
  readonly hold: boolean;
  /** Records flow; a window that breaks a rule diverts those after it, until so many in a row have broken none. Not with `hold`. */
  readonly breaker?: { readonly closeAfter: number };
  /** Below this the value of a window rule says nothing. */
  readonly minRecords?: number;
}

/** Durations in milliseconds; shares as fractions of 1. */
export type WindowSpec =
  | (WindowCommon & { readonly kind: "count"; readonly size: number; readonly idleAfter?: number })
  | (WindowCommon & {
      readonly kind: "time";
      /** Judged in every partition for itself (default), over all of them, or in every partition key by key. */
      readonly scope?: "partition" | "global" | "key";
      /** For `key`: whose values are the keys. */
      readonly by?: string;
      /** For `key`: keys with a tally of their own; those beyond are judged together. Default 10,000. */
      readonly maxKeys?: number;
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
  | (WindowCommon & {
      readonly kind: "sliding";
      /** Length of a pane: whenever one closes, the panes of the last `over` are judged together. */
      readonly every: number;
      /** A whole number of panes. */
      readonly over: number;
      /** Fixed shift of the boundaries from 1970-01-01T00:00Z. */
      readonly offset?: number;
      readonly lateness: number;
      readonly late: "quarantine" | "nextWindow" | "recordRulesOnly";
      readonly idleAfter?: number;
      /** An event time further than this ahead of the record's own timestamp is refused. */
      readonly maxFuture?: number;
    })
  | (WindowCommon & {
      readonly kind: "batch";
      /** What a partition has of a batch, judged for itself (default), or what all of them have together. */
      readonly scope?: "partition" | "global";
      readonly idleAfter?: number;
    });
