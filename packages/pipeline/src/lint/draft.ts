import type { Contract } from "@weir/contract";
import type { Pipeline, StageSpec } from "../pipeline.ts";
import type { YamlText } from "../yaml-text.ts";

/** What is known of a pipeline while its file is checked: parts whose form is wrong are left out, the others are checked all the same. */
export interface Draft {
  readonly yaml: YamlText;
  readonly name: string;
  readonly record: Pipeline["record"] | null;
  readonly topics: Pipeline["topics"];
  readonly stages: ReadonlyMap<string, StageSpec>;
  /** Of all stages, those left out included. */
  readonly ids: ReadonlySet<string>;
  /** null when there is none that can be used. */
  readonly contract: Contract | null;
}

/** Are all stages of the file among the checked ones? Only then can anything be said of the whole graph. */
export function isComplete(draft: Draft): boolean {
  return draft.stages.size === draft.ids.size;
}
