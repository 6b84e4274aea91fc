import { readdirSync, readFileSync } from "node:fs";
import path from "node:path";

/** Why processes said that they could not go on: a code and its words, or, of a fault of ours, where it came from. */
export function lastWordsIn(folder: string): string[] {
  return readdirSync(folder).flatMap((file) =>
    readFileSync(path.join(folder, file), "utf8")
      .split("\n")
      .flatMap((line) => {
        const words = lastWords(line);
        return words === null ? [] : [`${path.basename(file, ".log")}: ${words}`];
      }),
  );
}

const FATAL = 60;

interface Line {
  readonly level?: number;
  readonly problem?: { readonly code: string; readonly what: string };
  readonly err?: { readonly message?: string; readonly stack?: string };
}

function lastWords(text: string): string | null {
  if (!text.includes(`"level":${FATAL}`)) return null;
  try {
    const { problem, err }: Line = JSON.parse(text);
    if (problem) return `${problem.code} ${problem.what}`;
    return `${err?.message ?? "?"} ${err?.stack?.split("\n")[1]?.trim() ?? ""}`;
  } catch {
    return null; // no line of the logger's
  }
}
