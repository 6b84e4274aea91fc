/** Time as an argument. */
export interface Clock {
  /** Milliseconds since 1970 UTC. */
  now(): number;
  /** Milliseconds from an arbitrary start, never going back. */
  monotonic(): number;
  sleep(ms: number): Promise<void>;
  /** Calls `act` every `ms` until the returned function is called. */
  every(ms: number, act: () => void): () => void;
}
