import type { ASTNode } from "@marcbachmann/cel-js";
import { ROOTS, type Root } from "./expression.ts";

/** A read of something that the scope provides: `record.a.b` or `headers["ce_id"]`, as long as the names are fixed. */
export interface Access {
  readonly node: ASTNode;
  readonly root: Root;
  readonly names: readonly string[];
  /** In `has(…)`: asks whether the member is there, and reads nothing. */
  readonly inHas: boolean;
}

export interface Survey {
  readonly accesses: readonly Access[];
  /** Calls of `matches`. */
  readonly matches: readonly ASTNode[];
  /** Names that nothing binds. */
  readonly unknownNames: readonly ASTNode[];
  /** Variables of comprehensions that hide a root. */
  readonly hiding: readonly ASTNode[];
  /** Comprehensions inside one another. */
  readonly loops: number;
}

const COMPREHENSIONS = new Set(["all", "exists", "exists_one", "map", "filter"]);

/** Everything about an expression that our rules ask for, in order of appearance. */
export function survey(ast: ASTNode, isKnown: (name: string) => boolean): Survey {
  const found = { accesses: [] as Access[], matches: [] as ASTNode[], unknownNames: [] as ASTNode[], hiding: [] as ASTNode[], loops: 0 };
  const visit = (node: ASTNode, bound: readonly string[], loops: number): void => {
    found.loops = Math.max(found.loops, loops);
    const access = accessOf(node);
    if (access !== null) {
      if (bound.includes(access.name)) return;
      if (isRoot(access.name)) found.accesses.push({ node, root: access.name, names: access.names, inHas: false });
      else if (!isKnown(access.name)) found.unknownNames.push(access.idNode);
      return;
    }
    const argument = argumentOfHas(node);
    const inHas = argument === null ? null : accessOf(argument);
    if (argument !== null && inHas !== null && isRoot(inHas.name) && !bound.includes(inHas.name)) {
      found.accesses.push({ node: argument, root: inHas.name, names: inHas.names, inHas: true });
      return;
    }
    if (node.op === "rcall" && node.args[0] === "matches") found.matches.push(node);
    const loop = comprehensionOf(node);
    if (loop === null) return childrenOf(node).forEach((child) => visit(child, bound, loops));
    if (isRoot(loop.variable)) found.hiding.push(loop.variableNode);
    loop.outside.forEach((child) => visit(child, bound, loops));
    loop.inside.forEach((child) => visit(child, [...bound, loop.variable], loops + (loop.repeats ? 1 : 0)));
  };
  visit(ast, [], 0);
  return found;
}

export function isRoot(name: string): name is Root {
  return ROOTS.some((root) => root === name);
}

/** The chain of fixed names that the node is, whatever its first name. */
export function accessOf(node: ASTNode): { readonly name: string; readonly idNode: ASTNode; readonly names: readonly string[] } | null {
  if (node.op === "id") return { name: node.args, idNode: node, names: [] };
  if (node.op === ".") {
    const left = accessOf(node.args[0]);
    return left && { ...left, names: [...left.names, node.args[1]] };
  }
  if (node.op !== "[]") return null;
  const [object, index] = node.args;
  const left = accessOf(object);
  return left && index.op === "value" && typeof index.args === "string" ? { ...left, names: [...left.names, index.args] } : null;
}

/** The part of a chain that has the first `count` of its names. */
export function chainPrefix(node: ASTNode, count: number, length: number): ASTNode {
  let part = node;
  for (let i = length; i > count; i--) {
    if (part.op === "." || part.op === "[]") part = part.args[0];
  }
  return part;
}

export function argumentOfHas(node: ASTNode): ASTNode | null {
  return node.op === "call" && node.args[0] === "has" ? (node.args[1][0] ?? null) : null;
}

interface Loop {
  readonly variable: string;
  readonly variableNode: ASTNode;
  readonly outside: readonly ASTNode[];
  readonly inside: readonly ASTNode[];
  /** False for `cel.bind`, which names one value. */
  readonly repeats: boolean;
}

function comprehensionOf(node: ASTNode): Loop | null {
  if (node.op !== "rcall") return null;
  const [name, receiver, args] = node.args;
  const [first, second, ...rest] = args;
  if (first?.op !== "id" || second === undefined) return null;
  const loop = { variable: first.args, variableNode: first };
  if (name === "bind" && receiver.op === "id" && receiver.args === "cel")
    return { ...loop, outside: [second], inside: rest, repeats: false };
  return COMPREHENSIONS.has(name) ? { ...loop, outside: [receiver], inside: [second, ...rest], repeats: true } : null;
}

export function childrenOf(node: ASTNode): readonly ASTNode[] {
  switch (node.op) {
    case "value":
    case "id":
      return [];
    case ".":
    case ".?":
      return [node.args[0]];
    case "call":
      return node.args[1];
    case "rcall":
      return [node.args[1], ...node.args[2]];
    case "map":
      return node.args.flat();
    case "!_":
    case "-_":
      return [node.args];
    default:
      return node.args;
  }
}
