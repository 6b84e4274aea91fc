import { parseRegular, type Alternative, type Node } from "./regular.ts";

/**
 * A pattern as a table: state and byte -> state. Texts are JSON strings without escapes, so that control characters do not
 * occur; other bytes than ASCII are not in the table.
 */
export interface BytePattern {
  readonly next: Uint16Array;
  readonly accepting: Uint8Array;
}

const WIDTH = 128;
const MAX_NFA = 2000;
const MAX_DFA = 400;

/** Null where the pattern is more than a plain regular expression over ASCII, or too large: match it as text. */
export function compileBytes(source: string): BytePattern | null {
  const alternatives = parseRegular(source);
  if (alternatives === null) return null;
  const nfa: Nfa = { edges: [], empty: [] };
  const start = addState(nfa);
  const final = addState(nfa);
  for (const alternative of alternatives) if (!addAlternative(nfa, start, final, alternative)) return null;
  return determine(nfa, start, final);
}

/** True: the text matches. False: it does not, or has other characters than ASCII. */
export function matchesBytes(pattern: BytePattern, bytes: Uint8Array, from: number, to: number): boolean {
  const next = pattern.next;
  let state = 0;
  for (let i = from; i < to; i++) {
    const c = bytes[i]!; // i < to
    if (c >= WIDTH) return false;
    state = next[state * WIDTH + c]!; // a state and a byte below WIDTH
  }
  return pattern.accepting[state] === 1;
}

interface Nfa {
  /** By state: at most one edge that takes a byte of the set. */
  readonly edges: ({ readonly set: Uint8Array; readonly to: number } | null)[];
  readonly empty: number[][];
}

function addState(nfa: Nfa): number {
  nfa.empty.push([]);
  return nfa.edges.push(null) - 1;
}

function addAlternative(nfa: Nfa, start: number, final: number, alternative: Alternative): boolean {
  const all = new Uint8Array(WIDTH).fill(1);
  const begin = addState(nfa);
  const end = addState(nfa);
  if (!alternative.fromStart) loop(nfa, begin, all);
  if (!alternative.toEnd) loop(nfa, end, all);
  nfa.empty[start]!.push(begin); // states of this automaton, here and below
  nfa.empty[end]!.push(final);
  return addNode(nfa, alternative.node, begin, end);
}

function loop(nfa: Nfa, state: number, set: Uint8Array): void {
  const again = addState(nfa);
  nfa.empty[state]!.push(again);
  const back = addState(nfa);
  nfa.edges[again] = { set, to: back };
  nfa.empty[back]!.push(state);
}

/** Thompson's construction; false when the automaton becomes too large. */
function addNode(nfa: Nfa, node: Node, from: number, to: number): boolean {
  if (nfa.edges.length > MAX_NFA) return false;
  switch (node.kind) {
    case "set": {
      const state = addState(nfa);
      nfa.empty[from]!.push(state);
      nfa.edges[state] = { set: node.set, to };
      return true;
    }
    case "sequence": {
      let at = from;
      for (const part of node.parts) {
        const next = addState(nfa);
        if (!addNode(nfa, part, at, next)) return false;
        at = next;
      }
      nfa.empty[at]!.push(to);
      return true;
    }
    case "choice":
      return node.parts.every((part) => addNode(nfa, part, from, to));
    case "repeat":
      return addRepeat(nfa, node, from, to);
  }
}

function addRepeat(nfa: Nfa, node: Node & { kind: "repeat" }, from: number, to: number): boolean {
  let at = from;
  for (let i = 0; i < node.min; i++) {
    const next = addState(nfa);
    if (!addNode(nfa, node.part, at, next)) return false;
    at = next;
  }
  if (node.max === Infinity) {
    const again = addState(nfa);
    nfa.empty[at]!.push(again);
    nfa.empty[again]!.push(to);
    return addNode(nfa, node.part, again, again);
  }
  for (let i = node.min; i < node.max; i++) {
    nfa.empty[at]!.push(to);
    const next = addState(nfa);
    if (!addNode(nfa, node.part, at, next)) return false;
    at = next;
  }
  nfa.empty[at]!.push(to);
  return true;
}

/** Subset construction. State 0 is the start. */
function determine(nfa: Nfa, start: number, final: number): BytePattern | null {
  const first = closure(nfa, [start]);
  const sets: (readonly number[])[] = [first];
  const numbers = new Map([[first.join(), 0]]);
  const alike = representatives(nfa);
  const rows: Uint16Array[] = [];
  for (const states of sets) {
    // walked to its growing end
    if (sets.length > MAX_DFA) return null;
    const row = new Uint16Array(WIDTH);
    for (let c = 0; c < WIDTH; c++) {
      row[c] = alike[c] === c ? numberOf(reachedBy(nfa, states, c), sets, numbers) : row[alike[c]!]!; // c < WIDTH, alike[c] < c
    }
    rows.push(row);
  }
  const next = new Uint16Array(rows.length * WIDTH);
  rows.forEach((row, i) => next.set(row, i * WIDTH));
  return { next, accepting: Uint8Array.from(sets, (set) => (set.includes(final) ? 1 : 0)) };
}

/** By byte: the first byte that the automaton never tells from it. */
function representatives(nfa: Nfa): Uint8Array {
  const seen = new Map<string, number>();
  const sets = [...new Set(nfa.edges.flatMap((edge) => (edge ? [edge.set] : [])))];
  return Uint8Array.from({ length: WIDTH }, (_, c) => {
    const name = sets.map((set) => set[c]).join("");
    const first = seen.get(name) ?? c;
    seen.set(name, first);
    return first;
  });
}

function reachedBy(nfa: Nfa, states: readonly number[], c: number): readonly number[] {
  const reached: number[] = [];
  for (const state of states) {
    const edge = nfa.edges[state];
    if (edge && edge.set[c] === 1) reached.push(edge.to);
  }
  return closure(nfa, reached);
}

function numberOf(set: readonly number[], sets: (readonly number[])[], numbers: Map<string, number>): number {
  const name = set.join();
  const known = numbers.get(name);
  if (known !== undefined) return known;
  numbers.set(name, sets.length);
  return sets.push(set) - 1;
}

/** The states that can be reached without a byte, in ascending order. */
function closure(nfa: Nfa, states: readonly number[]): readonly number[] {
  const found = new Set(states);
  for (const state of found) for (const next of nfa.empty[state]!) found.add(next); // a set is walked to its growing end
  return [...found].sort((a, b) => a - b);
}
