import { up } from "../up/up.ts";
import { ENV, finish, type Shell } from "./shell.ts";

export function addUp({ command, env, output }: Shell): void {
  command(
    "up",
    "run a pipeline: broker, five services, sample",
    "  weir up deploy/pipelines/flights --sample\n  weir up my-pipeline --broker kafka:9092",
  )
    .argument("<pipeline>", "folder with pipeline.yaml")
    .option("--broker <where>", "embedded, testcontainers or HOST:PORT")
    .option(...ENV)
    .option("--kafka-port <n>", "port of the embedded broker", "19092")
    .option("--sample", "produce the pipeline's sample, once")
    .option("--exit-when-drained", "the input is finite: judge what is open at its end, print one JSON summary, exit")
    .option("--data <dir>", "keep topics and offsets in this folder")
    .option("--port <n>", "port of the ingest service; the others follow", "8080")
    .option("--fused", "neighbouring stages in one process, no topics between them")
    .action(async (folder: string, flags: Parameters<typeof up>[1]) => finish(await up(folder, flags, env, output)));
}
