import { createHash } from "node:crypto";
import { refuse, retryAfter } from "../problems.ts";
import type { Answer } from "../answer.ts";
import type { Receipt, Receipts } from "./receipts.ts";

export interface Repeatable {
  /** Names the request among all of its holder. */
  readonly key: string;
  /** Digest of what is asked: the same key with another one is a mistake. */
  readonly request: string;
}

export interface Idempotency {
  /**
   * Runs `act` once for a key, and gives its answer to all repetitions: those that come while it runs wait for it.
   * `act` gets what to write beside the records.
   */
  once(request: Repeatable, act: () => Promise<Answer>): Promise<{ readonly answer: Answer; readonly isRepeated: boolean }>;
}

/** `notReady`: while the log is in doubt, so is what it holds. */
export function createIdempotency(receipts: Receipts, notReady: () => string | null): Idempotency {
  const running = new Map<string, { readonly request: string; readonly answer: Promise<Answer> }>();
  const refuseOther = (known: Pick<Receipt, "request">, { request }: Repeatable): void => {
    if (known.request !== request)
      refuse(422, {
        code: "WEIR-3017",
        what: "the Idempotency-Key was used for another request",
        where: "header idempotency-key",
        why: "the body differs from the one that the key came with first",
        fix: "use a new key for a new request",
      });
  };
  return {
    async once(request, act) {
      const other = running.get(request.key);
      if (other) {
        refuseOther(other, request);
        return { answer: await other.answer, isRepeated: true };
      }
      const attempt = attemptOf(request, act);
      const answer = attempt.then((done) => done.answer);
      answer.catch(() => {}); // perhaps nobody repeats it
      running.set(request.key, { request: request.request, answer });
      try {
        return await attempt;
      } finally {
        running.delete(request.key);
      }
    },
  };

  async function attemptOf(request: Repeatable, act: () => Promise<Answer>): Promise<{ answer: Answer; isRepeated: boolean }> {
    const reason = notReady();
    if (reason !== null)
      refuse(
        503,
        { code: "WEIR-3021", what: "the log does not take records", why: reason, fix: "send it again after Retry-After" },
        retryAfter(1),
      );
    const known = await receipts.find(request.key);
    if (known === null) return { answer: await act(), isRepeated: false };
    refuseOther(known, request);
    return { answer: { status: known.status, body: known.body }, isRepeated: true };
  }
}

/** Digest of a request: its kind and its bytes, unpacked. */
export function digestOf(kind: string, body: Uint8Array): string {
  return createHash("sha256").update(`${kind}\n`).update(body).digest("hex");
}

export function keyIn(header: string | readonly string[] | undefined): string | null {
  if (header === undefined) return null;
  if (typeof header === "string" && /^[\x21-\x7e]{1,255}$/.test(header)) return header;
  return refuse(400, {
    code: "WEIR-3018",
    what: "the Idempotency-Key cannot be used",
    where: "header idempotency-key",
    why: "a key is 1 to 255 printable characters, once",
    fix: "use a UUID",
  });
}
