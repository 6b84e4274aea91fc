import type { BatchView, RowCheck } from "../check.ts";
import type { KeyReader } from "./key-reader.ts";
import type { Repeats } from "./lane-keys.ts";

/** A key that another record of the partition had within the horizon breaks the rule. */
export function uniqueCheck(name: string, reader: KeyReader): RowCheck {
  const repeats = (view: BatchView): Repeats => {
    const found = view.repeats.get(name);
    if (!found) throw new Error(`the keys of ${name === "" ? "the record" : name} are not remembered`);
    return found;
  };
  return {
    requests: reader.requests,
    run: (view, codes) => codes.set(repeats(view).codes),
    readable: () => () => false,
    explain: (view, row) => {
      const key = JSON.stringify(reader.keysOf(view)(row)?.slice(0, 40));
      return `${name === "" ? "the record's id" : name} ${key} was seen before, at offset ${repeats(view).earlier.get(row)}`;
    },
  };
}
