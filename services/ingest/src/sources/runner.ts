import { setTimeout as wait } from "node:timers/promises";
import { batchOf, partitionOf, WeirError, type Lane } from "@weir/record";
import { isReplaced, restoreState, type Clock, type Log, type Membership, type Producer } from "@weir/stream";
import type { IngestEvents } from "../telemetry.ts";
import type { Place, Placed } from "../write/placing.ts";
import type { Portion, Source } from "./source.ts";

export interface SourceRunnerOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly sources: readonly Source[];
  /** Where records go. */
  readonly topic: string;
  readonly place: Place;
  /** Where positions are kept; who owns a partition of it reads the sources that belong there. */
  readonly stateTopic: string;
  readonly partitions: number;
  readonly group: string;
  readonly slot: string;
  readonly transactionTimeoutMs: number;
  readonly events: IngestEvents;
}

export interface SourceRunner extends AsyncDisposable {
  /** Rejects when another process took this one's place. */
  readonly done: Promise<void>;
  notReady(): string | null;
}

const BACKOFF_MIN_MS = 200;
const BACKOFF_MAX_MS = 10_000;
const encoder = new TextEncoder();

/**
 * Reads each source in one process of the group at a time. Records and position are one transaction, which also commits an
 * offset of the partition that the source belongs to: a process that lost it is refused by the broker.
 */
export async function runSources(options: SourceRunnerOptions): Promise<SourceRunner> {
  const { log, stateTopic, group, slot } = options;
  const reader = createReader(options);
  const membership = await log.join(
    { group, topics: [stateTopic], memberId: `weir-${group}-${slot}` },
    {
      onAssign: (lanes) => reader.assign(lanes),
      onRevoke: (lanes) => reader.stop(lanes),
      onLost: (lanes) => void reader.stop(lanes),
      onFatal: (error) => reader.fail(error),
    },
  );
  reader.begin(membership);
  return {
    done: reader.done,
    notReady: () => (reader.isAssigned() ? null : `${group} has not joined its group`),
    async [Symbol.asyncDispose]() {
      await reader.stop(membership.owned());
      await membership.leave();
      reader.finish();
    },
  };
}

/** The sources of the lanes that this process owns, each read on its own. */
function createReader(options: SourceRunnerOptions) {
  const { sources, partitions } = options;
  const running = new Map<string, { readonly abort: AbortController; readonly ended: Promise<void> }>();
  const waiting: Lane[] = [];
  let membership: Membership | null = null;
  let wasAssigned = false;
  let fail: (error: unknown) => void = () => {};
  let finish: () => void = () => {};
  const done = new Promise<void>((resolve, reject) => ([finish, fail] = [resolve, reject]));
  done.catch(() => {}); // whoever runs the service awaits it
  const belongTo = ({ partition }: Lane): readonly Source[] =>
    sources.filter((s) => partitionOf(encoder.encode(s.name), partitions) === partition);
  const start = (member: Membership, lane: Lane): void => {
    for (const source of belongTo(lane)) {
      const abort = new AbortController();
      const { incarnation } = member;
      const ended = keepReading({ ...options, membership: member, incarnation, lane, source, signal: abort.signal }).catch(fail);
      running.set(source.name, { abort, ended });
    }
  };
  return {
    done,
    fail: (error: unknown) => fail(error),
    finish: () => finish(),
    isAssigned: () => wasAssigned,
    assign(lanes: readonly Lane[]): void {
      wasAssigned = true;
      if (membership === null) waiting.push(...lanes);
      else for (const lane of lanes) start(membership, lane);
    },
    begin(member: Membership): void {
      membership = member;
      for (const lane of waiting.splice(0)) start(member, lane);
    },
    async stop(lanes: readonly Lane[]): Promise<void> {
      const ended = lanes.flatMap(belongTo).map(async ({ name }) => {
        const found = running.get(name);
        running.delete(name);
        found?.abort.abort();
        await found?.ended;
      });
      await Promise.all(ended);
    },
  };
}

interface Reading extends SourceRunnerOptions {
  readonly membership: Membership;
  readonly incarnation: number;
  readonly lane: Lane;
  readonly source: Source;
  readonly signal: AbortSignal;
}

/** Again and again, from the committed position, whatever happens to the log or the source. */
async function keepReading(reading: Reading): Promise<void> {
  const { signal, source, events } = reading;
  let pause = BACKOFF_MIN_MS;
  while (!signal.aborted) {
    try {
      await readFromCommitted(reading, () => (pause = BACKOFF_MIN_MS));
    } catch (error) {
      if (isReplaced(error)) throw error;
      if (signal.aborted) return;
      events.sourceFailed(source.name, unreadable(source.name, error));
      await unlessAborted(pause, signal);
      pause = Math.min(2 * pause, BACKOFF_MAX_MS);
    }
  }
}

async function readFromCommitted(reading: Reading, onProgress: () => void): Promise<void> {
  const { log, lane, source, signal, membership, group, slot, events, transactionTimeoutMs } = reading;
  const transactionalId = `weir-${group}-${slot}-${source.name}`;
  await using producer = await log.producer({ transactionalId, timeoutMs: transactionTimeoutMs });
  await log.committed(group, [lane], membership); // waits until nothing of a predecessor is open
  const positions = new Map(await restoreState(log, lane));
  const tell = (problem: unknown): void => events.sourceFailed(source.name, problem);
  while (!signal.aborted) {
    for await (const portion of source.read({ positions, signal, tell })) {
      if (signal.aborted) return;
      const written = await writePortion(reading, producer, portion);
      positions.set(portion.position.key, portion.position.value);
      if (written > 0) events.sourceTook(source.name, written);
      onProgress();
    }
    await unlessAborted(source.everyMs, signal);
  }
}

async function writePortion(reading: Reading, producer: Producer, { items, position }: Portion): Promise<number> {
  const { topic, place, lane, membership, incarnation, events, clock, source } = reading;
  const startedAt = clock.monotonic();
  const lanes = new Map<number, Placed["record"][]>();
  let records = 0;
  for (const item of items) {
    const outcome = item.refusal === undefined ? place(item.record) : item;
    if (outcome.refusal !== undefined) {
      events.sourceFailed(source.name, outcome.refusal.problem);
      continue;
    }
    records++;
    const list = lanes.get(outcome.partition);
    if (list) list.push(outcome.record);
    else lanes.set(outcome.partition, [outcome.record]);
  }
  const transaction = producer.begin();
  for (const [partition, list] of lanes) transaction.write({ topic, partition }, batchOf({ topic, partition }, list));
  transaction.write(lane, batchOf(lane, [{ key: encoder.encode(position.key), value: encoder.encode(position.value) }]));
  await transaction.commit({ membership, incarnation, positions: [{ ...lane, offset: 0 }] });
  events.committed({ records, ms: clock.monotonic() - startedAt });
  return records;
}

function unreadable(source: string, cause: unknown): WeirError {
  return new WeirError(
    {
      code: "WEIR-3024",
      what: `the source ${source} cannot be read`,
      why: cause instanceof Error ? cause.message : String(cause),
      fix: "correct what is named; it is asked again, from where it was left",
    },
    { cause },
  );
}

async function unlessAborted(ms: number, signal: AbortSignal): Promise<void> {
  await wait(ms, undefined, { signal }).catch(() => {}); // aborted: the caller looks
}
