import { runServices } from "../commands/run.ts";
import { ENV, finish, type Shell } from "./shell.ts";

export function addRun({ command, env, output }: Shell): void {
  command("run", "run the named services of a pipeline in this process", "  weir run gate --pipeline my-pipeline --broker kafka:9092")
    .argument("<service...>", "ingest, gate, inference, router, monitor")
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--port <n>", "port of the ingest service; the others follow", "8080")
    .option("--fused", "neighbouring stages of the named services as one chain")
    .action(async (services: string[], flags: Parameters<typeof runServices>[1]) =>
      finish(await runServices(services, flags, env, output)),
    );
}
