import type { Problem } from "@weir/record";

/** A refusal with its HTTP status: of a whole request, or of one of its records. */
export interface Refusal {
  readonly status: number;
  readonly problem: Problem;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Ends the handling of a request with an answer. Not a fault of the service. */
export class RequestRefused extends Error {
  readonly refusal: Refusal;
  constructor(refusal: Refusal) {
    super(refusal.problem.what);
    this.name = "RequestRefused";
    this.refusal = refusal;
  }
}

export function refuse(status: number, problem: Problem, headers?: Readonly<Record<string, string>>): never {
  throw new RequestRefused({ status, problem, ...(headers && { headers }) });
}

export function retryAfter(seconds: number): Readonly<Record<string, string>> {
  return { "retry-after": String(Math.max(1, Math.min(60, Math.ceil(seconds)))) };
}
