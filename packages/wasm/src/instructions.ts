import { instruction, type Code, type Operand, type Result, type ValueType } from "./code.ts";
import { unsignedLeb } from "./leb128.ts";

// The instructions that Weir's kernels use, under their names in the WebAssembly specification (section 5.4).

type Unary<A extends ValueType, R extends Result> = (a: Operand<A>) => Code<R>;
type Binary<A extends ValueType, R extends Result> = (a: Operand<A>, b: Operand<A>) => Code<R>;
/** From the address `at` plus a constant. */
type Load<R extends ValueType> = (at: Operand<"i32">, offset?: number) => Code<R>;
type Store<A extends ValueType> = (at: Operand<"i32">, value: Operand<A>, offset?: number) => Code<"none">;

const VECTOR = 0xfd;
const vector = (opcode: number): readonly number[] => [VECTOR, ...unsignedLeb(opcode)];

function unary<A extends ValueType, R extends Result>(type: A, result: R, bytes: readonly number[]): Unary<A, R> {
  return (a) => instruction(result, bytes, [[a, type]]);
}

function binary<A extends ValueType, R extends Result>(type: A, result: R, bytes: readonly number[]): Binary<A, R> {
  return (a, b) =>
    instruction(result, bytes, [
      [a, type],
      [b, type],
    ]);
}

/** Alignment is a hint only; 0 promises nothing. */
function load<R extends ValueType>(result: R, bytes: readonly number[]): Load<R> {
  return (at, offset = 0) => instruction(result, [...bytes, 0, ...unsignedLeb(offset)], [[at, "i32"]]);
}

function store<A extends ValueType>(type: A, bytes: readonly number[]): Store<A> {
  return (at, value, offset = 0) =>
    instruction(
      "none",
      [...bytes, 0, ...unsignedLeb(offset)],
      [
        [at, "i32"],
        [value, type],
      ],
    );
}

type I32Binary = "eq" | "ne" | "lt_s" | "lt_u" | "gt_s" | "gt_u" | "le_s" | "le_u" | "ge_s" | "ge_u";
type I32Arithmetic = "add" | "sub" | "mul" | "div_u" | "rem_u" | "and" | "or" | "xor" | "shl" | "shr_s" | "shr_u";

const i32Binary = (opcode: number): Binary<"i32", "i32"> => binary("i32", "i32", [opcode]);

export const i32: Readonly<Record<I32Binary | I32Arithmetic, Binary<"i32", "i32">>> & {
  readonly eqz: Unary<"i32", "i32">;
  readonly clz: Unary<"i32", "i32">;
  readonly ctz: Unary<"i32", "i32">;
  readonly wrap_i64: Unary<"i64", "i32">;
  /** Of what is no number, 0. */
  readonly trunc_sat_f64_s: Unary<"f64", "i32">;
  readonly load: Load<"i32">;
  readonly load8_u: Load<"i32">;
  readonly load16_u: Load<"i32">;
  readonly store: Store<"i32">;
  readonly store8: Store<"i32">;
  readonly store16: Store<"i32">;
} = {
  eqz: unary("i32", "i32", [0x45]),
  eq: i32Binary(0x46),
  ne: i32Binary(0x47),
  lt_s: i32Binary(0x48),
  lt_u: i32Binary(0x49),
  gt_s: i32Binary(0x4a),
  gt_u: i32Binary(0x4b),
  le_s: i32Binary(0x4c),
  le_u: i32Binary(0x4d),
  ge_s: i32Binary(0x4e),
  ge_u: i32Binary(0x4f),
  clz: unary("i32", "i32", [0x67]),
  ctz: unary("i32", "i32", [0x68]),
  add: i32Binary(0x6a),
  sub: i32Binary(0x6b),
  mul: i32Binary(0x6c),
  div_u: i32Binary(0x6e),
  rem_u: i32Binary(0x70),
  and: i32Binary(0x71),
  or: i32Binary(0x72),
  xor: i32Binary(0x73),
  shl: i32Binary(0x74),
  shr_s: i32Binary(0x75),
  shr_u: i32Binary(0x76),
  wrap_i64: unary("i64", "i32", [0xa7]),
  trunc_sat_f64_s: unary("f64", "i32", [0xfc, 0x02]),
  load: load("i32", [0x28]),
  load8_u: load("i32", [0x2d]),
  load16_u: load("i32", [0x2f]),
  store: store("i32", [0x36]),
  store8: store("i32", [0x3a]),
  store16: store("i32", [0x3b]),
};

