import { exportAcls } from "../commands/export-acls.ts";
import { exitOf, type Shell } from "./shell.ts";

export function addExport({ command, env, output }: Shell): void {
  const exports = command(
    "export",
    "what other tools need to know of a pipeline",
    "  weir export acls deploy/pipelines/flights\n  weir export acls deploy/pipelines/flights --principal gate=User:CN=gate --json",
  );
  exports
    .command("acls")
    .description("the rights that each service needs on the broker, as commands for Kafka's kafka-acls")
    .exitOverride(exitOf)
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--principal <role=principal...>", "principal of ingest, gate, inference, router, monitor or operator (people)", [])
    .option("--json", "one JSON line a right")
    .action((folder: string, flags: { principal: string[]; json?: boolean }) => exportAcls(folder, flags, env, output));
}
