import { signedLeb, unsignedLeb } from "./leb128.ts";

/** What a piece of code leaves on the stack. */
export type ValueType = "i32" | "i64" | "f32" | "f64" | "v128";
export type Result = ValueType | "none";

/** A piece of code: an expression that leaves a value of its type, or a statement that leaves none. */
export interface Code<T extends Result = Result> {
  readonly type: T;
  emit(to: Emitter): void;
}

/** Where a value is wanted: code, or a constant number. */
export type Operand<T extends ValueType> = Code<T> | (T extends "v128" ? never : number);

/** A place that a branch goes to. One object per block or loop; the emitter finds its depth. */
export interface Label {
  readonly name: string;
}

/** Collects the bytes of one function and knows how deep it is in blocks. */
export class Emitter {
  readonly bytes: number[] = [];
  readonly #labels: (Label | null)[] = [];

  put(...bytes: readonly number[]): void {
    this.bytes.push(...bytes);
  }

  /** What `body` emits is inside one more block. */
  inside(label: Label | null, body: () => void): void {
    this.#labels.push(label);
    body();
    this.#labels.pop();
  }

  depthOf(label: Label): number {
    const at = this.#labels.lastIndexOf(label);
    if (at < 0) throw new Error(`a branch to ${label.name} from outside of it`);
    return this.#labels.length - 1 - at;
  }
}

const CONSTANT = { i32: 0x41, i64: 0x42, f32: 0x43, f64: 0x44 } as const;

function constant(type: keyof typeof CONSTANT, value: number): readonly number[] {
  // Little endian on every machine that Node has.
  if (type === "f64") return [CONSTANT.f64, ...new Uint8Array(Float64Array.of(value).buffer)];
  if (type === "f32") return [CONSTANT.f32, ...new Uint8Array(Float32Array.of(value).buffer)];
  if (!Number.isSafeInteger(value)) throw new RangeError(`${value} is no constant of type ${type}`);
  return [CONSTANT[type], ...signedLeb(type === "i32" ? value | 0 : value)];
}

export function emitOperand(to: Emitter, operand: Code | number, type: ValueType): void {
  if (typeof operand !== "number") operand.emit(to);
  else if (type === "v128") throw new Error("a vector has no constant here");
  else to.put(...constant(type, operand));
}

/** Code of the instruction with these bytes after its operands. */
export function instruction<T extends Result>(
  type: T,
  bytes: readonly number[],
  operands: readonly (readonly [Code | number, ValueType])[],
): Code<T> {
  return {
    type,
    emit(to) {
      for (const [operand, wanted] of operands) emitOperand(to, operand, wanted);
      to.put(...bytes);
    },
  };
}

/** A variable of the function. Reading it is code; `set` is a statement. */
export interface Local<T extends ValueType = ValueType> extends Code<T> {
  set(value: Operand<T>): Code<"none">;
  /** Integers only: adds to it. */
  increase(by: Operand<T>): Code<"none">;
}

const ADD: Readonly<Record<ValueType, readonly number[]>> = {
  i32: [0x6a],
  i64: [0x7c],
  f32: [0x92],
  f64: [0xa0],
  v128: [0xfd, ...unsignedLeb(0xae)],
};

export function localAt<T extends ValueType>(index: number, type: T): Local<T> {
  const at = unsignedLeb(index);
  const local: Local<T> = {
    type,
    emit: (to) => to.put(0x20, ...at),
    set: (value) => instruction("none", [0x21, ...at], [[value, type]]),
    increase: (by) =>
      instruction(
        "none",
        [...ADD[type], 0x21, ...at],
        [
          [local, type],
          [by, type],
        ],
      ),
  };
  return local;
}
