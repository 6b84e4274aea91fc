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
  return operator({ op, inputs, outputs: [output], attributes: Object.entries(ints).map(([name, value]) => intAttribute(name, value)) });
}

export interface Operator {
  readonly op: string;
  /** Absent: the standard's. */
  readonly domain?: string;
  readonly inputs: readonly string[];
  /** The first is the node's name, too. */
  readonly outputs: readonly [string, ...string[]];
  readonly attributes: readonly Uint8Array[];
}

export function operator({ op, domain, inputs, outputs, attributes }: Operator): Uint8Array {
  return message([
    ...inputs.map((i): Field => [1, i]),
    ...outputs.map((o): Field => [2, o]),
    [3, outputs[0]],
    [4, op],
    ...attributes.map((a): Field => [5, a]),
    ...(domain === undefined ? [] : [[7, domain] satisfies Field]),
  ]);
}

/** Of an attribute: which of its fields holds the value, and the number of its type. */
const INT_ATTRIBUTE = [3, 2] as const;
const TEXT_ATTRIBUTE = [4, 3] as const;
const FLOATS_ATTRIBUTE = [7, 6] as const;
const INTS_ATTRIBUTE = [8, 7] as const;
const TEXTS_ATTRIBUTE = [9, 8] as const;

function attribute(name: string, [field, type]: readonly [number, number], values: readonly Field[1][]): Uint8Array {
  return message([[1, name], ...values.map((value): Field => [field, value]), [20, type]]);
}

export function intAttribute(name: string, value: number): Uint8Array {
  return attribute(name, INT_ATTRIBUTE, [value]);
}

export function textAttribute(name: string, value: string): Uint8Array {
  return attribute(name, TEXT_ATTRIBUTE, [value]);
}

export function textsAttribute(name: string, values: readonly string[]): Uint8Array {
  return attribute(name, TEXTS_ATTRIBUTE, values);
}

export function intsAttribute(name: string, values: readonly number[]): Uint8Array {
  return attribute(name, INTS_ATTRIBUTE, values);
}

export function floatsAttribute(name: string, values: readonly number[]): Uint8Array {
  return attribute(name, FLOATS_ATTRIBUTE, [new Uint8Array(Float32Array.from(values).buffer)]);
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
  /** Versions of operators that are not the standard's, by domain. */
  readonly opsets?: Readonly<Record<string, number>>;
}

/** A model file: IR 8, opset 17. */
export function modelBytes({ nodes, tensors, input, output, opsets = {} }: Graph): Uint8Array {
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
    ...Object.entries({ "": 17, ...opsets }).map(([domain, version]): Field => [8, opset(domain, version)]),
  ]);
}

function opset(domain: string, version: number): Uint8Array {
  return message([
    [1, domain],
    [2, version],
  ]);
}
