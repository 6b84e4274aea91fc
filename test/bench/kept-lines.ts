import { appendFileSync, existsSync, mkdirSync, readFileSync, rmSync } from "node:fs";
import path from "node:path";

/** Lines of JSON in a file, each written as soon as it is there: whoever was ended goes on behind the last. */
export interface KeptLines<T> {
  readonly lines: readonly T[];
  add(line: T): void;
}

/** `isLine` says of a parsed line whether it counts; one that a kill cut off does not. `again`: forget what there is. */
export function openLines<T>(file: string, isLine: (value: unknown) => value is T, again: boolean): KeptLines<T> {
  mkdirSync(path.dirname(file), { recursive: true });
  if (again) rmSync(file, { force: true });
  const text = existsSync(file) ? readFileSync(file, "utf8") : "";
  if (text !== "" && !text.endsWith("\n")) appendFileSync(file, "\n");
  const lines = linesIn(text, isLine);
  return {
    lines,
    add: (line) => {
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      lines.push(line);
    },
  };
}

export function linesIn<T>(text: string, isLine: (value: unknown) => value is T): T[] {
  return text.split("\n").flatMap((line) => {
    const value = parsed(line);
    return isLine(value) ? [value] : [];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}
