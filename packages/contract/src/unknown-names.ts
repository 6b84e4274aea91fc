import type { ObjectPlan, FieldPlan } from "./plan.ts";

/**
 * Names of members that a contract does not know, by row: rows with the same ones share a code. A text of the dictionary is a JSON array of
 * names in ascending order.
 */
export interface UnknownNames {
  readonly knows: (name: string) => boolean;
  /** Of the batch that is being read. */
  dictionary: string[];
  codes: Map<string, number>;
  /** What the row before had, so that the next with the same costs no text. */
  readonly last: FieldPlan[];
  lastCode: number;
}

const NO_NAMES = -1;

export function createUnknownNames(knows: (name: string) => boolean): UnknownNames {
  return { knows, dictionary: [], codes: new Map(), last: [], lastCode: NO_NAMES };
}

/** The next batch starts with an empty dictionary. */
export function beginUnknownNames(unknown: UnknownNames): void {
  unknown.dictionary = [];
  unknown.codes = new Map();
  unknown.last.length = 0;
  unknown.lastCode = NO_NAMES;
}

export function codeOfNames(unknown: UnknownNames, names: readonly string[]): number {
  if (names.length === 0) return NO_NAMES;
  const text = JSON.stringify(names.toSorted());
  let code = unknown.codes.get(text);
  if (code === undefined) {
    unknown.codes.set(text, (code = unknown.dictionary.length));
    unknown.dictionary.push(text);
  }
  return code;
}

/** Of the record that the scanner has just walked over. */
export function codeOfScanned(unknown: UnknownNames, { fields }: ObjectPlan, stamp: number): number {
  const { last } = unknown;
  let count = 0;
  let same = true;
  for (const field of fields) {
    if (field.unknown === null || field.seen !== stamp) continue;
    if (last[count] !== field) same = false;
    last[count++] = field;
  }
  if (same && count === last.length) return unknown.lastCode;
  last.length = count;
  unknown.lastCode = codeOfNames(unknown, namesOf(last));
  return unknown.lastCode;
}

export function namesOf(fields: readonly FieldPlan[]): string[] {
  return fields.flatMap(({ unknown }) => unknown ?? []);
}

/** Names in a parsed record. */
export function unknownIn(unknown: UnknownNames, value: unknown): string[] {
  if (typeof value !== "object" || value === null || Array.isArray(value)) return [];
  return Object.keys(value).filter((name) => !unknown.knows(name));
}
