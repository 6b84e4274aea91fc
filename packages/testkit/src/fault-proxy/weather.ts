/** What all connections suffer, until it is changed. */
export interface Weather {
  /** Each way. */
  readonly latencyMs: number;
  /** Each way and connection; null: as much as there is. */
  readonly bytesPerSecond: number | null;
  /** Nothing arrives there; the connections stay. */
  readonly lost: { readonly toBroker: boolean; readonly toClient: boolean };
  /** Of an answer to reset its connection instead. */
  readonly resetChance: number;
}

export const FAIR: Weather = { latencyMs: 0, bytesPerSecond: null, lost: { toBroker: false, toClient: false }, resetChance: 0 };
