import { batchOf, RetriableError } from "@weir/record";
import type { Clock, Log } from "@weir/stream";
import {
  alertKey,
  lookForSilence,
  parseSilence,
  silenceAlert,
  silenceFrom,
  type Silence,
  type SilenceRule,
  type SilenceState,
} from "./silence.ts";

export interface SilenceWatchSetup {
  readonly pipeline: string;
  readonly rules: readonly SilenceRule[];
  readonly log: Log;
  readonly clock: Clock;
  readonly alertsTopic: string;
  /** Tells owners apart from others of the same pipeline that write: no two may have it at once. */
  readonly transactionalId: string;
}

export interface SilenceWatch extends AsyncDisposable {
  /** A record of the alerts topic, in the order of the log. */
  told(text: string): void;
  /** Looks until it is disposed of, once everything is known that was told before. */
  begin(known: () => Promise<boolean>): void;
  /** Does the rule's gate wait for records for too long? */
  isSilent(rule: SilenceRule): boolean;
  /** Rejects when it cannot go on, as for lack of a right. */
  readonly done: Promise<void>;
}

const LOOK_MS = 1000;
const encoder = new TextEncoder();

/** Looks at how far the inputs of gates go, and tells owners where nothing comes any more. Reads no record of theirs. */
export function createSilenceWatch({ pipeline, rules, log, clock, alertsTopic, transactionalId }: SilenceWatchSetup): SilenceWatch {
  const told = new Map<string, Silence | null>();
  const states = new Map<SilenceRule, SilenceState>();
  let stopped = false;
  let fail: (error: unknown) => void = () => {};
  const done = new Promise<void>((_resolve, reject) => (fail = reject));
  done.catch(() => {}); // whoever started the service awaits it
  const write = async (rule: SilenceRule, change: "raised" | "cleared", silence: Silence): Promise<void> => {
    const { key, value } = silenceAlert(pipeline, rule, change, silence, clock.now());
    const target = { topic: alertsTopic, partition: 0 };
    await using producer = await log.producer({ transactionalId, rotate: 1 });
    const transaction = producer.begin();
    transaction.write(target, batchOf(target, [{ key: encoder.encode(key), value: encoder.encode(value) }]));
    await transaction.commit(null);
    told.set(key, change === "raised" ? silence : null);
  };
  /** What is told is what is known afterwards: a look whose alert could not be written is made again. */
  const look = async (): Promise<boolean> => {
    for (const rule of rules) {
      const before = states.get(rule) ?? silenceFrom(told.get(alertKey(pipeline, rule)) ?? null);
      const ends = await endsOf(log, rule.inputs);
      const { state, change } = lookForSilence(before, rule.gapMs, { at: clock.now(), ends });
      const silence = state.standing ?? before.standing;
      const isTold = (told.get(alertKey(pipeline, rule)) ?? null) !== null;
      // Whoever else watches, or an attempt whose outcome nobody knew, may have told it.
      if (change !== null && silence !== null && rule.alerts && isTold !== (change === "raised")) await write(rule, change, silence);
      states.set(rule, state);
    }
    return true;
  };
  /** A broker that is away is waited for. */
  const patiently = async (act: () => Promise<boolean>): Promise<boolean> =>
    act().catch((error: unknown) => {
      if (!(error instanceof RetriableError)) throw error;
      return false;
    });
  const watch = async (known: () => Promise<boolean>): Promise<void> => {
    while (!stopped && !(await patiently(known))) await clock.sleep(LOOK_MS);
    while (!stopped) {
      await patiently(look);
      await clock.sleep(LOOK_MS);
    }
  };
  return {
    told: (text) => {
      const found = parseSilence(text);
      if (found) told.set(found.key, found.silence);
    },
    begin: (known) => {
      if (rules.length === 0) return;
      watch(known).catch((error: unknown) => {
        if (!stopped) fail(error); // else its connection was closed under it
      });
    },
    isSilent: (rule) => (states.get(rule)?.standing ?? null) !== null,
    done,
    [Symbol.asyncDispose]: async () => {
      stopped = true; // it ends at its next look
    },
  };
}

async function endsOf(log: Log, topics: readonly string[]): Promise<number> {
  const found = await log.partitions(topics);
  const lanes = topics.flatMap((topic) => Array.from({ length: found.get(topic) ?? 0 }, (_, partition) => ({ topic, partition })));
  const bounds = await log.bounds(lanes);
  return [...bounds.values()].reduce((sum, { latest }) => sum + latest, 0);
}
