import type { Sha256 } from "@weir/deadletter";
import {
  parseAliases,
  parseManifest,
  parseModelReference,
  resolveModel,
  type Aliases,
  type Manifest,
  type ModelReference,
} from "@weir/model";
import { WeirError, type Problem } from "@weir/record";
import type { SpecCode } from "./codes.ts";
import { readYaml } from "./yaml-text.ts";

/** Files of the pipeline's folder, by path relative to it; null where there is none. */
export interface Folder {
  readonly readText: (path: string) => string | null;
  /** Without it the bytes of models are not compared with their digests here (services always do). */
  readonly readBytes?: (path: string) => Uint8Array | null;
}

/** The version of a model that a reference means, with the paths of its files. */
export interface ResolvedModel {
  readonly model: string;
  readonly version: string;
  /** SHA-256 of the model's bytes, hex. */
  readonly digest: string;
  readonly manifest: Manifest;
  readonly manifestPath: string;
  readonly modelPath: string;
}

export interface ModelProblem {
  readonly code: SpecCode;
  readonly what: string;
  readonly why?: string | undefined;
  readonly fix?: string | undefined;
}

/** No folder lists more: versions are looked for by number, upwards, until one is missing. */
const MAX_VERSIONS = 1000;

/** Looks a model up in `models/NAME/`. */
export function findModel(reference: string, folder: Folder, sha256: Sha256): ResolvedModel | ModelProblem {
  const parsed = parseModelReference(reference);
  const base = `models/${parsed.model}`;
  const aliases = readAliases(`${base}/aliases.yaml`, folder);
  if (isProblem(aliases)) return aliases;
  const versions = knownVersions(parsed, base, aliases, folder);
  const wanted = attempt(() => resolveModel(parsed, aliases, versions), "WEIR-1601");
  if (isProblem(wanted)) return { ...wanted, fix: wanted.fix ?? `add ${base}/VERSION/model.onnx and manifest.json` };
  const manifestPath = `${base}/${wanted.version}/manifest.json`;
  const manifest = readManifest(manifestPath, folder);
  if (isProblem(manifest)) return manifest;
  const found = {
    model: parsed.model,
    version: wanted.version,
    digest: manifest.digest,
    manifest,
    manifestPath,
    modelPath: `${base}/${wanted.version}/model.onnx`,
  };
  return disagreement(found, wanted.digest, folder, sha256) ?? found;
}

export function isProblem(value: object): value is ModelProblem {
  return "code" in value && "what" in value;
}

export function readAliases(path: string, folder: Folder): Aliases | ModelProblem {
  const text = folder.readText(path);
  if (text === null) return new Map();
  const yaml = readYaml(text, path, null);
  const [problem] = yaml.problems;
  if (problem !== undefined) return { code: "WEIR-1603", what: `${problem.where ?? path}: ${problem.what}`, fix: problem.fix };
  return attempt(() => parseAliases(yaml.value ?? {}, path), "WEIR-1603");
}

/** Versions from 1 up, until one is missing. */
export function versionsOf(model: string, folder: Folder): readonly string[] {
  const versions: string[] = [];
  for (let n = 1; n <= MAX_VERSIONS && folder.readText(`models/${model}/${n}/manifest.json`) !== null; n++) versions.push(String(n));
  return versions;
}

/** The folder cannot be listed: versions are those that the reference or an alias names, and for a digest all from 1 up. */
function knownVersions(
  reference: ModelReference,
  base: string,
  aliases: Aliases,
  folder: Folder,
): readonly { version: string; digest: string }[] {
  const names = new Set([...aliases.values()].map((target) => target.version));
  if (reference.by === "version") names.add(reference.version);
  for (const version of versionsOf(reference.model, folder)) names.add(version);
  return [...names].flatMap((version) => {
    const text = folder.readText(`${base}/${version}/manifest.json`);
    return text === null ? [] : [{ version, digest: /"digest"\s*:\s*"(?:sha256:)?([0-9a-f]{64})"/.exec(text)?.[1] ?? "" }];
  });
}

function readManifest(path: string, folder: Folder): Manifest | ModelProblem {
  const text = folder.readText(path);
  if (text === null) return { code: "WEIR-1601", what: `there is no ${path}`, fix: "add it, or name another version" };
  let untrusted: unknown;
  try {
    untrusted = JSON.parse(text);
  } catch (error) {
    return { code: "WEIR-1603", what: `${path} is not JSON`, why: error instanceof Error ? error.message : undefined };
  }
  return attempt(() => parseManifest(untrusted), "WEIR-1603");
}

function disagreement(found: ResolvedModel, pinned: string | null, folder: Folder, sha256: Sha256): ModelProblem | null {
  const { model, version } = found;
  if (found.manifest.model !== model || found.manifest.version !== version) {
    return {
      code: "WEIR-1603",
      what: `${found.manifestPath} is the manifest of ${found.manifest.model}/${found.manifest.version}`,
      fix: `put the manifest of ${model}/${version} there`,
    };
  }
  if (pinned !== null && pinned !== found.digest) {
    return {
      code: "WEIR-1602",
      what: `the manifest of ${model}/${version} has another digest than the reference`,
      why: `${found.digest.slice(0, 8)}… instead of ${pinned.slice(0, 8)}…`,
      fix: "restore the version, or move the alias",
    };
  }
  if (folder.readBytes === undefined) return null;
  const bytes = folder.readBytes(found.modelPath);
  if (bytes === null) return { code: "WEIR-1601", what: `there is no ${found.modelPath}`, fix: "add it, or name another version" };
  const digest = sha256(bytes);
  if (digest === found.digest) return null;
  return {
    code: "WEIR-1602",
    what: `${found.modelPath} is not the file that was registered`,
    why: `its SHA-256 is ${digest.slice(0, 8)}…, the manifest says ${found.digest.slice(0, 8)}…`,
    fix: "restore the file, or register it as a new version",
  };
}

function attempt<T>(read: () => T, code: SpecCode): T | ModelProblem {
  try {
    return read();
  } catch (error) {
    if (error instanceof WeirError) return problemOf(error.problem, code);
    throw error;
  }
}

function problemOf({ what, why, fix }: Problem, code: SpecCode): ModelProblem {
  return { code, what, why: why?.replace(/\s*\n\s*/g, "; "), fix };
}
