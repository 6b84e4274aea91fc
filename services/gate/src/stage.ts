import { columnKey, type Contract, type FieldRequest, type ReadResult, type RecordReader } from "@weir/contract";
import { laneKey, type Batch, type NumberColumn } from "@weir/record";
import { canonicalJson, compileCanonical, compileRuleSet, type RuleSet, type RuleSpec, type WindowSpec } from "@weir/rules";
import type { Decided, Port, Stage } from "@weir/stream";
import { oldestOpen, type LaneState } from "./lane-state.ts";
import { advanceRefill, finishRefillIfDone, nextBreak } from "./refill.ts";
import { laneChanges, restoreLane, storedRules } from "./saved.ts";
import type { GateSettings } from "./settings.ts";
import { checkHeld, createPassage, flush } from "./take.ts";
import { walkOf } from "./walk.ts";
import { createWindows } from "./windows.ts";

export interface GateOptions {
  readonly pipeline: string;
  readonly stage: string;
  readonly owner: string;
  /** SHA-256 of the canonical pipeline, hex. */
  readonly spec: string;
  /** Compiled with the bounds of the gate's `decode` rule. */
  readonly contract: Contract;
  readonly rules: readonly RuleSpec[];
  readonly window: WindowSpec | null;
  /** Where the event time is; null: the record's timestamp. */
  readonly time: { readonly pointer: string; readonly unit?: "s" | "ms" } | null;
  /** Columns that the next stages of a fused chain read too: read here once and handed on. */
  readonly handsOn?: readonly FieldRequest[];
  /** How columns are read; default the contract's own reader. Called anew when a rule set of an earlier deployment is restored. */
  readonly createReader?: (requests: readonly FieldRequest[]) => RecordReader;
  /** Hex digest of a text. */
  readonly sha256: (text: string) => string;
  /** Held records stay in memory. Defaults: 2,000,000 records, 1 GiB of values. */
  readonly maxHeldRecords?: number;
  readonly maxHeldBytes?: number;
}

const PORTS: readonly Port[] = [
  { name: "pass", kind: "data" },
  { name: "quarantine", kind: "quarantine" },
  { name: "dlq", kind: "dead-letter" },
];

/** Everything that a gate decides: which records go on, which wait for their window, which are refused and why. */
export function createStage(options: GateOptions): Stage {
  const settings = settingsOf(options);
  const cut = canonicalJson(options.window ?? {});
  const ruleSets = new Map<string, RuleSet>([[settings.ruleSet.digest, settings.ruleSet]]);
  const ruleSetOf = (digest: string): RuleSet => {
    const found = ruleSets.get(digest);
    if (!found) throw new Error(`the state names the rule set ${digest}, which is not in it`);
    return found;
  };
  const timeRequest: FieldRequest | null = options.window?.kind === "time" && options.time ? { ...options.time, as: "time" } : null;
  const windows = createWindows(settings, ruleSetOf);
  const walk = walkOf(settings, windows);
  const lanes = new Map<string, LaneState>();
  const handsOn = options.handsOn ?? [];
  const createReader = options.createReader ?? ((requests) => options.contract.reader(requests));
  let reader: RecordReader = createReader([...requestsOf(ruleSets.values(), timeRequest), ...handsOn]);

  const process = (batch: Batch): Decided[] => {
    const state = laneOf(lanes, batch);
    state.batch = batch;
    const read = reader.read(batch);
    const passage = createPassage(
      settings,
      state,
      withColumns(batch, read, handsOn),
      read,
      timeRequest ? timesOf(read.columns.get(columnKey(timeRequest))) : null,
    );
    for (let row = 0; row < batch.count;) {
      advanceRefill(passage, windows, batch.offset[row]!); // row < count
      const end = nextBreak(state, batch, row);
      walk(passage, row, end);
      row = end;
      state.next = batch.offset[end - 1]! + 1; // end > row >= 0
    }
    finishRefillIfDone(passage, windows);
    flush(passage);
    return passage.out;
  };
  const closing = (lane: LaneState, close: (out: Decided[]) => void): Decided[] => {
    const out: Decided[] = [];
    close(out);
    lane.batch = oldestOpen(lane) === null ? null : lane.batch;
    return out;
  };
  return {
    id: options.stage,
    ports: PORTS,
    holds: options.window !== null,
    process: (batches) => {
      const out = batches.flatMap(process);
      checkHeld(settings, lanes.values());
      return out;
    },
    position: (lane) => {
      const state = laneOf(lanes, lane);
      return state.refill ? state.from : (oldestOpen(state)?.first ?? null);
    },
    held: () => [...lanes.values()].reduce((n, state) => n + heldIn(state), 0),
    snapshot: () => (options.window === null ? [] : [...lanes.values()].flatMap((state) => laneChanges(state, cut))),
    assign: (lane, from, restored) => {
      for (const [digest, canonical] of storedRules(restored))
        if (!ruleSets.has(digest)) ruleSets.set(digest, compileCanonical(canonical, options));
      reader = createReader([...requestsOf(ruleSets.values(), timeRequest), ...handsOn]);
      lanes.set(laneKey(lane), restoreLane(lane, from, options.window === null ? new Map() : restored, cut));
    },
    revoke: (lane) => void lanes.delete(laneKey(lane)),
    close: ({ lane, watermark }) => {
      const state = laneOf(lanes, lane);
      if (state.refill) return wait(state, { watermark });
      return closing(state, (out) => applyMarker(state, watermark, out));
    },
    endOfInput: (lane) => {
      const state = laneOf(lanes, lane);
      if (state.refill) return wait(state, "endOfInput");
      return closing(state, (out) => windows.closeAll(state, out));
    },
    describe: () => ({
      spec: options.spec,
      rules: settings.ruleSet.digest,
      ...(options.contract.digest !== null && { contract: options.contract.digest }),
      owner: options.owner,
    }),
  };

  function applyMarker(state: LaneState, watermark: number, out: Decided[]): void {
    windows.closeByMarker(state, watermark, out);
    state.markers.push({ offset: state.next, watermark, horizon: state.horizon });
  }
}

