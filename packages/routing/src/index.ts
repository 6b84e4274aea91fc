export { branchesOf, DEAD_LETTER_PORT, type OnError, type RouteRule, type RouterProblem, type RouterSpec } from "./spec.ts";
export { compileRouter, type CompiledRouter } from "./compile.ts";
export { UNDECIDED, type RouteDecisions, type RouteFailure, type Router, type RouterInput } from "./decision.ts";
export { createSampler, type Sampler } from "./sample.ts";
export { lintRouter } from "./lint.ts";
