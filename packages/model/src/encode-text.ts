import { ABSENT, NULL, PRESENT, type Column } from "@weir/record";
import { MISSING, refuse, UNKNOWN_CATEGORY, WRONG_TYPE, type FeatureEncoder, type Target } from "./feature-encoder.ts";
import type { Encode } from "./manifest.ts";

type TextEncode = Extract<Encode, { kind: "map" } | { kind: "oneHot" }>;

/** Encoders over columns of text: the work a text is done once for each entry of the dictionary. */
export function encodeText(encode: TextEncode): FeatureEncoder {
  const codes = encode.kind === "map" ? new Map(Object.entries(encode.map)) : new Map(encode.categories.map((c, i) => [c, i]));
  const unknown = encode.kind === "map" ? encode.unknown : encode.unknown === "zeros" ? NO_CATEGORY : null;
  const translate = createTranslation(codes, unknown);
  const takesMissing = encode.missing === "nan";
  const places = encode.kind === "oneHot" ? encode.categories.length : 0;
  return (column, target) => {
    if (column.kind !== "string") throw new Error(`a column of text was asked for, ${column.kind} was read`);
    return write(column, translate(column.dictionary), { takesMissing, places }, target);
  };
}

/** The code of text that is no category and becomes zeros. */
const NO_CATEGORY = -1;

/** The code of each dictionary entry, NaN where it is refused; kept as long as the same dictionary comes. */
function createTranslation(codes: ReadonlyMap<string, number>, unknown: number | null): (dictionary: readonly string[]) => Float64Array {
  let known: readonly string[] = [];
  let translated = new Float64Array(0);
  return (dictionary) => {
    if (dictionary === known && dictionary.length === translated.length) return translated;
    known = dictionary;
    translated = Float64Array.from(dictionary, (text) => codes.get(text) ?? unknown ?? NaN);
    return translated;
  };
}

function write(
  column: Extract<Column, { kind: "string" }>,
  translated: Float64Array,
  how: { takesMissing: boolean; places: number },
  target: Target,
): number {
  const { rows, into, at, width, refused } = target;
  let news = 0;
  for (let i = 0, to = at; i < rows.length; i++, to += width) {
    const row = rows[i]!; // i < length
    const presence = column.presence[row]!; // rows are within the column
    if (presence === PRESENT) {
      const code = translated[column.codes[row]!]!; // codes are within the dictionary
      if (Number.isNaN(code)) news += refuse(refused, i, UNKNOWN_CATEGORY);
      else if (how.places === 0) into[to] = code;
      else for (let p = 0; p < how.places; p++) into[to + p] = p === code ? 1 : 0;
    } else if (how.takesMissing && (presence === ABSENT || presence === NULL)) {
      into.fill(NaN, to, to + Math.max(how.places, 1));
    } else news += refuse(refused, i, presence === ABSENT || presence === NULL ? MISSING : WRONG_TYPE);
  }
  return news;
}
