import { createInterface } from "node:readline/promises";
import { WeirError } from "@weir/record";

/** Asks the person at the terminal; without one, or without a yes, the command is refused with exit code 6. */
export async function confirm(question: string): Promise<void> {
  const refused = (why: string): WeirError =>
    new WeirError({ code: "WEIR-6021", what: "not confirmed", why, fix: "answer yes, or give --yes in scripts" }, { exitCode: 6 });
  if (!process.stdin.isTTY) throw refused("nobody can be asked: standard input is no terminal");
  const lines = createInterface({ input: process.stdin, output: process.stderr });
  try {
    const answer = await lines.question(`${question} [y/N] `);
    if (!/^y(es)?$/i.test(answer.trim())) throw refused("the answer was not yes");
  } finally {
    lines.close();
  }
}
