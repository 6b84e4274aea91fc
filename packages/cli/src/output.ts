import { describeProblem, RetriableError, WeirError } from "@weir/record";
import { notDone } from "@weir/service";

/** Data on stdout, everything else on stderr. */
export interface Output {
  /** One line of data. */
  data(line: string): void;
  /** One line for the person who watches. */
  note(line: string): void;
}

export const terminal: Output = {
  data: (line) => void process.stdout.write(`${line}\n`),
  note: (line) => void process.stderr.write(`${line}\n`),
};

/** Says what went wrong and returns the exit code that goes with it. */
export function reportError(error: unknown, output: Output): number {
  if (error instanceof WeirError) {
    output.note(describeProblem(error.problem));
    return error.exitCode;
  }
  if (error instanceof RetriableError) {
    const { problem, exitCode } = notDone(error);
    output.note(describeProblem(problem));
    return exitCode;
  }
  output.note(`WEIR-6000 unexpected fault: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}`);
  output.note("  do:    this is a bug of Weir; please report it with the lines above");
  return 1;
}

/** Text columns, the first left-aligned, numbers right-aligned. */
export function table(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string[] {
  const cells = [head, ...rows.map((row) => row.map((c) => (typeof c === "number" ? c.toLocaleString("en-US") : c)))];
  const widths = head.map((_, i) => Math.max(...cells.map((row) => row[i]?.length ?? 0)));
  const right = head.map((_, i) => rows.length > 0 && rows.every((row) => typeof row[i] === "number" || row[i] === ""));
  const line = (row: readonly string[]): string =>
    row
      .map((c, i) => (right[i] ? c.padStart(widths[i] ?? 0) : c.padEnd(widths[i] ?? 0)))
      .join("  ")
      .trimEnd();
  return cells.map(line);
}
