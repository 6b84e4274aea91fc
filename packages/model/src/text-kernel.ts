import {
  block,
  copyTo,
  createKernel,
  f64,
  give,
  i32,
  label,
  leave,
  loop,
  again,
  when,
  whilst,
  type Code,
  type Kernel,
  type Label,
  type Local,
} from "@weir/wasm";

/** Addresses in the first cells of the kernel's memory; parts are an address and a length, one behind the other. */
export const FRAME = {
  /** Of each prediction, the index of its label. */
  labels: 0,
  /** Doubles; 0 where predictions have none. */
  confidence: 4,
  /** An address of doubles for each score. */
  scores: 8,
  scoresEnd: 12,
  /** A part for each label. */
  heads: 16,
  /** A part before each score. */
  names: 20,
  end: 24,
  endLength: 28,
  /** Where the text of each prediction begins, and how long it is: 0 where it has numbers that are not written here. */
  at: 32,
  lengths: 36,
  /** The texts are written from here on; the call puts here where they end. */
  out: 40,
} as const;
/** Three digits of 0 to 999 in three bytes, in the fourth how many are left without zeros at the end. */
export const TRIPLES_AT = 64;
/** Powers of ten from 10^6 to 10^22, as doubles. */
export const POWERS_AT: number = TRIPLES_AT + 4000;
const MOST_SCALE = 22;
const SMALLEST = 1e-17;
export const DATA_AT: number = POWERS_AT + 8 * (MOST_SCALE - 5);

export type TextKernel = Kernel<"write">;

export function createTextKernel(): TextKernel {
  const kernel = createKernel({ write: { parameters: 1, body: (scope, [count]) => writeBody((type) => scope.local(type), count!) } }); // one parameter
  for (let i = 0; i < 1000; i++) {
    const text = String(i).padStart(3, "0");
    const at = TRIPLES_AT + 4 * i;
    kernel.bytes().set([...new TextEncoder().encode(text), text.replace(/0+$/, "").length], at);
  }
  for (let scale = 6; scale <= MOST_SCALE; scale++) kernel.doubles()[POWERS_AT / 8 + scale - 6] = Number(`1e${scale}`);
  return kernel;
}

interface NewLocal {
  <T extends "i32" | "f64">(type: T): Local<T>;
}

type I32 = Local<"i32">;
type Statements = readonly Code<"none">[];

/** write(count): the texts of the predictions 0 to count - 1. */
function writeBody(local: NewLocal, count: I32): Statements {
  const int = (): I32 => local("i32");
  const [row, out, start, score, part] = [int(), int(), int(), int(), int()];
  const copying = { from: int(), left: int() };
  const number = createNumberWriter(local, out);
  const frame = (cell: keyof typeof FRAME): Code<"i32"> => i32.load(0, FRAME[cell]);
  const ofRow = (cell: keyof typeof FRAME): Code<"i32"> => i32.add(frame(cell), i32.shl(row, 2));
  const double = (column: Code<"i32">): Code<"f64"> => f64.load(i32.add(column, i32.shl(row, 3)));
  const copyPart = (): Statements => copyTo(out, i32.load(part), i32.load(part, 4), copying);
  const next = label("next");
  const whole = label("whole");
  const other = label("other");
  return [
    out.set(frame("out")),
    when(i32.le_s(count, 0), [give("i32", 0)]),
    loop(
      next,
      start.set(out),
      block(
        whole,
        block(
          other,
          part.set(i32.add(frame("heads"), i32.shl(i32.load(ofRow("labels")), 3))),
          ...copyPart(),
          when(frame("confidence"), number(double(frame("confidence")), other)),
          part.set(frame("names")),
          score.set(frame("scores")),
          whilst(
            i32.lt_u(score, frame("scoresEnd")),
            ...copyPart(),
            ...number(double(i32.load(score)), other),
            part.increase(8),
            score.increase(4),
          ),
          ...copyTo(out, frame("end"), frame("endLength"), copying),
          leave(whole),
        ),
        out.set(start),
      ),
      i32.store(ofRow("at"), i32.sub(start, frame("out"))),
      i32.store(ofRow("lengths"), i32.sub(out, start)),
      row.increase(1),
      again(next, i32.lt_s(row, count)),
    ),
    i32.store(0, out, FRAME.out),
    give("i32", 0),
  ];
}

const ZERO_POINT = 0x2e30;
const ZEROS = 0x30303030;
const E_MINUS = 0x2d65;
const POINT = 46;
const DIGIT_ZERO = 48;

/** As `writeNumber` does it, for 0, 1 and what lies between 10^-17 and 1; all else leaves to `other`. */
function createNumberWriter(local: NewLocal, out: I32): (value: Code<"f64">, other: Label) => Statements {
  const x = local("f64");
  const [scale, digits, high, low, triple, exponent] = [int(), int(), int(), int(), int(), int()];
  function int(): I32 {
    return local("i32");
  }
  const power = (): Code<"f64"> => f64.load(i32.shl(scale, 3), POWERS_AT - 6 * 8);
  const look = (index: I32): Code<"none"> => triple.set(i32.load(i32.shl(index, 2), TRIPLES_AT));
  const putDigit = (digit: Code<"i32">): Statements => [i32.store8(out, i32.add(digit, DIGIT_ZERO)), out.increase(1)];
  /** Six digits without zeros at the end. */
  const putDigits: Statements = [
    high.set(i32.div_u(digits, 1000)),
    low.set(i32.sub(digits, i32.mul(high, 1000))),
    look(high),
    i32.store(out, triple),
    when(low, [out.increase(3), look(low), i32.store(out, triple)]),
    out.increase(i32.shr_u(triple, 24)),
  ];
  const putFraction: Statements = [
    i32.store16(out, ZERO_POINT),
    i32.store(out, ZEROS, 2),
    i32.store(out, ZEROS, 6),
    out.increase(i32.sub(scale, 4)),
    ...putDigits,
  ];
  const putScientific: Statements = [
    exponent.set(i32.sub(scale, 5)),
    high.set(i32.div_u(digits, 100_000)),
    digits.set(i32.mul(i32.sub(digits, i32.mul(high, 100_000)), 10)),
    ...putDigit(high),
    when(digits, [i32.store8(out, POINT), out.increase(1), ...putDigits]),
    i32.store16(out, E_MINUS),
    out.increase(2),
    when(i32.gt_s(exponent, 9), [...putDigit(i32.div_u(exponent, 10)), exponent.set(i32.rem_u(exponent, 10))]),
    ...putDigit(exponent),
  ];
  const putBelowOne = (other: Label): Statements => [
    leave(other, i32.eqz(i32.and(f64.gt(x, SMALLEST), f64.lt(x, 1)))),
    scale.set(6),
    whilst(i32.and(f64.lt(f64.mul(x, power()), 1e5), i32.lt_s(scale, MOST_SCALE)), scale.increase(1)),
    digits.set(i32.trunc_sat_f64_s(f64.nearest(f64.mul(x, power())))),
    leave(other, f64.ne(f64.div(f64.convert_i32_s(digits), power()), x)),
    leave(other, i32.or(i32.lt_s(digits, 100_000), i32.ge_s(digits, 1_000_000))),
    when(f64.lt(x, 1e-6), putScientific, putFraction),
  ];
  return (value, other) => [x.set(value), when(i32.or(f64.eq(x, 0), f64.eq(x, 1)), putDigit(i32.trunc_sat_f64_s(x)), putBelowOne(other))];
}
