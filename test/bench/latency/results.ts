import { appendFileSync, existsSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import type { Line, Plan } from "./plan.ts";
import { plotOf } from "./plot.ts";
import { markdownOf } from "./report.ts";

/** `latency.jsonl`, `latency.md` and `latency.svg` of one folder: kept line by line, so that a run that was stopped goes on. */
export interface Results {
  readonly lines: readonly Line[];
  /** Appends the line; table and plot are made anew. */
  keep(line: Line): void;
}

export function openResults(folder: string, plan: Plan): Results {
  mkdirSync(folder, { recursive: true });
  const file = path.join(folder, "latency.jsonl");
  const lines = existsSync(file) ? linesIn(readFileSync(file, "utf8")) : [];
  const draw = (): void => {
    writeFileSync(path.join(folder, "latency.md"), markdownOf(lines, plan));
    writeFileSync(path.join(folder, "latency.svg"), plotOf(lines));
  };
  return {
    lines,
    keep: (line) => {
      lines.push(line);
      appendFileSync(file, `${JSON.stringify(line)}\n`);
      draw();
    },
  };
}

/** What was kept; a line that was cut off while it was written is measured again. */
export function linesIn(text: string): Line[] {
  return text.split("\n").flatMap((line) => {
    const read = parsed(line);
    return isLine(read) ? [read] : [];
  });
}

function parsed(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return null;
  }
}

/** Only this program writes them: that they are whole is enough. */
function isLine(value: unknown): value is Line {
  return typeof value === "object" && value !== null && "system" in value && "rate" in value && "isTrial" in value && "measured" in value;
}
