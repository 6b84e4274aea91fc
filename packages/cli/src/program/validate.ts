import { validate } from "../commands/validate.ts";
import { finish, type Shell } from "./shell.ts";

export function addValidate({ command, env, output }: Shell): void {
  command("validate", "check a pipeline file and what it names; needs no broker", "  weir validate deploy/pipelines/flights")
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--strict", "warnings count as errors")
    .option("--json", "problems as one JSON line")
    .action((folder: string, flags: { strict?: boolean; json?: boolean }) => finish(validate(folder, flags, env, output)));
}
