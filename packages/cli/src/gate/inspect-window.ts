import { columnKey, type FieldRequest, type ReadResult } from "@weir/contract";
import { contractAt } from "@weir/pipeline";
import { headerText, ownHeaders, type Batch } from "@weir/record";
import { breaks, compileRuleSet, countRows, emptyTally, judgeBatch, type BatchJudgement, type OpenTally, type RuleSet } from "@weir/rules";
import { sha256, type LoadedPipeline } from "@weir/service";
import type { NamedGate } from "../program/gate-flags.ts";
import type { PastRecords } from "./past-records.ts";
import type { ToldWindow } from "./told.ts";

/** A record that broke a rule, as an example. */
export interface Example {
  readonly partition: number;
  readonly offset: number;
  /** What was seen and what is allowed. */
  readonly said: string;
}

/** A window looked at again: what its rules count, and records that broke them. */
export interface InspectedWindow {
  readonly ruleSet: RuleSet;
  readonly tally: OpenTally;
  /** By rule; the first ones. */
  readonly examples: ReadonlyMap<string, readonly Example[]>;
}

const EXAMPLES = 3;

/** Counts the records of a window again, with the rules as they stand in the pipeline now. */
export async function inspectWindow(
  { contract: whole, pipeline, baselines }: LoadedPipeline,
  gate: Pick<NamedGate, "id" | "rules" | "window">,
  told: ToldWindow,
  records: PastRecords,
): Promise<InspectedWindow> {
  const minRecords = gate.window?.minRecords ?? 0;
  const contract = contractAt(whole, pipeline.stages, gate.id);
  const ruleSet = compileRuleSet(gate.rules, { stage: gate.id, contract, baselines, sha256, minRecords });
  const time: FieldRequest | null = isTimed(told.window) && pipeline.record.time !== null ? { ...pipeline.record.time, as: "time" } : null;
  const reader = contract.reader([...ruleSet.requests, ...(time ? [time] : [])]);
  const tally = emptyTally(ruleSet);
  const examples = new Map<string, Example[]>();
  for await (const batch of records) {
    const read = reader.read(batch);
    const judgement = judgeBatch(ruleSet, { batch, read, repeats: new Map() }, null);
    const own = ownRows(told, { batch, read, time });
    const counted = judgement.counted.map((flag, row) => (own[row] === 1 ? flag : 0));
    const codes = judgement.codes.map((column) => column?.map((code, row) => (own[row] === 1 ? code : 0)) ?? null);
    countRows(tally, { ...judgement, counted, codes }, 0, batch.count);
    collectExamples(examples, { ...judgement, counted, codes });
  }
  return { ruleSet, tally, examples };
}

interface Placing {
  readonly batch: Batch;
  readonly read: ReadResult;
  readonly time: FieldRequest | null;
}

/** 1 for the rows that lie between the window's offsets and, where its name says so, in its time or its batch. */
function ownRows({ window, partitions }: ToldWindow, { batch, read, time }: Placing): Uint8Array {
  const own = new Uint8Array(batch.count);
  const range = partitions.find(({ partition }) => partition === batch.partition);
  if (!range) return own;
  const [start, end] = [Date.parse(window.start ?? ""), Date.parse(window.end ?? "")];
  const times = time === null ? null : read.columns.get(columnKey(time));
  for (let row = 0; row < batch.count; row++) {
    const offset = batch.offset[row]!; // row < count
    if (offset < (range.first ?? 0) || offset > range.last) continue;
    const at = times?.kind === "number" ? times.values[row]! : batch.timestamp[row]!; // row < count
    if (isTimed(window) && !(at >= start && at < end)) continue;
    if (window.kind === "batch" && headerText(ownHeaders(batch, row), "batch-id") !== window.id) continue;
    own[row] = 1;
  }
  return own;
}

function isTimed({ kind }: ToldWindow["window"]): boolean {
  return kind === "time" || kind === "sliding";
}

function collectExamples(examples: Map<string, Example[]>, { ruleSet, view, counted, codes }: BatchJudgement): void {
  ruleSet.rules.forEach((rule, i) => {
    const column = codes[i];
    if (!column || rule.check === null) return;
    const found = examples.get(rule.id) ?? [];
    for (let row = 0; row < column.length && found.length < EXAMPLES; row++) {
      if (counted[row] === 0 || !breaks(rule, column[row]!)) continue; // row < length
      found.push({ partition: view.batch.partition, offset: view.batch.offset[row]!, said: rule.check.explain(view, row) }); // row of the batch
    }
    if (found.length > 0) examples.set(rule.id, found);
  });
}
