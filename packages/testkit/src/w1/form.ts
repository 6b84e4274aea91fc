import { createRandom } from "../random.ts";
import { damaged } from "./damaged.ts";
import { createW1, faultOf, W1_FEATURES, W1_SCHEMA, type Feature, type W1Options, type W1Record } from "./records.ts";

/** What the records of a workload look like, and what its pipeline has to know of them. */
export interface RecordForm {
  readonly features: readonly Feature[];
  /** The contract. */
  readonly schema: object;
  /** Record i is the same whenever it is asked for in order from 0. */
  readonly create: (options: W1Options) => (i: number) => W1Record;
}

export const W1_FORM: RecordForm = { features: W1_FEATURES, schema: W1_SCHEMA, create: createW1 };

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
  const { features: count, highest = HIGHEST, nameOf = numbered } = form;
  const features = Array.from({ length: count }, (_, f): Feature => [nameOf(f), 0, highest]);
  const names = features.map(([name]) => name);
  const types = Object.fromEntries(names.map((name) => [name, { type: "number" }]));
  return {
    features,
    schema: {
      $schema: "https://json-schema.org/draft/2020-12/schema",
      type: "object",
      properties: { transaction_id: { type: "string", minLength: 1, maxLength: 40 }, card_id: { type: "string" }, ...types },
      required: ["transaction_id", "card_id", ...names],
    },
    create: (options) => createPlain(options, features, form),
  };
}

function createPlain(
  { seed, faultEvery = 100, cards = 5000 }: W1Options,
  features: readonly Feature[],
  { bytes, decimals = DECIMALS }: PlainForm,
) {
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
    for (const [name, low, high] of features) record[name] = Number((low + random() * (high - low)).toFixed(decimals));
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
