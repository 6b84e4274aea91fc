// A card transaction: what it must hold, and the numbers that the model takes.

const FEATURES = [
  ["amount", 0, 10_000],
  ["mcc", 1, 9999],
  ["device_age_days", 0, 36_500],
  ["velocity_1h", 0, 1000],
  ["avg_amount_30d", 0, 100_000],
  ["distance_km", 0, 20_100],
  ["hour", 0, 23],
];
const WHOLE = ["event_time", "mcc", "device_age_days", "velocity_1h", "hour"];
const TEXTS = [
  ["transaction_id", 1, 40],
  ["card_id", 0, Infinity],
  ["currency", 3, 3],
  ["merchant", 0, Infinity],
  ["country", 2, 2],
];

/** Null: it cannot be read. */
export function parse(text) {
  try {
    const record = JSON.parse(text);
    return typeof record === "object" && record !== null ? record : null;
  } catch {
    return null;
  }
}

/** Null: a field is missing, of another type or out of its range. */
export function featuresOf(record) {
  const isText = ([name, least, most]) => {
    const value = record[name];
    return typeof value === "string" && value.length >= least && value.length <= most;
  };
  if (!TEXTS.every(isText) || typeof record["is_recurring"] !== "boolean") return null;
  if (!WHOLE.every((name) => Number.isInteger(record[name]))) return null;
  const features = FEATURES.map(([name, least, most]) => {
    const value = record[name];
    return typeof value === "number" && value >= least && value <= most ? value : NaN;
  });
  return features.some(Number.isNaN) ? null : features;
}

/** The numbers of a record whose fields were checked before. */
export function checkedFeaturesOf(record) {
  return FEATURES.map(([name]) => record[name]);
}
