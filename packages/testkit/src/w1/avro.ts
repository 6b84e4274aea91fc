import avro from "avsc";
import { createW1, type W1Options, type W1Record } from "./records.ts";

const field = (name: string, type: string): { name: string; type: string } => ({ name, type });
const FIELDS = [
  field("transaction_id", "string"),
  field("event_time", "long"),
  field("card_id", "string"),
  field("amount", "double"),
  field("currency", "string"),
  field("merchant", "string"),
  field("country", "string"),
  field("mcc", "int"),
  field("device_age_days", "int"),
  field("is_recurring", "boolean"),
  field("velocity_1h", "int"),
  field("avg_amount_30d", "double"),
  field("distance_km", "double"),
  field("hour", "int"),
];
const record = (fields: readonly { name: string; type: string }[]): object => ({ type: "record", name: "Transaction", fields });

/**
 * Schemas of card transactions: that of the contract, one of a writer without `mcc`, one of a writer to whom `hour` is text. What is bad of
 * a record in JSON because of one member is bad in Avro because of its writer.
 */
export const W1_AVRO_SCHEMAS: readonly [object, object, object] = [
  record(FIELDS),
  record(FIELDS.filter(({ name }) => name !== "mcc")),
  record(FIELDS.map((f) => (f.name === "hour" ? field("hour", "string") : f))),
];

const [GOOD, WITHOUT_MCC, HOUR_AS_TEXT] = W1_AVRO_SCHEMAS.map((schema) => avro.Type.forSchema(schema as avro.Schema)); // prettier-ignore

export interface W1AvroRecord extends Omit<W1Record, "value"> {
  readonly value: Uint8Array;
}

/** The card transactions of `createW1` in Avro, framed with the ids that the three schemas have in a registry. */
export function createW1Avro(options: W1Options, ids: readonly [number, number, number]): (i: number) => W1AvroRecord {
  const json = createW1(options);
  const whole = createW1({ ...options, faultEvery: 0 });
  return (i) => {
    const { fault, id, key, value } = json(i);
    const text = whole(i).value; // in step, so that what is cut off there is known here
    const written = JSON.parse(fault === "cut" ? text : value) as object;
    if (!GOOD || !WITHOUT_MCC || !HOUR_AS_TEXT) throw new Error("there are three schemas");
    const [type, schemaId] = fault === "missing" ? [WITHOUT_MCC, ids[1]] : fault === "type" ? [HOUR_AS_TEXT, ids[2]] : [GOOD, ids[0]];
    const body = type.toBuffer(written);
    return { id, key, fault, value: framed(schemaId, fault === "cut" ? body.subarray(0, body.length >> 1) : body) };
  };
}

function framed(schemaId: number, body: Uint8Array): Uint8Array {
  const bytes = new Uint8Array(5 + body.length);
  new DataView(bytes.buffer).setUint32(1, schemaId);
  bytes.set(body, 5);
  return bytes;
}
