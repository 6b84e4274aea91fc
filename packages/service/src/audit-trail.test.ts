import { AUDIT_TOPIC, createVerifier, type AuditEntry } from "@weir/audit";
import { RetriableError } from "@weir/record";
import { createMemoryLog, type Log, type Transaction } from "@weir/stream";
import { expect, it } from "vitest";
import { openAuditTrail, readAudit } from "./audit-trail.ts";
import { systemClock } from "./clock.ts";
import { sha256 } from "./hash.ts";

const draft = { actor: "user:first", action: "replay.started", subject: "plan 1", reason: "mended" };

async function logWithTopic(partitions = 1): Promise<Log> {
  const log = createMemoryLog({ clock: systemClock });
  await log.createTopics([{ name: AUDIT_TOPIC, partitions }]);
  return log;
}

async function entriesOf(log: Log): Promise<AuditEntry[]> {
  const entries: AuditEntry[] = [];
  for await (const entry of readAudit(log)) entries.push(entry);
  return entries;
}

function faultsOf(entries: readonly AuditEntry[]): readonly unknown[] {
  const verifier = createVerifier(sha256);
  for (const entry of entries) verifier.add(entry);
  return verifier.done().faults;
}

it("a writer goes on with its chain in another process, and appends asked for at once come one after the other", async () => {
  const log = await logWithTopic(3);
  for (let life = 0; life < 2; life++) {
    await using trail = await openAuditTrail({ log, clock: systemClock, writer: "cli-1" });
    await using other = await openAuditTrail({ log, clock: systemClock, writer: `cli-2` });
    await Promise.all([trail.append(draft), trail.append(draft), other.append(draft)]);
  }
  const entries = await entriesOf(log);
  expect(entries.filter((e) => e.writer === "cli-1").map((e) => e.seq)).toEqual([0, 1, 2, 3]);
  expect(entries.filter((e) => e.writer === "cli-2").map((e) => e.seq)).toEqual([0, 1]);
  expect(faultsOf(entries)).toEqual([]);
});

it.each([
  ["was committed although it did not look so", true],
  ["was not committed", false],
])("an entry that %s is there once", async (_, committed) => {
  const log = await logWithTopic();
  let faults = 1;
  const failing: Log = {
    ...log,
    producer: async (options) => {
      const producer = await log.producer(options);
      const begin = (): Transaction => {
        const transaction = producer.begin();
        return {
          ...transaction,
          bytes: 0,
          commit: async (offsets) => {
            if (faults-- <= 0) return transaction.commit(offsets);
            if (committed) await transaction.commit(offsets);
            throw new RetriableError("DISCONNECTED", "the broker went away");
          },
        };
      };
      return { init: () => producer.init(), begin, [Symbol.asyncDispose]: () => producer[Symbol.asyncDispose]() };
    },
  };
  await using trail = await openAuditTrail({ log: failing, clock: systemClock, writer: "cli" });
  await trail.append(draft);
  await trail.append({ ...draft, at: "2013-02-05T05:00:00.000Z" });
  const entries = await entriesOf(log);
  expect(entries.map((e) => e.seq)).toEqual([0, 1]);
  expect(entries[1]?.at).toBe("2013-02-05T05:00:00.000Z");
  expect(faultsOf(entries)).toEqual([]);
});

it("without its topic nothing can be done unseen", async () => {
  const opening = openAuditTrail({ log: createMemoryLog({ clock: systemClock }), clock: systemClock, writer: "cli" });
  await expect(opening).rejects.toMatchObject({ exitCode: 4, problem: { code: "WEIR-5105" } });
});
