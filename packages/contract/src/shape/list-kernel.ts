import {
  again,
  block,
  f64,
  f64x2,
  i16x8,
  i32,
  i32x4,
  i8x16,
  label,
  leave,
  loop,
  select,
  v128,
  when,
  type Code,
  type Local,
} from "@weir/wasm";
import { parseNumber } from "./number-kernel.ts";
import { cell, STEP, type Statements, type Variables } from "./step.ts";
import { DIGITS_AT, POWERS_AT } from "./tables.ts";

const SPACE = 32;
const COMMA = 44;
const MINUS = 45;
const POINT = 46;
const ZERO = 48;
const OPEN = 91;
const CLOSE = 93;
const LANES = 16;
/** Two neighbouring lanes of 16 bits: the first counts so much, the second once. */
const HUNDREDS = 0x1_0064;
const TEN_THOUSANDS = 0x1_2710;

/**
 * An array of numbers, a space behind its commas or none. Numbers of up to 15 bytes with the comma behind them in the next one are read without
 * a loop over their digits; the others, and the last one, as single numbers are.
 */
export function readList(v: Variables): Statements {
  const { at, other } = v;
  const [out, count, isWanted] = [v.int(), v.int(), v.int()];
  const value = v.scope.local("f64");
  const { lanes, fill } = createLanes(v);
  const next = label("next");
  const careful = label("careful");
  const put = when(isWanted, [f64.store32(i32.add(out, i32.shl(count, 2)), value)]);
  return [
    leave(other, i32.ne(i32.load8_u(at), OPEN)),
    at.increase(1),
    ...fill,
    count.set(0),
    isWanted.set(i32.ne(cell(v, "out"), 0)),
    out.set(i32.add(cell(v, "out"), i32.shl(i32.mul(v.row, cell(v, "longest")), 2))),
    loop(
      next,
      leave(other, i32.ge_s(count, cell(v, "longest"))),
      block(careful, ...readShort(v, lanes, value, careful), put, count.increase(1), again(next)),
      at.increase(i32.eq(i32.load8_u(at), SPACE)),
      ...parseNumber(v, value, asFloat32(v, value)),
      put,
      count.increase(1),
      at.increase(1),
      again(next, i32.eq(i32.load8_u(i32.sub(at, 1)), COMMA)),
      leave(other, i32.ne(i32.load8_u(i32.sub(at, 1)), CLOSE)),
    ),
    leave(other, i32.lt_s(count, cell(v, "shortest"))),
  ];
}

/**
 * The number of many digits in `value` was rounded twice, so that it is off by less than its 2^-51st part. Where the numbers a little
 * below and above become the same 32-bit float, the exact one does, too.
 */
function asFloat32(v: Variables, value: Local<"f64">): Statements {
  const [low, high] = [v.scope.local("f64"), v.scope.local("f64")];
  return [
    low.set(f64.mul(value, 1 - 2 ** -50)),
    high.set(f64.mul(value, 1 + 2 ** -50)),
    leave(v.other, f64.ne(f64.nearest32(low), f64.nearest32(high))),
    ...[low, high].flatMap((end) => [
      leave(v.other, f64.lt(end, f64.load(v.step, STEP.least))),
      leave(v.other, f64.gt(end, f64.load(v.step, STEP.most))),
    ]),
  ];
}

/** Vectors of one number in every lane, made once for a list: made anew for every number they cost as much as all else. */
interface Lanes {
  readonly commas: V128;
  readonly points: V128;
  readonly zeros: V128;
  /** Added to what is no digit, sets its highest bit. */
  readonly beyondDigits: V128;
  readonly lowBytes: V128;
  readonly tens: V128;
  readonly hundreds: V128;
  readonly tenThousands: V128;
}

type V128 = Local<"v128">;

