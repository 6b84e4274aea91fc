import { brokerFailure, replaced } from "../connection/index.ts";
import { knownError, OffsetCommit } from "../wire/index.ts";
import {
  firstError,
  TransactionalId,
  withoutText,
  type MemberCredentials,
  type NextOffset,
  type TopicPartitions,
} from "./transactional-id.ts";

const REBALANCE_IN_PROGRESS = 27;
const FENCED_MEMBER_EPOCH = 110;

/**
 * A transactional id of which only producer id and epoch are used: what is written under it belongs to no transaction and can be
 * read at once, at least once. Every `init` raises the epoch, so that a lane which has got something of the new one refuses what the
 * process before, or a request that was given up, still sends; and by their sequences the broker refuses batches behind a missing one.
 */
export class FencedId extends TransactionalId {
  override readonly isAtomic = false;

  /** Takes effect at once. The broker refuses when the member's epoch is not the current one. */
  override async commitOffsets(member: MemberCredentials, topics: readonly TopicPartitions<NextOffset>[]): Promise<void> {
    const { group, memberId, epoch } = member;
    const request = { group, generation: epoch, memberId, instanceId: null, topics: withoutText(topics) };
    await this.repeat(`OffsetCommit for the group ${group}`, async () => {
      const answer = await this.link.toCoordinator("group", group, OffsetCommit, request, { errorOf: firstError });
      return [firstError(answer), undefined];
    });
  }

  /** Nothing is open that would have to be ended: what was written is there, and what was numbered was sent. */
  override async end(): Promise<void> {}

  override async abort(): Promise<void> {}

  /** There is no transaction that could have timed out: who is fenced has been replaced. */
  override failure(code: number, where: string): Error {
    return code === FENCED_MEMBER_EPOCH ? replaced(`${where}: ${knownError(code).name}`) : brokerFailure(code, where);
  }

  protected override isBusy(code: number): boolean {
    return code === REBALANCE_IN_PROGRESS || super.isBusy(code);
  }
}