const i64Binary = (opcode: number): Binary<"i64", "i64"> => binary("i64", "i64", [opcode]);

export const i64: Readonly<Record<"add" | "sub" | "mul" | "and" | "or" | "xor" | "shl" | "shr_u", Binary<"i64", "i64">>> & {
  readonly extend_i32_u: Unary<"i32", "i64">;
  readonly load: Load<"i64">;
  readonly store: Store<"i64">;
} = {
  add: i64Binary(0x7c),
  sub: i64Binary(0x7d),
  mul: i64Binary(0x7e),
  and: i64Binary(0x83),
  or: i64Binary(0x84),
  xor: i64Binary(0x85),
  shl: i64Binary(0x86),
  shr_u: i64Binary(0x88),
  extend_i32_u: unary("i32", "i64", [0xad]),
  load: load("i64", [0x29]),
  store: store("i64", [0x37]),
};

export const f32: Readonly<Record<"eq" | "le", Binary<"f32", "i32">>> & {
  readonly add: Binary<"f32", "f32">;
  readonly load: Load<"f32">;
  readonly store: Store<"f32">;
} = {
  eq: binary("f32", "i32", [0x5b]),
  le: binary("f32", "i32", [0x5f]),
  add: binary("f32", "f32", [0x92]),
  load: load("f32", [0x2a]),
  store: store("f32", [0x38]),
};

const f64Binary = (opcode: number): Binary<"f64", "f64"> => binary("f64", "f64", [opcode]);

export const f64: Readonly<Record<"add" | "sub" | "mul" | "div", Binary<"f64", "f64">>> & {
  readonly eq: Binary<"f64", "i32">;
  readonly ne: Binary<"f64", "i32">;
  readonly lt: Binary<"f64", "i32">;
  readonly gt: Binary<"f64", "i32">;
  readonly ge: Binary<"f64", "i32">;
  readonly nearest: Unary<"f64", "f64">;
  /** The nearest 32-bit float: `f32.demote_f64`, then `f64.promote_f32`. */
  readonly nearest32: Unary<"f64", "f64">;
  readonly convert_i32_s: Unary<"i32", "f64">;
  readonly neg: Unary<"f64", "f64">;
  readonly convert_i64_u: Unary<"i64", "f64">;
  readonly load: Load<"f64">;
  readonly store: Store<"f64">;
  /** Rounded to the nearest 32-bit float: `f32.demote_f64`, then `f32.store`. */
  readonly store32: Store<"f64">;
} = {
  eq: binary("f64", "i32", [0x61]),
  ne: binary("f64", "i32", [0x62]),
  lt: binary("f64", "i32", [0x63]),
  gt: binary("f64", "i32", [0x64]),
  ge: binary("f64", "i32", [0x66]),
  nearest: unary("f64", "f64", [0x9e]),
  nearest32: unary("f64", "f64", [0xb6, 0xbb]),
  convert_i32_s: unary("i32", "f64", [0xb7]),
  neg: unary("f64", "f64", [0x9a]),
  add: f64Binary(0xa0),
  sub: f64Binary(0xa1),
  mul: f64Binary(0xa2),
  div: f64Binary(0xa3),
  convert_i64_u: unary("i64", "f64", [0xba]),
  load: load("f64", [0x2b]),
  store: store("f64", [0x39]),
  store32: store("f64", [0xb6, 0x38]),
};

