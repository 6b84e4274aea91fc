import { batchOf, constantHeader, type Failure, type Lane } from "@weir/record";
import { judgeWindow, type WindowContext, type Refusal } from "@weir/rules";
import type { Decided, SystemRecord } from "@weir/stream";
import { settleAlerts } from "./alerts.ts";
import { settleBreaker } from "./breaker.ts";
import { closePane, reachBack, type Reach } from "./closed-panes.ts";
import { condemnation } from "./condemnation.ts";
import { judgeKeys, type KeyFates } from "./keyed/judge-keys.ts";
import type { KeyTallies } from "./keyed/key-tallies.ts";
import { releaseByKey } from "./keyed/release-by-key.ts";
import type { LaneState, OpenWindow, Segment } from "./lane-state.ts";
import { decision, PASS, portOf, QUARANTINE, tagHeader } from "./outlet.ts";
import type { GateSettings, KeySettings } from "./settings.ts";
import { LATE, LATE_IN_BATCH } from "./late.ts";
import { stopBy } from "./stopping.ts";
import { joinSpans, type OffsetSpan } from "./taint.ts";
import { verdictId, verdictRecord, windowName, type ClosedBy } from "./verdict.ts";

/** How a window was judged, as far as its records are told. */
export interface Release {
  /** Header `weir.window`. */
  readonly name: string;
  readonly tags: readonly string[];
  /** Why all of it is quarantined; null when it passes. */
  readonly condemned: Failure | null;
  /** What lies beyond this offset came after it was judged, and is late; null: nothing did. */
  readonly last: number | null;
  /** Absent where the window was judged as one. */
  readonly keys?: KeyFates;
}

/** Everything that a judged window lets go, in offset order, with its verdict. */
export function releaseWindow(settings: GateSettings, state: LaneState, window: OpenWindow, by: ClosedBy): Decided[] {
  const { release, told } = judged(settings, state, window, by);
  const [first, ...rest] = window.segments.flatMap((segment) => releasePart(settings, segment, release));
  return first === undefined ? [told] : [{ ...first, verdicts: told.verdicts, onCommitted: told.onCommitted }, ...rest];
}

/** What a window is judged with beside its records. */
function contextOf({ alerts }: LaneState, { start, declaration, count, mergedCount }: OpenWindow): WindowContext {
  return { start, remembered: alerts, ...(declaration && { batch: declaration.told(count - mergedCount) }) };
}

/** The verdict over a window of one partition, and what is told of it. */
export function judged(
  settings: GateSettings,
  state: LaneState,
  window: OpenWindow,
  by: ClosedBy,
): { readonly release: Release; readonly told: Verdicts } {
  if (window.byKey !== null && settings.keys !== null) return judgedByKey(settings, settings.keys, state, window, window.byKey, by);
  const reach = settings.panes && reachBack(state.ring, settings.panes, window);
  const judgement = settleAlerts(state, judgeWindow(window.ruleSet, reach?.tally ?? window.tally, contextOf(state, window)), window);
  const condemned =
    (settings.hold || settings.closeAfter !== null) && judgement.outcome === "quarantine"
      ? condemnation(settings, window.id, verdictId(settings, state, window), judgement)
      : null;
  const diverted = state.tripped !== null && window.through === null;
  const breaker = settings.closeAfter === null ? null : settleBreaker(state, settings.closeAfter, judgement, condemned);
  const quarantined = settings.hold ? condemned !== null : diverted;
  const { verdict, rules, tags } = judgement;
  const taint = condemned === null ? null : taintOf(settings, window, reach);
  if (settings.panes) closePane(state.ring, settings.panes, window, settings.hold && condemned !== null ? null : window.through);
  stopBy(settings, state, judgement.stop, verdictId(settings, state, window));
  const more = { quarantined, breaker, reach, taint };
  const told = verdictsAlone(state.lane, [verdictRecord(settings, state, window, { judgement, by, ...more })], () =>
    settings.onJudged({ verdict, fate: quarantined ? "quarantined" : taint === null ? "passed" : "tainted", rules }),
  );
  return { release: { name: windowName(settings, window.id), tags, condemned, last: null }, told };
}

