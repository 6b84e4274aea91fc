import { access, mkdir, rename, rm, writeFile } from "node:fs/promises";
import os from "node:os";
import path from "node:path";
import { brokerProblem } from "../problems.ts";
import { makeFolder } from "./folder.ts";
import { lock } from "./lock.ts";

type Env = Readonly<Record<string, string | undefined>>;

/** `WEIR_CACHE_DIR`, else the platform's place for caches. */
export function cacheRoot(env: Env, platform: NodeJS.Platform = process.platform, home: string = os.homedir()): string {
  if (env["WEIR_CACHE_DIR"]) return env["WEIR_CACHE_DIR"];
  if (env["XDG_CACHE_HOME"]) return path.join(env["XDG_CACHE_HOME"], "weir");
  if (platform === "darwin") return path.join(home, "Library", "Caches", "weir");
  if (platform === "win32") return path.join(env["LOCALAPPDATA"] ?? path.join(home, "AppData", "Local"), "weir", "cache");
  return path.join(home, ".cache", "weir");
}

/**
 * The folder `name` of the cache, made by `build` if it is not whole yet: into a temporary folder, `ready.json` last, one
 * rename. Processes that want the same wait for one another; what one has finished no other replaces.
 */
export async function cached(root: string, name: string, build: (folder: string) => Promise<void>): Promise<string> {
  const folder = path.join(root, name);
  if (await isCached(root, name)) return folder;
  const why = await makeFolder(root);
  if (why !== null)
    throw brokerProblem({
      code: "WEIR-4302",
      what: "the cache folder cannot be written",
      where: root,
      why,
      fix: "set WEIR_CACHE_DIR to a folder that can be written",
    });
  const unlock = await lock(`${folder}.lock`);
  const temporary = `${folder}.${process.pid}.tmp`;
  try {
    if (await isCached(root, name)) return folder;
    await rm(temporary, { recursive: true, force: true });
    await mkdir(temporary);
    await build(temporary);
    await writeFile(path.join(temporary, "ready.json"), JSON.stringify({ name }));
    if (await isCached(root, name)) return folder;
    await rm(folder, { recursive: true, force: true });
    await rename(temporary, folder);
    return folder;
  } finally {
    await rm(temporary, { recursive: true, force: true });
    await unlock();
  }
}

export async function isCached(root: string, name: string): Promise<boolean> {
  return access(path.join(root, name, "ready.json")).then(
    () => true,
    () => false,
  );
}
