/** Why a record could not be processed, or was refused. Closed: tools decide by class, never by message. */
export const FAILURE_CLASSES = [
  "DECODE",
  "CONTRACT",
  "RULE",
  "WINDOW",
  "MODEL_ERROR",
  "MODEL_TIMEOUT",
  "MODEL_OUTPUT",
  "ROUTE",
  "OUTPUT_REJECTED",
  "DEPENDENCY",
  "TOO_LARGE",
  "INTERNAL",
] as const;
export type FailureClass = (typeof FAILURE_CLASSES)[number];

/** What a stage says of a record that it refused: becomes headers of the dead letter or the quarantined record. */
export interface Failure {
  readonly class: FailureClass;
  /** For people; at most 512 bytes of it are written. */
  readonly message: string;
  /** Would the same record pass if it were tried again with nothing changed? */
  readonly retriable?: boolean;
  /** `<stage>@<first 8 hex of the rule set's digest>/<rule>`, at most 20. */
  readonly rules?: readonly string[];
  /** Id of the verdict that condemned the record's window. */
  readonly verdict?: string;
  /** `<model>/<version>#<first 8 hex of the digest>` */
  readonly model?: string;
}

/** What people are told: what happened, where, why, what to do; `code` is explained by `weir explain`. */
export interface Problem {
  readonly code: string;
  readonly what: string;
  readonly where?: string;
  readonly why?: string;
  readonly fix?: string;
}

/** What `weir explain` says of a code. A code means one thing in one package and is never used again for another. */
export interface CodeEntry {
  readonly title: string;
  readonly explanation: string;
  readonly fix: string;
}

/** A problem that ends what was asked for, with the exit code that tells scripts which kind it was. */
export class WeirError extends Error {
  readonly problem: Problem;
  readonly exitCode: number;
  constructor(problem: Problem, options: { exitCode?: number; cause?: unknown } = {}) {
    super(describeProblem(problem), options.cause === undefined ? undefined : { cause: options.cause });
    this.name = "WeirError";
    this.problem = problem;
    this.exitCode = options.exitCode ?? 1;
  }
}

/** The environment failed and may recover: made only in the adapter that met the vendor's error. */
export class RetriableError extends Error {
  readonly code: string;
  constructor(code: string, message: string, cause?: unknown) {
    super(message, cause === undefined ? undefined : { cause });
    this.name = "RetriableError";
    this.code = code;
  }
}

export function describeProblem(p: Problem): string {
  const lines = [`${p.code} ${p.what}`];
  if (p.where) lines.push(`  where: ${p.where}`);
  if (p.why) lines.push(`  why:   ${p.why}`);
  if (p.fix) lines.push(`  do:    ${p.fix}`);
  return lines.join("\n");
}
