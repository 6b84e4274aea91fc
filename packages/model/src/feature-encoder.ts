import type { Column } from "@weir/record";

/** Where the numbers of one feature go: row i of the selection to `into[at + i * width]`. */
export interface Target {
  readonly rows: Int32Array;
  readonly into: Float32Array;
  readonly at: number;
  readonly width: number;
  /** By position in `rows`: a code of `REFUSALS`, 0 while nothing is wrong. */
  readonly refused: Uint8Array;
}

/** Gives the number of rows that it refused and that nothing had refused before. */
export type FeatureEncoder = (column: Column, target: Target) => number;

/** Why a row cannot be encoded, by code. */
export const MISSING = 1;
export const WRONG_TYPE = 2;
export const NOT_FINITE = 3;
export const UNKNOWN_CATEGORY = 4;
export const NO_VECTOR = 5;

/** The first reason stays. Gives 1 if this is it. */
export function refuse(refused: Uint8Array, position: number, reason: number): number {
  if (refused[position] !== 0) return 0;
  refused[position] = reason;
  return 1;
}
