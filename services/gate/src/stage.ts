import { columnKey, type Contract, type FieldRequest, type ReadResult, type RecordReader } from "@weir/contract";
import { laneKey, type Batch, type NumberColumn } from "@weir/record";
import {
  canonicalJson,
  compileCanonical,
  compileRuleSet,
  type Baseline,
  type KeyRule,
  type RuleSet,
  type RuleSpec,
  type WindowSpec,
} from "@weir/rules";
import type { Decided, Port, Recall, Stage } from "@weir/stream";
import { watch } from "./alarms.ts";
import { createShared } from "./global/shared.ts";
import { heldRecords, heldWindows, isBusy, oldestOpen, type LaneState, type WaitingCall } from "./lane-state.ts";
import { advanceRefill, finishRefillIfDone, nextBreak } from "./refill.ts";
import { nextOf, recalledOf } from "./parts.ts";
import { laneChanges, restoreLane, storedRules } from "./saved.ts";
import { keyReader } from "./keyed/key-tallies.ts";
import type { GateSettings, KeySettings } from "./settings.ts";
import type { JudgedWindow } from "./telemetry.ts";
import { boundHeld } from "./spill.ts";
import { mustWait, toldStop } from "./stopping.ts";
import { createPassage, flush, type Passage } from "./take.ts";
import { BATCH_ID, walkOf } from "./walk.ts";
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
  /** By the name that rules call them. */
  readonly baselines?: ReadonlyMap<string, Baseline>;
  readonly window: WindowSpec | null;
  /** Where the event time is; null: the record's timestamp. */
  readonly time: { readonly pointer: string; readonly unit?: "s" | "ms" } | null;
  /** Header that names the windows of kind `batch`; default `batch-id`. With another one only the end of input closes them. */
  readonly batchHeader?: string;
  /** Columns that the next stages of a fused chain read too: read here once and handed on. */
  readonly handsOn?: readonly FieldRequest[];
  /** How columns are read; default the contract's own reader. Called anew when a rule set of an earlier deployment is restored. */
  readonly createReader?: (requests: readonly FieldRequest[]) => RecordReader;
  /** Hex digest of a text. */
  readonly sha256: (text: string) => string;
  /** More stop the stage. Default 20,000,000. */
  readonly maxHeldRecords?: number;
  /** Values that are held in memory; what goes beyond it is read again from the log. Default 96 MiB. */
  readonly maxHeldBytes?: number;
  /** Values that leave in one part. Default 4 MiB. */
  readonly partBytes?: number;
  /** Does whoever runs it heed `stopped`? Else rules with `pause` and `halt` only keep back the window. Default: no. */
  readonly stops?: boolean;
  /** Told of every judged window once its verdict is committed. */
  readonly onJudged?: (window: JudgedWindow) => void;
  /** Told of every alarm of a detector once it is committed. */
  readonly onAlarm?: (rule: string) => void;
}

const PORTS: readonly Port[] = [
  { name: "pass", kind: "data" },
  { name: "quarantine", kind: "quarantine" },
  { name: "dlq", kind: "dead-letter" },
];

