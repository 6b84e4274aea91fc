/** Why a transaction was given up. Closed: a label. */
export const ABORT_REASONS = ["membership", "connection", "timeout", "out-of-range", "other"] as const;
export type AbortReason = (typeof ABORT_REASONS)[number];

/** By the code of what the environment did. */
const BY_CODE: Readonly<Record<string, AbortReason>> = {
  MEMBERSHIP_LOST: "membership",
  OTHER_INCARNATION: "membership",
  NOT_OWNED: "membership",
  UNKNOWN_MEMBER_ID: "membership",
  STALE_MEMBER_EPOCH: "membership",
  ILLEGAL_GENERATION: "membership",
  REBALANCE_IN_PROGRESS: "membership",
  CONNECTION: "connection",
  UNREACHABLE: "connection",
  BROKER_UNKNOWN: "connection",
  LEADER_NOT_AVAILABLE: "connection",
  NO_LEADER: "connection",
  NOT_LEADER_OR_FOLLOWER: "connection",
  COORDINATOR_NOT_AVAILABLE: "connection",
  NOT_COORDINATOR: "connection",
  TIMEOUT: "timeout",
  REQUEST_TIMED_OUT: "timeout",
  TRANSACTION_TIMED_OUT: "timeout",
  OUT_OF_RANGE: "out-of-range",
};

export function abortReason(code: string): AbortReason {
  return Object.hasOwn(BY_CODE, code) ? (BY_CODE[code] ?? "other") : "other";
}