function settingsOf(options: GateOptions): GateSettings {
  const { pipeline, stage, spec, window } = options;
  const minRecords = window?.minRecords;
  return {
    pipeline,
    stage,
    spec,
    window,
    kind: window?.kind ?? "none",
    hold: window?.hold ?? false,
    ruleSet: compileRuleSet(options.rules, {
      stage,
      contract: options.contract,
      sha256: options.sha256,
      ...(minRecords !== undefined && { minRecords }),
    }),
    maxHeldRecords: options.maxHeldRecords ?? 2_000_000,
    maxHeldBytes: options.maxHeldBytes ?? 1024 ** 3,
  };
}

function requestsOf(ruleSets: Iterable<RuleSet>, time: FieldRequest | null): FieldRequest[] {
  return [...[...ruleSets].flatMap((set) => set.requests), ...(time ? [time] : [])];
}

/** What the next stage finds in its batches instead of reading it again. */
function withColumns(batch: Batch, { columns }: ReadResult, handsOn: readonly FieldRequest[]): Batch {
  if (handsOn.length === 0) return batch;
  const shared = new Map(batch.added.columns);
  for (const key of handsOn.map(columnKey)) shared.set(key, columns.get(key)!); // the reader was asked for it
  return { ...batch, added: { ...batch.added, columns: shared } };
}

function laneOf(lanes: ReadonlyMap<string, LaneState>, lane: { readonly topic: string; readonly partition: number }): LaneState {
  const state = lanes.get(laneKey(lane));
  if (!state) throw new Error(`partition ${lane.partition} of ${lane.topic} was not assigned to this stage`);
  return state;
}

function timesOf(column: { readonly kind: string } | undefined): NumberColumn {
  if (!isNumbers(column)) throw new Error("the reader gave no event times");
  return column;
}

function isNumbers(column: { readonly kind: string } | undefined): column is NumberColumn {
  return column?.kind === "number";
}

function heldIn(state: LaneState): number {
  let records = 0;
  for (const window of [...state.windows.values(), ...(state.carry ? [state.carry] : [])]) {
    for (const segment of window.segments) records += segment.count;
  }
  return records;
}

function wait(state: LaneState, call: { readonly watermark: number } | "endOfInput"): Decided[] {
  state.refill?.waiting.push(call);
  return [];
}
