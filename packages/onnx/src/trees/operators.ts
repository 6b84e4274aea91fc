import { eachField, eachPart, varintsOf, type FieldValue } from "../protobuf.ts";

/** A model's outermost graph, as far as trees may be part of it. */
export interface Graph {
  readonly operators: readonly Operator[];
  /** Names of constants that are a single 1 of type float32. */
  readonly ones: ReadonlySet<string>;
}

/** An operator of a model's graph. */
export interface Operator {
  /** With its domain, if that is not the standard one: `ai.onnx.ml.ZipMap`. */
  readonly type: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: ReadonlyMap<string, Attribute>;
}

/** The values of an attribute; single ones are lists of one. Tensors and graphs are left out. */
export interface Attribute {
  readonly ints: readonly number[];
  readonly floats: readonly number[];
  readonly texts: readonly string[];
}

/** Field numbers of onnx.proto. */
const MODEL = { graph: 7 } as const;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { input: 1, output: 2, type: 4, attribute: 5, domain: 7 } as const;
const ATTRIBUTE = { name: 1, float: 2, int: 3, text: 4, floats: 7, ints: 8, texts: 9 } as const;
const TENSOR = { type: 2, floats: 4, name: 8, raw: 9 } as const;
const FLOAT = 1;

/** @throws {RangeError} if the bytes are no protobuf */
export function readGraph(model: Uint8Array): Graph {
  const operators: Operator[] = [];
  const ones = new Set<string>();
  eachPart(model, (field, graph) => {
    if (field !== MODEL.graph) return;
    eachPart(graph, (graphField, part) => {
      if (graphField === GRAPH.node) operators.push(readOperator(part));
      if (graphField === GRAPH.initializer) addIfOne(part, ones);
    });
  });
  return { operators, ones };
}

function addIfOne(tensor: Uint8Array, ones: Set<string>): void {
  const values: number[] = [];
  let name = "";
  let type: FieldValue = 0;
  eachField(tensor, (field, value) => {
    if (field === TENSOR.type) type = value;
    if (typeof value === "number") return;
    if (field === TENSOR.name) name = textOf(value);
    if (field === TENSOR.floats || field === TENSOR.raw) pushFloats(value, values);
  });
  if (type === FLOAT && values.length === 1 && values[0] === 1) ones.add(name);
}

function readOperator(node: Uint8Array): Operator {
  const inputs: string[] = [];
  const outputs: string[] = [];
  const attributes = new Map<string, Attribute>();
  let type = "";
  let domain = "";
  eachPart(node, (field, part) => {
    if (field === NODE.input) inputs.push(textOf(part));
    if (field === NODE.output) outputs.push(textOf(part));
    if (field === NODE.type) type = textOf(part);
    if (field === NODE.domain) domain = textOf(part);
    if (field === NODE.attribute) attributes.set(...readAttribute(part));
  });
  return { type: domain === "" || domain === "ai.onnx" ? type : `${domain}.${type}`, inputs, outputs, attributes };
}

function readAttribute(attribute: Uint8Array): [string, Attribute] {
  const values = { ints: [] as number[], floats: [] as number[], texts: [] as string[] };
  let name = "";
  eachField(attribute, (field, value) => {
    if (field === ATTRIBUTE.int || field === ATTRIBUTE.ints) for (const int of intsOf(value)) values.ints.push(int);
    if (typeof value === "number") return;
    if (field === ATTRIBUTE.name) name = textOf(value);
    if (field === ATTRIBUTE.float || field === ATTRIBUTE.floats) pushFloats(value, values.floats);
    if (field === ATTRIBUTE.text || field === ATTRIBUTE.texts) values.texts.push(textOf(value));
  });
  return [name, values];
}

/** Exporters write lists with a field for each number, others packed. */
function intsOf(value: FieldValue): Iterable<number> {
  return typeof value === "number" ? [value] : varintsOf(value);
}

function pushFloats(packed: Uint8Array, to: number[]): void {
  const view = new DataView(packed.buffer, packed.byteOffset, packed.byteLength);
  for (let at = 0; at + 4 <= packed.length; at += 4) to.push(view.getFloat32(at, true));
}

const decoder = new TextDecoder();

function textOf(part: Uint8Array): string {
  return decoder.decode(part);
}
