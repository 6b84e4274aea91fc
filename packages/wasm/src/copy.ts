import type { Code, Local, Operand } from "./code.ts";
import { whilst, when } from "./control.ts";
import { i32, v128 } from "./instructions.ts";

/** `copyTo` may read and write so many bytes beyond what it copies. */
export const COPY_SLACK_BYTES = 16;

/** Two variables that `copyTo` works with. */
export interface CopyVariables {
  readonly from: Local<"i32">;
  readonly left: Local<"i32">;
}

/**
 * Copies `length` bytes (none where it is negative) to `out`, which then stands behind them. In pieces of 16 bytes, the last
 * one past the end: what is written next lies over it. `length` is computed twice.
 */
export function copyTo(out: Local<"i32">, from: Operand<"i32">, length: Operand<"i32">, { from: at, left }: CopyVariables): Code<"none">[] {
  return [
    at.set(from),
    left.set(length),
    whilst(i32.gt_s(left, 0), v128.store(out, v128.load(at)), out.increase(16), at.increase(16), left.increase(-16)),
    // What is left below zero is how far it went too far; a negative length went nowhere.
    when(i32.gt_s(length, 0), [out.increase(left)]),
  ];
}
