import { MAX_VIOLATIONS, type ReadFailure, type Violation } from "./result.ts";
import { clearRow, putValue, type Target } from "./target.ts";
import type { Validator } from "./validator.ts";
import { parseJson, type Values } from "./values.ts";

export interface Bounds {
  readonly maxBytes: number;
  readonly maxDepth: number;
}

/**
 * Reads one record the exact way: strict UTF-8, JSON.parse, the whole schema. Fills the row of every target; tells why the
 * record fails, null if it does not. What the fast scanner does not take comes here, and every failing record.
 */
export function readExactly(
  values: Values,
  row: number,
  targets: readonly Target[],
  options: Bounds & { readonly validator: Validator | null },
): ReadFailure | null {
  for (const target of targets) clearRow(target, row);
  const length = values.length[row]!; // row < count, as the next line
  const at = values.at[row]!;
  const refused = refusal(values.bytes, at, length, options);
  if (refused !== null) return decodeFailure(refused);
  let value: unknown;
  try {
    value = parseJson(values.bytes.subarray(at, at + length));
  } catch (error) {
    return decodeFailure(`the value is not JSON: ${error instanceof Error ? error.message : String(error)}`);
  }
  const violations = [...(options.validator?.violations(value) ?? [])];
  for (const target of targets) {
    if (!putValue(target, row, lookUp(value, target.path), values)) violations.push(timeViolation(target));
  }
  return violations.length === 0 ? null : contractFailure(violations);
}

function refusal(bytes: Uint8Array, at: number, length: number, bounds: Bounds): string | null {
  if (length < 0) return "the value is null (a tombstone)";
  if (length === 0) return "the value is empty";
  if (length > bounds.maxBytes) return `the value has ${length} bytes, at most ${bounds.maxBytes} are read`;
  if (deeperThan(bytes, at, at + length, bounds.maxDepth)) return `the value is nested deeper than ${bounds.maxDepth}`;
  return null;
}

/** Brackets outside strings; says nothing useful of what is not JSON, which fails either way. */
function deeperThan(bytes: Uint8Array, at: number, end: number, maxDepth: number): boolean {
  let depth = 0;
  let inString = false;
  for (let i = at; i < end; i++) {
    const c = bytes[i]!; // i < end
    if (inString) {
      if (c === 92) i++;
      else if (c === 34) inString = false;
    } else if (c === 34) inString = true;
    else if (c === 123 || c === 91) {
      if (++depth > maxDepth) return true;
    } else if (c === 125 || c === 93) depth--;
  }
  return false;
}

/** What a JSON pointer points to, undefined if nothing. */
export function lookUp(root: unknown, path: readonly string[]): unknown {
  let value = root;
  for (const token of path) {
    if (typeof value !== "object" || value === null) return undefined;
    if (Array.isArray(value) && !/^(?:0|[1-9][0-9]*)$/.test(token)) return undefined;
    if (!Object.hasOwn(value, token)) return undefined;
    value = Reflect.get(value, token);
  }
  return value;
}

export function timeViolation(target: Target): Violation {
  const unit = target.request.unit;
  const number = unit === undefined ? "" : ` or a number of ${unit === "s" ? "seconds" : "milliseconds"} since 1970`;
  return { pointer: target.request.pointer, keyword: "time", message: `must be a time: RFC 3339 text${number}` };
}

export function decodeFailure(message: string): ReadFailure {
  return { class: "DECODE", message, violations: [] };
}

export function contractFailure(all: readonly Violation[]): ReadFailure {
  const violations = all.slice(0, MAX_VIOLATIONS);
  const first = violations[0]!; // there is at least one
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : "";
  return { class: "CONTRACT", message: `${first.pointer || "the record"} ${first.message}${more}`, violations };
}
