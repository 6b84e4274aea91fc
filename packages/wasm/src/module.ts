import { Emitter, localAt, type Code, type Local, type ValueType } from "./code.ts";
import { unsignedLeb } from "./leb128.ts";

/** Gives a function variables beside its parameters; they begin as 0. */
export interface Scope {
  local<T extends ValueType>(type: T): Local<T>;
}

export interface KernelFunction {
  readonly parameters: number;
  /** Statements; the function gives an i32, so the last must be a `give`. */
  readonly body: (scope: Scope, parameters: readonly Local<"i32">[]) => readonly Code<"none">[];
}

const HEADER = [0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00];
const TYPE_CODE: Readonly<Record<ValueType, number>> = { i32: 0x7f, i64: 0x7e, f32: 0x7d, f64: 0x7c, v128: 0x7b };
const SECTION = { type: 1, function: 3, memory: 5, export: 7, code: 10 } as const;
const FUNCTION = 0x60;
const UNREACHABLE = 0x00;
const END = 0x0b;

/** Most pages of 64 KiB that the memory may have. */
const MOST_PAGES = 16_384;

/** The bytes of a module that exports a memory, `memory`, and the functions; whole numbers in, one whole number out. */
export function assemble(functions: Readonly<Record<string, KernelFunction>>, pages: number): Uint8Array<ArrayBuffer> {
  const list = Object.entries(functions);
  return Uint8Array.from([
    ...HEADER,
    ...section(
      SECTION.type,
      list.map(([, f]) => [FUNCTION, ...vector(Array.from({ length: f.parameters }, () => [TYPE_CODE.i32])), 1, TYPE_CODE.i32]),
    ),
    ...section(
      SECTION.function,
      list.map((_, i) => unsignedLeb(i)),
    ),
    ...section(SECTION.memory, [[0x01, ...unsignedLeb(pages), ...unsignedLeb(MOST_PAGES)]]),
    ...section(SECTION.export, [[...text("memory"), 0x02, 0], ...list.map(([name], i) => [...text(name), 0x00, ...unsignedLeb(i)])]),
    ...section(
      SECTION.code,
      list.map(([, f]) => functionBody(f)),
    ),
  ]);
}

function section(id: number, items: readonly (readonly number[])[]): readonly number[] {
  const content = vector(items);
  return [id, ...unsignedLeb(content.length), ...content];
}

function vector(items: readonly (readonly number[])[]): readonly number[] {
  return [...unsignedLeb(items.length), ...items.flat()];
}

function text(name: string): readonly number[] {
  return vector([...name].map((c) => [c.charCodeAt(0)]));
}

function functionBody({ parameters, body }: KernelFunction): readonly number[] {
  const types: ValueType[] = [];
  const scope: Scope = { local: (type) => localAt(parameters + types.push(type) - 1, type) };
  const statements = body(
    scope,
    Array.from({ length: parameters }, (_, i) => localAt(i, "i32")),
  );
  const to = new Emitter();
  for (const statement of statements) statement.emit(to);
  const code = [...vector(types.map((type) => [1, TYPE_CODE[type]])), ...to.bytes, UNREACHABLE, END];
  return [...unsignedLeb(code.length), ...code];
}
