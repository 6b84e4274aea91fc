import { doctor } from "../commands/doctor.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { ENV, finish, type Shell } from "./shell.ts";

export function addDoctor({ command, env, output }: Shell): void {
  command("doctor", "look at connections, versions, clock, Java and Maven", "  weir doctor")
    .option("--broker <host:port>", "broker to look at")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (flags: BrokerFlags & { json?: boolean }) =>
      finish(await doctor(connectionOf(flags, env), env, flags.json === true, output)),
    );
}
