import { compileBytes, type BytePattern } from "./byte-pattern.ts";

/** A pattern on text; creation throws where the pattern is not supported. */
export interface TextPattern {
  test(text: string): boolean;
}

/**
 * Texts of printable ASCII are matched in linear time by a table, where the pattern has one. Other texts, and patterns with
 * look-around and the like, go to the language's own engine, whose time is not bounded.
 */
export function compileText(source: string): TextPattern {
  const engine = new RegExp(source, "u");
  const table = compileBytes(source);
  return table === null ? engine : { test: (text) => matchesPrintable(table, text) ?? engine.test(text) };
}

/** Null where the text has other characters than printable ASCII. */
function matchesPrintable(pattern: BytePattern, text: string): boolean | null {
  let state = 0;
  for (let i = 0; i < text.length; i++) {
    const c = text.charCodeAt(i);
    if (c < 32 || c > 126) return null;
    state = pattern.next[state * 128 + c]!; // a state and a byte below 128
  }
  return pattern.accepting[state] === 1;
}
