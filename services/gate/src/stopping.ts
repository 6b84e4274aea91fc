import { laneKey, type Lane } from "@weir/record";
import type { StopCause } from "@weir/rules";
import type { RestoredState, StateChange, Stop } from "@weir/stream";
import type { LaneState } from "./lane-state.ts";
import type { GateSettings } from "./settings.ts";

/** A partition of which nothing more is taken in, from a verdict on: what stands behind it in the log waits, however long that is. */
export interface Stopping {
  readonly cause: StopCause;
  /** Id of the verdict. */
  readonly verdict: string;
  /** In milliseconds since 1970; null until somebody has asked. Decides nothing: when the partition goes on does not change what is decided. */
  since: number | null;
}

/** A verdict was reached that stops the partition. */
export function stopBy(
  { stops }: Pick<GateSettings, "stops">,
  state: LaneState,
  cause: StopCause | null | undefined,
  verdict: string,
): void {
  if (!stops || !cause || state.refill !== null) return;
  state.stop = { cause, verdict, since: null };
}

/** Must what comes next wait: for windows that leave in parts, or for the end of a stop? */
export function mustWait({ releasing, stop }: LaneState): boolean {
  return stop !== null || releasing.length > 0;
}

/** What the runner and the owner are told. */
export function toldStop({ stop, next, refill }: LaneState, owner: string, now: number): Stop | null {
  if (stop === null) return null;
  const since = (stop.since ??= now);
  const { rule, forMs, owner: own = owner } = stop.cause;
  return { verdict: stop.verdict, rule, owner: own, next: refill?.until ?? next, since, until: forMs === null ? null : since + forMs };
}

const stopKey = (lane: Lane): string => `stop/${laneKey(lane)}`;

/** Also while the lane is being refilled: a stop is over before anything is read again. */
export function stopChanges(state: LaneState): StateChange[] {
  const value = state.stop && JSON.stringify(state.stop);
  if (value === state.writtenStop) return [];
  state.writtenStop = value;
  return [{ lane: state.lane, key: stopKey(state.lane), value }];
}

/** `stops` false: whoever runs the stage does not stop. */
export function restoreStop(lane: Lane, restored: RestoredState, stops: boolean): Pick<LaneState, "stop" | "writtenStop"> {
  const text = restored.get(stopKey(lane)) ?? null;
  const stop: Stopping | null = text === null || !stops ? null : JSON.parse(text);
  return { stop, writtenStop: text };
}
