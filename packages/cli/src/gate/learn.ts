import { contractAt } from "@weir/pipeline";
import { columnKey, type FieldRequest } from "@weir/contract";
import {
  baselineContent,
  baselineText,
  createLearner,
  proposeRules,
  timeWindows,
  windowTime,
  type Learned,
  type Proposal,
} from "@weir/rules";
import { sha256, type LoadedPipeline } from "@weir/service";
import { ruleLine } from "./rule-line.ts";
import type { PastRecords } from "./past-records.ts";

export interface LearnOptions {
  readonly loaded: LoadedPipeline;
  /** Gate that the records are for: those behind a model have predictions. */
  readonly gate: string;
  readonly records: PastRecords;
  readonly name: string;
  readonly version: number;
  /** Where the records came from, for people. */
  readonly source: string;
  /** Path by which rules will name the file. */
  readonly path: string;
  readonly fields?: readonly string[];
  /** Length and shift of the windows known to be good, in milliseconds; null: records are taken as one. */
  readonly window: { readonly every: number; readonly offset?: number; readonly timezone?: string } | null;
}

export interface LearnedBaseline {
  readonly learned: Learned;
  /** The baseline file. */
  readonly text: string;
  readonly proposals: readonly Proposal[];
}

/** A baseline and the rules that its records would have met. Nothing is applied. */
export async function learn(options: LearnOptions): Promise<LearnedBaseline> {
  const { loaded, records, name, version, source, path, fields, window } = options;
  const { pipeline } = loaded;
  const contract = contractAt(loaded.contract, pipeline.stages, options.gate);
  const learner = createLearner(contract, fields);
  const time: FieldRequest | null = pipeline.record.time === null ? null : { ...pipeline.record.time, as: "time" };
  const reader = contract.reader([...learner.requests, ...(time ? [time] : [])]);
  const windowAt = window === null ? null : timeWindows(window);
  for await (const batch of records) {
    const read = reader.read(batch);
    const times = time === null ? null : read.columns.get(columnKey(time));
    const timeOf = (row: number): number => (times?.kind === "number" ? times.values[row]! : batch.timestamp[row]!); // row of the batch
    learner.take({ batch, read, repeats: new Map() }, windowAt === null ? null : (row) => windowName(windowAt, timeOf(row)));
  }
  const learned = learner.learn();
  const text = baselineText(baselineContent(learned, { name, version, source }), sha256);
  return { learned, text, proposals: proposeRules(learned, path) };
}

function windowName(windowAt: ReturnType<typeof timeWindows>, time: number): string {
  return windowTime(windowAt(time).start);
}

/** What was learned, as lines of YAML that a gate's rules can take over, with what speaks for each. */
export function proposalLines({ learned, proposals }: LearnedBaseline): string[] {
  const windows = learned.windows.length > 0 ? `, ${learned.windows.length} reference windows` : "";
  return [
    `# ${learned.records} records${windows}. Proposals: nothing is applied by itself.`,
    "rules:",
    ...proposals.flatMap(({ rule, evidence }) => [`  # ${evidence}`, `  - ${ruleLine(rule)}`]),
    ...[...learned.skipped].map(([field, why]) => `# ${field} was left out: ${why}`),
  ];
}
