import { AUDIT_TOPIC, parseEntry, printEntry, sealEntry, type AuditDraft, type AuditEntry, type ChainHead } from "@weir/audit";
import { batchOf, headerText, laneKey, partitionOf, recordAt, RetriableError, WeirError, type Lane } from "@weir/record";
import type { Clock, Log, Producer } from "@weir/stream";
import { sha256 } from "./hash.ts";

export interface AuditTrailOptions {
  readonly log: Log;
  readonly clock: Clock;
  /** Who writes: one process at a time may have the name, a later one takes its chain over. */
  readonly writer: string;
}

/** One writer's chain in the audit topic. */
export interface AuditTrail extends AsyncDisposable {
  /** Resolves once the entry is committed, exactly once; waits while the broker is away, at most 30 s. */
  append(draft: Omit<AuditDraft, "at"> & { readonly at?: string }): Promise<AuditEntry>;
}

const TRY_FOR_MS = 30_000;
const BACKOFF_MS = 200;
const WAIT_MS = 200;
const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Tells the chains of writers apart without reading values. */
const WRITER = "weir.audit.writer";

/**
 * Opens the chain of a writer: ends what a predecessor of the same name left open, then goes on from its last entry.
 *
 * @throws {WeirError} WEIR-5105 where the broker has no audit topic
 */
export async function openAuditTrail({ log, clock, writer }: AuditTrailOptions): Promise<AuditTrail> {
  const partitions = (await log.partitions([AUDIT_TOPIC])).get(AUDIT_TOPIC);
  if (partitions === undefined) throw noAuditTopic();
  const lane = { topic: AUDIT_TOPIC, partition: partitionOf(encoder.encode(writer), partitions) };
  const producer = await log.producer({ transactionalId: `weir-audit-${writer}`, rotate: 1 });
  let head = await findHead(log, lane, writer);
  let queue: Promise<unknown> = Promise.resolve();
  const write = async (draft: AuditDraft): Promise<AuditEntry> => {
    const entry = sealEntry(draft, writer, head, sha256);
    const until = clock.monotonic() + TRY_FOR_MS;
    for (;;) {
      try {
        await commitEntry(producer, lane, entry);
        break;
      } catch (error) {
        if (!(error instanceof RetriableError) || clock.monotonic() > until) throw error;
        if (await settled(log, producer, lane, entry, clock)) break;
      }
    }
    head = entry;
    return entry;
  };
  return {
    append: ({ at, ...draft }) => {
      const written = queue.then(() => write({ at: at ?? new Date(clock.now()).toISOString(), ...draft }));
      queue = written.catch(() => {});
      return written;
    },
    [Symbol.asyncDispose]: async () => {
      await queue;
      await producer[Symbol.asyncDispose]();
    },
  };
}

async function commitEntry(producer: Producer, lane: Lane, entry: AuditEntry): Promise<void> {
  const transaction = producer.begin();
  const record = {
    key: encoder.encode(entry.writer),
    value: encoder.encode(printEntry(entry)),
    headers: [{ key: WRITER, value: encoder.encode(entry.writer) }],
  };
  transaction.write(lane, batchOf(lane, [record]));
  await transaction.commit(null);
}

/** After a fault nobody knows whether the entry is there: asks the log. */
async function settled(log: Log, producer: Producer, lane: Lane, entry: AuditEntry, clock: Clock): Promise<boolean> {
  await clock.sleep(BACKOFF_MS);
  try {
    await producer.init();
    return (await findHead(log, lane, entry.writer))?.hash === entry.hash;
  } catch (error) {
    if (error instanceof RetriableError) return false;
    throw error;
  }
}

/** The writer's last committed entry, null where it has none. */
async function findHead(log: Log, lane: Lane, writer: string): Promise<ChainHead | null> {
  let head: ChainHead | null = null;
  for await (const entry of readAuditLane(log, lane, writer)) head = entry;
  return head;
}

/** All committed entries of all writers, in the order of the topic. */
export async function* readAudit(log: Log): AsyncGenerator<AuditEntry> {
  const partitions = (await log.partitions([AUDIT_TOPIC])).get(AUDIT_TOPIC);
  if (partitions === undefined) throw noAuditTopic();
  for (let partition = 0; partition < partitions; partition++) yield* readAuditLane(log, { topic: AUDIT_TOPIC, partition }, null);
}

/** Up to the last offset that was ever written: a commit may be settled while its marker is still on its way. */
async function* readAuditLane(log: Log, lane: Lane, writer: string | null): AsyncGenerator<AuditEntry> {
  const bounds = (await log.bounds([lane])).get(laneKey(lane));
  if (!bounds) throw new RetriableError("NO_LEADER", `${laneKey(lane)} has no bounds yet`);
  await using fetcher = log.fetcher();
  for (let next = bounds.earliest; next < bounds.end;) {
    const { batches, failed } = await fetcher.fetch([{ ...lane, offset: next }], WAIT_MS);
    if (failed[0] && failed[0].kind !== "retry") throw new Error(`${laneKey(lane)} cannot be read at ${next}: ${failed[0].message}`);
    for (const batch of batches) {
      next = Math.max(next, batch.nextOffset);
      for (let row = 0; row < batch.count; row++) {
        const { headers, value } = recordAt(batch, row);
        if (value === null || (writer !== null && headerText(headers, WRITER) !== writer)) continue;
        const entry = parseEntry(decoder.decode(value));
        if (entry !== null && (writer === null || entry.writer === writer)) yield entry;
      }
    }
  }
}

function noAuditTopic(): WeirError {
  return new WeirError(
    {
      code: "WEIR-5105",
      what: "there is no audit topic",
      where: AUDIT_TOPIC,
      why: "what is done on purpose must be written down, and Weir creates no topics on a broker that it did not start",
      fix: `create ${AUDIT_TOPIC} with one partition and without retention (retention.ms=-1)`,
    },
    { exitCode: 4 },
  );
}
