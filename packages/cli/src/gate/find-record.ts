import { readDeadLetter } from "@weir/deadletter";
import { headerText } from "@weir/record";
import type { LoadedPipeline } from "@weir/service";
import type { Log } from "@weir/stream";
import type { NamedGate } from "../program/gate-flags.ts";
import { lanesOf, readToEnd } from "../read-topics.ts";

/** Where a record is that a gate decided, and what the gate said of it. */
export interface FoundRecord {
  readonly id: string;
  readonly port: "pass" | "quarantine" | "dead letters";
  readonly place: string;
  readonly class: string | null;
  readonly message: string | null;
  readonly rules: readonly string[];
  /** Broken `tag` rules, and window rules without enough evidence. */
  readonly tags: readonly string[];
  /** Id of the verdict, or name of the window, that it was judged with; null for records that no window held. */
  readonly window: string | null;
}

/** The record of that id behind a gate: quarantined, dead, or let through. Null when none of the gate's topics holds it. */
export async function recordNamed(log: Log, { topology }: LoadedPipeline, gate: NamedGate, id: string): Promise<FoundRecord | null> {
  const outputs = topology.stages.find((stage) => stage.id === gate.id)?.outputs;
  const overAll = (gate.window?.kind === "time" || gate.window?.kind === "batch") && gate.window.scope === "global";
  const places = [
    ["quarantine", outputs?.get("quarantine")],
    ["dead letters", topology.dlq],
    ["pass", outputs?.get("pass")],
  ] as const;
  for (const [port, topic] of places) {
    if (topic === undefined) continue;
    for await (const { partition, record } of readToEnd(log, await lanesOf(log, [topic]))) {
      if (headerText(record.headers, "weir.id") !== id) continue;
      const letter = readDeadLetter(record);
      const window = headerText(record.headers, "weir.dlq.verdict") ?? headerText(record.headers, "weir.window");
      return {
        id,
        port,
        place: `${topic}/${partition}/${record.offset}`,
        class: letter?.class ?? null,
        message: letter?.message ?? null,
        rules: listed(headerText(record.headers, "weir.dlq.rules")),
        tags: listed(headerText(record.headers, "weir.tags")),
        // Unless it is over all of them, a window has one verdict for each partition.
        window: window === null || letter !== null || overAll ? window : `${window}/${partition}`,
      };
    }
  }
  return null;
}

function listed(text: string | null): readonly string[] {
  return text === null || text === "" ? [] : text.split(",");
}
