import type { Contract } from "@weir/contract";
import { WeirError } from "@weir/record";
import { distances, type Distance, type DistanceName } from "@weir/stats";
import type { DriftSpec } from "../spec.ts";
import type { Baseline, BaselineColumn } from "./baseline.ts";
import { cellCounter, type CellCounter } from "./cell-counter.ts";

/** A rule `drift`, ready to compare the counts of a window with its baseline. */
export interface DriftRule {
  readonly field: string;
  readonly distance: Distance;
  readonly warn: number;
  readonly fail: number;
  readonly judge: "exact" | "significant";
  /** `<name>/<version>@<first 8 hex of the digest>` */
  readonly baseline: string;
  readonly column: BaselineColumn;
  /** The cell whose share is compared (`proportion`). */
  readonly cell: number | null;
  readonly counter: CellCounter;
}

export interface DriftContext {
  readonly contract: Pick<Contract, "field">;
  readonly baselines: ReadonlyMap<string, Baseline>;
}

export function driftRule(spec: DriftSpec, { contract, baselines }: DriftContext): DriftRule {
  const baseline = baselines.get(spec.baseline);
  if (!baseline) throw new Error(`the baseline ${spec.baseline} of rule ${spec.id} was not handed in`);
  const column = baseline.columns[spec.field];
  if (!column) {
    const known = Object.keys(baseline.columns).join(", ");
    throw refused(
      spec,
      `the baseline ${spec.baseline} says nothing of ${spec.field}`,
      `use one of ${known}, or learn a baseline that has it`,
    );
  }
  const distance = distances[spec.method ?? "js"];
  checkMethod(spec, distance.name, column);
  const types = contract.field(spec.field)?.types ?? [];
  const as = types.includes("boolean") && !types.includes("string") ? "boolean" : "string";
  return {
    field: spec.field,
    distance,
    warn: spec.warn ?? Math.min(distance.warn, spec.fail ?? Infinity),
    fail: spec.fail ?? distance.fail,
    judge: spec.judge ?? "significant",
    baseline: `${baseline.name}/${baseline.version}@${baseline.digest.slice(0, 8)}`,
    column,
    cell: spec.cell === undefined ? null : column.cells.indexOf(spec.cell),
    counter: cellCounter(spec.field, column, as),
  };
}

/** Distances that know far from near need numbers; a single share needs its cell. */
function checkMethod(spec: DriftSpec, method: DistanceName, column: BaselineColumn): void {
  if ((method === "ks" || method === "wasserstein") && column.kind !== "number") {
    throw refused(
      spec,
      `${method} compares places, and ${spec.field} holds categories`,
      "use js, psi, hellinger, chi2, linf or proportion",
    );
  }
  if (method === "proportion" && (spec.cell === undefined || !column.cells.includes(spec.cell))) {
    throw refused(spec, "proportion compares the share of one cell", `set cell to one of ${column.cells.join(", ")}`);
  }
}

function refused(spec: DriftSpec, what: string, fix: string): WeirError {
  return new WeirError({ code: "WEIR-2211", what, where: `rule ${spec.id}`, fix });
}
