import { f64, i32, i64, leave, when, whilst, type Local } from "@weir/wasm";
import { cell, STEP, type Statements, type Variables } from "./step.ts";
import { POWERS_AT } from "./tables.ts";

const ZERO = 48;
const POINT = 46 - ZERO;
const MINUS = 45;
const LETTER_E = 101 - ZERO;
const CAPITAL_E = 69 - ZERO;
/** A whole number of so many digits is exact in a double. */
const EXACT_DIGITS = 15;
/** Of so many, 64 bits hold all. */
const MOST_DIGITS = 18;

/**
 * As `scanNumber` does it: up to 15 digits are exact, and divided by an exact power of ten they are rounded once. Leaves the number in `value`.
 * One of up to 18 digits is rounded twice, which `ofMany` has to judge; null: it is left to the scanner.
 */
export function parseNumber(v: Variables, value: Local<"f64">, ofMany: Statements | null): Statements {
  const { at, other } = v;
  const count = v.int();
  const mostDigits = ofMany === null ? EXACT_DIGITS : MOST_DIGITS;
  const [negative, first, c, decimals] = [v.int(), v.int(), v.int(), v.int()];
  const digits = v.scope.local("i64");
  const look = c.set(i32.sub(i32.load8_u(at), ZERO));
  const takeDigits = [look, whilst(i32.lt_u(c, 10), digits.set(i64.add(i64.mul(digits, 10), i64.extend_i32_u(c))), at.increase(1), look)];
  return [
    negative.set(i32.eq(i32.load8_u(at), MINUS)),
    at.increase(negative),
    first.set(at),
    digits.set(0),
    decimals.set(0),
    ...takeDigits,
    leave(other, i32.eq(at, first)),
    when(i32.eq(i32.load8_u(first), ZERO), [leave(other, i32.ne(i32.sub(at, first), 1))]),
    count.set(i32.sub(at, first)),
    leave(other, i32.gt_s(count, mostDigits)),
    when(i32.eq(c, POINT), [
      leave(other, cell(v, "wholeOnly")),
      at.increase(1),
      decimals.set(at),
      ...takeDigits,
      decimals.set(i32.sub(at, decimals)),
      leave(other, i32.eqz(decimals)),
      count.increase(decimals),
      leave(other, i32.gt_s(count, mostDigits)),
    ]),
    leave(other, i32.or(i32.eq(c, LETTER_E), i32.eq(c, CAPITAL_E))),
    value.set(f64.convert_i64_u(digits)),
    when(decimals, [value.set(f64.div(value, f64.load(i32.shl(decimals, 3), POWERS_AT)))]),
    when(negative, [value.set(f64.neg(value))]),
    leave(other, i32.or(f64.lt(value, f64.load(v.step, STEP.least)), f64.gt(value, f64.load(v.step, STEP.most)))),
    ...(ofMany === null ? [] : [when(i32.gt_s(count, EXACT_DIGITS), ofMany)]),
  ];
}
