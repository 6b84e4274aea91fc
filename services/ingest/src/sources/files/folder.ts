import { createReadStream } from "node:fs";
import { readdir, stat } from "node:fs/promises";
import path from "node:path";
import type { FileStore, StoredFile } from "./store.ts";

/** The files of a folder, not of folders inside it. */
export function folderStore(folder: string): FileStore {
  return {
    place: folder,
    async list() {
      const entries = await readdir(folder, { withFileTypes: true });
      const names = entries.filter((entry) => entry.isFile() || entry.isSymbolicLink()).map((entry) => entry.name);
      const found = await Promise.all(names.sort().map((name) => described(folder, name)));
      return found.filter((file) => file !== null);
    },
    open: async (name, from) => createReadStream(path.join(folder, name), { start: from }),
  };
}

/** Null where it was taken away meanwhile. */
async function described(folder: string, name: string): Promise<StoredFile | null> {
  const found = await stat(path.join(folder, name)).catch(() => null);
  if (found === null || !found.isFile()) return null;
  return { name, bytes: found.size, changedAt: found.mtimeMs, version: `${found.size}-${found.mtimeMs}` };
}