/** Everything that a gate decides: which records go on, which wait for their window, which are refused and why. */
export function createStage(options: GateOptions): Stage {
  const settings = settingsOf(options);
  const cut = options.window && canonicalJson(options.window);
  const ruleSets = new Map<string, RuleSet>([[settings.ruleSet.digest, settings.ruleSet]]);
  const ruleSetOf = (digest: string): RuleSet => {
    const found = ruleSets.get(digest);
    if (!found) throw new Error(`the state names the rule set ${digest}, which is not in it`);
    return found;
  };
  /** Of partials too: other partitions may have opened a window under a rule set that this process has never had. */
  const sharedRuleSetOf = (digest: string, canonical: string | null): RuleSet => {
    if (!ruleSets.has(digest) && canonical !== null) ruleSets.set(digest, compileCanonical(canonical, options));
    return ruleSetOf(digest);
  };
  const timeRequest: FieldRequest | null = isTimed(options.window) && options.time ? { ...options.time, as: "time" } : null;
  const windows = createWindows(settings, ruleSetOf);
  const shared = settings.shared ? createShared(settings, windows, sharedRuleSetOf) : null;
  const walk = walkOf(settings, windows);
  const lanes = new Map<string, LaneState>();
  const handsOn = options.handsOn ?? [];
  const createReader = options.createReader ?? ((requests) => options.contract.reader(requests));
  const ownRequests = [...(timeRequest ? [timeRequest] : []), ...(settings.keys ? [settings.keys.request] : [])];
  let reader: RecordReader = createReader([...requestsOf(ruleSets.values(), ownRequests), ...handsOn]);

  const process = (batch: Batch): Decided[] => {
    const state = laneOf(lanes, batch);
    if (batch.count > 0) {
      state.silent = false; // a batch without records, of markers alone, says nothing against it
      state.ended = false;
    }
    const read = reader.read(batch);
    const passage = createPassage(
      settings,
      state,
      withColumns(batch, read, handsOn),
      read,
      timeRequest ? timesOf(read.columns.get(columnKey(timeRequest))) : null,
    );
    return goOn(passage, 0);
  };
  /** From the row on, until nothing is left or a window leaves in parts, which nothing may pass. */
  const goOn = (passage: Passage, from: number): Decided[] => {
    const { state, batch } = passage;
    const alarms = watch(passage);
    state.rest = null;
    for (let row = from; row < batch.count;) {
      advanceRefill(passage, windows, batch.offset[row]!); // row < count
      if (mustWait(state) && state.refill === null) {
        state.rest = { passage, row };
        alarms.unsee(row);
        break;
      }
      alarms.tell(row);
      if (state.stop !== null) continue; // an alarm stopped the partition
      row = walk(passage, row, Math.min(nextBreak(state, batch, row), alarms.end()));
      state.next = Math.max(state.next, row === 0 ? 0 : batch.offset[row - 1]! + 1); // row <= count
    }
    if (state.rest === null) finishRefillIfDone(passage, windows);
    flush(passage);
    return passage.out.splice(0);
  };
  const closing = (lane: LaneState, close: (out: Decided[]) => void): Decided[] => {
    const out: Decided[] = [];
    close(out);
    return out;
  };
  return {
    id: options.stage,
    ports: PORTS,
    holds: options.window !== null,
    remembers: settings.ruleSet.keys.length > 0 || settings.ruleSet.detectors.length > 0,
    process: (batches) => {
      const out = batches.flatMap(process);
      boundHeld(settings, [...lanes.values()]);
      return out;
    },
    position: (lane) => {
      const state = laneOf(lanes, lane);
      return state.refill ? state.from : (oldestOpen(state)?.first ?? (state.rest ? state.next : null));
    },
    more: () => {
      for (const state of lanes.values()) {
        const next = moreOf(state);
        if (next !== null) return next;
      }
      return null;
    },
    recalled: (batch) => {
      const state = laneOf(lanes, batch);
      return recalledOf(settings, state, withColumns(batch, reader.read(batch), handsOn));
    },
    held: () => [...lanes.values()].reduce((n, state) => n + heldIn(state), 0),
    heldSince: () => oldestHeld(lanes.values()),
    snapshot: () => [...lanes.values()].flatMap((state) => [...(shared?.changes(state) ?? []), ...laneChanges(state, cut)]),
    ...(shared && {
      watchesSilence: true,
      hear: (notes, partitions) => shared.hear(notes, partitions, lanes.values()),
      unsaved: () => [...lanes.values()].some((state) => shared.isUnsaved(state)),
    }),
    assign: (lane, from, restored) => {
      shared?.assign(lane, restored);
      for (const [digest, canonical] of storedRules(restored))
        if (!ruleSets.has(digest)) ruleSets.set(digest, compileCanonical(canonical, options));
      reader = createReader([...requestsOf(ruleSets.values(), ownRequests), ...handsOn]);
      lanes.set(
        laneKey(lane),
        restoreLane(lane, from, restored, {
          settings: cut,
          breaker: settings.closeAfter !== null,
          stops: settings.stops,
          keyRules: keyRulesOf(settings.ruleSet, ruleSets.values()),
          detectorRules: settings.ruleSet.detectors,
        }),
      );
    },
    revoke: (lane) => {
      shared?.revoke(lane);
      lanes.delete(laneKey(lane));
    },
    close: ({ lane, watermark }) => {
      const state = laneOf(lanes, lane);
      state.silent = true;
      if (shared) return [];
      if (isBusy(state)) return wait(state, { watermark });
      return closing(state, (out) => applyMarker(state, watermark, out));
    },
    endOfInput: (lane) => {
      const state = laneOf(lanes, lane);
      if (isBusy(state)) return wait(state, "endOfInput");
      return closing(state, (out) => end(state, out));
    },
    stopped: (lane, now) => toldStop(laneOf(lanes, lane), options.owner, now),
    goOn: (lane) => void (laneOf(lanes, lane).stop = null),
    describe: () => ({
      spec: options.spec,
      rules: settings.ruleSet.digest,
      ...(options.contract.digest !== null && { contract: options.contract.digest }),
      owner: options.owner,
    }),
  };

  /** Parts of windows first, then what is left of the batch that closed them, then the calls that came meanwhile. */
  function moreOf(state: LaneState): readonly Decided[] | Recall | null {
    if (state.refill !== null) return null;
    const part = nextOf(settings, state);
    if (part !== null) return part;
    if (state.stop !== null) return null;
    if (state.rest !== null) return goOn(state.rest.passage, state.rest.row);
    const call = state.afterRest.shift();
    if (call === undefined) return null;
    return closing(state, (out) => (call === "endOfInput" ? end(state, out) : applyMarker(state, call.watermark, out)));
  }

  function end(state: LaneState, out: Decided[]): void {
    state.ended = true;
    if (settings.shared && settings.kind === "batch") return; // batches of all partitions are over when all of them have ended
    windows.closeAll(state, out);
  }

  function applyMarker(state: LaneState, watermark: number, out: Decided[]): void {
    windows.closeByMarker(state, watermark, out);
    state.markers.push({ offset: state.next, watermark, horizon: state.horizon });
  }
}

