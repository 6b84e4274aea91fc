import { makeStarter } from "../starter/starter.ts";
import type { Shell } from "./shell.ts";

export function addInit({ command, output }: Shell): void {
  command(
    "init",
    "a folder with a small pipeline that runs: contract, gate, router, sample and tests",
    "  weir init orders && weir up orders --sample",
  )
    .argument("<folder>", "new folder; its last part names the pipeline")
    .option("--json", "one line of JSON")
    .action((folder: string, flags: { json?: boolean }) => {
      const made = makeStarter(folder);
      if (flags.json) return output.data(JSON.stringify(made));
      for (const file of made.files) output.data(file);
      output.note(`  Try:\n    weir validate ${folder}\n    weir test ${folder}\n    weir up ${folder} --sample`);
    });
}
