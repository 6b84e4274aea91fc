import { createTransactionAdmin } from "@weir/kafka";
import { loadPipeline } from "@weir/service";
import type { Command } from "commander";
import { finishTransactions, listTransactions, type Clients, type FinishFlags, type TransactionFlags } from "../commands/transactions.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { ENV, exitOf, finish, withLog, type Shell } from "./shell.ts";

type Flags = BrokerFlags & { readonly pipeline: string };

export function addTransactions({ command, env, output }: Shell): void {
  const transactions = command(
    "transactions",
    "find what keeps partitions from being read to their end, and write markers that Kafka forgot",
    "  weir transactions list --pipeline deploy/pipelines/flights\n  weir transactions finish --pipeline deploy/pipelines/flights --reason 'broker restarted on 3 May'",
  );
  const add = (name: string, description: string): Command =>
    transactions
      .command(name)
      .description(description)
      .exitOverride(exitOf)
      .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
      .option("--broker <host:port>", "bootstrap address")
      .option(...ENV)
      .option("--json", "one line of JSON");
  const withClients = async (flags: Flags, act: (clients: Clients) => Promise<number>): Promise<void> => {
    const connection = connectionOf(flags, env);
    await using admin = await createTransactionAdmin({ ...connection, clientId: "weir-transactions" });
    await withLog(connection, "transactions", async (log) => finish(await act({ log, transactions: admin })));
  };
  add("list", "partitions of a pipeline that wait for a transaction, and what its coordinator decided").action(
    async (flags: Flags & TransactionFlags) =>
      withClients(flags, (clients) => listTransactions(loadPipeline(flags.pipeline, env), clients, flags, output)),
  );
  add("finish", "write the markers of transactions that are decided and were never finished (right ClusterAction)")
    .requiredOption("--reason <text>", "why: it is written to the audit log")
    .option("--by <who>", "user:NAME or group:NAME; default: WEIR_USER, then the user of this machine")
    .option("--dry-run", "only say what would be written")
    .option("--yes", "do not ask")
    .action(async (flags: Flags & FinishFlags) =>
      withClients(flags, (clients) => finishTransactions(loadPipeline(flags.pipeline, env), clients, flags, env, output)),
    );
}
