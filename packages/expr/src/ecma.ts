import { PatternError } from "./pattern-error.ts";

/**
 * A regular expression of ECMAScript (flag `u`, as JSON Schema has it) in RE2's syntax, with ECMAScript's meaning of `.`,
 * `\s` and escapes. `source` is known to be valid ECMAScript. Throws PatternError for what no linear-time engine can do.
 */
export function ecmaToRe2(source: string): string {
  let at = 0;
  let out = "";
  while (at < source.length) {
    const piece = source[at] === "[" ? classAt(source, at) : atomAt(source, at);
    out += piece.text;
    at = piece.end;
  }
  return out;
}

/** `text` is in RE2's syntax, `end` the position behind the piece in the source. */
interface Piece {
  readonly text: string;
  readonly end: number;
}

function atomAt(source: string, at: number): Piece {
  if (source[at] === "\\") return escapeAt(source, at, OUTSIDE);
  if (source[at] === "(" && source[at + 1] === "?") return groupAt(source, at);
  if (source[at] === ".") return { text: `[^${LINE_ENDS}]`, end: at + 1 };
  const character = characterAt(source, at);
  return { text: character, end: at + character.length };
}

function groupAt(source: string, at: number): Piece {
  const opening = /^\(\?(?:<?[=!]|:|<[^>]*>)/u.exec(source.slice(at, at + 300))?.[0] ?? "";
  if (/[=!]$/u.test(opening)) throw new PatternError(source, `lookaround \`${opening}\` cannot be matched in linear time`);
  if (opening === "") throw new PatternError(source, `groups with modifiers are not supported (at \`${source.slice(at, at + 6)}\`)`);
  return { text: opening === "(?:" ? opening : "(", end: at + opening.length };
}

function classAt(source: string, start: number): Piece {
  const negated = source[start + 1] === "^";
  let at = start + (negated ? 2 : 1);
  let items = "";
  while (source[at] !== "]") {
    const piece = source[at] === "\\" ? escapeAt(source, at, INSIDE) : classCharacterAt(source, at);
    items += piece.text;
    at = piece.end;
  }
  if (items === "") return { text: negated ? ANY : NONE, end: at + 1 };
  return { text: `[${negated ? "^" : ""}${items}]`, end: at + 1 };
}

function classCharacterAt(source: string, at: number): Piece {
  const character = characterAt(source, at);
  // A hyphen keeps its place, so that it means a range in RE2 exactly where it does in ECMAScript.
  return { text: character === "-" ? hyphen(source, at) : literal(character), end: at + character.length };
}

function hyphen(source: string, at: number): string {
  const opens = source[at - 1] === "[" || (source[at - 1] === "^" && source[at - 2] === "[");
  return opens || source[at + 1] === "]" ? "\\-" : "-";
}

interface Place {
  readonly whitespace: string;
  readonly notWhitespace: string;
  /** What `\b` means. */
  readonly b: string;
}

const LINE_ENDS = "\\n\\r\\x{2028}\\x{2029}";
const WHITESPACE = "\\t\\n\\v\\f\\r \\x{a0}\\x{1680}\\x{2000}-\\x{200a}\\x{2028}\\x{2029}\\x{202f}\\x{205f}\\x{3000}\\x{feff}";
const NOT_WHITESPACE =
  "\\x{0}-\\x{8}\\x{e}-\\x{1f}\\x{21}-\\x{9f}\\x{a1}-\\x{167f}\\x{1681}-\\x{1fff}\\x{200b}-\\x{2027}\\x{202a}-\\x{202e}\\x{2030}-\\x{205e}" +
  "\\x{2060}-\\x{2fff}\\x{3001}-\\x{fefe}\\x{ff00}-\\x{10ffff}";
const ANY = "[\\x{0}-\\x{10ffff}]";
const NONE = "[^\\x{0}-\\x{10ffff}]";
const OUTSIDE: Place = { whitespace: `[${WHITESPACE}]`, notWhitespace: `[^${WHITESPACE}]`, b: "\\b" };
const INSIDE: Place = { whitespace: WHITESPACE, notWhitespace: NOT_WHITESPACE, b: "\\x{8}" };

function escapeAt(source: string, at: number, place: Place): Piece {
  const rest = source.slice(at, at + 80);
  const kind = rest[1] ?? "";
  if (/[1-9]/u.test(kind) || kind === "k")
    throw new PatternError(source, `the backreference \`${rest.slice(0, 2)}\` cannot be matched in linear time`);
  if (kind === "s") return { text: place.whitespace, end: at + 2 };
  if (kind === "S") return { text: place.notWhitespace, end: at + 2 };
  if (kind === "b") return { text: place.b, end: at + 2 };
  if ("dDwWB".includes(kind)) return { text: `\\${kind}`, end: at + 2 };
  if (kind === "p" || kind === "P") return propertyAt(rest, at);
  if (kind === "u" || kind === "x") return codeAt(rest, at);
  if (kind === "c") return { text: code(rest.charCodeAt(2) % 32), end: at + 3 };
  const control = CONTROLS[kind];
  return { text: control === undefined ? literal(kind) : code(control), end: at + 2 };
}

const CONTROLS: Readonly<Record<string, number>> = { 0: 0, t: 9, n: 10, v: 11, f: 12, r: 13 };

/** `\p{Lu}`, `\p{gc=Lu}`, `\p{Script=Greek}`; what RE2 does not know it refuses by itself. */
function propertyAt(rest: string, at: number): Piece {
  const [whole = "", kind = "", name = ""] = /^\\([pP])\{(?:[A-Za-z_]+=)?([^}]*)\}/u.exec(rest) ?? [];
  return { text: `\\${kind}{${name}}`, end: at + whole.length };
}

/** `\x41`, `\u0041`, `\u{1f600}` and a pair of surrogates, which is one character. */
function codeAt(rest: string, at: number): Piece {
  const pair = /^\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})/u.exec(rest);
  if (pair) {
    const high = Number.parseInt(pair[1] ?? "", 16);
    const low = Number.parseInt(pair[2] ?? "", 16);
    return { text: code((high - 0xd800) * 1024 + (low - 0xdc00) + 0x10000), end: at + 12 };
  }
  const [whole = "", braces, four, two] = /^\\(?:u\{([0-9a-fA-F]+)\}|u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2}))/u.exec(rest) ?? [];
  return { text: code(Number.parseInt(braces ?? four ?? two ?? "", 16)), end: at + whole.length };
}

function characterAt(source: string, at: number): string {
  return String.fromCodePoint(source.codePointAt(at) ?? 0);
}

function literal(character: string): string {
  return /^[0-9A-Za-z_ ]$/u.test(character) ? character : code(character.codePointAt(0) ?? 0);
}

function code(point: number): string {
  return `\\x{${point.toString(16)}}`;
}
