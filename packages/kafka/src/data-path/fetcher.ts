import { laneKey, RetriableError, WeirError, type Batch, type Lane } from "@weir/record";
import type { Fetched, Fetcher, FetchOptions, FetchPace, LaneFailure, Position } from "@weir/stream";
import { setTimeout as sleep } from "node:timers/promises";
import { brokerFailure, type Link, type SocketKind, type TopicInfo } from "../connection/index.ts";
import { decodeRecords, emptyBatch, type Codecs } from "../record-batch/index.ts";
import { Fetch, knownError, NO_UUID, type ValueOf } from "../wire/index.ts";
import { fetchRequest, type FetchLimits } from "./fetch-request.ts";

/** Time that the broker gets beyond the wait we asked for. */
const GRACE_MS = 10_000;
/** After a fetch that told us to look at the cluster again, and where there is no leader. */
const REFRESH_PAUSE_MS = 50;
const DEFAULT_BYTES = 8 * 1024 * 1024;
/** One full batch of our own, and hardly the beginning of the next, which would come for nothing. A batch that is larger still comes whole when its lane is the first of the request; every lane is, in turn. */
const DEFAULT_PARTITION_BYTES = 900 * 1024;

type Partition = ValueOf<typeof Fetch.answer>["topics"][number]["partitions"][number];

/** One request that is under way, or answered and not yet asked for. */
interface Pending {
  readonly asked: ReadonlyMap<string, Position>;
  readonly answered: Promise<void>;
  found: Fetched | null;
  error: unknown;
}

interface Sending {
  readonly topics: ReadonlyMap<string, TopicInfo>;
  readonly waitMs: number;
  /** Before the request is sent. */
  readonly pauseMs: number;
}

interface Slices {
  readonly batches: Batch[];
  readonly failed: LaneFailure[];
  readonly ends: Map<string, number>;
  readonly writtenTo: Map<string, number>;
}

export interface FetcherSetup {
  readonly link: Link;
  readonly codecs: Codecs;
  /** A connection of this fetcher alone: one that waits for records makes everything behind it wait. */
  readonly kind: SocketKind;
  readonly release: () => void;
  readonly options: FetchOptions;
}

/**
 * Reads from the leaders of the lanes: one request under way per leader. As soon as one is taken, the next is sent for
 * where it ended, so that the broker works while the records are being processed; a caller that goes on elsewhere
 * only wastes that answer.
 */
export function createFetcher({ link, codecs, kind, release, options }: FetcherSetup): Fetcher {
  const limits = {
    maxBytes: options.maxBytes ?? DEFAULT_BYTES,
    maxPartitionBytes: options.maxPartitionBytes ?? DEFAULT_PARTITION_BYTES,
    committed: options.isolation !== "uncommitted",
  };
  const pending = new Map<number, Pending>();
  /** Of the topics that positions were asked for: offsets of a topic mean nothing in one that was created anew under its name. */
  const ids = new Map<string, string>();
  let turn = 0;
  let closed = false;

  const send = (leader: number, positions: readonly Position[], { topics, waitMs, pauseMs }: Sending): void => {
    const asked = new Map(rotate(positions, turn++).map((p) => [laneKey(p), p]));
    const request = async (): Promise<Fetched> => {
      if (pauseMs > 0) await sleep(pauseMs);
      if (closed) throw new RetriableError("CLOSED", "the fetcher is closed");
      return requestFrom(link, kind, leader, asked, topics, { ...limits, waitMs }, codecs);
    };
    const answered = request().then(
      (found) => void (entry.found = found),
      (error: unknown) => void (entry.error = error),
    );
    const entry: Pending = { asked, answered, found: null, error: null };
    pending.set(leader, entry);
  };

  return {
    async fetch(positions, waitMs) {
      if (closed) throw new RetriableError("CLOSED", "the fetcher is closed");
      const out: Slices = { batches: [], failed: [], ends: new Map(), writtenTo: new Map() };
      const topics = await link.topics([...new Set(positions.map((p) => p.topic))]);
      const same = positions.filter((p) => isSameTopic(ids, p, topics, out.failed));
      for (const { name, topicId } of topics.values()) ids.set(name, topicId);
      const byLeader = groupByLeader(same, topics, out.failed);
      for (const [leader, wanted] of byLeader) {
        const running = pending.get(leader);
        if (running === undefined || !coversAny(running, wanted)) send(leader, wanted, { topics, waitMs, pauseMs: 0 });
      }
      const mine = [...byLeader.keys()].flatMap((leader) => pending.get(leader) ?? []);
      if (mine.length > 0 && out.failed.length === 0) await Promise.race(mine.map((p) => p.answered));
      for (const [leader, wanted] of byLeader) {
        const answer = pending.get(leader);
        if (!answer || (answer.found === null && answer.error === null)) continue;
        pending.delete(leader);
        take(answer, wanted, out);
        const next = continuation(wanted, out);
        const pauseMs = pauseAfter(answer, options.pace);
        if (next.length > 0 && !closed && answer.error === null) send(leader, next, { topics, waitMs, pauseMs });
      }
      if (out.failed.some((f) => f.kind === "retry")) await refreshSoon(link, out.failed);
      return out;
    },
    async [Symbol.asyncDispose]() {
      if (closed) return;
      closed = true;
      // The next user of the connection must not wait behind a request of ours.
      void Promise.all([...pending.values()].map((p) => p.answered)).then(release);
      pending.clear();
    },
  };
}

