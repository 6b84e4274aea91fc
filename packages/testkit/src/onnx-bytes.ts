/** Just enough of ONNX's protobuf messages to write a feed-forward net: see onnx.proto for the field numbers. */
type Field = readonly [number: number, value: number | string | Uint8Array];

function message(fields: readonly Field[]): Uint8Array {
  const parts: Uint8Array[] = [];
  for (const [number, value] of fields) {
    if (typeof value === "number") parts.push(varint((number << 3) | 0), varint(value));
    else {
      const bytes = typeof value === "string" ? Buffer.from(value) : value;
      parts.push(varint((number << 3) | 2), varint(bytes.length), bytes);
    }
  }
  return Buffer.concat(parts);
}

function varint(value: number): Uint8Array {
  const bytes: number[] = [];
  for (let rest = BigInt.asUintN(64, BigInt(value)); ; rest >>= 7n) {
    if (rest < 128n) return Uint8Array.from([...bytes, Number(rest)]);
    bytes.push(Number(rest & 127n) | 128);
  }
}

const FLOAT = 1;
const INT64 = 7;

export function floatTensor(name: string, dims: readonly number[], values: Float32Array): Uint8Array {
  return message([
    ...dims.map((d): Field => [1, d]),
    [2, FLOAT],
    [8, name],
    [9, new Uint8Array(values.buffer, values.byteOffset, values.byteLength)],
  ]);
}

export function intTensor(name: string, values: readonly number[]): Uint8Array {
  const data = BigInt64Array.from(values.map(BigInt));
  return message([
    [1, values.length],
    [2, INT64],
    [8, name],
    [9, new Uint8Array(data.buffer)],
  ]);
}

export function node(op: string, inputs: readonly string[], output: string, ints: Readonly<Record<string, number>> = {}): Uint8Array {
  const attributes = Object.entries(ints).map(([name, value]): Field => [
    5,
    message([
      [1, name],
      [3, value],
      [20, 2],
    ]),
  ]);
  return message([...inputs.map((i): Field => [1, i]), [2, output], [3, output], [4, op], ...attributes]);
}

/** `[N, width]` of floats. */
function value(name: string, width: number): Uint8Array {
  const shape = message([
    [1, message([[2, "N"]])],
    [1, message([[1, width]])],
  ]);
  return message([
    [1, name],
    [
      2,
      message([
        [
          1,
          message([
            [1, FLOAT],
            [2, shape],
          ]),
        ],
      ]),
    ],
  ]);
}

export interface Graph {
  readonly nodes: readonly Uint8Array[];
  readonly tensors: readonly Uint8Array[];
  readonly input: readonly [name: string, width: number];
  readonly output: readonly [name: string, width: number];
}

/** A model file: IR 8, opset 17. */
export function modelBytes({ nodes, tensors, input, output }: Graph): Uint8Array {
  const graph = message([
    ...nodes.map((n): Field => [1, n]),
    [2, "net"],
    ...tensors.map((t): Field => [5, t]),
    [11, value(...input)],
    [12, value(...output)],
  ]);
  return message([
    [1, 8],
    [2, "weir-testkit"],
    [7, graph],
    [
      8,
      message([
        [1, ""],
        [2, 17],
      ]),
    ],
  ]);
}
