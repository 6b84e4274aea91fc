import { refuse, retryAfter } from "../problems.ts";

/** Bytes that requests may hold in memory together, from the first byte read to the answer. */
export interface Budget {
  readonly used: number;
  /** Refuses with 503 what would go past the limit. */
  take(bytes: number): void;
  give(bytes: number): void;
}

/** `secondsUntilFree`: how long it will probably take, as measured. */
export function createBudget(limit: number, secondsUntilFree: () => number): Budget {
  let used = 0;
  return {
    get used() {
      return used;
    },
    take(bytes) {
      if (used + bytes > limit)
        refuse(
          503,
          {
            code: "WEIR-3020",
            what: "the door has more to write than it may hold",
            why: `requests that wait hold ${used} of ${limit} bytes`,
            fix: "send the same request again after Retry-After",
          },
          retryAfter(secondsUntilFree()),
        );
      used += bytes;
    },
    give(bytes) {
      used -= bytes;
    },
  };
}
