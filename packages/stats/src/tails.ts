/** Both tails of a distribution, each computed where it is small: `upper` is never 1 − `lower` of a tail that has rounded to 1. */
export interface Tails {
  readonly lower: number;
  readonly upper: number;
}

/** The larger tail follows from the smaller one, never the other way round. */
export function fromLower(lower: number): Tails {
  return { lower: clamp(lower), upper: clamp(1 - lower) };
}

export function fromUpper(upper: number): Tails {
  return { lower: clamp(1 - upper), upper: clamp(upper) };
}

function clamp(p: number): number {
  return Math.min(1, Math.max(0, p));
}
