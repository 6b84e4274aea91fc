import { compileExpression, ExpressionError, type Scope } from "@weir/expr";
import { WeirError, type PlainRecord } from "@weir/record";

export interface RecordFilter {
  /** Records that it could not say anything of, since they have no such field or another type. */
  readonly undecided: number;
  takes(record: PlainRecord): boolean;
}

const decoder = new TextDecoder();
const ANYTHING = new Map([
  ["record", "dyn"],
  ["prediction", "dyn"],
  ["headers", "map"],
] as const);

/**
 * Records for which a CEL expression over `record`, `prediction` and `headers` is true. Nothing is known of their types:
 * a topic of dead letters holds what has no right ones.
 * @throws {WeirError} WEIR-6020, exit code 2
 */
export function createFilter(source: string): RecordFilter {
  const { expression, problems } = compileExpression(source, ANYTHING, { expect: "bool" });
  if (!expression) {
    throw new WeirError(
      {
        code: "WEIR-6020",
        what: "the filter cannot be understood",
        where: `--filter, column ${problems[0]?.column ?? 1}`,
        why: problems.map((p) => p.message).join("; "),
        fix: problems[0]?.hint ?? 'write a CEL condition, for example \'record.amount > 100.0 && headers["weir.branch"] == "auto/high"\'',
      },
      { exitCode: 2 },
    );
  }
  let undecided = 0;
  return {
    get undecided() {
      return undecided;
    },
    takes: (record) => {
      try {
        return expression.evaluate(scopeOf(record)) === true;
      } catch (error) {
        if (!(error instanceof ExpressionError)) throw error;
        undecided++;
        return false;
      }
    },
  };
}

function scopeOf({ value, headers }: PlainRecord): Scope {
  const record = value === null ? null : parsed(value);
  const prediction: unknown = typeof record === "object" && record !== null && "prediction" in record ? record.prediction : undefined;
  const texts = Object.fromEntries([...headers].reverse().map((h) => [h.key, h.value && decoder.decode(h.value)]));
  return { record, ...(prediction !== undefined && { prediction }), headers: texts };
}

function parsed(value: Uint8Array): unknown {
  try {
    return JSON.parse(decoder.decode(value));
  } catch {
    return null;
  }
}
