import type { Contract } from "@weir/contract";
import { canonicalJson } from "../canonical.ts";
import type { Baseline, BaselineColumn } from "../drift/baseline.ts";
import { stopOf } from "../stop-cause.ts";
import type { DetectorRule, DetectorSpec } from "./detector-rule.ts";
import { level } from "./level.ts";
import { rateChange } from "./rate-change.ts";

export interface DetectorContext {
  readonly contract: Pick<Contract, "field">;
  readonly baselines: ReadonlyMap<string, Baseline>;
  readonly ref: string;
}

export function detectorRule(spec: DetectorSpec, context: DetectorContext): DetectorRule {
  const common = {
    id: spec.id,
    ref: context.ref,
    mode: spec.mode === "observe" ? ("observe" as const) : ("enforce" as const),
    action: spec.action ?? "alert",
    stop: stopOf(spec),
    settings: canonicalJson(spec),
  };
  const column = columnFor(spec, context.baselines);
  return spec.kind === "rateChange"
    ? { ...common, kind: spec.kind, ...rateChange(spec, context.contract, column) }
    : { ...common, kind: spec.kind, ...level(spec, column) };
}

function columnFor(spec: DetectorSpec, baselines: ReadonlyMap<string, Baseline>): BaselineColumn | null {
  if (spec.baseline === undefined) return null;
  const baseline = baselines.get(spec.baseline);
  if (!baseline) throw new Error(`the baseline ${spec.baseline} of rule ${spec.id} was not handed in`);
  return baseline.columns[spec.field] ?? null;
}
