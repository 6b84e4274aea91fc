export { compilePattern, type Pattern } from "./pattern.ts";
export { PatternError } from "./pattern-error.ts";
export { compileExpression, type Compiled } from "./compile.ts";
export {
  ExpressionError,
  FALSE,
  RAISED,
  TRUE,
  type CompileOptions,
  type Expression,
  type ExpressionProblem,
  type FieldType,
  type FieldTypes,
  type Kernel,
  type KernelRead,
  type Scope,
} from "./expression.ts";
export { editDistance, nearest } from "./near.ts";
export { conditionsOf, type Condition } from "./conditions.ts";
