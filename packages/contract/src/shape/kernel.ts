import {
  again,
  block,
  createKernel,
  f64,
  give,
  i32,
  i64,
  i8x16,
  label,
  leave,
  loop,
  v128,
  when,
  whilst,
  type Code,
  type Kernel,
  type Label,
  type Local,
  type Operand,
  type Scope,
} from "@weir/wasm";
import { NULL, PRESENT } from "@weir/record";

/** What the kernel expects as the value of a member. */
export const KIND = { number: 0, text: 1, flag: 2 } as const;

/** One member of the shape, as cells of 32 bits; addresses of 0 mean that nobody wants the column. */
export const STEP = {
  /** The bytes that lead to the value, filled up with zeros to a multiple of 16; as many bytes of mask follow them. */
  key: 0,
  keyLength: 4,
  keyFilled: 8,
  kind: 12,
  /** Doubles, first positions of texts, or a byte for a flag. */
  out: 16,
  /** Lengths of texts. */
  lengths: 20,
  presence: 24,
  takesNull: 28,
  wholeOnly: 32,
  /** Of texts, in bytes, which are characters: only ASCII is read here. */
  shortest: 36,
  longest: 40,
  /** Of numbers, as doubles. */
  least: 48,
  most: 56,
} as const;
export const STEP_BYTES = 64;

/** Where the powers of ten are that the kernel divides by, as doubles. */
export const POWERS_AT = 0;
export const POWERS = 16;

export type ShapeKernel = Kernel<"scan">;

export function createShapeKernel(): ShapeKernel {
  const kernel = createKernel({ scan: { parameters: 6, body: scanBody } });
  for (let i = 0; i < POWERS; i++) kernel.doubles()[POWERS_AT / 8 + i] = Number(`1e${i}`);
  return kernel;
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const ZERO = 48;
const POINT = 46 - ZERO;
const MINUS = 45;
const OPEN = 123;
const CLOSE = 125;
const LETTER_E = 101 - ZERO;
const CAPITAL_E = 69 - ZERO;
const NULL_WORD = 0x6c6c756e;
const TRUE_WORD = 0x65757274;
const FALS_WORD = 0x736c6166;
/** A whole number of so many digits is exact in a double. */
const EXACT_DIGITS = 15;

type I32 = Local<"i32">;
type Statements = readonly Code<"none">[];

interface Variables {
  readonly at: I32;
  readonly end: I32;
  readonly step: I32;
  readonly row: I32;
  /** Added to addresses, gives positions in the batch. */
  readonly shift: I32;
  /** Behind whatever cannot be read here: the record is left to the scanner. */
  readonly other: Label;
  readonly int: () => I32;
  readonly scope: Scope;
}

/**
 * scan(ats, lengths, count, steps, stepsEnd, shift): reads the records at `ats[i]` (addresses) that have exactly the members
 * of the shape in its order, and nothing unusual in them; writes a 1 for each of them over its `lengths[i]`, for the others a
 * 0. Gives the number of the others.
 */
function scanBody(scope: Scope, parameters: readonly I32[]): Statements {
  const [ats, lengths, count, steps, stepsEnd, shift] = parameters;
  if (!ats || !lengths || !count || !steps || !stepsEnd || !shift) throw new Error("scan has six parameters");
  const int = (): I32 => scope.local("i32");
  const [at, end, step, row, done, others] = [int(), int(), int(), int(), int(), int()];
  const other = label("other");
  const next = label("next");
  const v: Variables = { at, end, step, row, shift, other, int, scope };
  return [
    loop(
      next,
      at.set(i32.load(i32.add(ats, i32.shl(row, 2)))),
      end.set(i32.add(at, i32.load(i32.add(lengths, i32.shl(row, 2))))),
      done.set(0),
      block(
        other,
        leave(other, i32.le_s(end, at)),
        leave(other, i32.ne(i32.load8_u(at), OPEN)),
        at.increase(1),
        step.set(steps),
        whilst(i32.lt_u(step, stepsEnd), ...readMember(v), step.increase(STEP_BYTES)),
        leave(other, i32.ne(i32.load8_u(at), CLOSE)),
        leave(other, i32.ne(i32.add(at, 1), end)),
        done.set(1),
      ),
      i32.store(i32.add(lengths, i32.shl(row, 2)), done),
      others.increase(i32.eqz(done)),
      row.increase(1),
      again(next, i32.lt_s(row, count)),
    ),
    give("i32", others),
  ];
}

function cell(v: Variables, name: keyof typeof STEP): Code<"i32"> {
  return i32.load(v.step, STEP[name]);
}

/** The bytes that lead to the value must be there, then comes a value of the kind, or null where that may be. */
function readMember(v: Variables): Statements {
  const { at, end, other } = v;
  const offset = v.int();
  const differs = v.scope.local("v128");
  const key = i32.add(cell(v, "key"), offset);
  return [
    leave(other, i32.gt_u(i32.add(at, cell(v, "keyLength")), end)),
    offset.set(0),
    differs.set(v128.zero),
    whilst(
      i32.lt_u(offset, cell(v, "keyFilled")),
      differs.set(
        v128.or(differs, v128.and(v128.xor(v128.load(i32.add(at, offset)), v128.load(key)), v128.load(i32.add(key, cell(v, "keyFilled"))))),
      ),
      offset.increase(16),
    ),
    leave(other, v128.any_true(differs)),
    at.increase(cell(v, "keyLength")),
    when(i32.eq(i32.load(at), NULL_WORD), readNull(v), [
      when(i32.eq(cell(v, "kind"), KIND.number), readNumber(v), [when(i32.eq(cell(v, "kind"), KIND.text), readText(v), readFlag(v))]),
      when(cell(v, "presence"), [i32.store8(i32.add(cell(v, "presence"), v.row), PRESENT)]),
    ]),
  ];
}

/** Address of the row in a column of elements of 2 to the power of `log` bytes. */
function place(v: Variables, column: "out" | "lengths", log: number): Code<"i32"> {
  return i32.add(cell(v, column), i32.shl(v.row, log));
}

function readNull(v: Variables): Statements {
  return [
    leave(v.other, i32.eqz(cell(v, "takesNull"))),
    v.at.increase(4),
    when(cell(v, "presence"), [i32.store8(i32.add(cell(v, "presence"), v.row), NULL)]),
    when(cell(v, "out"), [
      when(i32.eq(cell(v, "kind"), KIND.number), [f64.store(place(v, "out", 3), NaN)]),
      when(i32.eq(cell(v, "kind"), KIND.text), [i32.store(place(v, "out", 2), 0), i32.store(place(v, "lengths", 2), -1)]),
      when(i32.eq(cell(v, "kind"), KIND.flag), [i32.store8(i32.add(cell(v, "out"), v.row), 0)]),
    ]),
  ];
}

/** As `scanNumber` does it: up to 15 digits are exact, and divided by an exact power of ten they are rounded once. */
function readNumber(v: Variables): Statements {
  const { at, other } = v;
  const [negative, first, c, decimals] = [v.int(), v.int(), v.int(), v.int()];
  const digits = v.scope.local("i64");
  const value = v.scope.local("f64");
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
    leave(other, i32.gt_s(i32.sub(at, first), EXACT_DIGITS)),
    when(i32.eq(c, POINT), [
      leave(other, cell(v, "wholeOnly")),
      at.increase(1),
      decimals.set(at),
      ...takeDigits,
      decimals.set(i32.sub(at, decimals)),
      leave(other, i32.eqz(decimals)),
      leave(other, i32.gt_s(i32.sub(i32.sub(at, first), 1), EXACT_DIGITS)),
    ]),
    leave(other, i32.or(i32.eq(c, LETTER_E), i32.eq(c, CAPITAL_E))),
    value.set(f64.convert_i64_u(digits)),
    when(decimals, [value.set(f64.div(value, f64.load(i32.shl(decimals, 3), POWERS_AT)))]),
    when(negative, [value.set(f64.neg(value))]),
    leave(other, i32.or(f64.lt(value, f64.load(v.step, STEP.least)), f64.gt(value, f64.load(v.step, STEP.most)))),
    when(cell(v, "out"), [f64.store(place(v, "out", 3), value)]),
  ];
}

