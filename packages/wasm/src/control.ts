import { emitOperand, type Code, type Emitter, type Label, type Operand, type ValueType } from "./code.ts";

const BLOCK = 0x02;
const LOOP = 0x03;
const IF = 0x04;
const ELSE = 0x05;
const END = 0x0b;
const BRANCH = 0x0c;
const BRANCH_IF = 0x0d;
const RETURN = 0x0f;
const NO_RESULT = 0x40;

type Statement = Code<"none">;

function emitAll(to: Emitter, statements: readonly Statement[]): void {
  for (const statement of statements) statement.emit(to);
}

export function label(name: string): Label {
  return { name };
}

/** Statements that a `leave` of the label ends. */
export function block(around: Label, ...body: readonly Statement[]): Statement {
  return {
    type: "none",
    emit(to) {
      to.put(BLOCK, NO_RESULT);
      to.inside(around, () => emitAll(to, body));
      to.put(END);
    },
  };
}

/** Statements that a `again` of the label begins anew; ends when none comes. */
export function loop(around: Label, ...body: readonly Statement[]): Statement {
  return {
    type: "none",
    emit(to) {
      to.put(LOOP, NO_RESULT);
      to.inside(around, () => emitAll(to, body));
      to.put(END);
    },
  };
}

function branch(to: Label, when: Operand<"i32"> | null): Statement {
  return {
    type: "none",
    emit(out) {
      if (when !== null) emitOperand(out, when, "i32");
      out.put(when === null ? BRANCH : BRANCH_IF, out.depthOf(to));
    },
  };
}

/** Goes behind the block, if the condition is not 0. */
export function leave(around: Label, when: Operand<"i32"> | null = null): Statement {
  return branch(around, when);
}

/** Goes to the beginning of the loop, if the condition is not 0. */
export function again(around: Label, when: Operand<"i32"> | null = null): Statement {
  return branch(around, when);
}

export function when(condition: Operand<"i32">, then: readonly Statement[], otherwise: readonly Statement[] = []): Statement {
  return {
    type: "none",
    emit(to) {
      emitOperand(to, condition, "i32");
      to.put(IF, NO_RESULT);
      to.inside(null, () => {
        emitAll(to, then);
        if (otherwise.length > 0) to.put(ELSE);
        emitAll(to, otherwise);
      });
      to.put(END);
    },
  };
}

/** Repeats the body as long as the condition is not 0 before it. */
export function whilst(condition: Operand<"i32">, ...body: readonly Statement[]): Statement {
  const top = label("whilst");
  return when(condition, [loop(top, ...body, again(top, condition))]);
}

/** Ends the function with this value. */
export function give<T extends ValueType>(type: T, value: Operand<T>): Statement {
  return {
    type: "none",
    emit(to) {
      emitOperand(to, value, type);
      to.put(RETURN);
    },
  };
}

/** `a` where the condition is not 0, else `b`; both are computed. */
export function select<T extends ValueType>(type: T, a: Operand<T>, b: Operand<T>, condition: Operand<"i32">): Code<T> {
  return {
    type,
    emit(to) {
      emitOperand(to, a, type);
      emitOperand(to, b, type);
      emitOperand(to, condition, "i32");
      to.put(0x1b);
    },
  };
}
