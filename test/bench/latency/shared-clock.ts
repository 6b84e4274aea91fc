/** Microseconds since 1970. */
export type SharedClock = () => number;

/** What lies between the kernel's monotonic clock and the time of day: taken once, by the process that starts the others. */
export function clockOffset(): number {
  return 1000 * Date.now() - monotonicMicros();
}

/**
 * One clock for several processes of a machine: the kernel's monotonic one, which they share and nobody sets, moved by the same
 * offset. The time of day could be corrected between two readings.
 */
export function createSharedClock(offset: number): SharedClock {
  const base = monotonicMicros() - 1000 * performance.now() + offset;
  return () => base + 1000 * performance.now();
}

function monotonicMicros(): number {
  return Number(process.hrtime.bigint() / 1000n);
}
