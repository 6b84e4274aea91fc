import { WeirError } from "@weir/record";
import { eachPart } from "./protobuf.ts";

/** Operator domains that are part of the ONNX standard and of the runtime; the standard one has an empty name, too. */
const STANDARD_DOMAINS: ReadonlySet<string> = new Set(["", "ai.onnx", "ai.onnx.ml"]);

/** Field numbers of onnx.proto, as far as they lead to tensors and operator sets. */
const MODEL = { graph: 7, opset: 8 } as const;
const OPSET = { domain: 1 } as const;
const GRAPH = { node: 1, initializer: 5 } as const;
const NODE = { attribute: 5 } as const;
const ATTRIBUTE = { tensor: 5, graph: 6, tensors: 10, graphs: 11 } as const;
const TENSOR = { externalData: 13 } as const;

/** Graphs within graphs. */
const DEPTH_MAX = 32;

/**
 * Reads the file as far as needed to refuse what it must not hold: weights in other files, whose digest nobody checked, and
 * operators that are not the standard's. @throws {WeirError} WEIR-4106
 */
export function checkContents(bytes: Uint8Array, name: string): void {
  const problems = new Set<string>();
  try {
    eachPart(bytes, (field, part) => {
      if (field === MODEL.graph) checkGraph(part, problems, 0);
      if (field === MODEL.opset) checkDomain(part, problems);
    });
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    problems.add(`it is no ONNX file: ${error.message}`);
  }
  if (problems.size === 0) return;
  throw new WeirError(
    {
      code: "WEIR-4106",
      what: `model ${name} holds what is not accepted`,
      why: [...problems].join("\n         "),
      fix: "export it as one file with its weights inside, with operators of ai.onnx and ai.onnx.ml only",
    },
    { exitCode: 3 },
  );
}

function checkDomain(opset: Uint8Array, problems: Set<string>): void {
  eachPart(opset, (field, part) => {
    if (field !== OPSET.domain) return;
    const domain = new TextDecoder().decode(part);
    if (!STANDARD_DOMAINS.has(domain)) problems.add(`operators of domain ${domain}`);
  });
}

function checkGraph(graph: Uint8Array, problems: Set<string>, depth: number): void {
  if (depth > DEPTH_MAX) throw new RangeError(`graphs within graphs more than ${DEPTH_MAX} deep`);
  eachPart(graph, (field, part) => {
    if (field === GRAPH.initializer) checkTensor(part, problems);
    if (field !== GRAPH.node) return;
    eachPart(part, (nodeField, attribute) => {
      if (nodeField === NODE.attribute) checkAttribute(attribute, problems, depth);
    });
  });
}

function checkAttribute(attribute: Uint8Array, problems: Set<string>, depth: number): void {
  eachPart(attribute, (field, part) => {
    if (field === ATTRIBUTE.tensor || field === ATTRIBUTE.tensors) checkTensor(part, problems);
    if (field === ATTRIBUTE.graph || field === ATTRIBUTE.graphs) checkGraph(part, problems, depth + 1);
  });
}

function checkTensor(tensor: Uint8Array, problems: Set<string>): void {
  eachPart(tensor, (field) => {
    if (field === TENSOR.externalData) problems.add("weights in a file of their own (external data)");
  });
}
