import { createStage } from "@weir/gate";
import { contractAt } from "@weir/pipeline";
import { laneKey, type Lane } from "@weir/record";
import type { Baseline, RuleSpec, WindowSpec } from "@weir/rules";
import { sha256, type LoadedPipeline } from "@weir/service";
import type { Decided, Stage } from "@weir/stream";
import type { PastRecords } from "./past-records.ts";
import { parseVerdict, type ToldWindow } from "./told.ts";

export interface GateToTry {
  readonly id: string;
  readonly rules: readonly RuleSpec[];
  readonly window: WindowSpec | null;
  readonly baselines: ReadonlyMap<string, Baseline>;
}

/** What a gate made of past records. */
export interface JudgedPast {
  readonly verdicts: readonly ToldWindow[];
  /** Port of every record, by partition and offset. */
  readonly ports: ReadonlyMap<string, ReadonlyMap<number, string>>;
}

/** Past records through gates of their own, each as it would be in the pipeline: nothing is written or committed anywhere. */
export async function judgePast(loaded: LoadedPipeline, gates: readonly GateToTry[], records: PastRecords): Promise<readonly JudgedPast[]> {
  const trials = gates.map((gate) => createTrial(trialStage(loaded, gate)));
  for await (const batch of records) for (const trial of trials) await trial.take(batch);
  return trials.map((trial) => trial.end());
}

function trialStage({ pipeline, contract: whole }: LoadedPipeline, { id, rules, window, baselines }: GateToTry): Stage {
  const { name, record, owner, digest } = pipeline;
  // What a record's own timestamp says belongs to the moment it was sent, which a file does not know. Nobody is there to judge windows
  // over several partitions together: each is judged for itself, which over a file, one partition, is the same.
  const past: WindowSpec | null =
    window?.kind === "time"
      ? { ...window, scope: window.scope === "key" ? "key" : "partition", maxFuture: Infinity }
      : window?.kind === "sliding"
        ? { ...window, maxFuture: Infinity }
        : window?.kind === "batch"
          ? { ...window, scope: "partition" }
          : window;
  return createStage({
    pipeline: name,
    stage: id,
    owner,
    spec: digest,
    contract: contractAt(whole, pipeline.stages, id),
    rules,
    baselines,
    window: past,
    time: record.time,
    sha256,
  });
}

interface Trial {
  take(batch: Parameters<Stage["process"]>[0][number]): Promise<void>;
  end(): JudgedPast;
}

function createTrial(stage: Stage): Trial {
  const lanes = new Map<string, Lane>();
  const ports = new Map<string, Map<number, string>>();
  const verdicts: ToldWindow[] = [];
  const see = (decided: readonly Decided[]): void => {
    for (const { batch, rows, ports: numbers, verdicts: told } of decided) {
      const own = ports.get(laneKey(batch)) ?? new Map<number, string>();
      ports.set(laneKey(batch), own);
      for (let i = 0; i < rows.length; i++) own.set(batch.offset[rows[i]!]!, stage.ports[numbers[i]!]?.name ?? "?"); // i < length
      verdicts.push(...(told ?? []).flatMap(({ value }) => parseVerdict(value ?? "") ?? []));
    }
  };
  return {
    take: async (batch) => {
      if (!lanes.has(laneKey(batch))) {
        lanes.set(laneKey(batch), { topic: batch.topic, partition: batch.partition });
        stage.assign(batch, batch.offset[0] ?? 0, new Map());
      }
      see(await stage.process([batch]));
    },
    end: () => {
      for (const lane of lanes.values()) see(stage.endOfInput?.(lane) ?? []);
      return { verdicts, ports };
    },
  };
}
