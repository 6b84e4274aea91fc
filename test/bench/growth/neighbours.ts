import type { Per } from "./axes.ts";

/** Neighbours that are further apart need an explanation. */
export const LIMIT = 1.5;

export interface Cost {
  readonly at: number;
  /** Processor time per record, microseconds: system and broker. */
  readonly micros: number;
}

/** What a point costs beside the one before it. */
export interface Step {
  readonly cost: Cost;
  /** Times the cost of the point before; null for the first. */
  readonly ratio: number | null;
  readonly isFar: boolean;
  /** Microseconds per unit in the record. */
  readonly perUnit: number | null;
  /** Microseconds for each unit more than the point before has. */
  readonly perFurther: number | null;
}

/** Costs in the order of the axis; a point that is missing leaves its neighbours without a ratio. */
export function stepsOf(costs: readonly (Cost | null)[], per: Per | null): (Step | null)[] {
  return costs.map((cost, i) => {
    if (cost === null) return null;
    const before = costs[i - 1] ?? null;
    const ratio = before && cost.micros / before.micros;
    return {
      cost,
      ratio,
      isFar: ratio !== null && Math.max(ratio, 1 / ratio) > LIMIT,
      perUnit: per?.inRecord ? cost.micros / per.inRecord(cost.at) : null,
      perFurther: per && before && (cost.micros - before.micros) / per.between(before.at, cost.at),
    };
  });
}
