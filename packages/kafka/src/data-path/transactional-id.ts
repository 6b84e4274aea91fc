import { RetriableError } from "@weir/record";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerFailure, replaced, type Link } from "../connection/index.ts";
import {
  AddOffsetsToTxn,
  AddPartitionsToTxn,
  EndTxn,
  InitProducerId,
  knownError,
  Produce,
  TxnOffsetCommit,
  type Api,
} from "../wire/index.ts";

/** How long a coordinator may be busy with an earlier transaction, or be on the move. */
const BUSY_MS = 20_000;
const BUSY_PAUSE_MS = 5;
const TRANSACTIONS_V2 = 2;
const CONCURRENT_TRANSACTIONS = 51;
const SEQUENCE_LIMIT = 0x8000_0000;

/** Transactions without AddPartitions and AddOffsets, where every end moves the epoch (KIP-890). */
export function speaksTransactionsV2(link: Link): boolean {
  return (link.features.get("transaction.version") ?? 0) >= TRANSACTIONS_V2 && link.supports(EndTxn, 5) && link.supports(Produce, 12);
}

export interface TopicPartitions<P> {
  readonly name: string;
  readonly partitions: readonly P[];
}

export interface NextOffset {
  readonly partition: number;
  readonly offset: number;
}

export interface MemberCredentials {
  readonly group: string;
  readonly memberId: string;
  readonly epoch: number;
}

/** One transactional id: its producer id and epoch, its sequences, and the requests to its coordinator. */
export class TransactionalId {
  readonly name: string;
  readonly v2: boolean;
  /** Is what is written under it invisible until `end`? */
  readonly isAtomic: boolean = true;
  producerId = -1;
  producerEpoch = -1;
  protected readonly link: Link;
  readonly #timeoutMs: number;
  readonly #sequences = new Map<string, number>();
  #startedAt = 0;

  constructor(link: Link, name: string, timeoutMs: number) {
    this.link = link;
    this.name = name;
    this.#timeoutMs = timeoutMs;
    this.v2 = speaksTransactionsV2(link);
  }

  /** Ends what this id left behind: an open transaction is aborted, a prepared one completed. */
  async init(): Promise<void> {
    const request = { transactionalId: this.name, timeoutMs: this.#timeoutMs, producerId: -1, producerEpoch: -1 };
    const answer = await this.#ask(InitProducerId, request, undefined, (a) => a.error);
    this.producerId = answer.producerId;
    this.producerEpoch = answer.producerEpoch;
    this.#sequences.clear();
  }

  /** From now on the transaction may be open in the broker. */
  started(): void {
    this.#startedAt = performance.now();
  }

  /** First sequence of a batch; must be called in the order in which the batches of a lane are sent. */
  nextSequence(lane: string, count: number): number {
    const next = this.#sequences.get(lane) ?? 0;
    this.#sequences.set(lane, (next + count) % SEQUENCE_LIMIT);
    return next;
  }

  async addPartitions(topics: readonly TopicPartitions<number>[]): Promise<void> {
    await this.#ask(AddPartitionsToTxn, { ...this.#id(), topics }, 3, firstError);
  }

  /** The broker refuses when the member's epoch is not the current one; it does not look at who owns the partitions. */
  async commitOffsets(member: MemberCredentials, topics: readonly TopicPartitions<NextOffset>[]): Promise<void> {
    const { group } = member;
    const id = this.#id();
    if (!this.v2) await this.#ask(AddOffsetsToTxn, { ...id, group }, 3, (a) => a.error);
    const request = {
      ...id,
      group,
      generation: member.epoch,
      memberId: member.memberId,
      instanceId: null,
      topics: withoutText(topics),
    };
    await this.repeat(`TxnOffsetCommit for the group ${group}`, async () => {
      const answer = await this.link.toCoordinator("group", group, TxnOffsetCommit, request, {
        version: this.v2 ? 5 : 3,
        errorOf: firstError,
      });
      return [firstError(answer), undefined];
    });
  }

  async end(commit: boolean): Promise<void> {
    const answer = await this.#ask(EndTxn, { ...this.#id(), commit }, this.v2 ? 5 : 3, (a) => a.error);
    if (!this.v2) return;
    this.producerId = answer.producerId;
    this.producerEpoch = answer.producerEpoch;
    this.#sequences.clear(); // a new epoch counts from 0
  }

  /** Batches that were numbered but never sent have left a gap in the sequences: a new epoch begins at 0 again. */
  async abort(isOpened: boolean): Promise<void> {
    if (isOpened) await this.end(false);
    if (this.v2) this.#sequences.clear(); // ended: a new epoch; never opened: the broker has seen nothing of this one
    else await this.init();
  }

  /** The error as this transaction has to take it: after its own time-out a fence is our own fault, not a successor's. */
  failure(code: number, where: string): Error {
    const tooOld = performance.now() - this.#startedAt >= this.#timeoutMs;
    if (code === 110) return replaced(`${where}: ${knownError(code).name}`);
    if (knownError(code).kind !== "fenced" || !tooOld) return brokerFailure(code, where);
    return new RetriableError("TRANSACTION_TIMED_OUT", `${where}: the transaction was open for more than ${this.#timeoutMs} ms`);
  }

  #id(): { transactionalId: string; producerId: number; producerEpoch: number } {
    return { transactionalId: this.name, producerId: this.producerId, producerEpoch: this.producerEpoch };
  }

  #ask<Q, A>(api: Api<Q, A>, request: Q, version: number | undefined, errorOf: (answer: A) => number): Promise<A> {
    return this.repeat(api.name, async () => {
      const answer = await this.link.toCoordinator("transaction", this.name, api, request, {
        errorOf,
        ...(version !== undefined && { version }),
      });
      return [errorOf(answer), answer];
    });
  }

  protected isBusy(code: number): boolean {
    return code === CONCURRENT_TRANSACTIONS || knownError(code).kind === "coordinator";
  }

  /** Busy coordinators and such that are on the move were not asked anything yet: the same request again is safe. */
  protected async repeat<A>(what: string, send: () => Promise<[number, A]>): Promise<A> {
    const until = performance.now() + BUSY_MS;
    for (;;) {
      const [code, answer] = await send();
      if (code === 0) return answer;
      if (!this.isBusy(code) || performance.now() > until) throw this.failure(code, `${what} of ${this.name}`);
      await sleep(BUSY_PAUSE_MS);
    }
  }
}

/** The fields of offsets that stand alone: a text that was left beside them goes. */
export function withoutText(
  topics: readonly TopicPartitions<NextOffset>[],
): TopicPartitions<NextOffset & { readonly leaderEpoch: number; readonly metadata: null }>[] {
  return topics.map(({ name, partitions }) => ({ name, partitions: partitions.map((p) => ({ ...p, leaderEpoch: -1, metadata: null })) }));
}

const OPERATION_NOT_ATTEMPTED = 55;

/** The first error in an answer by topic and partition; one that only says "because of another" last. */
export function firstError(answer: { readonly topics: readonly { readonly partitions: readonly { readonly error: number }[] }[] }): number {
  const errors = answer.topics.flatMap((t) => t.partitions.map((p) => p.error)).filter((code) => code !== 0);
  return errors.find((code) => code !== OPERATION_NOT_ATTEMPTED) ?? errors[0] ?? 0;
}
