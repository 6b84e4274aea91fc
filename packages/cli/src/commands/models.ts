import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import { listModels, type ListedModel } from "@weir/pipeline";
import { WeirError } from "@weir/record";
import { checkPipeline, sha256, type Environment } from "@weir/service";

/** A version of a model and the stages whose reference means it. */
export interface UsedModel extends ListedModel {
  readonly usedBy: readonly string[];
}

/** Everything under `models/` of a pipeline's folder, with what the pipeline makes of it. */
export function readModels(folder: string, env: Environment): UsedModel[] {
  const used = [...checkPipeline(folder, env).models];
  const read = (file: string): Buffer | null => {
    try {
      return readFileSync(path.resolve(folder, file));
    } catch {
      return null;
    }
  };
  const files = { readText: (file: string) => read(file)?.toString() ?? null, readBytes: read };
  return listModels(modelNames(path.join(folder, "models")), files, sha256).map((listed) => ({
    ...listed,
    usedBy: used.flatMap(([stage, { model, version }]) => (model === listed.model && version === listed.version ? [stage] : [])),
  }));
}

function modelNames(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => (entry.isDirectory() ? [entry.name] : []));
  } catch {
    return [];
  }
}

/** By `NAME/VERSION` or `NAME@ALIAS`. @throws {WeirError} WEIR-6023 */
export function pickModel(models: readonly UsedModel[], reference: string): UsedModel {
  const [, name = "", by = "", what = ""] = /^([^/@]+)([/@])(.+)$/.exec(reference) ?? [];
  const found = models.find((m) => m.model === name && (by === "@" ? m.aliases.includes(what) : m.version === what));
  if (found) return found;
  throw new WeirError({
    code: "WEIR-6023",
    what: `there is no model ${reference}`,
    why: `the folder has ${models.map((m) => `${m.model}/${m.version}`).join(", ") || "none"}`,
    fix: "name it NAME/VERSION or NAME@ALIAS, as weir models list does",
  });
}
