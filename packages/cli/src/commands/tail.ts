import { laneKey, recordAt, type Header, type Lane, type PlainRecord } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import { lanesOf } from "../read-topics.ts";
import { NOTHING_SKIPPED, passOver } from "../unreadable.ts";

export interface TailOptions {
  readonly log: Log;
  readonly topic: string;
  /** `beginning`, `end`, an offset, or a negative number of offsets before the end. */
  readonly from: string;
  /** Stop after so many records; null: no limit. */
  readonly limit: number | null;
  /** Stop at the end of what is there. */
  readonly exitAtEnd: boolean;
  /** Records for which it is false are passed over and not counted. */
  readonly takes?: (record: PlainRecord) => boolean;
  readonly onRecord: (lane: Lane, record: PlainRecord) => void;
}

const WAIT_MS = 250;

/** Committed records of a topic, as they come. */
export async function tail({ log, topic, from, limit, exitAtEnd, takes, onRecord }: TailOptions): Promise<void> {
  const lanes = await lanesOf(log, [topic]);
  const bounds = await log.bounds(lanes);
  const positions = new Map(
    lanes.map((lane) => {
      const { earliest, latest } = bounds.get(laneKey(lane)) ?? { earliest: 0, latest: 0 };
      return [laneKey(lane), { ...lane, offset: startOffset(from, earliest, latest), end: latest }];
    }),
  );
  await using fetcher = log.fetcher();
  for (let seen = 0; ;) {
    const { batches, failed } = await fetcher.fetch([...positions.values()], WAIT_MS);
    passOver(failed, positions, NOTHING_SKIPPED);
    for (const batch of batches) {
      for (let row = 0; row < batch.count; row++) {
        if (limit !== null && seen >= limit) return;
        const record = recordAt(batch, row);
        if (takes && !takes(record)) continue;
        onRecord(batch, record);
        seen++;
      }
      const at = positions.get(laneKey(batch));
      if (at) at.offset = batch.nextOffset;
    }
    const atEnd = [...positions.values()].every((p) => p.offset >= p.end);
    if ((exitAtEnd && atEnd) || (limit !== null && seen >= limit)) return;
  }
}

function startOffset(from: string, earliest: number, latest: number): number {
  if (from === "beginning") return earliest;
  if (from === "end") return latest;
  const n = Number(from);
  return n < 0 ? Math.max(earliest, latest + n) : Math.max(earliest, n);
}

/** A topic by its own name, or as `stage.port` of the pipeline. */
export function topicNamed(name: string, loaded: LoadedPipeline | null): string {
  const [stage, port] = name.split(".");
  const found = loaded?.topology.stages.find((s) => s.id === stage)?.outputs.get(port ?? "");
  return found ?? name;
}

const decoder = new TextDecoder("utf-8", { fatal: true });

/** UTF-8 where it is, else base64 with a prefix that says so. */
export function asText(bytes: Uint8Array | null): string | null {
  if (bytes === null) return null;
  try {
    return decoder.decode(bytes);
  } catch {
    return `base64:${Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length).toString("base64")}`;
  }
}

export function headersAsText(headers: readonly Header[]): [string, string | null][] {
  return headers.map((h) => [h.key, asText(h.value)]);
}
