import {
  again,
  block,
  copyTo,
  createKernel,
  give,
  i32,
  label,
  leave,
  loop,
  when,
  whilst,
  type Code,
  type Kernel,
  type Local,
  type Operand,
  type Scope,
} from "@weir/wasm";

/**
 * Addresses of what one call works on, as the kernel finds them in the first cells of its memory. Columns are of 32-bit
 * integers, parallel to the rows; bases are added to what the columns say.
 */
export const FRAME = {
  keyAt: 0,
  keyLength: 4,
  valueAt: 8,
  valueLength: 12,
  headersAt: 16,
  headersLength: 20,
  headerCount: 24,
  bytes: 28,
  headerBytes: 32,
  /** Zero: no tails. */
  tailAt: 36,
  tailLength: 40,
  tailKeep: 44,
  tailBytes: 48,
  /** Descriptions of the added headers, one after the other. */
  headers: 52,
  headersEnd: 56,
  /** Zig-zag difference of the present time to the first timestamp of the batch. */
  delta: 60,
  /** Where the call has written up to. */
  end: 64,
} as const;
export const FRAME_BYTES = 128;

/** One added header: its name with the length before it, and the columns of its values. */
export const HEADER = { name: 0, nameLength: 4, bytes: 8, at: 12, length: 16 } as const;
export const HEADER_BYTES = 20;

type I32 = Operand<"i32">;
type Statements = Code<"none">[];

/** In the place of `BatchEncoder`'s loop over records, which says in TypeScript what this does. */
export type EncodeKernel = Kernel<"encode">;

export function createEncodeKernel(): EncodeKernel {
  return createKernel({ encode: { parameters: 6, body: encodeBody } });
}

/**
 * encode(rows, index, end, out, outEnd, number): encodes the rows `rows[index]`, … (the rows index, … where `rows` is 0) as
 * records number, number + 1, … of a batch, from `out` on, as long as they end before `outEnd`. Gives the index behind the
 * last one.
 */
