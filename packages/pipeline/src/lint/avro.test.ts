import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { formatProblem } from "../problems.ts";
import { validatePipeline } from "../validate.ts";

const AVSC = JSON.stringify({
  type: "record",
  name: "Payment",
  fields: [{ name: "id", type: "string" }, { name: "amount", type: "double" }, { name: "at", type: { type: "long", logicalType: "timestamp-millis" } }], // prettier-ignore
});

function said(record: string, stages = "  in: {type: ingest, out: gate}", file = AVSC): readonly string[] {
  const text = `apiVersion: weir/v1
kind: Pipeline
metadata: {name: payments, owner: user:a}
record: ${record}
stages:
${stages}
  gate: {type: gate, rules: [{id: amount, kind: range, field: /amount, min: 0, max: 10, action: quarantineRecord}], pass: {topic: payments.out}}
`;
  const sha256 = (data: string | Uint8Array): string => createHash("sha256").update(data).digest("hex");
  const readText = (name: string): string | null => (name.startsWith("payment.") ? file : null);
  const { problems } = validatePipeline({ file: "p.yaml", text, sha256, env: {}, readBytes: () => null, readText });
  return problems.map(formatProblem);
}

test("a pipeline of Avro whose event time is a timestamp of the contract", () => {
  expect(said("{contract: payment.avsc, format: avro, id: /id, time: /at}")).toEqual([]);
});

test.each<[string, string, RegExp]>([
  [
    "a schema of a registry",
    "{contract: {registry: payments-value, version: 7}, format: avro}",
    /a schema of a registry is saved there first, from URL\/subjects\/SUBJECT\/versions\/VERSION\/schema/,
  ],
  ["an Avro schema without its format", "{contract: payment.avsc}", /payment\.avsc is an Avro schema[^]*add format: avro[^]*\(WEIR-1502\)/],
  [
    "a unit that the contract has",
    "{contract: payment.avsc, format: avro, time: {pointer: /at, unit: s}}",
    /\/at has its unit in the contract[^]*write time: \/at[^]*\(WEIR-1504\)/,
  ],
  ["a field that is not there", "{contract: payment.avsc, format: avro, id: /no}", /no field \/no[^]*\(WEIR-1503\)/],
  ["Protobuf", "{contract: payment.avsc, format: protobuf}", /"protobuf" is not one of json, avro[^]*\(WEIR-1204\)/],
])("%s is refused", (_, record, message) => {
  expect(said(record).join("\n")).toMatch(message);
});

test("doors that take JSON, and a second model, have no place beside Avro", () => {
  const http = said("{contract: payment.avsc, format: avro}", "  in: {type: ingest, http: {}, out: gate}");
  expect(http.join("\n")).toMatch(/`http` takes JSON, and the records are Avro[^]*\(WEIR-1903\)/);
  const models = "  in: {type: ingest, out: a}\n  a: {type: inference, model: m/1, as: p, out: b}\n  b: {type: inference, model: m/1, as: q, out: gate}"; // prettier-ignore
  expect(said("{contract: payment.avsc, format: avro}", models).join("\n")).toMatch(/a second model has no place[^]*\(WEIR-1903\)/);
});

test("what is wrong with the schema is told", () => {
  const broken = JSON.stringify({ type: "record", name: "P", fields: [{ name: "a", type: "Money" }] });
  expect(said("{contract: payment.avsc, format: avro}", undefined, broken).join("\n")).toMatch(
    /not a usable Avro schema[^]*there is no type "Money"[^]*\(WEIR-1502\)/,
  );
});
