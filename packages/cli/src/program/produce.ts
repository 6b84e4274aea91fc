import { produceCommand } from "../commands/produce.ts";
import { ENV, finish, type Shell } from "./shell.ts";

export function addProduce({ command, env, output }: Shell): void {
  command(
    "produce",
    "write records, one JSON value a line",
    "  weir produce --pipeline deploy/pipelines/flights -f day.ndjson.gz --end\n  weir produce -t raw.events < events.ndjson",
  )
    .option("-t, --topic <name>", "topic to write")
    .option("--pipeline <dir>", "write this pipeline's entry topic, keyed as it says")
    .option("-f, --file <file>", "file of one record a line, .gz is unpacked; default: standard input")
    .option("--key <pointer>", "JSON pointer of the key")
    .option("--rate <n>", "records a second")
    .option("--end", "say that the input ends here: open windows are judged (needs --pipeline)")
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (flags: Parameters<typeof produceCommand>[0]) => finish(await produceCommand(flags, env, output)));
}
