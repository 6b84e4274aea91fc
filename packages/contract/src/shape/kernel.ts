import {
  again,
  block,
  createKernel,
  f64,
  give,
  i32,
  i8x16,
  label,
  leave,
  loop,
  v128,
  when,
  whilst,
  type Code,
  type Kernel,
  type Local,
  type Operand,
  type Scope,
} from "@weir/wasm";
import { NULL, PRESENT } from "@weir/record";
import { readList } from "./list-kernel.ts";
import { parseNumber } from "./number-kernel.ts";
import { cell, KIND, STEP_BYTES, type Statements, type Variables } from "./step.ts";
import { fillTables } from "./tables.ts";

export type ShapeKernel = Kernel<"scan">;

export function createShapeKernel(): ShapeKernel {
  const kernel = createKernel({ scan: { parameters: 6, body: scanBody } });
  fillTables(kernel);
  return kernel;
}

const QUOTE = 34;
const BACKSLASH = 92;
const SPACE = 32;
const OPEN = 123;
const LETTER_E = 101;
const NULL_WORD = 0x6c6c756e;
const TRUE_WORD = 0x65757274;
const FALS_WORD = 0x736c6166;

type I32 = Local<"i32">;

/**
 * scan(ats, lengths, count, steps, tail, shift): reads the records at `ats[i]` (addresses) that have exactly the members of the
 * shape in its order, and nothing unusual in them; writes a 1 for each of them over its `lengths[i]`, for the others a 0. Gives
 * the number of the others. `tail` is the step behind the last one: bytes that lead to the end of the record.
 */
function scanBody(scope: Scope, parameters: readonly I32[]): Statements {
  const [ats, lengths, count, steps, tail, shift] = parameters;
  if (!ats || !lengths || !count || !steps || !tail || !shift) throw new Error("scan has six parameters");
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
        whilst(i32.lt_u(step, tail), ...readKey(v), ...readValue(v), step.increase(STEP_BYTES)),
        ...readKey(v),
        leave(other, i32.ne(at, end)),
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

/** The bytes that lead to the value must be there. */
function readKey(v: Variables): Statements {
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
  ];
}

/** A value of the kind, or null where that may be. */
function readValue(v: Variables): Statements {
  return [
    when(i32.eq(i32.load(v.at), NULL_WORD), readNull(v), [
      when(i32.eq(cell(v, "kind"), KIND.number), readNumber(v), [
        when(i32.eq(cell(v, "kind"), KIND.text), readText(v), [when(i32.eq(cell(v, "kind"), KIND.list), readList(v), readFlag(v))]),
      ]),
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

function readNumber(v: Variables): Statements {
  const value = v.scope.local("f64");
  return [...parseNumber(v, value, null), when(cell(v, "out"), [f64.store(place(v, "out", 3), value)])];
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
      leave(other, i32.ne(i32.load8_u(at, 4), LETTER_E)),
      at.increase(1),
    ]),
    at.increase(4),
    when(cell(v, "out"), [i32.store8(i32.add(cell(v, "out"), v.row), isTrue)]),
  ];
}
