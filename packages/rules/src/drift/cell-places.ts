import type { CellCounter } from "./cell-counter.ts";

export interface PlacedCounter {
  readonly counter: CellCounter;
  /** Where its cells begin among those of a tally. */
  readonly at: number;
}

/** A rule with where its cells begin among those of a tally. */
export interface Placed<Rule> {
  readonly rule: Rule;
  readonly at: number;
}

/** Gives every counter its place among the cells of a tally; rules that count the same, which `name` says, share one. */
export interface CellPlaces {
  readonly counters: readonly PlacedCounter[];
  place<Rule extends { readonly counter: CellCounter }>(name: string, rule: Rule): Placed<Rule>;
  size(): number;
}

export function createCellPlaces(): CellPlaces {
  const counters: PlacedCounter[] = [];
  const byName = new Map<string, number>();
  let size = 0;
  return {
    counters,
    size: () => size,
    place: (name, rule) => {
      let at = byName.get(name);
      if (at === undefined) {
        at = size;
        byName.set(name, at);
        counters.push({ counter: rule.counter, at });
        size += rule.counter.size;
      }
      return { rule, at };
    },
  };
}