/** What of a condemned window could not be kept back: of one that flows its own records, of one that slides those of the panes before. */
function taintOf({ hold }: GateSettings, { through }: OpenWindow, reach: Reach | null): OffsetSpan | null {
  return joinSpans(reach?.through ?? null, hold ? null : through);
}

function judgedByKey(
  settings: GateSettings,
  { by: pointer }: KeySettings,
  state: LaneState,
  window: OpenWindow,
  tallies: KeyTallies,
  by: ClosedBy,
): { readonly release: Release; readonly told: Verdicts } {
  const id = verdictId(settings, state, window);
  const { whole, fates, told: keys } = judgeKeys(window.ruleSet, tallies, { hold: settings.hold, verdict: id });
  const { verdict, rules } = whole;
  const quarantined = settings.hold && whole.outcome === "quarantine";
  const record = verdictRecord(settings, state, window, { judgement: whole, by, quarantined, keys: { by: pointer, ...keys } });
  const told = verdictsAlone(state.lane, [record], () =>
    settings.onJudged({ verdict, fate: quarantined ? "quarantined" : "passed", rules }),
  );
  return { release: { name: windowName(settings, window.id), tags: [], condemned: null, last: null, keys: fates }, told };
}

export function releasePart(settings: GateSettings, segment: Segment, release: Release): Decided[] {
  const { last } = release;
  const { batch } = segment;
  const rows = segment.rows.slice(0, segment.count);
  const cut = last === null ? -1 : rows.findIndex((row) => batch.offset[row]! > last); // rows of the batch
  if (cut < 0) return [releaseRows(settings, segment, rows, release)];
  const late = letGoLate(settings, { ...segment, rows: rows.slice(cut), count: rows.length - cut });
  return cut === 0 ? [late] : [releaseRows(settings, segment, rows.slice(0, cut), release), late];
}

function releaseRows(settings: GateSettings, segment: Segment, rows: Int32Array, release: Release): Decided {
  const { batch, judgement } = segment;
  const { name, tags, condemned } = release;
  if (release.keys && settings.keys) return releaseByKey(settings.keys, segment, rows, name, release.keys);
  const headers = [...tagHeader(rows, judgement.tags, tags), constantHeader("weir.window", name, rows.length)];
  return decision({ batch, rows, headers, ...portsOf(rows, judgement.refused, condemned) });
}

/** As if it had come after the window was closed. Where late records belong to the next window, their own rules decide. */
function letGoLate({ window }: GateSettings, { batch, rows, judgement }: Segment): Decided {
  const headers = tagHeader(rows, judgement.tags, []);
  return decision({
    batch,
    rows,
    headers,
    ...portsOf(rows, judgement.refused, lateFailure(window)),
  });
}

function lateFailure(window: GateSettings["window"]): Failure | null {
  if (window?.kind === "batch") return LATE_IN_BATCH;
  return window?.kind === "time" && window.late === "quarantine" ? LATE : null;
}

/** Verdicts with which no record leaves. */
export interface Verdicts extends Decided {
  readonly verdicts: readonly SystemRecord[];
  readonly onCommitted: () => void;
}

/** Verdicts with which no record leaves. */
export function verdictsAlone(lane: Lane, verdicts: readonly SystemRecord[], onCommitted: () => void): Verdicts {
  return { batch: batchOf(lane, []), rows: new Int32Array(0), ports: new Uint8Array(0), verdicts, onCommitted };
}

function portsOf(
  rows: Int32Array,
  refused: ReadonlyMap<number, Refusal>,
  condemned: Failure | null,
): { ports: Uint8Array; failures: Map<number, Failure> } {
  const failures = new Map<number, Failure>();
  const ports = new Uint8Array(rows.length).fill(condemned ? QUARANTINE : PASS);
  if (condemned === null && refused.size === 0) return { ports, failures };
  for (let i = 0; i < rows.length; i++) {
    const refusal = condemned ? undefined : refused.get(rows[i]!); // i < length
    if (refusal) ports[i] = portOf(refusal);
    const failure = condemned ?? refusal?.failure;
    if (failure) failures.set(i, failure);
  }
  return { ports, failures };
}
