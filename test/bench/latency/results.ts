import { writeFileSync } from "node:fs";
import path from "node:path";
import { openLines } from "../kept-lines.ts";
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
  const kept = openLines(path.join(folder, "latency.jsonl"), isLine, false);
  const draw = (): void => {
    writeFileSync(path.join(folder, "latency.md"), markdownOf(kept.lines, plan));
    writeFileSync(path.join(folder, "latency.svg"), plotOf(kept.lines));
  };
  return {
    lines: kept.lines,
    keep: (line) => {
      kept.add(line);
      draw();
    },
  };
}

/** Only this program writes them: that they are whole is enough. */
export function isLine(value: unknown): value is Line {
  return typeof value === "object" && value !== null && "system" in value && "rate" in value && "isTrial" in value && "measured" in value;
}
