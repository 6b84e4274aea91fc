/** The part of the regular expression language that all engines read alike, over ASCII. */
export type Node =
  | { readonly kind: "set"; readonly set: Uint8Array }
  | { readonly kind: "sequence"; readonly parts: readonly Node[] }
  | { readonly kind: "choice"; readonly parts: readonly Node[] }
  | { readonly kind: "repeat"; readonly part: Node; readonly min: number; readonly max: number };

/** One of the outermost choices, which alone may be anchored. */
export interface Alternative {
  readonly node: Node;
  readonly fromStart: boolean;
  readonly toEnd: boolean;
}

const MAX_REPEAT = 100;

interface Input {
  readonly source: string;
  at: number;
}

/** Null for whatever is not surely the same everywhere: look-around, back references, flags, boundaries, other than ASCII. */
export function parseRegular(source: string): readonly Alternative[] | null {
  const input: Input = { source, at: 0 };
  const alternatives: Alternative[] = [];
  do {
    const fromStart = take(input, "^");
    const node = parseSequence(input);
    if (node === null) return null;
    alternatives.push({ node, fromStart, toEnd: take(input, "$") });
  } while (take(input, "|"));
  return input.at === source.length ? alternatives : null;
}

function take(input: Input, text: string): boolean {
  if (!input.source.startsWith(text, input.at)) return false;
  input.at += text.length;
  return true;
}

function parseSequence(input: Input): Node | null {
  const parts: Node[] = [];
  while (input.at < input.source.length && !"|)$".includes(input.source.charAt(input.at))) {
    const atom = parseAtom(input);
    const part = atom === null ? null : parseRepeat(input, atom);
    if (part === null) return null;
    parts.push(part);
  }
  return { kind: "sequence", parts };
}

function parseAtom(input: Input): Node | null {
  const c = input.source.charAt(input.at++);
  if (c === "(") return parseGroup(input);
  if (c === "[") return parseClass(input);
  if (c === ".") return { kind: "set", set: setOf(() => true) };
  if (c === "\\") {
    const set = parseEscape(input);
    return set === null ? null : { kind: "set", set };
  }
  if (c < " " || c > "~" || "^$*+?{}]".includes(c)) return null;
  return { kind: "set", set: setOf((b) => b === c.charCodeAt(0)) };
}

function parseGroup(input: Input): Node | null {
  if (take(input, "?") && !take(input, ":")) return null;
  const parts: Node[] = [];
  do {
    const part = parseSequence(input);
    if (part === null) return null;
    parts.push(part);
  } while (take(input, "|"));
  return take(input, ")") ? { kind: "choice", parts } : null;
}

function parseRepeat(input: Input, part: Node): Node | null {
  const match = /^(?:[*+?]|\{(\d{1,3})(,(\d{0,3}))?\})/.exec(input.source.slice(input.at));
  if (!match) return part;
  input.at += match[0].length;
  if (/^[*+{]|^\?\?/.test(input.source.slice(input.at))) return null;
  take(input, "?"); // lazy or not, the same texts match
  const sign = match[0].charAt(0);
  if (sign !== "{") return { kind: "repeat", part, min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : Infinity };
  const min = Number(match[1]);
  const max = match[2] === undefined ? min : match[3] === "" ? Infinity : Number(match[3]);
  if (min > MAX_REPEAT || (max !== Infinity && max > MAX_REPEAT) || max < min) return null;
  return { kind: "repeat", part, min, max };
}

function parseClass(input: Input): Node | null {
  const negated = take(input, "^");
  const set = new Uint8Array(128);
  if (input.source.charAt(input.at) === "]") return null;
  while (!take(input, "]")) {
    const low = parseMember(input);
    if (low === null) return null;
    const ranged = input.source.charAt(input.at) === "-" && input.source.charAt(input.at + 1) !== "]";
    if (ranged) input.at++;
    const high = ranged ? parseMember(input) : low;
    if (high === null || (ranged && (typeof low !== "number" || typeof high !== "number" || high < low))) return null;
    if (typeof low === "number" && typeof high === "number") set.fill(1, low, high + 1);
    else if (typeof low !== "number") low.forEach((has, c) => (set[c] = has | set[c]!)); // c < 128
  }
  return { kind: "set", set: negated ? setOf((c) => set[c] === 0) : set };
}

/** A character code or, for \d and the like, a set. */
function parseMember(input: Input): number | Uint8Array | null {
  const c = input.source.charAt(input.at++);
  if (c === "\\") {
    const set = parseEscape(input);
    return set !== null && set.indexOf(1) === set.lastIndexOf(1) ? set.indexOf(1) : set;
  }
  return c < " " || c > "~" || c === "[" || c === "" ? null : c.charCodeAt(0);
}

const DIGIT = /[0-9]/;
const WORD = /[0-9A-Za-z_]/;

function parseEscape(input: Input): Uint8Array | null {
  const c = input.source.charAt(input.at++);
  const matching = (class_: RegExp, wanted: boolean): Uint8Array => setOf((b) => class_.test(String.fromCharCode(b)) === wanted);
  if (c === "d" || c === "D") return matching(DIGIT, c === "d");
  if (c === "w" || c === "W") return matching(WORD, c === "w");
  if (c === "" || !"^$\\.*+?()[]{}|/-".includes(c)) return null;
  return setOf((b) => b === c.charCodeAt(0));
}

function setOf(has: (c: number) => boolean): Uint8Array {
  return Uint8Array.from({ length: 128 }, (_, c) => (has(c) ? 1 : 0));
}
