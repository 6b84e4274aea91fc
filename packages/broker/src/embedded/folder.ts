import { access, mkdir, stat } from "node:fs/promises";
import { constants } from "node:fs";
import path from "node:path";

/**
 * Makes a folder that can be written; otherwise says why it cannot be. Node 20's recursive mkdir never returns on some
 * paths that cannot be, so the nearest parent that exists is asked first.
 */
export async function makeFolder(folder: string): Promise<string | null> {
  const wanted = path.resolve(folder);
  for (let parent = wanted; ; parent = path.dirname(parent)) {
    const found = await stat(parent).catch(() => null);
    if (!found) continue;
    if (!found.isDirectory()) return `${parent} is not a folder`;
    if (
      !(await access(parent, constants.W_OK).then(
        () => true,
        () => false,
      ))
    )
      return `${parent} is not writable`;
    return mkdir(wanted, { recursive: true }).then(
      () => null,
      (error: unknown) => String(error),
    );
  }
}
