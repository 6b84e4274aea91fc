import { zoneDays } from "./zone-days.ts";

/** A half-open stretch of event time, in milliseconds since 1970 UTC. */
export interface TimeWindow {
  readonly start: number;
  readonly end: number;
}

/** The window that an event time falls into. Windows tile time: a function of the settings alone. */
export type TimeWindows = (eventTime: number) => TimeWindow;

export function timeWindows(spec: { readonly every: number; readonly offset?: number; readonly timezone?: string }): TimeWindows {
  if (spec.timezone !== undefined) return zoneDays(spec.timezone);
  const { every, offset = 0 } = spec;
  return (eventTime) => {
    const start = Math.floor((eventTime - offset) / every) * every + offset;
    return { start, end: start + every };
  };
}
