import { explain, listCodes, type ListFlags } from "../commands/explain.ts";
import { finish, type Shell } from "./shell.ts";

export function addExplain({ command, output }: Shell): void {
  command("explain", "what a code means and what to do; without a code, all of them", "  weir explain WEIR-1203\n  weir explain")
    .argument("[code]")
    .option("--json", "all codes, one JSON line each")
    .option("--markdown", "all codes as the file ERRORS.md holds them")
    .action((code: string | undefined, flags: ListFlags) => {
      if (code === undefined) listCodes(flags, output);
      else finish(explain(code, output));
    });
}
