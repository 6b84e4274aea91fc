/** Where a JSON value stands in its text. */
export interface JsonNode {
  readonly kind: "object" | "array" | "scalar";
  readonly start: number;
  /** Behind its last character. */
  readonly end: number;
  /** Of an object or array, in the order of the text. */
  readonly children: readonly JsonChild[];
}

export interface JsonChild {
  /** Name of a member, index of an item. */
  readonly name: string;
  /** Where the name, or the item itself, begins. */
  readonly start: number;
  readonly node: JsonNode;
}

/** The text cannot be edited as asked. */
export class EditProblem extends Error {}

/**
 * The places of all values of a JSON text: edits are spliced into it, so that whatever they do not touch keeps its bytes
 * (spacing, digits, order). Throws EditProblem for what is no JSON.
 */
export function parseJsonText(text: string): JsonNode {
  try {
    JSON.parse(text); // decides what is JSON: the walk below may then assume it
  } catch {
    throw new EditProblem("the value is no JSON");
  }
  return readValue({ text, at: 0 });
}

interface Walk {
  readonly text: string;
  at: number;
}

function readValue(walk: Walk): JsonNode {
  skipSpace(walk);
  const start = walk.at;
  const first = walk.text[start];
  if (first === "{" || first === "[") return readChildren(walk, first === "{" ? "object" : "array", start);
  if (first === '"') skipString(walk);
  else while (walk.at < walk.text.length && !/[\s,\]}]/.test(walk.text[walk.at] ?? "")) walk.at++;
  return { kind: "scalar", start, end: walk.at, children: [] };
}

function readChildren(walk: Walk, kind: "object" | "array", start: number): JsonNode {
  const close = kind === "object" ? "}" : "]";
  const children: JsonChild[] = [];
  walk.at++;
  for (skipSpace(walk); walk.text[walk.at] !== close; skipSpace(walk)) {
    if (walk.text[walk.at] === ",") walk.at++;
    skipSpace(walk);
    children.push(kind === "object" ? readMember(walk) : readItem(walk, children.length));
  }
  walk.at++;
  return { kind, start, end: walk.at, children };
}

function readMember(walk: Walk): JsonChild {
  const start = walk.at;
  skipString(walk);
  const name: unknown = JSON.parse(walk.text.slice(start, walk.at));
  skipSpace(walk);
  walk.at++; // the colon
  return { name: String(name), start, node: readValue(walk) };
}

function readItem(walk: Walk, index: number): JsonChild {
  return { name: String(index), start: walk.at, node: readValue(walk) };
}

function skipSpace(walk: Walk): void {
  while (/\s/.test(walk.text[walk.at] ?? "")) walk.at++;
}

function skipString(walk: Walk): void {
  for (walk.at++; walk.text[walk.at] !== '"'; walk.at++) if (walk.text[walk.at] === "\\") walk.at++;
  walk.at++;
}
