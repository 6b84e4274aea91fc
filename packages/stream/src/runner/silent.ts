import type { RunnerEvents } from "./events.ts";

/** For runners that nobody listens to. */
export const SILENT: RunnerEvents = {
  committed: () => {},
  aborted: () => {},
  assigned: () => {},
  revoked: () => {},
  lagging: () => {},
  stuck: () => {},
  halted: () => {},
  skipped: () => {},
  waiting: () => {},
  resumed: () => {},
  retried: () => {},
  ended: () => {},
};
