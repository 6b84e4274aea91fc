import { writeFileSync } from "node:fs";
import { headerRule, type DeadLetterDescription } from "@weir/deadletter";
import { declareFixed, estimateMs, groupLetters, letterAt, listLetters, makePlan, type PlanRequest } from "@weir/replay";
import { WeirError, type Header } from "@weir/record";
import { loadPipeline, systemClock, type LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import type { Command } from "commander";
import { asText, topicNamed } from "../commands/tail.ts";
import { connectionOf, loadRunnable, type BrokerFlags } from "../connect.ts";
import type { Output } from "../output.ts";
import { actorOf, editOf, newerOf, paceOf, selectionOf, withSelection, type EditFlags, type SelectionFlags } from "../replay/flags.ts";
import { contextOf, execute, type ExecuteFlags } from "../replay/runs.ts";
import { groupLines, planLines } from "../replay/show.ts";
import { withCommon, withExecution } from "./replay.ts";
import { finish, withLog, type Shell } from "./shell.ts";

type Common = BrokerFlags & { readonly pipeline: string; readonly json?: boolean; readonly by?: string };
type FromFlags = { readonly quarantine?: string; readonly topic?: string };

export function addDeadLetters(shell: Shell): void {
  const { command } = shell;
  const dlq = command(
    "dlq",
    "dead letters: what could not be processed",
    "  weir dlq list --group --pipeline deploy/pipelines/flights\n  weir dlq show flights.dlq/0/17 --pipeline deploy/pipelines/flights\n  weir dlq plan --class CONTRACT --map '/distance=double(record.distance)' -o plan.json --pipeline deploy/pipelines/flights",
  );
  addList(dlq, shell);
  addShow(dlq, shell);
  addPlan(dlq, shell);
  addDiscard(dlq, shell);
  addFixed(dlq, shell);
}

/** Where letters are read from: the pipeline's dead letters, a gate's quarantine, or any topic of a known family. */
function withSource(command: Command): Command {
  return command
    .option("--quarantine <stage>", "the records that this gate quarantined instead")
    .option("--topic <name>", "another topic of dead letters: Connect's, Spring's, …");
}

function sourceOf({ quarantine, topic }: FromFlags, loaded: LoadedPipeline): string {
  if (topic !== undefined) return topic;
  return quarantine === undefined ? loaded.topology.dlq : topicNamed(`${quarantine}.quarantine`, loaded);
}

function addList(dlq: Command, shell: Shell): void {
  const { env, output } = shell;
  withSelection(withSource(withCommon(dlq.command("list").description("dead letters, oldest first"), shell)))
    .option("--group", "by trouble: how many, since when, whose, what became of them")
    .action(async (flags: Common & FromFlags & SelectionFlags & { group?: boolean }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(connectionOf(flags, env), "dlq", async (log) => {
        const [topic, selection] = [sourceOf(flags, loaded), selectionOf(flags)];
        if (flags.group) {
          const groups = await groupLetters(loaded, log, topic, selection);
          for (const line of flags.json ? groups.map((g) => JSON.stringify(g)) : groupLines(groups)) output.data(line);
          return;
        }
        for await (const { at, letter, outcome } of listLetters(loaded, log, topic, selection)) {
          const { description: d } = letter;
          output.data(flags.json ? JSON.stringify({ at, ...d, outcome }) : lineOf(at, d, outcome));
        }
      });
    });
}

function lineOf(at: string, d: DeadLetterDescription, outcome: string | null): string {
  return `${at}  ${d.class ?? d.family}  ${d.stage ?? "?"}  ${outcome === null ? "" : `[${outcome}]  `}${d.message}`;
}

function addShow(dlq: Command, shell: Shell): void {
  const { env, output } = shell;
  withCommon(
    dlq.command("show").argument("<place>", "TOPIC/PARTITION/OFFSET as the list names it").description("one dead letter, whole"),
    shell,
  )
    .option("--sensitive", "headers that look like secrets, too")
    .action(async (place: string, flags: Common & { sensitive?: boolean }) => {
      await withLog(connectionOf(flags, env), "dlq", (log) => showDeadLetter(place, log, flags.sensitive === true, output));
    });
}

async function showDeadLetter(place: string, log: Log, sensitive: boolean, output: Output): Promise<void> {
  const letter = await letterAt(log, place);
  if (letter) {
    const { record, description } = letter;
    const headers = headersOf(record.headers, sensitive);
    return output.data(
      JSON.stringify({ at: place, ...description, key: asText(record.key), value: asText(record.value), headers }, null, 2),
    );
  }
  throw new WeirError({
    code: "WEIR-6003",
    what: "no such dead letter",
    where: place,
    why: "there is no committed dead letter at this place",
    fix: "take the place from weir dlq list",
  });
}

function headersOf(headers: readonly Header[], sensitive: boolean): [string, string | null][] {
  return headers.map((h) => [h.key, !sensitive && headerRule(h.key) === "sensitive" ? "(not shown; --sensitive)" : asText(h.value)]);
}

interface PlanFlags extends EditFlags {
  readonly to?: string;
  readonly ifNewer?: string;
  readonly versionField?: string;
  readonly force?: boolean;
  readonly passing?: boolean;
  readonly again?: boolean;
  readonly output?: string;
  readonly rate: string;
  readonly ramp: string;
}

function addPlan(dlq: Command, shell: Shell): void {
  const { env, output } = shell;
  withSelection(
    withSource(withCommon(dlq.command("plan").description("what a replay would do, and whether each record would pass now"), shell)),
  )
    .option("-o, --output <file>", "write the plan, to be executed by weir replay run")
    .option("--edit <file>", "JSON Patch, or an object of patch, map and headers")
    .option("--map <pointer=cel...>", "set a member by an expression over record and headers")
    .option("--to <stage|topic>", "send there instead of to the stage that failed")
    .option("--if-newer <what>", "skip, replay or fail where a newer record of the key has passed")
    .option("--version-field <pointer>", "what grows from version to version")
    .option("--passing", "leave out what would fail now")
    .option("--again", "also what was dealt with before")
    .option("--force", "also what would fail again for the same reason, and what would be parked")
    .option("--by <who>", "user:NAME; default: whoever runs the command")
    .option("--rate <n>", "for the estimate", "500/s")
    .option("--ramp <time>", "for the estimate", "0s")
    .action(async (flags: Common & FromFlags & SelectionFlags & PlanFlags) => {
      const loaded = loadRunnable(flags.pipeline, flags, env);
      await withLog(connectionOf(flags, env), "dlq", async (log) => {
        const plan = await makePlan(requestOf(flags, loaded, actorOf(flags.by, env)), contextOf(loaded, log));
        if (flags.output !== undefined) writeFileSync(flags.output, `${JSON.stringify(plan, null, 1)}\n`);
        const lines = flags.json ? [JSON.stringify(plan)] : planLines(plan, estimateMs(plan, paceOf(flags)));
        for (const line of lines) output.data(line);
        finish(plan.records === 0 && Object.keys(plan.leftOut).length > 0 ? 5 : 0);
      });
    });
}

function requestOf(flags: FromFlags & SelectionFlags & PlanFlags, loaded: LoadedPipeline, madeBy: string): PlanRequest {
  const edit = editOf(flags);
  const ifNewer = newerOf({ ...(flags.ifNewer !== undefined && { ifNewer: flags.ifNewer }), ...(flags.versionField !== undefined && { version: flags.versionField }) }); // prettier-ignore
  const target = flags.to ?? flags.quarantine; // what a gate quarantined and is edited goes through that gate once more
  return {
    does: "replay",
    topic: sourceOf(flags, loaded),
    selection: selectionOf(flags),
    madeBy,
    ...(edit && { edit }),
    ...(ifNewer && { ifNewer }),
    ...(target !== undefined && { target }),
    ...(flags.force && { force: true }),
    ...(flags.passing && { onlyPassing: true }),
    ...(flags.again && { again: true }),
  };
}

function addDiscard(dlq: Command, shell: Shell): void {
  const { env, output } = shell;
  withExecution(
    withSelection(
      withSource(withCommon(dlq.command("discard").description("settle dead letters without sending them; nothing is deleted"), shell)),
    ),
  )
    .option("--dry-run", "show what would be discarded")
    .action(async (flags: Common & FromFlags & SelectionFlags & ExecuteFlags & { reason: string; dryRun?: boolean }) => {
      const loaded = loadRunnable(flags.pipeline, flags, env);
      const actor = actorOf(flags.by, env);
      await withLog(connectionOf(flags, env), "dlq", async (log) => {
        const context = contextOf(loaded, log);
        const plan = await makePlan(
          { does: "discard", topic: sourceOf(flags, loaded), selection: selectionOf(flags), madeBy: actor },
          context,
        );
        if (flags.dryRun) {
          for (const line of planLines(plan, 0)) output.data(line);
          return;
        }
        finish(await execute(plan, context, { actor, reason: flags.reason }, { ...flags, rate: "1000000", settle: "0s" }, output));
      });
    });
}

function addFixed(dlq: Command, shell: Shell): void {
  const { env, output } = shell;
  withCommon(
    dlq
      .command("fixed")
      .argument("<fingerprint>", "group, as weir dlq list --group names it")
      .description("say that a group's trouble is fixed; it shows when it comes back"),
    shell,
  )
    .requiredOption("--in <version>", "what it is fixed in")
    .option("--by <who>", "user:NAME; default: whoever runs the command")
    .action(async (fingerprint: string, flags: Common & { in: string }) => {
      const loaded = loadPipeline(flags.pipeline, env);
      await withLog(connectionOf(flags, env), "dlq", async (log) => {
        await declareFixed({ log, clock: systemClock, loaded, actor: actorOf(flags.by, env), fingerprint, version: flags.in });
        output.data(`${fingerprint} fixed in ${flags.in}`);
      });
    });
}
