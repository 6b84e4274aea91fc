import { headerText, ownHeaders, PRESENT } from "@weir/record";
import { timeWindows, windowTime, type TimeWindow } from "@weir/rules";
import type { OpenWindow } from "./lane-state.ts";
import { LATE } from "./late.ts";
import { DEAD_LETTER, QUARANTINE } from "./outlet.ts";
import { mustWait } from "./stopping.ts";
import { decideLate, decideRows, failureOf, flush, refuse, takeInto, type Passage } from "./take.ts";
import type { GateSettings } from "./settings.ts";
import { isKept, type Windows } from "./windows.ts";

/**
 * Places the rows from `first` to before `end`, in the order of the log. Answers where it stopped: before `end` where a window that
 * was closed leaves in parts or stopped the partition, because nothing may pass it.
 */
export type Walk = (passage: Passage, first: number, end: number) => number;

export function walkOf(settings: GateSettings, windows: Windows): Walk {
  switch (settings.window?.kind) {
    case undefined:
      return (passage, first, end) => {
        decideRows(passage, passage.current, first, end);
        return end;
      };
    case "count":
      return countWalk(settings.window.size, windows);
    case "time":
    case "sliding":
      return timeWalk(settings.window, windows);
    case "batch":
      return batchWalk(settings, windows);
  }
}

function countWalk(size: number, windows: Windows): Walk {
  return (passage, first, end) => {
    const { state, batch, out } = passage;
    for (let row = first; row < end;) {
      const id = `${batch.partition}-${state.ordinal}`;
      const place = { id, start: null, end: Infinity, offset: batch.offset[row]! }; // row < end, within the batch
      let window = state.windows.get(id);
      if (!window) {
        flush(passage);
        window = windows.open(state, place, entryOf(passage), out);
      }
      // What was merged into it does not shorten it.
      const stop = Math.min(end, row + size - (window.count - window.mergedCount));
      takeInto(passage, window, row, stop);
      row = stop;
      if (window.count - window.mergedCount < size) continue;
      flush(passage);
      windows.close(state, window, out);
      if (mustWait(state)) return row;
    }
    return end;
  };
}

function entryOf({ state }: Passage): { horizon: number; ordinal: number } {
  return { horizon: state.horizon, ordinal: state.ordinal };
}

type TimeSpec = Extract<NonNullable<GateSettings["window"]>, { kind: "time" | "sliding" }>;

function timeWalk(spec: TimeSpec, windows: Windows): Walk {
  const windowOf = timeWindows(spec);
  const maxFuture = spec.maxFuture ?? Infinity;
  return (passage, first, end) => {
    const { state, batch, times, out } = passage;
    const run = createRun(passage);
    let place: TimeWindow | null = null;
    for (let row = first; row < end; row++) {
      const time = times === null ? batch.timestamp[row]! : times.values[row]!; // row < end, within the batch
      if ((times !== null && times.presence[row] !== PRESENT) || time - batch.timestamp[row]! > maxFuture) {
        run.end(row);
        refuseUnplaced(passage, row, time, maxFuture);
        continue;
      }
      const entry = state.horizon;
      const horizon = time - spec.lateness;
      if (horizon > state.logHorizon) state.logHorizon = horizon;
      if (horizon > entry) {
        if (closesAny(state.windows.values(), horizon)) {
          run.end(row);
          flush(passage);
          windows.closeUpTo(state, horizon, out);
          // The record is placed when it is its turn again: it closes nothing more then.
          if (mustWait(state)) return row;
        }
        state.horizon = horizon;
      }
      if (place === null || time < place.start || time >= place.end) place = windowOf(time);
      if (place.end <= state.horizon && isLate(passage, run, spec, row)) continue;
      const target = place.end <= state.horizon ? windowOf(state.horizon) : place;
      if (run.window()?.start === target.start) continue;
      run.end(row);
      run.begin(row, windowAt(passage, windows, target, { row, horizon: entry }));
    }
    run.end(end);
    return end;
  };
}