/** Every lane comes first now and then: the broker fills an answer in the order of the request. */
function rotate(positions: readonly Position[], turn: number): readonly Position[] {
  const from = turn % positions.length;
  return [...positions.slice(from), ...positions.slice(0, from)];
}

function isSameTopic(
  ids: ReadonlyMap<string, string>,
  position: Position,
  topics: ReadonlyMap<string, TopicInfo>,
  failed: LaneFailure[],
): boolean {
  const before = ids.get(position.topic);
  const now = topics.get(position.topic)?.topicId;
  if (before === undefined || now === undefined || before === now) return true;
  const message = `${laneKey(position)} at offset ${position.offset}: the topic was deleted and created anew`;
  failed.push({ lane: laneOf(position), kind: "out-of-range", message });
  return false;
}

function groupByLeader(
  positions: readonly Position[],
  topics: ReadonlyMap<string, TopicInfo>,
  failed: LaneFailure[],
): Map<number, Position[]> {
  const byLeader = new Map<number, Position[]>();
  for (const position of positions) {
    const leader = topics.get(position.topic)?.leaders[position.partition] ?? -1;
    if (leader < 0) {
      failed.push({ lane: laneOf(position), kind: "retry", message: `${laneKey(position)} has no leader` });
      continue;
    }
    const list = byLeader.get(leader);
    if (list) list.push(position);
    else byLeader.set(leader, [position]);
  }
  return byLeader;
}

function coversAny(pending: Pending, wanted: readonly Position[]): boolean {
  return wanted.some((p) => pending.asked.get(laneKey(p))?.offset === p.offset);
}

/** Hands over what was asked for at the very offset that is wanted now; anything else is out of date. */
function take(answer: Pending, wanted: readonly Position[], out: Slices): void {
  if (answer.error instanceof WeirError) throw answer.error;
  const current = new Map(wanted.filter((p) => answer.asked.get(laneKey(p))?.offset === p.offset).map((p) => [laneKey(p), p]));
  if (answer.found === null) {
    const message = answer.error instanceof Error ? answer.error.message : String(answer.error);
    for (const position of current.values()) out.failed.push({ lane: laneOf(position), kind: "retry", message });
    return;
  }
  for (const batch of answer.found.batches) if (current.has(laneKey(batch))) out.batches.push(batch);
  for (const failure of answer.found.failed) if (current.has(laneKey(failure.lane))) out.failed.push(failure);
  for (const [key, end] of answer.found.ends) if (current.has(key)) out.ends.set(key, end);
  for (const [key, end] of answer.found.writtenTo) if (current.has(key)) out.writtenTo.set(key, end);
}

/** Markers alone are no records: whoever waits for the first record must not wait longer for them. */
function pauseAfter({ found }: Pending, pace: FetchPace | undefined): number {
  if (pace === undefined || found === null) return 0;
  const records = found.batches.reduce((sum, batch) => sum + batch.count, 0);
  return records > 0 && records < pace.fewRecords ? pace.pauseMs : 0;
}

