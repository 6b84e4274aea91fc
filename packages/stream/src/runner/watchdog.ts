import { WeirError } from "@weir/record";
import type { Clock } from "../clock.ts";

/** Sees to it that whoever has work gets on, starts again, or ends: never stands still silently. */
export interface Watchdog {
  /** Something moved: patience begins anew. */
  progress(): void;
  /** The environment said why nothing moves. Then nothing is ended for it: it may come back. */
  fault(message: string): void;
  stop(): void;
}

export interface WatchdogOptions {
  readonly clock: Clock;
  /** How long there may be work and no progress. */
  readonly patienceMs: number;
  readonly hasWork: () => boolean;
  /** Start again. Told once more after every further span of patience while faults are told. */
  readonly onStuck: (ms: number, fault: string | null) => void;
  /** Starting again did not help, and nobody says why. */
  readonly onHopeless: (ms: number) => void;
}

const LOOK_MS = 1000;

export function createWatchdog({ clock, patienceMs, hasWork, onStuck, onHopeless }: WatchdogOptions): Watchdog {
  let movedAt = clock.monotonic();
  let triedAt: number | null = null;
  let fault: string | null = null;
  const progress = (): void => {
    movedAt = clock.monotonic();
    triedAt = null;
    fault = null;
  };
  const look = (): void => {
    if (!hasWork()) return progress();
    const now = clock.monotonic();
    if (now - (triedAt ?? movedAt) < patienceMs) return;
    if (triedAt !== null && fault === null) {
      stop();
      return onHopeless(now - movedAt);
    }
    triedAt = now;
    const told = fault;
    fault = null;
    onStuck(now - movedAt, told);
  };
  const stop = clock.every(LOOK_MS, look);
  return { progress, fault: (message) => void (fault = message), stop };
}

/** Why the process ends. */
export function hopeless(group: string, ms: number): WeirError {
  return new WeirError({
    code: "WEIR-5005",
    what: "a stage has work and does not get on",
    where: `group ${group}`,
    why: `for ${Math.round(ms / 1000)} s nothing was read, decided or committed, starting again did not help, and nothing reported a fault`,
    fix: "the process ends so that another can take its place; if that stands still too, look for a transaction that nobody ends (kafka-transactions find-hanging) and for a stage that never answers",
  });
}