/** ASCII without escapes and control characters, which compared as signed bytes is everything from the space on. */
function readText(v: Variables): Statements {
  const { at, other } = v;
  const [first, found, length] = [v.int(), v.int(), v.int()];
  const bytes = v.scope.local("v128");
  const ends = (c: Operand<"i32">): Code<"v128"> => i8x16.eq(bytes, i8x16.splat(c));
  const look = [
    bytes.set(v128.load(at)),
    found.set(i8x16.bitmask(v128.or(v128.or(ends(QUOTE), ends(BACKSLASH)), i8x16.lt_s(bytes, i8x16.splat(SPACE))))),
  ];
  return [
    leave(other, i32.ne(i32.load8_u(at), QUOTE)),
    at.increase(1),
    first.set(at),
    ...look,
    whilst(i32.eqz(found), at.increase(16), ...look),
    at.increase(i32.ctz(found)),
    leave(other, i32.ne(i32.load8_u(at), QUOTE)),
    length.set(i32.sub(at, first)),
    leave(other, i32.or(i32.lt_s(length, cell(v, "shortest")), i32.gt_s(length, cell(v, "longest")))),
    when(cell(v, "out"), [i32.store(place(v, "out", 2), i32.add(first, v.shift)), i32.store(place(v, "lengths", 2), length)]),
    at.increase(1),
  ];
}

function readFlag(v: Variables): Statements {
  const { at, other } = v;
  const isTrue = v.int();
  return [
    isTrue.set(i32.eq(i32.load(at), TRUE_WORD)),
    when(i32.eqz(isTrue), [
      leave(other, i32.ne(i32.load(at), FALS_WORD)),
      leave(other, i32.ne(i32.load8_u(at, 4), LETTER_E + ZERO)),
      at.increase(1),
    ]),
    at.increase(4),
    when(cell(v, "out"), [i32.store8(i32.add(cell(v, "out"), v.row), isTrue)]),
  ];
}
