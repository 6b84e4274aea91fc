import { explainCode } from "../codes.ts";
import type { Output } from "../output.ts";

/** Says what a code means; 1 for a code that nobody uses. */
export function explain(code: string, output: Output): number {
  const entry = explainCode(code.toUpperCase());
  if (!entry) {
    output.note(`${code} is not a code of Weir`);
    return 1;
  }
  output.data(`${code.toUpperCase()}  ${entry.title}\n\n${entry.explanation}\n\nWhat to do: ${entry.fix}`);
  return 0;
}
