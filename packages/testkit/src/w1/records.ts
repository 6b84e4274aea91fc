import { createRandom } from "../random.ts";
import { damaged } from "./damaged.ts";

/** A number of every record, with the range that the gate allows and the net is scaled to. */
export type Feature = readonly [name: string, low: number, high: number];

/** The fields that the net looks at. */
export const W1_FEATURES = [
  ["amount", 0, 10_000],
  ["mcc", 1, 9999],
  ["device_age_days", 0, 36_500],
  ["velocity_1h", 0, 1000],
  ["avg_amount_30d", 0, 100_000],
  ["distance_km", 0, 20_100],
  ["hour", 0, 23],
] as const;

/** How a record of W1 is damaged, in turn. */
export const W1_FAULTS = ["range", "missing", "type", "cut"] as const;
export type W1Fault = (typeof W1_FAULTS)[number];

export const W1_SCHEMA = {
  $schema: "https://json-schema.org/draft/2020-12/schema",
  type: "object",
  properties: {
    transaction_id: { type: "string", minLength: 1, maxLength: 40 },
    event_time: { type: "integer" },
    card_id: { type: "string" },
    amount: { type: "number" },
    currency: { type: "string", minLength: 3, maxLength: 3 },
    merchant: { type: "string" },
    country: { type: "string", minLength: 2, maxLength: 2 },
    mcc: { type: "integer" },
    device_age_days: { type: "integer" },
    is_recurring: { type: "boolean" },
    velocity_1h: { type: "integer" },
    avg_amount_30d: { type: "number" },
    distance_km: { type: "number" },
    hour: { type: "integer" },
  },
  required: [
    "transaction_id",
    "event_time",
    "card_id",
    "amount",
    "currency",
    "merchant",
    "country",
    "mcc",
    "device_age_days",
    "is_recurring",
    "velocity_1h",
    "avg_amount_30d",
    "distance_km",
    "hour",
  ],
} as const;

export interface W1Record {
  readonly id: string;
  readonly key: string;
  readonly value: string;
  readonly fault: W1Fault | null;
}

export interface W1Options {
  readonly seed: number;
  /** One in so many is damaged; 0: none. */
  readonly faultEvery?: number;
  readonly cards?: number;
  /** Milliseconds since 1970 of the first record; one millisecond more for each that follows. */
  readonly from?: number;
}

const CURRENCIES = ["EUR", "USD", "GBP", "CHF", "SEK"];
const COUNTRIES = ["DE", "US", "GB", "CH", "SE", "FR", "NL"];

/** Card transactions of about 290 bytes: record i is the same whenever it is asked for in order from 0. */
export function createW1({ seed, faultEvery = 100, cards = 5000, from = 1_700_000_000_000 }: W1Options): (i: number) => W1Record {
  const random = createRandom(seed);
  const between = (low: number, high: number, digits: number): number => Number((low + random() * (high - low)).toFixed(digits));
  const pick = (list: readonly string[]): string => list[Math.floor(random() * list.length)] ?? "";
  return (i) => {
    const id = `tx-${seed.toString(36)}-${String(i).padStart(9, "0")}`;
    const record: Record<string, unknown> = {
      transaction_id: id,
      event_time: from + i,
      card_id: `card-${String(Math.floor(random() * cards)).padStart(5, "0")}`,
      amount: between(0, 10_000, 2),
      currency: pick(CURRENCIES),
      merchant: `merchant-${Math.floor(random() * 2000)}`,
      country: pick(COUNTRIES),
      mcc: between(1, 9999, 0),
      device_age_days: between(0, 36_500, 0),
      is_recurring: random() < 0.2,
      velocity_1h: between(0, 1000, 0),
      avg_amount_30d: between(0, 100_000, 2),
      distance_km: between(0, 20_100, 1),
      hour: between(0, 23, 0),
    };
    const fault = faultOf(i, faultEvery);
    return { id, key: String(record["card_id"]), value: damaged(record, fault, W1_FEATURES), fault };
  };
}

/** The last of every `faultEvery` is damaged, in all ways in turn. */
export function faultOf(i: number, faultEvery: number): W1Fault | null {
  if (faultEvery === 0 || i % faultEvery !== faultEvery - 1) return null;
  return W1_FAULTS[Math.floor(i / faultEvery) % W1_FAULTS.length] ?? null;
}
