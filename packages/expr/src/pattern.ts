import { RE2JS } from "re2js";
import { ecmaToRe2 } from "./ecma.ts";
import { PatternError } from "./pattern-error.ts";

/** A regular expression whose search takes time linear in the text, whatever the pattern. */
export interface Pattern {
  readonly source: string;
  /** Is the pattern found anywhere in the text? */
  test(text: string): boolean;
}

/**
 * The patterns of JSON Schema: ECMAScript's syntax and meaning with the flag `u`, not anchored. Throws PatternError for
 * what is no regular expression, and for lookaround and backreferences, which no linear-time engine has.
 */
export function compilePattern(source: string): Pattern {
  try {
    new RegExp(source, "u");
  } catch (error) {
    throw new PatternError(source, messageOf(error));
  }
  return searching(source, ecmaToRe2(source));
}

/** The patterns of CEL's `matches`: RE2's syntax, not anchored. Throws PatternError. */
export function compileRe2(source: string): Pattern {
  return searching(source, source);
}

function searching(source: string, re2: string): Pattern {
  try {
    const compiled = RE2JS.compile(re2);
    return { source, test: (text) => compiled.test(text) };
  } catch (error) {
    throw new PatternError(source, messageOf(error));
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message.replace(/^error parsing regexp: /, "") : String(error);
}
