import { brokerProblem, USE_ANOTHER } from "../problems.ts";

/** How a node ended or did not come up. */
export interface Ending {
  /** Its port and log file, for people. */
  readonly where: string;
  /** What it said at last. */
  readonly log: string;
  /** Code or signal; null: it still runs. */
  readonly exit: number | string | null;
}

/** Why Kafka did not come up. */
export function explainStart(ending: Ending, limitMs: number): Error {
  const what = ending.exit === null ? `did not answer within ${limitMs / 1000} s` : "did not start";
  return explain("WEIR-4306", what, ending);
}

/** Why Kafka is gone that nobody has stopped. */
export function explainEnd(ending: Ending): Error {
  return explain("WEIR-4314", "ended by itself", ending);
}

function explain(code: string, what: string, { where, log, exit }: Ending): Error {
  if (/No space left on device|unsafe memory access operation/.test(log) || exit === "SIGBUS") {
    return brokerProblem({
      code,
      what: `the embedded Kafka ${what}`,
      where,
      why: "no space is left where its data lies",
      fix: "free some space, or name a directory elsewhere with --data",
    });
  }
  if (exit === 137 || exit === "SIGKILL") {
    return brokerProblem({
      code,
      what: "the embedded Kafka was killed by the system",
      where,
      why: "probably there was too little memory: it needs about 300 MB",
      fix: `free some memory, ${USE_ANOTHER}`,
    });
  }
  const lines = log.trim().split("\n");
  const said = (lines.findLast((l) => /ERROR|FATAL|Exception/.test(l)) ?? lines.at(-1) ?? "").trim();
  return brokerProblem({
    code,
    what: `the embedded Kafka ${what}`,
    where,
    why: said || "it said nothing",
    fix: `look into the log; if the data directory is damaged name another with --data, ${USE_ANOTHER}`,
  });
}
