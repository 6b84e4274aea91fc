import type { Batch } from "@weir/record";
import { longestStop, type RaisedAlarm, type RuleVerdict } from "@weir/rules";
import type { SystemRecord } from "@weir/stream";
import { heldWindows, type LaneState } from "./lane-state.ts";
import { stopBy } from "./stopping.ts";
import { firstRowFrom, type Passage } from "./take.ts";
import type { GateSettings } from "./settings.ts";

/** What detectors say of a batch, each alarm at the row that raised it. */
export interface Alarms {
  /** The row of the next alarm; the count of the batch when there is none. */
  end(): number;
  /** Tells the alarms up to the row's own, before anything that the row closes. */
  tell(row: number): void;
  /** The rows from this one on come again later: as if the detectors had not seen them. */
  unsee(row: number): void;
}

/**
 * Shows the batch to the lane's detectors: records that they never saw, in the order of the log. Their alarms stand among the verdicts of
 * windows where the log puts them, not where batches end.
 */
export function watch(passage: Passage): Alarms {
  const { batch, settings, state, out } = passage;
  const before = state.detectorsNext;
  const back = state.detectors !== null && mayStop(passage) ? state.detectors.mark() : null;
  const waiting = seen(passage, batch.count).sort((a, b) => a.row - b.row);
  let told = 0;
  return {
    end: () => {
      const [next] = waiting;
      return next ? next.row : batch.count;
    },
    unsee: (row) => {
      if (state.detectors === null) return;
      if (back === null) throw new Error("a batch was stopped that was not expected to be");
      back();
      state.detectorsNext = before;
      seen(passage, Math.max(row, told));
      waiting.length = 0;
    },
    tell: (row) => {
      told = row + 1;
      const raised = waiting.splice(0, waiting.filter((alarm) => alarm.row <= row).length);
      if (raised.length === 0) return;
      const verdicts = raised.map((alarm) => alarmRecord(settings, state, batch, alarm));
      stopBy(settings, state, longestStop(raised.flatMap(({ rule }) => rule.stop ?? [])), verdicts[0]?.key ?? "");
      const onCommitted = (): void => raised.forEach(({ rule }) => settings.onAlarm(rule.id));
      out.push({ batch, rows: new Int32Array(0), ports: new Uint8Array(0), verdicts, onCommitted });
    },
  };
}

/** Shows the rows before `end`, as far as they have not been seen. */
function seen({ state, batch, current }: Passage, end: number): RaisedAlarm[] {
  if (state.detectors === null || end === 0) return [];
  const first = firstRowFrom(batch, state.detectorsNext);
  if (first >= end) return [];
  state.detectorsNext = batch.offset[end - 1]! + 1; // end > first
  return [...state.detectors.take({ view: current.view, counted: current.counted, first, end })];
}

/** Could a window that this batch closes leave in parts, or stop the partition? */
function mayStop({ settings, state, batch }: Passage): boolean {
  if (state.refill !== null && state.refill.releasing.length > 0) return true; // goes on once it is filled again
  const held = heldWindows(state);
  if (settings.stops && (settings.ruleSet.stops || held.some((window) => window.ruleSet.stops))) return true;
  const bytes = held.reduce((sum, window) => sum + window.heldBytes, batch.bytes.length);
  return bytes > settings.partBytes || held.some((window) => window.spilled.length > 0);
}

function alarmRecord(settings: GateSettings, state: LaneState, batch: Batch, { rule, row, n, k, expected }: RaisedAlarm): SystemRecord {
  const offset = batch.offset[row]!; // row of the batch
  const id = `${settings.stage}/stream/${rule.id}/${state.lane.partition}/${offset}`;
  const answer: RuleVerdict = {
    id: rule.id,
    kind: rule.kind,
    mode: rule.mode,
    action: rule.action,
    verdict: "breach",
    n,
    ...(k !== undefined && { k }),
    expected,
  };
  const value = {
    v: 1,
    id,
    pipeline: settings.pipeline,
    stage: settings.stage,
    window: { kind: "stream", id: rule.id },
    partitions: [{ partition: state.lane.partition, last: offset }],
    n,
    verdict: rule.mode === "enforce" ? "breach" : "pass",
    quarantined: false,
    held: false,
    rules: [answer],
    ruleSet: settings.ruleSet.digest,
    spec: settings.spec,
    closedBy: "log",
  };
  return { key: id, value: JSON.stringify(value) };
}