function createLanes({ scope }: Variables): { readonly lanes: Lanes; readonly fill: Statements } {
  const fill: Code<"none">[] = [];
  const made = (value: Code<"v128">): V128 => {
    const lane = scope.local("v128");
    fill.push(lane.set(value));
    return lane;
  };
  const lanes = {
    commas: made(i8x16.splat(COMMA)),
    points: made(i8x16.splat(POINT)),
    zeros: made(i8x16.splat(ZERO)),
    beyondDigits: made(i8x16.splat(128 - 10)),
    lowBytes: made(i16x8.splat(255)),
    tens: made(i16x8.splat(10)),
    hundreds: made(i32x4.splat(HUNDREDS)),
    tenThousands: made(i32x4.splat(TEN_THOUSANDS)),
  };
  return { lanes, fill };
}

/** One number and the comma behind it; goes to `careful`, with `at` where it was, for all that is not `[ ][-]digits[.digits],` within 16 bytes. */
function readShort(v: Variables, lanes: Lanes, value: Local<"f64">, careful: Variables["other"]): Statements {
  const { at } = v;
  const [comma, point, start, hasPoint] = [v.int(), v.int(), v.int(), v.int()];
  const [whole, decimals, negative] = [v.int(), v.int(), v.int()];
  const bytes = v.scope.local("v128");
  const firstOf = (wanted: V128): Code<"i32"> => i32.ctz(i8x16.bitmask(i8x16.eq(bytes, wanted)));
  return [
    bytes.set(v128.load(at)),
    comma.set(firstOf(lanes.commas)),
    leave(careful, i32.ge_u(comma, LANES)),
    point.set(firstOf(lanes.points)),
    hasPoint.set(i32.lt_u(point, comma)),
    point.set(select("i32", point, comma, hasPoint)),
    start.set(i32.eq(i32.load8_u(at), SPACE)),
    negative.set(i32.eq(i32.load8_u(i32.add(at, start)), MINUS)),
    start.increase(negative),
    whole.set(i32.sub(point, start)),
    decimals.set(i32.sub(i32.sub(comma, point), hasPoint)),
    leave(careful, i32.le_s(whole, 0)),
    when(hasPoint, [leave(careful, i32.eqz(decimals)), leave(careful, cell(v, "wholeOnly"))]),
    start.increase(at),
    when(i32.gt_s(whole, 1), [leave(careful, i32.eq(i32.load8_u(start), ZERO))]),
    bytes.set(
      i8x16.swizzle(i8x16.sub(v128.load(start), lanes.zeros), v128.load(i32.add(i32.shl(whole, 8), i32.shl(decimals, 4)), DIGITS_AT)),
    ),
    leave(careful, i8x16.bitmask(i8x16.add_sat_u(bytes, lanes.beyondDigits))),
    ...joinDigits(bytes, lanes),
    value.set(
      f64.div(
        f64.add(f64.mul(f64x2.extract_lane(bytes, 0), 1e8), f64x2.extract_lane(bytes, 1)),
        f64.load(i32.add(i32.shl(decimals, 3), i32.shl(negative, 8)), POWERS_AT),
      ),
    ),
    leave(careful, f64.lt(value, f64.load(v.step, STEP.least))),
    leave(careful, f64.gt(value, f64.load(v.step, STEP.most))),
    at.increase(i32.add(comma, 1)),
  ];
}

/** Sixteen digits, one a byte, become two doubles of eight digits each. */
function joinDigits(digits: V128, { lowBytes, tens, hundreds, tenThousands }: Lanes): Statements {
  return [
    digits.set(i16x8.add(i16x8.mul(v128.and(digits, lowBytes), tens), i16x8.shr_u(digits, 8))),
    digits.set(i32x4.dot_i16x8_s(digits, hundreds)),
    digits.set(i32x4.dot_i16x8_s(i16x8.narrow_i32x4_s(digits, digits), tenThousands)),
    digits.set(f64x2.convert_low_i32x4_s(digits)),
  ];
}
