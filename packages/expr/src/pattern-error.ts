/** A regular expression that cannot be used: not one at all, or one that needs backtracking. */
export class PatternError extends Error {
  readonly source: string;
  readonly reason: string;
  constructor(source: string, reason: string) {
    super(`the pattern \`${source.length > 120 ? `${source.slice(0, 120)}…` : source}\` cannot be used: ${reason}`);
    this.name = "PatternError";
    this.source = source;
    this.reason = reason;
  }
}
