import type { TimeWindows } from "./time-windows.ts";

const DAY_MS = 86_400_000;
/** No zone is further from UTC. */
const FURTHEST_MS = 15 * 3_600_000;

/** Calendar days of a time zone: 23 or 25 hours long where the clocks change. */
export function zoneDays(timezone: string): TimeWindows {
  const format = new Intl.DateTimeFormat("en-CA", {
    timeZone: timezone,
    calendar: "iso8601",
    numberingSystem: "latn",
    year: "numeric",
    month: "2-digit",
    day: "2-digit",
    era: "short",
  });
  const dayAt = (ms: number): number => dayNumber(format, ms);
  const starts = new Map<number, number>();
  const startOf = (day: number): number => {
    let start = starts.get(day);
    if (start === undefined) {
      if (starts.size >= 1000) starts.clear();
      starts.set(day, (start = firstInstant(dayAt, day)));
    }
    return start;
  };
  return (eventTime) => {
    let day = dayAt(eventTime);
    // Where a day is entered twice (clocks set back over midnight) its first instant counts.
    while (eventTime < startOf(day)) day--;
    while (eventTime >= startOf(day + 1)) day++;
    return { start: startOf(day), end: startOf(day + 1) };
  };
}

/** Days since 1970 by the zone's calendar. */
function dayNumber(format: Intl.DateTimeFormat, ms: number): number {
  const part = new Map(format.formatToParts(ms).map((p) => [p.type, p.value]));
  const year = Number(part.get("year"));
  const date = new Date(0);
  date.setUTCFullYear(part.get("era")?.startsWith("B") ? 1 - year : year, Number(part.get("month")) - 1, Number(part.get("day")));
  return Math.round(date.getTime() / DAY_MS);
}

function firstInstant(dayAt: (ms: number) => number, day: number): number {
  let before = day * DAY_MS - FURTHEST_MS;
  let after = day * DAY_MS + FURTHEST_MS;
  while (after - before > 1) {
    const middle = Math.floor((before + after) / 2);
    if (dayAt(middle) >= day) after = middle;
    else before = middle;
  }
  return after;
}
