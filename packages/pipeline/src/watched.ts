import { stopOf } from "@weir/rules";
import type { StageSpec } from "./pipeline.ts";

/** Can one of its rules stop the stage? Then it tells owners itself. */
export function canStop(spec: StageSpec | undefined): boolean {
  return spec?.type === "gate" && spec.rules.some((rule) => stopOf(rule) !== null);
}

/** Does the monitor watch whether anything comes to the stage? */
export function isWatched(spec: StageSpec | undefined): boolean {
  return spec?.type === "gate" && spec.rules.some(({ kind, mode }) => kind === "silence" && mode !== "off");
}
