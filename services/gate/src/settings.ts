import type { RuleSet, WindowSpec } from "@weir/rules";

/** What every lane of a gate works by. */
export interface GateSettings {
  readonly pipeline: string;
  readonly stage: string;
  /** SHA-256 of the canonical pipeline. */
  readonly spec: string;
  readonly window: WindowSpec | null;
  readonly kind: "none" | WindowSpec["kind"];
  readonly hold: boolean;
  /** The rule set that new windows are opened under. */
  readonly ruleSet: RuleSet;
  readonly maxHeldRecords: number;
  readonly maxHeldBytes: number;
}
