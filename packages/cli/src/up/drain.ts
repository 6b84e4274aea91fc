import type { Clock } from "@weir/stream";
import { sum, type PipelineStatus, type WindowSummary } from "@weir/monitor";

/** What a finite run did, as one JSON line. */
export interface Summary {
  readonly pipeline: string;
  readonly in: number;
  readonly ports: Readonly<Record<string, number>>;
  readonly deadLetters: number;
  readonly windows: readonly { readonly id: string; readonly records: number; readonly nulls: number | null; readonly verdict: string }[];
  readonly balanced: boolean;
  readonly ms: number;
}

/** Has every one of `produced` records reached an end: all stages balanced, nothing held, nothing between two? At least once, some twice. */
export function isDrained(status: PipelineStatus, produced: number): boolean {
  const entered = status.stages[0]?.in ?? 0;
  const areIn = entered === produced || (status.guarantee === "at-least-once" && entered > produced);
  return status.balanced && areIn && status.stages.every((s) => s.held === 0);
}

/** Ports between two stages, as a record passes them, then those where it ends; dead letters are counted apart. */
export function summarise(status: PipelineStatus, windows: readonly WindowSummary[], produced: number, ms: number): Summary {
  const ports: Record<string, number> = {};
  let deadLetters = 0;
  for (const stage of status.stages) {
    for (const [port, count] of Object.entries(stage.ports)) {
      if (port === "dlq") deadLetters += count;
      else ports[`${stage.id}.${port}`] = count;
    }
  }
  const entered = status.stages[0]?.in ?? 0;
  return {
    pipeline: status.pipeline,
    in: entered,
    ports,
    deadLetters,
    windows: windows.map(({ id, records, nulls, verdict }) => ({ id, records, nulls, verdict })),
    balanced: isDrained(status, produced) && (status.guarantee === "at-least-once" || entered === ends(status) + deadLetters),
    ms: Math.round(ms),
  };
}

/** Records that left the pipeline by a port that no stage reads. */
function ends(status: PipelineStatus): number {
  const taken = status.stages.slice(1).reduce((n, s) => n + s.in, 0);
  const sent = status.stages.reduce((n, s) => n + sum(s.ports) - (s.ports["dlq"] ?? 0), 0);
  return sent - taken;
}

/** How often a finite run is looked at, in milliseconds. */
const LOOK_MS = 100;

/** Waits until everything is drained; says every five seconds how far it is. */
export async function waitDrained(
  clock: Clock,
  status: () => PipelineStatus,
  produced: number,
  failed: () => Error | null,
  note: (line: string) => void,
): Promise<void> {
  let told = clock.monotonic();
  for (;;) {
    const error = failed();
    if (error) throw error;
    const now = status();
    if (isDrained(now, produced)) return;
    if (clock.monotonic() - told > 5000) {
      told = clock.monotonic();
      note(
        `  … ${now.stages.map((s) => `${s.id} ${sum(s.ports)} of ${s.in + s.inFlight}${s.held > 0 ? `, ${s.held} held` : ""}`).join(" · ")}`,
      );
    }
    await clock.sleep(LOOK_MS);
  }
}
