import { appendFile, readFile, rm } from "node:fs/promises";
import type { ComparedResult } from "./worlds.ts";

/** What was run, a line each: survives an interruption, and is what the table is made of. */
export interface Results {
  holds(name: string, seed: number): boolean;
  add(result: ComparedResult): Promise<void>;
}

export async function createResults(file: string, { resume }: { readonly resume: boolean }): Promise<Results> {
  if (!resume) await rm(file, { force: true });
  const held = new Set((await readResults(file)).filter((r) => r.holds).map((r) => `${r.name}/${r.seed}`));
  return {
    holds: (name, seed) => held.has(`${name}/${seed}`),
    add: async (result) => {
      if (result.holds) held.add(`${result.name}/${result.seed}`);
      await appendFile(file, `${JSON.stringify(result)}\n`);
    },
  };
}

/** Newest result by fault and seed. */
export async function readResults(file: string): Promise<ComparedResult[]> {
  const text = await readFile(file, "utf8").catch(() => "");
  const newest = new Map<string, ComparedResult>();
  for (const line of text.split("\n").filter((l) => l !== "")) {
    const result: ComparedResult = JSON.parse(line);
    newest.set(`${result.name}/${result.seed}`, result);
  }
  return [...newest.values()];
}
