import { doctor } from "../commands/doctor.ts";
import { connectionOf, registryOf, type BrokerFlags } from "../connect.ts";
import { ENV, finish, type Shell } from "./shell.ts";

export function addDoctor({ command, env, output }: Shell): void {
  command("doctor", "look at broker, schema registry, versions, Java and Maven", "  weir doctor")
    .option("--broker <host:port>", "broker to look at")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (flags: BrokerFlags & { json?: boolean }) =>
      finish(await doctor({ broker: connectionOf(flags, env), registry: registryOf(flags, env), env }, flags.json === true, output)),
    );
}
