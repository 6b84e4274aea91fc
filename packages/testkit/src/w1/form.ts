import { createRandom } from "../random.ts";
import { damaged } from "./damaged.ts";
import { createW1, faultOf, W1_FEATURES, W1_SCHEMA, type Feature, type W1Options, type W1Record } from "./records.ts";

/** What the records of a workload look like, and what its pipeline has to know of them. */
export interface RecordForm {
  /** Named by their JSON pointers without the first slash. */
  readonly features: readonly Feature[];
  /** Member that is an array of all features; null: they are members themselves. */
  readonly array: string | null;
  /** The contract. */
  readonly schema: object;
  /** Record i is the same whenever it is asked for in order from 0. */
  readonly create: (options: W1Options) => (i: number) => W1Record;
}

export const W1_FORM: RecordForm = { features: W1_FEATURES, array: null, schema: W1_SCHEMA, create: createW1 };

export interface PlainForm {
  /** At least 3; every one a number between 0 and the highest, all of them required. */
  readonly features: number;
  /** A record is filled up to so many bytes with texts that no contract names; null: nothing is added. */
  readonly bytes: number | null;
  /** Absent: 10,000. */
  readonly highest?: number;
  /** Digits behind the point, less the zeros that numbers end with; absent: 2. */
  readonly decimals?: number;
  /** Absent: `f00`, `f01`, … */
  readonly nameOf?: (feature: number) => string;
  /** The numbers are in an array of this name, and no record is damaged; absent: every number is a member. */
  readonly array?: string;
}

/** Bytes of one text that fills a record up; real records are long because they have many members. */
const TEXT_BYTES = 48;
const MEMBER_BYTES = ',"note_000":""'.length + TEXT_BYTES;
const LETTERS = "abcdefghijklmnopqrstuvwxyz ";
const HIGHEST = 10_000;
const DECIMALS = 2;
const numbered = (feature: number): string => `f${String(feature).padStart(2, "0")}`;

/** Records that are nothing but an id, a key, numbers and filling: for what a record costs by its size and by its features. */
export function plainForm(form: PlainForm): RecordForm {
  const { features: count, highest = HIGHEST, array = null } = form;
  const nameOf = array === null ? (form.nameOf ?? numbered) : (item: number) => `${array}/${item}`;
  const features = Array.from({ length: count }, (_, f): Feature => [nameOf(f), 0, highest]);
  const number = { type: "number" };
  const types =
    array === null
      ? Object.fromEntries(features.map(([name]) => [name, number]))
      : { [array]: { type: "array", items: number, minItems: count, maxItems: count } };
  return {
    features,
    array,
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { transaction_id: { type: "string", minLength: 1, maxLength: 40 }, card_id: { type: "string" }, ...types },
      required: ["transaction_id", "card_id", ...Object.keys(types)],
    },
    create: (options) => createPlain(options, features, form),
  };
}

function createPlain(
  { seed, faultEvery = 100, cards = 5000 }: W1Options,
  features: readonly Feature[],
  { bytes, decimals = DECIMALS, array }: PlainForm,
) {
  if (array !== undefined && faultEvery > 0) throw new Error("records with an array are never damaged: ask for none");
  const random = createRandom(seed);
  const letters = Array.from({ length: 8 * 1024 }, () => LETTERS[Math.floor(random() * LETTERS.length)]).join("");
  const text = (length: number): string => {
    const at = Math.floor(random() * (letters.length - length));
    return letters.slice(at, at + length);
  };
  return (i: number): W1Record => {
    const id = `tx-${seed.toString(36)}-${String(i).padStart(9, "0")}`;
    const record: Record<string, unknown> = {
      transaction_id: id,
      card_id: `card-${String(Math.floor(random() * cards)).padStart(5, "0")}`,
    };
    const values = features.map(([name, low, high]) => [name, Number((low + random() * (high - low)).toFixed(decimals))] as const);
    Object.assign(record, array === undefined ? Object.fromEntries(values) : { [array]: values.map(([, value]) => value) });
    const key = String(record["card_id"]);
    if (bytes !== null) fill(record, bytes, text);
    const fault = faultOf(i, faultEvery);
    return { id, key, value: damaged(record, fault, features), fault };
  };
}

/** Members of one length, and a last one that is shorter or longer. */
function fill(record: Record<string, unknown>, bytes: number, text: (length: number) => string): void {
  let missing = bytes - JSON.stringify(record).length;
  for (let n = 0; missing > MEMBER_BYTES - TEXT_BYTES; n++) {
    const length = missing <= 2 * MEMBER_BYTES - TEXT_BYTES ? missing - (MEMBER_BYTES - TEXT_BYTES) : TEXT_BYTES;
    record[`note_${String(n).padStart(3, "0")}`] = text(length);
    missing -= MEMBER_BYTES - TEXT_BYTES + length;
  }
}