function encodeBody(scope: Scope, parameters: readonly Local<"i32">[]): readonly Code<"none">[] {
  const [rows, index, end, out, outEnd, number] = six(parameters);
  const int = (): Local<"i32"> => scope.local("i32");
  const frame = (cell: keyof typeof FRAME): Code<"i32"> => i32.load(0, FRAME[cell]);
  const temp = { value: int(), left: int(), from: int() };
  const row = int();
  const column = (cell: keyof typeof FRAME): Code<"i32"> => i32.load(i32.add(frame(cell), row));
  const v = {
    keyLength: int(),
    keep: int(),
    tailLength: int(),
    valueLength: int(),
    headerCount: int(),
    headerBytes: int(),
    delta: int(),
    body: int(),
    header: int(),
    length: int(),
  };
  const headerColumn = (cell: keyof typeof HEADER): Code<"i32"> => i32.load(v.header, HEADER[cell]);
  const ofHeader = (cell: "at" | "length"): Code<"i32"> => i32.load(i32.add(headerColumn(cell), row));
  const eachHeader = (...body: Statements): Code<"none">[] => [
    v.header.set(frame("headers")),
    whilst(
      i32.lt_u(v.header, frame("headersEnd")),
      v.length.set(ofHeader("length")),
      when(i32.ge_s(v.length, 0), body),
      v.header.increase(HEADER_BYTES),
    ),
  ];
  const copy = (from: I32, length: I32): Statements => copyTo(out, from, length, temp);
  const varint = (value: I32): Statements => putVarint(out, value, temp.value);
  const all = label("all");
  const next = label("next");
  return [
    block(
      all,
      loop(
        next,
        leave(all, i32.ge_s(index, end)),
        row.set(i32.shl(index, 2)),
        when(rows, [row.set(i32.shl(i32.load(i32.add(rows, row)), 2))]),
        v.keyLength.set(column("keyLength")),
        v.keep.set(column("valueLength")),
        v.tailLength.set(0),
        when(frame("tailLength"), [
          v.length.set(column("tailLength")),
          when(i32.and(i32.ge_s(v.keep, 0), i32.ge_s(v.length, 0)), [v.keep.set(column("tailKeep")), v.tailLength.set(v.length)]),
        ]),
        v.valueLength.set(i32.add(v.keep, v.tailLength)),
        v.headerCount.set(column("headerCount")),
        v.headerBytes.set(column("headersLength")),
        ...eachHeader(
          v.headerCount.increase(1),
          v.headerBytes.increase(i32.add(i32.add(headerColumn("nameLength"), varintBytes(zigzag(v.length))), v.length)),
        ),
        v.delta.set(frame("delta")),
        v.body.set(
          sum(
            1,
            varintBytes(v.delta),
            varintBytes(i32.shl(number, 1)),
            varintBytes(zigzag(v.keyLength)),
            positive(v.keyLength),
            varintBytes(zigzag(v.valueLength)),
            positive(v.valueLength),
            varintBytes(i32.shl(v.headerCount, 1)),
            v.headerBytes,
          ),
        ),
        leave(all, i32.gt_u(sum(out, v.body, varintBytes(i32.shl(v.body, 1))), outEnd)),
        ...varint(i32.shl(v.body, 1)),
        i32.store8(out, 0),
        out.increase(1),
        ...varint(v.delta),
        ...varint(i32.shl(number, 1)),
        ...varint(zigzag(v.keyLength)),
        ...copy(i32.add(frame("bytes"), column("keyAt")), v.keyLength),
        ...varint(zigzag(v.valueLength)),
        ...copy(i32.add(frame("bytes"), column("valueAt")), v.keep),
        when(v.tailLength, copy(i32.add(frame("tailBytes"), column("tailAt")), v.tailLength)),
        ...varint(i32.shl(v.headerCount, 1)),
        ...copy(i32.add(frame("headerBytes"), column("headersAt")), column("headersLength")),
        ...eachHeader(
          ...copy(headerColumn("name"), headerColumn("nameLength")),
          ...varint(zigzag(v.length)),
          ...copy(i32.add(headerColumn("bytes"), ofHeader("at")), v.length),
        ),
        index.increase(1),
        number.increase(1),
        again(next),
      ),
    ),
    i32.store(0, out, FRAME.end),
    give("i32", index),
  ];
}

type Six = readonly [Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">, Local<"i32">];

function six([a, b, c, d, e, f]: readonly Local<"i32">[]): Six {
  if (!a || !b || !c || !d || !e || !f) throw new Error("encode has six parameters");
  return [a, b, c, d, e, f];
}

function sum(first: I32, ...more: readonly I32[]): Code<"i32"> {
  return more.reduce<Code<"i32">>((total, one) => i32.add(total, one), i32.add(first, 0));
}

function zigzag(value: I32): Code<"i32"> {
  return i32.xor(i32.shl(value, 1), i32.shr_s(value, 31));
}

/** The value, 0 where it is negative. */
function positive(value: Local<"i32">): Code<"i32"> {
  return i32.and(value, i32.xor(i32.shr_s(value, 31), -1));
}

/** How many bytes an unsigned varint takes. */
function varintBytes(value: I32): Code<"i32"> {
  // Seven bits a byte; 9 / 64 is 1 / 7 for every number of bits there is.
  return i32.shr_u(i32.add(i32.mul(i32.sub(32, i32.clz(i32.or(value, 1))), 9), 64), 6);
}

/** Unsigned; the caller has zig-zagged it. */
function putVarint(out: Local<"i32">, value: I32, rest: Local<"i32">): Statements {
  return [
    rest.set(value),
    whilst(i32.gt_u(rest, 127), i32.store8(out, i32.or(rest, 128)), out.increase(1), rest.set(i32.shr_u(rest, 7))),
    i32.store8(out, rest),
    out.increase(1),
  ];
}
