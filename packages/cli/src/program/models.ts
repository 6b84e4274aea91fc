import { isProblem } from "@weir/pipeline";
import { pickModel, readModels } from "../commands/models.ts";
import { table } from "../output.ts";
import { exitOf, type Shell } from "./shell.ts";

export function addModels({ command, env, output }: Shell): void {
  const models = command(
    "models",
    "models of a pipeline's folder",
    "  weir models list --pipeline deploy/pipelines/flights\n  weir models show late-arrival@champion --pipeline deploy/pipelines/flights",
  );
  models
    .command("list")
    .description("every version, its aliases, and the stages that use it")
    .exitOverride(exitOf)
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--json", "one JSON line a version")
    .action((flags: { pipeline: string; json?: boolean }) => {
      const listed = readModels(flags.pipeline, env).map(({ model, version, aliases, usedBy, found }) => ({
        model,
        version,
        aliases,
        usedBy,
        ...(isProblem(found)
          ? { problem: found }
          : {
              digest: found.digest,
              kind: found.manifest.outputs.kind,
              classes: found.manifest.outputs.classes,
              owner: found.manifest.owner,
            }),
      }));
      if (flags.json) return listed.forEach((line) => output.data(JSON.stringify(line)));
      const rows = listed.map((m) => [
        `${m.model}/${m.version}`,
        m.aliases.join(", ") || "-",
        m.usedBy.join(", ") || "-",
        "problem" in m ? `${m.problem.code} ${m.problem.what}` : `${m.digest.slice(0, 8)}  ${m.kind}: ${m.classes.join(", ")}`,
      ]);
      for (const line of table(["model", "aliases", "used by", "what"], rows)) output.data(line);
    });
  models
    .command("show")
    .description("one version: its manifest, or why it cannot be used")
    .argument("<model>", "NAME/VERSION or NAME@ALIAS")
    .exitOverride(exitOf)
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--json", "one line of JSON")
    .action((reference: string, flags: { pipeline: string; json?: boolean }) => {
      const { model, version, aliases, usedBy, found } = pickModel(readModels(flags.pipeline, env), reference);
      const shown = { model, version, aliases, usedBy, ...(isProblem(found) ? { problem: found } : { manifest: found.manifest }) };
      output.data(flags.json ? JSON.stringify(shown) : JSON.stringify(shown, null, 2));
    });
}
