import { batchOf, recordAt, type Lane } from "@weir/record";
import type { Clock, Log, Transaction } from "@weir/stream";

/** What people ask of a run that is under way, in whatever process it is. */
export type RunRequest = "pause" | "resume" | "cancel";

export interface RequestNote {
  readonly v: 1;
  readonly kind: "replay";
  readonly run: string;
  readonly do: RunRequest;
  readonly actor: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
const LOOK_MS = 250;

export function writeRequest(transaction: Transaction, controlTopic: string, note: RequestNote): void {
  const lane: Lane = { topic: controlTopic, partition: 0 };
  const record = { key: encoder.encode(`replay/${note.run}`), value: encoder.encode(JSON.stringify(note)) };
  transaction.write(lane, batchOf(lane, [record]));
}

/** Listens to the control topic from where it ends now. A broker that is away is waited for. */
export async function listen(
  log: Log,
  clock: Clock,
  controlTopic: string,
  run: string,
  onNote: (note: RequestNote) => void,
): Promise<AsyncDisposable> {
  const lane: Lane = { topic: controlTopic, partition: 0 };
  let offset = (await log.bounds([lane])).get(`${controlTopic}/0`)?.latest ?? 0;
  const fetcher = log.fetcher();
  let stopped = false;
  const look = async (): Promise<void> => {
    const { batches, failed } = await fetcher.fetch([{ ...lane, offset }], LOOK_MS);
    for (const batch of batches) {
      offset = batch.nextOffset;
      for (let row = 0; row < batch.count; row++) {
        const { value } = recordAt(batch, row);
        const note = value === null ? null : parseRequest(decoder.decode(value));
        if (note?.run === run) onNote(note);
      }
    }
    if (failed.length > 0) await clock.sleep(LOOK_MS);
  };
  const following = (async () => {
    while (!stopped) await look().catch(() => clock.sleep(LOOK_MS));
  })();
  return {
    [Symbol.asyncDispose]: async () => {
      stopped = true;
      await following;
      await fetcher[Symbol.asyncDispose]();
    },
  };
}

function parseRequest(text: string): RequestNote | null {
  try {
    const note: unknown = JSON.parse(text);
    return isRequest(note) ? note : null;
  } catch {
    return null;
  }
}

function isRequest(note: unknown): note is RequestNote {
  if (typeof note !== "object" || note === null) return false;
  const members = new Map<string, unknown>(Object.entries(note));
  const asked = members.get("do");
  const known = asked === "pause" || asked === "resume" || asked === "cancel";
  return known && members.get("kind") === "replay" && typeof members.get("run") === "string" && typeof members.get("actor") === "string";
}
