import type { Log, Membership, Position } from "@weir/stream";

/** An implementation of the log, with the faults that the contract has to survive. */
export interface LogUnderTest extends AsyncDisposable {
  readonly log: Log;
  /** The same topics as another process sees them. */
  another(): Promise<Log>;
  /** The group forgets a member, as after a session without heartbeats. */
  forget(group: string, memberId: string): Promise<void>;
  /** A transaction that has sent its offsets and is not over yet; ended by what is given back. */
  stageOffsets(
    transactionalId: string,
    membership: Membership,
    positions: readonly Position[],
  ): Promise<(isCommitted: boolean) => Promise<void>>;
}