function isTimed(window: WindowSpec | null): boolean {
  return window?.kind === "time" || window?.kind === "sliding";
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
    closeAfter: window?.breaker?.closeAfter ?? null,
    panes: window?.kind === "sliding" ? { every: window.every, over: window.over } : null,
    tellsTaint: window?.breaker !== undefined || (window?.kind === "sliding" && window.hold),
    stops: options.stops ?? false,
    batchHeader: options.batchHeader ?? BATCH_ID,
    ruleSet: compileRuleSet(options.rules, {
      stage,
      contract: options.contract,
      sha256: options.sha256,
      ...(minRecords !== undefined && { minRecords }),
      ...(options.baselines && { baselines: options.baselines }),
    }),
    shared: (window?.kind === "time" || window?.kind === "batch") && window.scope === "global",
    keys: keySettingsOf(options),
    closesIdle: window?.idleAfter !== undefined,
    maxHeldRecords: options.maxHeldRecords ?? 20_000_000,
    maxHeldBytes: options.maxHeldBytes ?? 96 * 1024 ** 2,
    partBytes: options.partBytes ?? 4 * 1024 ** 2,
    onJudged: options.onJudged ?? (() => {}),
    onAlarm: options.onAlarm ?? (() => {}),
  };
}

/** The keys of what is let go are read again: only windows of which some keys pass and others do not need them. */
function keySettingsOf({ window, contract, sha256 }: GateOptions): KeySettings | null {
  if (window?.kind !== "time" || window.scope !== "key" || window.by === undefined) return null;
  const types = contract.field(window.by)?.types ?? [];
  const as = types.includes("number") || types.includes("integer") ? "number" : types.includes("boolean") ? "boolean" : "string";
  const request: FieldRequest = { pointer: window.by, as };
  const reader = contract.reader([request]);
  const keysOf: KeySettings["keysOf"] = (batch) => {
    const column = reader.read(batch).columns.get(columnKey(request));
    if (!column) throw new Error("the reader did not fill the keys"); // it was asked for them
    return keyReader(column, { sha256 });
  };
  return { request, by: window.by, maxKeys: window.maxKeys ?? MOST_KEYS, sha256, keysOf };
}

const MOST_KEYS = 10_000;

function requestsOf(ruleSets: Iterable<RuleSet>, own: readonly FieldRequest[]): FieldRequest[] {
  return [...[...ruleSets].flatMap((set) => set.requests), ...own];
}

/** Those of the newest rule set, and those that only windows of earlier ones still need. */
function keyRulesOf(newest: RuleSet, all: Iterable<RuleSet>): KeyRule[] {
  const byName = new Map<string, KeyRule>();
  for (const { keys } of [newest, ...all]) for (const rule of keys) if (!byName.has(rule.name)) byName.set(rule.name, rule);
  return [...byName.values()];
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
  for (const window of heldWindows(state)) records += heldRecords(window);
  return records;
}

function oldestHeld(lanes: Iterable<LaneState>): number | null {
  let oldest = Infinity;
  for (const state of lanes) {
    for (const { segments } of heldWindows(state)) {
      const [first] = segments; // segments are in the order of the log
      if (first) oldest = Math.min(oldest, first.batch.timestamp[first.rows[0] ?? 0] ?? Infinity);
    }
  }
  return oldest === Infinity ? null : oldest;
}

function wait(state: LaneState, call: WaitingCall): Decided[] {
  (state.refill?.waiting ?? state.afterRest).push(call);
  return [];
}
