import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { WeirError } from "@weir/record";
import { modelName, parseManifest, resolveModel, type Aliases, type Manifest, type ModelReference } from "@weir/model";

/** A version as it lies in a folder: what is known of it, and its bytes, not yet compared with its digest. */
export interface StoredModel {
  readonly manifest: Manifest;
  readonly bytes: Uint8Array;
}

/**
 * Reads the version that a reference means from `<folder>/<model>/<version>/{model.onnx,manifest.json}`.
 * @throws {WeirError} WEIR-4001 manifest · WEIR-4004 no such model · WEIR-4105 pinned to other bytes
 */
export async function readModel(folder: string, reference: ModelReference, aliases: Aliases): Promise<StoredModel> {
  const versions = await readVersions(folder, reference.model);
  const target = resolveModel(reference, aliases, versions);
  const manifest = versions.find((v) => v.version === target.version)!; // resolveModel checked that it is there
  if (target.digest !== null && target.digest !== manifest.digest) {
    throw new WeirError(
      {
        code: "WEIR-4105",
        what: `${reference.by === "alias" ? `alias ${reference.alias}` : "the reference"} and ${modelName(manifest)} are pinned to different bytes`,
        where: join(folder, reference.model),
        why: `${target.digest} is not ${manifest.digest}`,
        fix: "a version never changes: restore it, or move the alias to the version that is meant",
      },
      { exitCode: 3 },
    );
  }
  return { manifest, bytes: await readFile(join(folder, reference.model, target.version, "model.onnx")) };
}

/** The manifests of all versions of a model; none if there is no such folder. */
export async function readVersions(folder: string, model: string): Promise<readonly Manifest[]> {
  const entries = await readdir(join(folder, model), { withFileTypes: true }).catch(() => []);
  const names = entries.filter((e) => e.isDirectory() && /^[1-9][0-9]*$/.test(e.name)).map((e) => e.name);
  return Promise.all(
    names.toSorted((a, b) => Number(a) - Number(b)).map((name) => readManifest(join(folder, model, name, "manifest.json"), model, name)),
  );
}

async function readManifest(path: string, model: string, version: string): Promise<Manifest> {
  const manifest = parseManifest(parseJson(await readFile(path, "utf8"), path));
  if (manifest.model === model && manifest.version === version) return manifest;
  throw new WeirError(
    {
      code: "WEIR-4001",
      what: "a manifest lies in another model's folder",
      where: path,
      why: `it is that of ${modelName(manifest)}`,
      fix: "move it, or correct its model and version",
    },
    { exitCode: 3 },
  );
}

function parseJson(text: string, path: string): unknown {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new WeirError(
      {
        code: "WEIR-4001",
        what: "a manifest is no JSON",
        where: path,
        why: error instanceof Error ? error.message : String(error),
        fix: "correct the file",
      },
      { cause: error, exitCode: 3 },
    );
  }
}
