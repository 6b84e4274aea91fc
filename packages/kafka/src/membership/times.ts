/** How a member keeps its place; what the group tells us wins where it is shorter. */
export interface GroupTimes {
  /** Longest pause between two heartbeats. Sooner than told is allowed and makes a hand-over quick. */
  readonly heartbeatMs: number;
  /** Time to give lanes back: longer than the longest transaction and one interval, else the group takes us for dead. */
  readonly rebalanceMs: number;
  /** Classic protocol only: without a heartbeat for so long, a member is dead. No broker takes less than its `group.min.session.timeout.ms`, 6 s. */
  readonly sessionMs: number;
  /** Classic protocol only: how often the leader looks for new topics and partitions. */
  readonly topicsMs: number;
  /** How long `joinGroup` tries before it gives up. */
  readonly joinMs: number;
}

export const DEFAULT_TIMES: GroupTimes = { heartbeatMs: 1_000, rebalanceMs: 30_000, sessionMs: 10_000, topicsMs: 10_000, joinMs: 60_000 };

/** After an answer that never came, or one that asks for patience. */
export const RETRY_MS = 200;
/** While a coordinator is on the move. */
export const COORDINATOR_MS = 100;
/** While an old holder of our instance id still has its session. */
export const UNRELEASED_MS = 1_000;
