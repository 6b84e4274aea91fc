import { RetriableError, WeirError } from "@weir/record";
import { knownError } from "../wire/index.ts";
import { securityFailure } from "./security-failure.ts";

/** The broker answered with an error code; the retriable ones carry its name in Kafka as their `code`. */
export function brokerFailure(code: number, where: string, detail: string | null = null): Error {
  const known = knownError(code);
  const text = `${where}: Kafka answered ${known.name} (${code})${detail ? `: ${detail}` : ""}`;
  if (known.kind === "fenced") return replaced(text);
  if (known.kind === "rights") {
    return new WeirError(
      {
        code: "WEIR-7003",
        what: `Kafka refuses: ${known.name}`,
        where,
        why: detail || "the broker's rules do not allow it to the principal of this process",
        fix: "give the principal the rights that weir export acls names for this service",
      },
      { exitCode: 4 },
    );
  }
  if (known.kind === "fatal") {
    return new WeirError(
      {
        code: "WEIR-7009",
        what: `Kafka refuses for good: ${known.name} (${code})`,
        where,
        ...(detail ? { why: detail } : {}),
        fix: "look up the error in Kafka's protocol guide; settings of the topic or of the broker forbid what was asked",
      },
      { exitCode: 4 },
    );
  }
  return new RetriableError(known.name, text);
}

/** Another process runs under our ids: whoever started us has to stop this one without leaving the group. */
export function replaced(why: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-5002",
      what: "another process has taken the place of this one",
      why,
      fix: "nothing if it was a restart; else give every process a slot of its own (WEIR_SLOT)",
    },
    { exitCode: 4 },
  );
}

/** Something between us and the broker failed: what a connection of kafkajs threw, in our terms. */
export function connectionFailure(error: unknown, where: string): Error {
  if (error instanceof WeirError || error instanceof RetriableError) return error;
  if (!(error instanceof Error)) return new RetriableError("CONNECTION", `${where}: ${String(error)}`, error);
  const secured = securityFailure(error, where);
  if (secured !== null) return secured;
  if (error.name === "KafkaJSRequestTimeoutError") return new RetriableError("TIMEOUT", `${where}: ${error.message}`, error);
  return new RetriableError("CONNECTION", `${where}: ${error.message}`, error);
}

/** Refused for who we are: which a rotation may cure. */
export function isLoginRefused(error: Error): error is WeirError {
  return error instanceof WeirError && (error.problem.code === "WEIR-7002" || error.problem.code === "WEIR-7012");
}

/** Its cause says that it may pass. */
export function unreachable(brokers: readonly string[], reasons: readonly string[]): WeirError {
  return new WeirError(
    {
      code: "WEIR-7001",
      what: "no Kafka broker answers",
      where: brokers.join(", "),
      why: reasons.join("; "),
      fix: "check the address, that the broker is running, and that its listener speaks the same security protocol (plain, TLS, SASL)",
    },
    { exitCode: 4, cause: new RetriableError("UNREACHABLE", reasons.join("; ")) },
  );
}

export function unsupported(what: string, where: string): WeirError {
  return new WeirError(
    {
      code: "WEIR-7004",
      what: `the broker is too old or too new: ${what}`,
      where,
      fix: "use Kafka 3.9 or newer",
    },
    { exitCode: 4 },
  );
}

/** Fails with TIMEOUT when `work` takes longer; the work itself goes on unseen. */
export async function withDeadline<T>(work: Promise<T>, ms: number, where: string): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    timer = setTimeout(() => reject(new RetriableError("TIMEOUT", `${where}: nothing after ${ms} ms`)), ms);
  });
  try {
    return await Promise.race([work, late]);
  } finally {
    clearTimeout(timer);
  }
}
