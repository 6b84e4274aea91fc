import { readFile, writeFile } from "node:fs/promises";
import path from "node:path";
import { ROOT } from "./command.ts";

const README = path.join(ROOT, "test/e2e/README.md");

/** Replaces what stands between `<!-- NAME -->` and `<!-- /NAME -->` in the README of this folder: figures are written by what measured them. */
export async function writeReadmePart(name: string, text: string): Promise<void> {
  const readme = await readFile(README, "utf8");
  const [begin, end] = [`<!-- ${name} -->\n`, `\n<!-- /${name} -->`];
  const from = readme.indexOf(begin);
  const to = readme.indexOf(end);
  if (from < 0 || to < from) throw new Error(`${README} has no place for ${name}`);
  await writeFile(README, readme.slice(0, from + begin.length) + text + readme.slice(to));
}