export const v128: {
  readonly zero: Code<"v128">;
  readonly load: Load<"v128">;
  readonly store: Store<"v128">;
  readonly and: Binary<"v128", "v128">;
  readonly or: Binary<"v128", "v128">;
  readonly xor: Binary<"v128", "v128">;
  readonly any_true: Unary<"v128", "i32">;
  /** Bits of `a` where the mask has them, else of `b`. */
  readonly bitselect: (a: Code<"v128">, b: Code<"v128">, mask: Code<"v128">) => Code<"v128">;
} = {
  zero: instruction("v128", [...vector(0x0c), ...new Array<number>(16).fill(0)], []),
  load: load("v128", vector(0x00)),
  store: store("v128", vector(0x0b)),
  and: binary("v128", "v128", vector(0x4e)),
  or: binary("v128", "v128", vector(0x50)),
  xor: binary("v128", "v128", vector(0x51)),
  any_true: unary("v128", "i32", vector(0x53)),
  bitselect: (a, b, mask) =>
    instruction("v128", vector(0x52), [
      [a, "v128"],
      [b, "v128"],
      [mask, "v128"],
    ]),
};

export const f32x4: { readonly splat: Unary<"f32", "v128">; readonly le: Binary<"v128", "v128"> } = {
  splat: unary("f32", "v128", vector(0x13)),
  le: binary("v128", "v128", vector(0x45)),
};

export const i32x4: Readonly<Record<"add" | "sub", Binary<"v128", "v128">>> & {
  readonly splat: Unary<"i32", "v128">;
  readonly shl: (a: Code<"v128">, bits: Operand<"i32">) => Code<"v128">;
  /** Sums of two neighbouring products of 16-bit lanes. */
  readonly dot_i16x8_s: Binary<"v128", "v128">;
} = {
  splat: unary("i32", "v128", vector(0x11)),
  dot_i16x8_s: binary("v128", "v128", vector(0xba)),
  add: binary("v128", "v128", vector(0xae)),
  sub: binary("v128", "v128", vector(0xb1)),
  shl: (a, bits) =>
    instruction("v128", vector(0xab), [
      [a, "v128"],
      [bits, "i32"],
    ]),
};

export const i8x16: Readonly<Record<"eq" | "lt_s" | "lt_u" | "add_sat_u" | "sub" | "gt_u", Binary<"v128", "v128">>> & {
  readonly splat: Unary<"i32", "v128">;
  readonly bitmask: Unary<"v128", "i32">;
  /** Bytes of the first that the second names by their place; 0 for places that are none. */
  readonly swizzle: Binary<"v128", "v128">;
} = {
  splat: unary("i32", "v128", vector(0x0f)),
  eq: binary("v128", "v128", vector(0x23)),
  lt_s: binary("v128", "v128", vector(0x25)),
  lt_u: binary("v128", "v128", vector(0x26)),
  gt_u: binary("v128", "v128", vector(0x28)),
  bitmask: unary("v128", "i32", vector(0x64)),
  add_sat_u: binary("v128", "v128", vector(0x70)),
  sub: binary("v128", "v128", vector(0x71)),
  swizzle: binary("v128", "v128", vector(0x0e)),
};

export const i16x8: Readonly<Record<"add" | "mul" | "narrow_i32x4_s", Binary<"v128", "v128">>> & {
  readonly splat: Unary<"i32", "v128">;
  readonly shr_u: (a: Operand<"v128">, bits: Operand<"i32">) => Code<"v128">;
} = {
  splat: unary("i32", "v128", vector(0x10)),
  narrow_i32x4_s: binary("v128", "v128", vector(0x85)),
  shr_u: (a, bits) =>
    instruction("v128", vector(0x8d), [
      [a, "v128"],
      [bits, "i32"],
    ]),
  add: binary("v128", "v128", vector(0x8e)),
  mul: binary("v128", "v128", vector(0x95)),
};

export const f64x2: {
  /** Of the two lower 32-bit lanes. */
  readonly convert_low_i32x4_s: Unary<"v128", "v128">;
  readonly extract_lane: (of: Operand<"v128">, lane: 0 | 1) => Code<"f64">;
} = {
  convert_low_i32x4_s: unary("v128", "v128", vector(0xfe)),
  extract_lane: (of, lane) => instruction("f64", [...vector(0x21), lane], [[of, "v128"]]),
};
