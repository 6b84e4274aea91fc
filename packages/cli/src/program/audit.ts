import { loadPipeline } from "@weir/service";
import { auditLog, type AuditLogFlags } from "../commands/audit-log.ts";
import { auditCounts } from "../commands/audit-counts.ts";
import { connectionOf, type BrokerFlags } from "../connect.ts";
import { table } from "../output.ts";
import { ENV, exitOf, finish, withLog, type Shell } from "./shell.ts";

/** Where it is balanced, and where it is not. */
const SAID = {
  "exactly-once": ["balanced: every record that entered is accounted for, once", "NOT balanced: records are missing or doubled"],
  "at-least-once": [
    "balanced: every record that entered is accounted for, some of them perhaps twice",
    "NOT balanced: records are missing",
  ],
} as const;

export function addAudit({ command, env, output }: Shell): void {
  const audit = command("audit", "hold what happened against what should have", "  weir audit counts --pipeline deploy/pipelines/flights");
  audit
    .command("counts")
    .description("entry + replayed = ends + held + waiting + in flight, counted record by record")
    .exitOverride(exitOf)
    .requiredOption("--pipeline <dir>", "folder with pipeline.yaml", env["WEIR_PIPELINE"])
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--json", "one line of JSON")
    .action(async (flags: BrokerFlags & { pipeline: string; json?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(connectionOf(flags, env), "audit", async (log) => {
        const counts = await auditCounts(loaded, log);
        if (flags.json) output.data(JSON.stringify(counts));
        else {
          const rows = [
            ["entry", counts.entry],
            ["replayed", counts.replayed],
            ...Object.entries(counts.ends),
            ["held", counts.held],
            ...(counts.waiting === 0 ? [] : [["waiting", counts.waiting]]),
            ["in flight", counts.inFlight],
          ] as [string, number][];
          for (const line of table(["where", "records"], rows)) output.data(line);
          output.data(SAID[counts.guarantee][counts.balanced ? 0 : 1]);
        }
        finish(counts.balanced ? 0 : 5);
      });
    });
  audit
    .command("log")
    .description("what was done on purpose, by whom and why")
    .exitOverride(exitOf)
    .option("--broker <host:port>", "bootstrap address")
    .option(...ENV)
    .option("--verify", "check that no entry was changed or taken out")
    .option("-n, --limit <n>", "print at most so many")
    .option("--json", "one JSON line an entry")
    .action(async (flags: AuditLogFlags & BrokerFlags) =>
      withLog(connectionOf(flags, env), "audit", async (log) => finish(await auditLog(log, flags, output))),
    );
}
