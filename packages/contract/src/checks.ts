import { compileBytes, matchesBytes, type BytePattern } from "./byte-pattern.ts";
import { compilePattern } from "@weir/expr";
import type { NumberRules, TextRules } from "./simple-schema.ts";
import { parseTime } from "./time.ts";
import type { Validator } from "./validator.ts";

/** Does the number surely obey the rules? Where it does not, the exact validator has the last word. */
export function passesNumber(rules: NumberRules, value: number): boolean {
  if (!(value >= rules.minimum && value <= rules.maximum)) return false;
  if (rules.above !== -Infinity && !(value > rules.above)) return false;
  if (rules.below !== Infinity && !(value < rules.below)) return false;
  if (rules.multipleOf !== 0) {
    const times = value / rules.multipleOf;
    if (!(Number.isInteger(times) && Math.abs(times) < 1e21)) return false;
  }
  return rules.oneOf === null || rules.oneOf.includes(value);
}

/** A text's checks on bytes, for texts that hardly ever come back. */
export interface ByteCheck {
  readonly minLength: number;
  readonly maxLength: number;
  readonly pattern: BytePattern | null;
  readonly isTime: boolean;
  /** What cannot be checked on bytes. */
  readonly text: ((text: string) => boolean) | null;
}

export function byteCheck(rules: TextRules, validator: Validator): ByteCheck {
  const pattern = rules.pattern === null ? null : compileBytes(rules.pattern);
  const isTime = rules.format === "date-time";
  const left: TextRules = {
    minLength: 0,
    maxLength: Infinity,
    oneOf: rules.oneOf,
    pattern: pattern === null ? rules.pattern : null,
    format: isTime ? null : rules.format,
  };
  const needsText = left.pattern !== null || left.format !== null || left.oneOf !== null;
  const { minLength, maxLength } = rules;
  return { minLength, maxLength, pattern, isTime, text: needsText ? textCheck(left, validator) : null };
}

/** All of a text's checks on the text, for texts whose outcome is kept. */
export function textCheck(rules: TextRules, validator: Validator): (text: string) => boolean {
  const pattern = rules.pattern === null ? null : compilePattern(rules.pattern);
  const format = rules.format === null ? null : validator.format(rules.format);
  const allowed = rules.oneOf === null ? null : new Set(rules.oneOf);
  const { minLength, maxLength } = rules;
  return (text) => {
    if (minLength > 0 || maxLength < Infinity) {
      const length = [...text].length;
      if (length < minLength || length > maxLength) return false;
    }
    return (allowed?.has(text) ?? true) && (pattern?.test(text) ?? true) && (format?.(text) ?? true);
  };
}

const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true });

/** Does the text surely pass? The bytes are valid UTF-8 without escapes. */
export function passesBytes(check: ByteCheck, bytes: Uint8Array, from: number, to: number): boolean {
  const length = to - from;
  if (length > check.maxLength || length < check.minLength * 4) {
    const characters = countCharacters(bytes, from, to);
    if (characters > check.maxLength || characters < check.minLength) return false;
  }
  if (check.isTime && !isCommonTime(bytes, from, length)) return false;
  if (check.pattern !== null && !matchesBytes(check.pattern, bytes, from, to)) return false;
  return check.text === null || check.text(decoder.decode(bytes.subarray(from, to)));
}

/** Leap seconds are left to the exact path. */
function isCommonTime(bytes: Uint8Array, at: number, length: number): boolean {
  return !Number.isNaN(parseTime(bytes, at, length)) && bytes[at + 17] !== 54;
}

function countCharacters(bytes: Uint8Array, from: number, to: number): number {
  let count = 0;
  for (let i = from; i < to; i++) if ((bytes[i]! & 0xc0) !== 0x80) count++; // i < to
  return count;
}
