export { compilePattern, type Pattern } from "./pattern.ts";
export { PatternError } from "./pattern-error.ts";
