/** What a rule says of a row, one byte each. */
export const UNCOUNTED = 0;
export const FINE = 1;
/** Has no value in the sense of the rule: counted apart, because shares of present values leave it out. */
export const MISSING = 2;
export const BROKEN = 3;
/** The check itself failed (an expression that raised). */
export const FAILED = 4;
/** Number of codes: the stride of the counters. */
export const CODES = 5;
