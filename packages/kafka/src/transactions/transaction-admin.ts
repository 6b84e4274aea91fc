import { setTimeout as sleep } from "node:timers/promises";
import { laneKey, recordAt, RetriableError, type Lane } from "@weir/record";
import { brokerFailure, openLink, type Link, type LinkOptions } from "../connection/index.ts";
import { createFetcher } from "../data-path/fetcher.ts";
import { readBounds } from "../data-path/offsets.ts";
import { firstError } from "../data-path/transactional-id.ts";
import { loadCodecs, type Codecs } from "../record-batch/index.ts";
import { DescribeProducers, WriteTxnMarkers } from "../wire/index.ts";
import { decidedOf, type Decided, type OpenProducer } from "./decided.ts";
import { readNote, TRANSACTION_LOG, type TransactionNote } from "./transaction-note.ts";

/** A partition that cannot be read to its end, and the transaction that it waits for. */
export interface HangingTransaction extends OpenProducer {
  /** Last stable offset: nobody who reads committed records comes further. */
  readonly stable: number;
  readonly end: number;
  /** First offset of the transaction. */
  readonly start: number;
  /** Time of the producer's last record, milliseconds since 1970. */
  readonly lastTimestamp: number;
  /** Of the coordinator whose marker the partition saw last; -1: of none. */
  readonly coordinatorEpoch: number;
  readonly decided: Decided;
}

/** What people do to transactions: nothing of it is on the data path. */
export interface TransactionAdmin extends AsyncDisposable {
  /** Transactions that keep these partitions from being read to their end, with what their coordinator decided. */
  hanging(lanes: readonly Lane[]): Promise<readonly HangingTransaction[]>;
  /**
   * Writes the marker that was decided, and waits until the partition counts the transaction as ended. Needs the right
   * ClusterAction.
   * @throws {Error} where nothing is decided: an open transaction is its coordinator's to end.
   */
  finish(transaction: HangingTransaction): Promise<void>;
}

const WAIT_MS = 500;
const ENDED_WITHIN_MS = 15_000;
const PAUSE_MS = 50;

export async function createTransactionAdmin(options: LinkOptions): Promise<TransactionAdmin> {
  const [link, codecs] = await Promise.all([openLink(options), loadCodecs()]);
  return {
    hanging: (lanes) => findHanging(link, codecs, lanes),
    finish: (transaction) => finish(link, transaction),
    [Symbol.asyncDispose]: () => link[Symbol.asyncDispose](),
  };
}

type Undecided = Omit<HangingTransaction, "decided">;

async function findHanging(link: Link, codecs: Codecs, lanes: readonly Lane[]): Promise<readonly HangingTransaction[]> {
  const bounds = await readBounds(link, lanes);
  const blocked = lanes.flatMap((lane) => {
    const { latest = 0, end = 0 } = bounds.get(laneKey(lane)) ?? {};
    return latest < end ? [{ ...lane, stable: latest, end }] : [];
  });
  const before = await openInAll(link, blocked);
  if (before.length === 0) return [];
  const notes = await readNotes(link, codecs, new Set(before.map((t) => t.producerId)));
  // A marker may have come while the notes were read: what they call complete and is open after that has none.
  const after = new Set((await openInAll(link, blocked)).map(nameOf));
  return before
    .filter((transaction) => after.has(nameOf(transaction)))
    .sort((a, b) => a.start - b.start)
    .map((transaction) => ({ ...transaction, decided: decidedOf(transaction, notes) }));
}

function nameOf(transaction: Undecided): string {
  return `${laneKey(transaction)} ${transaction.producerId} ${transaction.start}`;
}

async function openInAll(link: Link, lanes: readonly Blocked[]): Promise<Undecided[]> {
  const open: Undecided[] = [];
  for (const lane of lanes) open.push(...(await openIn(link, lane)));
  return open;
}

type Blocked = Lane & Pick<HangingTransaction, "stable" | "end">;

