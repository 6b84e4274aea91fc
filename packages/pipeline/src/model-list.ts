import type { Sha256 } from "@weir/deadletter";
import { findModel, isProblem, readAliases, versionsOf, type Folder, type ModelProblem, type ResolvedModel } from "./models.ts";

/** A version of a model in a pipeline's folder. */
export interface ListedModel {
  readonly model: string;
  readonly version: string;
  /** Aliases that point to it. */
  readonly aliases: readonly string[];
  /** The version, or why it cannot be used. */
  readonly found: ResolvedModel | ModelProblem;
}

/** All versions of the named models, in order; bytes are held against their digests where the folder can be read. */
export function listModels(names: readonly string[], folder: Folder, sha256: Sha256): readonly ListedModel[] {
  return names.flatMap((model) => {
    const aliases = readAliases(`models/${model}/aliases.yaml`, folder);
    const pointing = isProblem(aliases) ? new Map<string, { readonly version: string }>() : aliases;
    const versions = new Set([...versionsOf(model, folder), ...[...pointing.values()].map((target) => target.version)]);
    return [...versions]
      .sort((a, b) => Number(a) - Number(b))
      .map((version) => ({
        model,
        version,
        aliases: [...pointing].flatMap(([alias, target]) => (target.version === version ? [alias] : [])),
        found: isProblem(aliases) ? aliases : findModel(`${model}/${version}`, folder, sha256),
      }));
  });
}
