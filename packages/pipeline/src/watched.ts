import { stopOf } from "@weir/rules";
import type { StageSpec } from "./pipeline.ts";

/** Can one of its rules stop the stage? Then it tells owners itself. */
export function canStop(spec: StageSpec | undefined): boolean {
  return spec?.type === "gate" && spec.rules.some((rule) => stopOf(rule) !== null);
}