async function openIn(link: Link, lane: Blocked): Promise<Undecided[]> {
  const { topic, partition } = lane;
  const request = { topics: [{ name: topic, partitions: [partition] }] };
  const answer = await link.call(await leaderOf(link, lane), DescribeProducers, request);
  const found = answer.topics[0]?.partitions[0];
  if (found === undefined) throw new RetriableError("MISSING_ANSWER", `DescribeProducers: no answer for ${laneKey(lane)}`);
  if (found.error !== 0) throw brokerFailure(found.error, `DescribeProducers of ${laneKey(lane)}`, found.message);
  return found.producers
    .filter((p) => p.transactionStart >= 0)
    .map(({ producerId, producerEpoch, coordinatorEpoch, lastTimestamp, transactionStart: start }) => {
      return { ...lane, producerId, producerEpoch, coordinatorEpoch, lastTimestamp, start };
    });
}

async function leaderOf(link: Link, lane: Lane): ReturnType<Link["socket"]> {
  const leader = (await link.topics([lane.topic], { fresh: true })).get(lane.topic)?.leaders[lane.partition] ?? -1;
  if (leader < 0) throw new RetriableError("LEADER_NOT_AVAILABLE", `${laneKey(lane)} has no leader`);
  return link.socket(leader, "control");
}

/** All that the coordinators' log still tells of these producers, in its order. It is compacted: not all that there was. */
async function readNotes(link: Link, codecs: Codecs, producers: ReadonlySet<number>): Promise<readonly TransactionNote[]> {
  const info = (await link.topics([TRANSACTION_LOG], { fresh: true })).get(TRANSACTION_LOG);
  const lanes = (info?.leaders ?? []).map((_, partition) => ({ topic: TRANSACTION_LOG, partition }));
  const bounds = await readBounds(link, lanes);
  const places = new Map(lanes.map((lane) => [laneKey(lane), { ...lane, offset: bounds.get(laneKey(lane))?.earliest ?? 0 }]));
  const endOf = (lane: Lane): number => bounds.get(laneKey(lane))?.latest ?? 0;
  const notes: TransactionNote[] = [];
  const fetcher = createFetcher({ link, codecs, options: {}, kind: "fetch-0", release: () => undefined });
  try {
    for (;;) {
      const left = [...places.values()].filter((place) => place.offset < endOf(place));
      if (left.length === 0) return notes;
      const { batches, failed } = await fetcher.fetch(left, WAIT_MS);
      const broken = failed.find((f) => f.kind === "damaged");
      if (broken) throw new Error(`${TRANSACTION_LOG} cannot be read: ${broken.message}`);
      for (const batch of batches) {
        for (let row = 0; row < batch.count; row++) {
          const note = readNote({ ...recordAt(batch, row), partition: batch.partition });
          if (note !== null && producers.has(note.producerId)) notes.push(note);
        }
        const place = places.get(laneKey(batch));
        if (place) place.offset = Math.max(place.offset, batch.nextOffset);
      }
    }
  } finally {
    await fetcher[Symbol.asyncDispose]();
  }
}

async function finish(link: Link, transaction: HangingTransaction): Promise<void> {
  const { topic, partition, producerId, start, coordinatorEpoch, decided } = transaction;
  if (decided.how !== "commit" && decided.how !== "abort") throw new Error(`nothing is decided about producer ${producerId}`);
  const lane = { topic, partition };
  const marker = {
    producerId,
    producerEpoch: decided.note.producerEpoch,
    commit: decided.how === "commit",
    topics: [{ name: topic, partitions: [partition] }],
    coordinatorEpoch: Math.max(0, coordinatorEpoch),
  };
  const { markers } = await link.call(await leaderOf(link, lane), WriteTxnMarkers, { markers: [marker] });
  const error = markers[0] ? firstError(markers[0]) : 0;
  if (error !== 0) throw brokerFailure(error, `a marker for ${laneKey(lane)}`);
  for (const until = performance.now() + ENDED_WITHIN_MS; ; await sleep(PAUSE_MS)) {
    const open = await openIn(link, transaction);
    if (!open.some((t) => t.producerId === producerId && t.start === start)) return;
    if (performance.now() > until)
      throw new RetriableError(
        "STILL_HANGING",
        `${laneKey(lane)} has the transaction at offset ${start} open although its marker was written`,
      );
  }
}
