import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Hexadecimal digits that are kept. */
const DIGITS = 12;
const MEASURED = ["packages", "services", "test/bench/peers"];

/** Digest of the sources that a measured process runs: figures of other sources are other figures. */
export function codeDigest(root: string): string {
  const hash = createHash("sha256");
  for (const file of MEASURED.flatMap((folder) => sourcesIn(path.join(root, folder))).toSorted()) {
    hash.update(path.relative(root, file).replaceAll(path.sep, "/"));
    hash.update("\0").update(readFileSync(file)).update("\0");
  }
  return hash.digest("hex").slice(0, DIGITS);
}

const LEFT_OUT = new Set(["node_modules", "dist", "testkit"]);

function sourcesIn(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const file = path.join(folder, entry.name);
    if (entry.isDirectory()) return LEFT_OUT.has(entry.name) ? [] : sourcesIn(file);
    return /(?<!\.test)\.m?ts$|\.(?:mjs|java|py)$/.test(entry.name) ? [file] : [];
  });
}
