import type { CellCounter } from "./cell-counter.ts";
import type { DriftRule } from "./drift-rule.ts";

export interface PlacedCounter {
  readonly counter: CellCounter;
  /** Where its cells begin among those of a tally. */
  readonly at: number;
}

/** Gives every counter its place among the cells of a tally; rules that count the same field over the same cells share one. */
export interface CellPlaces {
  readonly counters: readonly PlacedCounter[];
  place(rule: DriftRule): { readonly rule: DriftRule; readonly at: number };
  size(): number;
}

export function createCellPlaces(): CellPlaces {
  const counters: PlacedCounter[] = [];
  const byName = new Map<string, number>();
  let size = 0;
  return {
    counters,
    size: () => size,
    place: (rule) => {
      const name = `${rule.baseline} ${rule.field}`;
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
