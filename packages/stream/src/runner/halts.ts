import { RetriableError } from "@weir/record";
import type { LaneFailure } from "../log.ts";
import type { Control } from "./control.ts";
import type { Lanes, OwnedLane } from "./lanes.ts";
import type { RunnerOptions } from "./options.ts";

type Told = Pick<RunnerOptions, "events" | "onOutOfRange">;

/** Halts a lane that cannot be read, unless somebody said to leave out what is there; gives what to start again for, where the policy says so. */
export function haltLane(
  { lane, kind, message }: LaneFailure,
  lanes: Lanes,
  control: Control | null,
  options: Told,
): RetriableError | null {
  if (kind === "retry") return null;
  if (kind === "out-of-range" && options.onOutOfRange !== "stop") return new RetriableError("OUT_OF_RANGE", message);
  const owned = lanes.get(lane)!; // in its present life
  Object.assign(owned, { status: "halted", reason: kind === "out-of-range" ? `WEIR-5001 ${message}` : message });
  if (!skip(owned, control, options)) options.events.halted(lane, owned.reason);
  return null;
}

/** Halted lanes go on behind what somebody has said to leave out since. */
export function resumeLanes(lanes: Lanes, control: Control | null, options: Told): void {
  for (const lane of lanes.stuck()) if (skip(lane, control, options)) options.events.resumed(lane.lane);
}

function skip(lane: OwnedLane, control: Control | null, { events }: Told): boolean {
  const { next } = lane;
  const to = control?.skipTo(lane.lane, next) ?? -1;
  if (lane.status !== "halted" || to < 0) return false;
  Object.assign(lane, { status: "ready", reason: "", next: to });
  events.skipped(lane.lane, next, to);
  return true;
}
