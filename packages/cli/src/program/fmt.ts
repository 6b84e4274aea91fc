import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { formatPipeline, formatProblem } from "@weir/pipeline";
import { checkPipeline } from "@weir/service";
import { finish, type Shell } from "./shell.ts";

export function addFmt({ command, env, output }: Shell): void {
  command(
    "fmt",
    "write pipeline.yaml in its canonical form, comments and values kept",
    "  weir fmt my-pipeline\n  weir fmt my-pipeline --check",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--check", "change nothing; exit 5 if it is in another form")
    .option("--json", "one line of JSON")
    .action((folder: string, flags: { check?: boolean; json?: boolean }) => {
      const file = path.join(folder, "pipeline.yaml");
      const digest = (): string | null => checkPipeline(folder, env).pipeline?.digest ?? null;
      const before = digest(); // says so where there is no file
      const text = readFileSync(file, "utf8");
      const { text: formatted, problems } = formatPipeline(text, file);
      const changed = formatted !== null && formatted !== text;
      if (flags.json) output.data(JSON.stringify({ file, changed, problems }));
      else for (const problem of problems) output.note(formatProblem(problem));
      if (formatted === null) return finish(3);
      if (changed && !flags.check) {
        writeFileSync(file, formatted);
        if (digest() !== before) throw new Error(`the digest of ${file} is another one after formatting`);
      }
      if (!flags.json)
        output.note(
          changed
            ? `${file} ${flags.check ? "is not in canonical form: weir fmt writes it" : "is formatted"}`
            : `${file} is in canonical form`,
        );
      finish(changed && flags.check === true ? 5 : 0);
    });
}
