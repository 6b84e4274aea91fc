import { i32, type Code, type Label, type Local, type Scope } from "@weir/wasm";

/** What the kernel expects as the value of a member. */
export const KIND = { number: 0, text: 1, flag: 2, list: 3 } as const;

/** One member of the shape, as cells of 32 bits; addresses of 0 mean that nobody wants the column. */
export const STEP = {
  /** The bytes that lead to the value, filled up with zeros to a multiple of 16; as many bytes of mask follow them. */
  key: 0,
  keyLength: 4,
  keyFilled: 8,
  kind: 12,
  /** Doubles, first positions of texts, a byte for a flag, or as many 32-bit floats as a list has. */
  out: 16,
  /** Lengths of texts. */
  lengths: 20,
  presence: 24,
  takesNull: 28,
  wholeOnly: 32,
  /** Of texts, in bytes, which are characters: only ASCII is read here. Of lists, in numbers: where `out` is not 0 both are its width. */
  shortest: 36,
  longest: 40,
  /** Of numbers, those in lists included, as doubles. */
  least: 48,
  most: 56,
} as const;
export const STEP_BYTES = 64;

/** What the code of the kernel works with. */
export interface Variables {
  readonly at: Local<"i32">;
  readonly end: Local<"i32">;
  readonly step: Local<"i32">;
  readonly row: Local<"i32">;
  /** Added to addresses, gives positions in the batch. */
  readonly shift: Local<"i32">;
  /** Behind whatever cannot be read here: the record is left to the scanner. */
  readonly other: Label;
  readonly int: () => Local<"i32">;
  readonly scope: Scope;
}

export type Statements = readonly Code<"none">[];

export function cell(v: Variables, name: keyof typeof STEP): Code<"i32"> {
  return i32.load(v.step, STEP[name]);
}
