import { isMap, isScalar, parseDocument, visit, type Pair } from "yaml";
import type { Path, SpecProblem } from "./problems.ts";
import { keysAt } from "./shape/json-schema.ts";
import { readYaml } from "./yaml-text.ts";

/** Lines longer than this are broken where { } and [ ] allow it. */
const WIDTH = 140;

/** The same file in the one form, or why it cannot be read. */
export interface Formatted {
  readonly text: string | null;
  readonly problems: readonly SpecProblem[];
}

/**
 * A pipeline file in canonical form: keys of blocks in the order of the reference, two spaces, one space after a comma. Values, stages,
 * rules and comments stay what and where they are; forms of the same value (flow or block, quotes) are the writer's.
 */
export function formatPipeline(text: string, file: string): Formatted {
  const before = readYaml(text, file, null);
  if (before.problems.length > 0) return { text: null, problems: before.problems };
  if (before.value === null) return { text, problems: [] };
  const document = parseDocument(text, { version: "1.2", schema: "core", merge: false });
  sortKeys(document.contents, before.value, []);
  const formatted = document.toString({ lineWidth: WIDTH, indentSeq: true });
  const after = readYaml(formatted, file, null);
  if (after.problems.length > 0 || !isSame(before.value, after.value) || commentsOf(formatted) !== commentsOf(text))
    return {
      text: null,
      problems: [
        before.problem("WEIR-1005", [], {
          what: "the file cannot be formatted without losing something",
          why: "values or comments would not be the same afterwards",
          fix: "move comments to lines of their own, before what they are about",
        }),
      ],
    };
  return { text: formatted, problems: [] };
}

/** Keys of a block come in the order of the reference; a map with keys of its own, as stages are, and what stands in { } or in a list stay. */
function sortKeys(node: unknown, value: unknown, path: Path): void {
  if (!isMap(node)) return;
  const known = keysAt(value, path);
  const places = new Map(node.items.map((item) => [item, known.indexOf(keyOf(item))] as const));
  if (node.flow !== true && [...places.values()].every((place) => place >= 0)) {
    const heading = takeHeading(node.items[0]);
    node.items.sort((a, b) => (places.get(a) ?? 0) - (places.get(b) ?? 0));
    putHeading(node.items[0], heading);
  }
  for (const item of node.items) sortKeys(item.value, value, [...path, keyOf(item)]);
}

/** What stands above the first key of all is about the whole, and stays at the top. */
function takeHeading(first: Pair | undefined): string | null {
  if (!isScalar(first?.key)) return null;
  const heading = first.key.commentBefore ?? null;
  first.key.commentBefore = null;
  return heading;
}

function putHeading(first: Pair | undefined, heading: string | null): void {
  if (heading === null || !isScalar(first?.key)) return;
  const own = first.key.commentBefore;
  first.key.commentBefore = own ? `${heading}\n${own}` : heading;
}

function keyOf({ key }: Pair): string {
  return isScalar(key) ? String(key.value) : "";
}

/** Order of keys does not count. */
function isSame(a: unknown, b: unknown): boolean {
  return JSON.stringify(a, sorted) === JSON.stringify(b, sorted);
}

function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([x], [y]) => (x < y ? -1 : 1)));
}

/** Every comment of a file, in any order: those of a key that moved have moved with it. */
function commentsOf(text: string): string {
  const found: string[] = [];
  const document = parseDocument(text, { version: "1.2" });
  const take = (of: { comment?: string | null; commentBefore?: string | null }): void => {
    for (const comment of [of.commentBefore, of.comment]) if (comment) found.push(...comment.split("\n").map((line) => line.trim()));
  };
  take(document);
  visit(document, { Node: (_, node) => take(node) });
  return found
    .filter((line) => line !== "")
    .sort()
    .join("\n");
}