/** Where the lanes go on after what was just handed over. */
function continuation(wanted: readonly Position[], out: Slices): Position[] {
  const failed = new Set(out.failed.map((f) => laneKey(f.lane)));
  const next = new Map<string, number>();
  for (const batch of out.batches) next.set(laneKey(batch), batch.nextOffset);
  return wanted.filter((p) => !failed.has(laneKey(p))).map((p) => ({ ...laneOf(p), offset: next.get(laneKey(p)) ?? p.offset }));
}

async function refreshSoon(link: Link, failed: readonly LaneFailure[]): Promise<void> {
  await Promise.all([
    link.refresh([...new Set(failed.map((f) => f.lane.topic))]).catch((error: unknown) => {
      if (!(error instanceof RetriableError)) throw error;
    }),
    sleep(REFRESH_PAUSE_MS),
  ]);
}

async function requestFrom(
  link: Link,
  kind: SocketKind,
  leader: number,
  asked: ReadonlyMap<string, Position>,
  topics: ReadonlyMap<string, TopicInfo>,
  limits: FetchLimits,
  codecs: Codecs,
): Promise<Fetched> {
  const socket = await link.socket(leader, kind);
  const positions = [...asked.values()];
  const hasIds = positions.every((p) => (topics.get(p.topic)?.topicId ?? NO_UUID) !== NO_UUID);
  const answer = await link.call(socket, Fetch, fetchRequest(positions, topics, limits), {
    deadlineMs: limits.waitMs + GRACE_MS,
    ...(hasIds ? {} : { version: 12 }),
  });
  const out: Slices = { batches: [], failed: [], ends: new Map(), writtenTo: new Map() };
  if (answer.error !== 0) throw brokerFailure(answer.error, "Fetch");
  const names = new Map([...topics.values()].map((t) => [t.topicId, t.name]));
  for (const topic of answer.topics) {
    const name = topic.name === "" ? names.get(topic.topicId) : topic.name;
    for (const partition of topic.partitions) {
      const position = name === undefined ? undefined : asked.get(laneKey({ topic: name, partition: partition.partition }));
      if (position !== undefined) readPartition(position, partition, limits.committed, codecs, out);
    }
  }
  return out;
}

function readPartition(position: Position, answer: Partition, committed: boolean, codecs: Codecs, out: Slices): void {
  const lane = laneOf(position);
  if (answer.error !== 0) {
    out.failed.push(laneFailure(lane, answer.error, position.offset));
    return;
  }
  out.ends.set(laneKey(lane), committed ? answer.lastStable : answer.highWatermark);
  out.writtenTo.set(laneKey(lane), answer.highWatermark);
  const records = answer.records;
  const { batches, nextOffset, damage, resume } = decodeRecords({
    lane,
    from: position.offset,
    aborted: committed ? (answer.aborted ?? []) : null,
    codecs,
    records: Buffer.isBuffer(records) ? records : Buffer.from(records.buffer, records.byteOffset, records.length),
  });
  out.batches.push(...batches);
  if (batches.length === 0 && nextOffset > position.offset) out.batches.push(emptyBatch(lane, nextOffset));
  // What comes before the damage is delivered first; the next fetch begins at the damage.
  if (damage !== null && nextOffset === position.offset)
    out.failed.push({
      lane,
      kind: "damaged",
      message: `${laneKey(lane)} at offset ${nextOffset}: ${damage}`,
      ...(resume !== null && { resume }),
    });
}

function laneFailure(lane: Lane, code: number, offset: number): LaneFailure {
  const known = knownError(code);
  const message = `${laneKey(lane)} at offset ${offset}: Kafka answered ${known.name} (${code})`;
  if (known.name === "OFFSET_OUT_OF_RANGE") return { lane, kind: "out-of-range", message };
  if (known.kind === "data") return { lane, kind: "damaged", message };
  if (known.kind === "refresh" || known.kind === "retry") return { lane, kind: "retry", message };
  throw brokerFailure(code, laneKey(lane));
}

function laneOf(position: Lane): Lane {
  return { topic: position.topic, partition: position.partition };
}
