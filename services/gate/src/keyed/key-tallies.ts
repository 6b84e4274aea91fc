import { columnKey } from "@weir/contract";
import { PRESENT, type Column } from "@weir/record";
import { countRows, emptyTally, type BatchJudgement, type OpenTally, type RuleSet } from "@weir/rules";
import type { KeySettings } from "../settings.ts";

/** What a window adds up for every key of its own. */
export interface KeyTallies {
  /** Counts the rows from `first` to before `end`. */
  count(judgement: BatchJudgement, first: number, end: number): void;
  /** In the order in which the keys came. */
  entries(): IterableIterator<[string, OpenTally]>;
}

/** Keys of records that have none, and of those that came when there were `maxKeys` already: each judged together. */
export const NO_KEY = "(none)";
export const OTHER_KEYS = "(others)";

/** As JSON. Ten thousand longer ones would fill a record of the state: their beginning and a hash stand for them. */
const MAX_KEY_BYTES = 150;
/** Never more than that, however they are escaped. */
const SHORT_CHARACTERS = 20;

export function createKeyTallies(ruleSet: RuleSet, keys: KeySettings): KeyTallies {
  const tallies = new Map<string, OpenTally>();
  const tallyOf = (key: string): OpenTally => {
    const place = tallies.has(key) || tallies.size < keys.maxKeys ? key : OTHER_KEYS;
    let tally = tallies.get(place);
    if (!tally) tallies.set(place, (tally = emptyTally(ruleSet)));
    return tally;
  };
  return {
    count: (judgement, first, end) => {
      const column = judgement.view.read.columns.get(columnKey(keys.request));
      if (!column) throw new Error("the reader did not fill the keys"); // it was asked for them
      const keyOf = keyReader(column, keys);
      for (let row = first; row < end;) {
        const key = keyOf(row);
        const from = row++;
        while (row < end && keyOf(row) === key) row++;
        countRows(tallyOf(key), judgement, from, row);
      }
    },
    entries: () => tallies.entries(),
  };
}

/** The key that a row is judged by. Whether that key has a tally of its own is the window's to know. */
export function keyReader(column: Column, { sha256 }: Pick<KeySettings, "sha256">): (row: number) => string {
  const textOf = (row: number): string => {
    const presence = column.presence[row];
    if (presence !== PRESENT) return NO_KEY;
    if (column.kind === "string") return column.dictionary[column.codes[row]!]!; // present, so it has a code
    return column.kind === "slices" || column.kind === "vector" ? NO_KEY : String(column.values[row]);
  };
  return (row) => {
    const text = textOf(row);
    if (text.length <= SHORT_CHARACTERS || Buffer.byteLength(JSON.stringify(text)) <= MAX_KEY_BYTES) return text;
    return `${text.slice(0, SHORT_CHARACTERS)}…${sha256(text).slice(0, 16)}`;
  };
}
