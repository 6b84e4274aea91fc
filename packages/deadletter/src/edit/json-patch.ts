import { canonicalJson } from "@weir/record";
import { EditProblem, parseJsonText, type JsonChild, type JsonNode } from "./json-text.ts";

/** One operation of RFC 6902. */
export type PatchOperation =
  | { readonly op: "add" | "replace" | "test"; readonly path: string; readonly value: unknown }
  | { readonly op: "remove"; readonly path: string }
  | { readonly op: "move" | "copy"; readonly path: string; readonly from: string };

/** Applies the operations one after the other; throws EditProblem, and then nothing counts as applied. */
export function applyPatch(text: string, operations: readonly PatchOperation[]): string {
  return operations.reduce(applyOne, text);
}

function applyOne(text: string, operation: PatchOperation): string {
  switch (operation.op) {
    case "add":
      return addAt(text, operation.path, printed(operation.value));
    case "replace":
      return replaceNode(text, find(text, operation.path), printed(operation.value));
    case "test": {
      const found = find(text, operation.path);
      const value: unknown = JSON.parse(text.slice(found.start, found.end));
      if (canonicalJson(value) !== canonicalJson(operation.value)) throw new EditProblem(`${operation.path} is not as the edit expects it`);
      return text;
    }
    case "remove":
      return removeAt(text, operation.path);
    case "copy":
      return addAt(text, operation.path, sourceOf(text, operation.from));
    case "move": {
      if (operation.path.startsWith(`${operation.from}/`)) throw new EditProblem(`${operation.from} cannot be moved into itself`);
      return addAt(removeAt(text, operation.from), operation.path, sourceOf(text, operation.from));
    }
  }
}

/** Sets a member or item, whether it is there or not; its parent must be. */
export function addAt(text: string, pointer: string, value: string): string {
  const root = parseJsonText(text);
  const names = pointerNames(pointer);
  const name = names.pop();
  if (name === undefined) return replaceNode(text, root, value);
  const parent = descend(root, names, pointer);
  if (parent.kind === "scalar") throw new EditProblem(`the parent of ${pointer} is neither an object nor an array`);
  if (parent.kind === "array") return insertItem(text, parent, name, value, pointer);
  const known = memberOf(parent, name, pointer);
  if (known) return replaceNode(text, known.node, value);
  return insertAfterLast(text, parent, `${JSON.stringify(name)}:${value}`);
}

function insertItem(text: string, array: JsonNode, name: string, value: string, pointer: string): string {
  if (name === "-" || name === String(array.children.length)) return insertAfterLast(text, array, value);
  const at = array.children.find((child) => child.name === name);
  if (!at) throw new EditProblem(`${pointer} is no place in the array`);
  return `${text.slice(0, at.start)}${value},${text.slice(at.start)}`;
}

function insertAfterLast(text: string, parent: JsonNode, what: string): string {
  const last = parent.children[parent.children.length - 1];
  const at = last ? last.node.end : parent.start + 1;
  return `${text.slice(0, at)}${last ? "," : ""}${what}${text.slice(at)}`;
}

function removeAt(text: string, pointer: string): string {
  const names = pointerNames(pointer);
  const name = names.pop();
  if (name === undefined) throw new EditProblem("the whole value cannot be removed");
  const parent = descend(parseJsonText(text), names, pointer);
  const index = parent.children.findIndex((child) => child.name === name);
  const [child, before, after] = [parent.children[index], parent.children[index - 1], parent.children[index + 1]];
  if (!child) throw new EditProblem(`there is no ${pointer}`);
  memberOf(parent, name, pointer);
  if (after) return text.slice(0, child.start) + text.slice(after.start);
  return text.slice(0, before ? before.node.end : child.start) + text.slice(child.node.end);
}

function replaceNode(text: string, { start, end }: JsonNode, value: string): string {
  return text.slice(0, start) + value + text.slice(end);
}

function sourceOf(text: string, pointer: string): string {
  const { start, end } = find(text, pointer);
  return text.slice(start, end);
}

function find(text: string, pointer: string): JsonNode {
  return descend(parseJsonText(text), pointerNames(pointer), pointer);
}

function descend(root: JsonNode, names: readonly string[], pointer: string): JsonNode {
  let node = root;
  for (const name of names) {
    const child = memberOf(node, name, pointer);
    if (!child) throw new EditProblem(`there is no ${pointer}`);
    node = child.node;
  }
  return node;
}

/** Readers differ in which of two members of one name they take, so such a member is not edited. */
function memberOf(node: JsonNode, name: string, pointer: string): JsonChild | undefined {
  const found = node.children.filter((child) => child.name === name);
  if (found.length > 1) throw new EditProblem(`${pointer}: the record has the member ${name} ${found.length} times`);
  return found[0];
}

const POINTER = /^(?:\/(?:[^~/]|~[01])*)*$/;

export function isPointer(text: string): boolean {
  return POINTER.test(text);
}

function pointerNames(pointer: string): string[] {
  return pointer
    .split("/")
    .slice(1)
    .map((name) => name.replaceAll("~1", "/").replaceAll("~0", "~"));
}

function printed(value: unknown): string {
  return JSON.stringify(value) ?? "null";
}
