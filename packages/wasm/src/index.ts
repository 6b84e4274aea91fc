export { type Code, type Label, type Local, type Operand, type ValueType } from "./code.ts";
export { i32, i64, f32, f64, v128, f32x4, i32x4, i8x16, i16x8, f64x2 } from "./instructions.ts";
export { label, block, loop, leave, again, when, whilst, give, select } from "./control.ts";
export { copyTo, COPY_SLACK_BYTES } from "./copy.ts";
export { createArena, type Arena } from "./arena.ts";
export { type KernelFunction, type Scope } from "./module.ts";
export { createKernel, type Kernel } from "./kernel.ts";
