import { assemble, type KernelFunction } from "./module.ts";

/** A module at work: its functions, and the memory that they read and write. */
export interface Kernel<Name extends string> {
  readonly call: Readonly<Record<Name, (...values: readonly number[]) => number>>;
  /** The whole memory; replaced when it grows, so never kept. */
  bytes(): Uint8Array<ArrayBuffer>;
  ints(): Int32Array<ArrayBuffer>;
  floats(): Float32Array<ArrayBuffer>;
  doubles(): Float64Array<ArrayBuffer>;
  /** Makes the memory at least so large; what is in it stays. */
  reserve(bytes: number): void;
}

const PAGE_BYTES = 65_536;

export function createKernel<Name extends string>(
  functions: Readonly<Record<Name, KernelFunction>>,
  firstBytes: number = PAGE_BYTES,
): Kernel<Name> {
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(assemble(functions, Math.ceil(firstBytes / PAGE_BYTES))));
  const memory = exports["memory"];
  if (!(memory instanceof WebAssembly.Memory)) throw new Error("the module has no memory");
  const views = { bytes: new Uint8Array(0), ints: new Int32Array(0), floats: new Float32Array(0), doubles: new Float64Array(0) };
  const look = (): void => {
    views.bytes = new Uint8Array(memory.buffer);
    views.ints = new Int32Array(memory.buffer);
    views.floats = new Float32Array(memory.buffer);
    views.doubles = new Float64Array(memory.buffer);
  };
  look();
  return {
    call: exports as Kernel<Name>["call"], // assembled from these very functions, just above
    bytes: () => views.bytes,
    ints: () => views.ints,
    floats: () => views.floats,
    doubles: () => views.doubles,
    reserve(bytes) {
      const missing = bytes - memory.buffer.byteLength;
      if (missing <= 0) return;
      memory.grow(Math.ceil(missing / PAGE_BYTES));
      look();
    },
  };
}
