import type { Environment } from "@weir/service";
import { Command } from "commander";
import type { Output } from "./output.ts";
import { addAudit } from "./program/audit.ts";
import { addBacktest } from "./program/backtest.ts";
import { addCompletion } from "./program/completion.ts";
import { addDeadLetters } from "./program/dlq.ts";
import { addDoctor } from "./program/doctor.ts";
import { addDryRun } from "./program/dry-run.ts";
import { addExplain } from "./program/explain.ts";
import { addExport } from "./program/export.ts";
import { addFmt } from "./program/fmt.ts";
import { addGate } from "./program/gate.ts";
import { addInit } from "./program/init.ts";
import { addModels } from "./program/models.ts";
import { addApply, addPlan } from "./program/plan.ts";
import { addProduce } from "./program/produce.ts";
import { addReplay } from "./program/replay.ts";
import { addResume } from "./program/resume.ts";
import { addReset } from "./program/reset.ts";
import { addRun } from "./program/run.ts";
import { exitOf, type Shell } from "./program/shell.ts";
import { addSkip } from "./program/skip.ts";
import { addStatus } from "./program/status.ts";
import { addTail } from "./program/tail.ts";
import { addTest } from "./program/test.ts";
import { addTransactions } from "./program/transactions.ts";
import { addTrail } from "./program/trail.ts";
import { addUp } from "./program/up.ts";
import { addValidate } from "./program/validate.ts";
import { addVersion } from "./program/version.ts";

/** In the order of the help. */
const COMMANDS: readonly ((shell: Shell) => void)[] = [
  addUp,
  addRun,
  addInit,
  addValidate,
  addFmt,
  addTest,
  addDryRun,
  addPlan,
  addApply,
  addProduce,
  addTail,
  addStatus,
  addTrail,
  addGate,
  addBacktest,
  addDeadLetters,
  addModels,
  addReplay,
  addAudit,
  addSkip,
  addResume,
  addReset,
  addTransactions,
  addExport,
  addDoctor,
  addExplain,
  addCompletion,
  addVersion,
];

/** All commands; each writes data to `output.data`, everything else to `output.note`. */
export function createProgram(env: Environment, output: Output): Command {
  const program = new Command("weir")
    .description("AI pipelines on Apache Kafka, with gates")
    .showSuggestionAfterError()
    .showHelpAfterError("(add --help for the options)")
    .configureOutput({ writeErr: (text) => output.note(text.trimEnd()) })
    .exitOverride(exitOf);
  const command: Shell["command"] = (name, description, examples) =>
    program.command(name).description(description).exitOverride(exitOf).addHelpText("beforeAll", `Examples:\n${examples}\n`);
  for (const add of COMMANDS) add({ command, env, output });
  return program;
}