function closesAny(open: Iterable<OpenWindow>, horizon: number): boolean {
  for (const window of open) if (window.end <= horizon) return true;
  return false;
}

interface Run {
  window(): OpenWindow | null;
  begin(row: number, window: OpenWindow): void;
  /** The run ends before the row. */
  end(row: number): void;
}

/** Neighbouring rows of one window are taken together. */
function createRun(passage: Passage): Run {
  let window: OpenWindow | null = null;
  let first = 0;
  return {
    window: () => window,
    begin: (row, opened) => {
      first = row;
      window = opened;
    },
    end: (row) => {
      if (window !== null) takeInto(passage, window, first, row);
      window = null;
    },
  };
}

function windowAt(passage: Passage, windows: Windows, { start, end }: TimeWindow, at: { row: number; horizon: number }): OpenWindow {
  const { state, batch, out } = passage;
  const id = windowTime(start);
  const known = state.windows.get(id);
  if (known) return known;
  flush(passage);
  return windows.open(state, { id, start, end, offset: batch.offset[at.row]! }, { horizon: at.horizon, ordinal: state.ordinal }, out); // row of the batch
}

/** True when the late record was dealt with; false when it goes into the window that is open now. */
function isLate(passage: Passage, run: Run, spec: TimeSpec, row: number): boolean {
  if (spec.late === "nextWindow") return false;
  run.end(row);
  decideLate(passage, row, spec.late === "recordRulesOnly" ? null : LATE);
  return true;
}

function refuseUnplaced(passage: Passage, row: number, time: number, maxFuture: number): void {
  const failure = passage.read.failures.get(row);
  if (failure) return refuse(passage, row, DEAD_LETTER, failureOf(failure));
  const ahead = time - passage.batch.timestamp[row]!; // row of the batch
  const message = Number.isNaN(time)
    ? "the record has no event time"
    : `the event time is ${ahead} ms ahead of the record's timestamp, at most ${maxFuture} ms are believed`;
  refuse(passage, row, DEAD_LETTER, { class: "CONTRACT", message });
}

/** The header by which a producer marks a batch. */
export const BATCH_ID = "batch-id";

/** Windows are what a producer marks by headers: `batch-id`, and `batch-count` or `batch-last` to tell where they end; over all partitions `batch-count` alone. */
function batchWalk({ batchHeader: idHeader, shared }: GateSettings, windows: Windows): Walk {
  return (passage, first, end) => {
    const { state, batch, out } = passage;
    for (let row = first; row < end; row++) {
      const headers = ownHeaders(batch, row);
      const id = headerText(headers, idHeader);
      if (id === null || id === "") {
        const failure = passage.read.failures.get(row);
        if (failure) refuse(passage, row, DEAD_LETTER, failureOf(failure));
        else refuse(passage, row, QUARANTINE, { class: "WINDOW", message: `the record has no header ${idHeader}, so no window judges it` });
        continue;
      }
      const offset = batch.offset[row]!; // row < end, within the batch
      // A restart reads the end of an earlier batch of the same id again: the one that is open began at the saved offset.
      if (state.refill !== null && isKept(state.refill, { id, opened: offset })) state.windows.delete(id);
      let window = state.windows.get(id);
      if (!window) {
        flush(passage);
        window = windows.open(state, { id, start: null, end: Infinity, offset }, entryOf(passage), out);
      }
      takeInto(passage, window, row, row + 1);
      if (idHeader === BATCH_ID) window.declaration?.take(batch, row, headers);
      if (shared) continue; // the other partitions have the rest of it
      if (idHeader !== BATCH_ID) continue; // what its first producer said of batches is over
      const declared = headerText(headers, "batch-count");
      const last = headerText(headers, "batch-last");
      if ((last === null || last === "false") && (declared === null || !(window.count - window.mergedCount >= Number(declared)))) continue;
      flush(passage);
      windows.close(state, window, out);
      if (mustWait(state)) return row + 1;
    }
    return end;
  };
}
