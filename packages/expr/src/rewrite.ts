import type { ASTNode } from "@marcbachmann/cel-js";

/** Text to be put at a place of the source. */
export interface Insertion {
  readonly at: number;
  readonly text: string;
}

/** A source with guards in it, and the way back to the places of the original. */
export interface Rewritten {
  readonly text: string;
  original(position: number): number;
}

export function rewrite(source: string, insertions: readonly Insertion[]): Rewritten {
  const ordered = [...insertions].sort((a, b) => a.at - b.at);
  let text = "";
  let from = 0;
  for (const { at, text: added } of ordered) {
    text += source.slice(from, at) + added;
    from = at;
  }
  text += source.slice(from);
  const original = (position: number): number => {
    let shift = 0;
    for (const { at, text: added } of ordered) {
      if (at + shift >= position) break;
      shift += Math.min(added.length, position - at - shift);
    }
    return position - shift;
  };
  return { text, original };
}

const CHAIN = /^[A-Za-z_]\w*(?:\s*(?:\.\s*\w+|\[\s*[rR]?(?:"(?:[^"\\\n]|\\.)*"|'(?:[^'\\\n]|\\.)*')\s*\]))*$/;

/** Is the node one unbroken piece of text? Parentheses and comments inside a chain leave its borders unclear. */
export function isPlainChain(source: string, node: ASTNode): boolean {
  return CHAIN.test(source.slice(node.start, node.end));
}

/** Renames methods after parsing: the parser looks up macros only, everything else is bound by the checker. */
export function renameMethod(node: ASTNode, from: string, to: string, children: (node: ASTNode) => readonly ASTNode[]): void {
  if (node.op === "rcall" && node.args[0] === from) node.args[0] = to;
  for (const child of children(node)) renameMethod(child, from, to, children);
}
