import { SchemaRegistry } from "@kafkajs/confluent-schema-registry";
import { compileAvroContract } from "@weir/contract";
import { batchOf, RetriableError } from "@weir/record";
import { startRegistry, type TestRegistry } from "@weir/testkit";
import { afterAll, beforeAll, expect, test } from "vitest";
import { createSchemaRegistry } from "@weir/schema-registry";

let registry: TestRegistry;
beforeAll(async () => void (registry = await startRegistry()));
afterAll(() => registry[Symbol.asyncDispose]());

const PAYMENT = { type: "record", name: "Payment", fields: [{ name: "amount", type: "double" }] };

async function register(subject: string, body: object): Promise<number> {
  const answer = await fetch(`${registry.url}/subjects/${subject}/versions`, { method: "POST", body: JSON.stringify(body) });
  return ((await answer.json()) as { id: number }).id;
}

test("what kafkajs's registry client writes is read", async () => {
  const client = new SchemaRegistry({ host: registry.url });
  const { id } = await client.register({ type: "AVRO" as never, schema: JSON.stringify(PAYMENT) }, { subject: "payments-value" });
  const value = await client.encode(id, { amount: 12.5 });
  const found = await createSchemaRegistry(() => ({ url: registry.url })).find(id);
  const contract = compileAvroContract(JSON.stringify(PAYMENT));
  contract.writers?.learn(id, "texts" in found ? found.texts : []);
  const { columns, failures } = contract
    .reader([{ pointer: "/amount", as: "number" }])
    .read(batchOf({ topic: "t", partition: 0 }, [{ value }]));
  expect([failures.size, columns.get("number /amount")]).toMatchObject([0, { values: Float64Array.of(12.5) }]);
});

test("a schema comes with those that it refers to, each before it is used", async () => {
  const money = JSON.stringify({ type: "record", name: "Money", fields: [{ name: "cents", type: "long" }] });
  const price = JSON.stringify({ type: "record", name: "Price", fields: [{ name: "net", type: "Money" }] });
  const order = JSON.stringify({
    type: "record",
    name: "Order",
    fields: [
      { name: "price", type: "Price" },
      { name: "paid", type: "Money" },
    ],
  });
  const [ofMoney, ofPrice] = [
    { name: "Money", subject: "money", version: 1 },
    { name: "Price", subject: "price", version: 1 },
  ];
  await register("money", { schema: money });
  await register("price", { schema: price, references: [ofMoney] });
  const id = await register("orders", { schema: order, references: [ofPrice, ofMoney] });
  expect(await createSchemaRegistry(() => ({ url: registry.url })).find(id)).toEqual({ texts: [money, price, order] });
});

test("an id that the registry does not know, and a schema of another kind, are told apart from trouble", async () => {
  const source = createSchemaRegistry(() => ({ url: registry.url }));
  expect(await source.find(4711)).toEqual({ why: "the registry does not know it", isFinal: false });
  const id = await register("proto", { schema: 'syntax = "proto3";', schemaType: "PROTOBUF" });
  expect(await source.find(id)).toEqual({ why: "it is of type PROTOBUF, not AVRO", isFinal: true });
});

test("who asks is told as the environment says, anew with every request", async () => {
  let connection: Parameters<typeof createSchemaRegistry>[0] = () => ({ url: `${registry.url}/`, username: "weir", password: "a:b" });
  const source = createSchemaRegistry(() => connection());
  await source.find(1);
  connection = () => ({ url: registry.url, token: "xyz" });
  await source.find(1);
  connection = () => ({ url: registry.url });
  await source.find(1);
  expect(registry.authorizations.slice(-3)).toEqual(["Basic d2VpcjphOmI=", "Bearer xyz", undefined]);
  expect(registry.asked.at(-3)).toBe("GET /schemas/ids/1");
});

test.each([401, 404, 500, 503])("status %i may pass", async (status) => {
  registry.fails(status);
  const asked = createSchemaRegistry(() => ({ url: registry.url })).find(1);
  await expect(asked).rejects.toThrow(RetriableError);
  await expect(asked).rejects.toThrow(`the schema registry does not give schema 1: it answers ${status}`);
  registry.fails(null);
});

test("so may a registry that does not answer", async () => {
  await using gone = await startRegistry();
  const { url } = gone;
  await gone[Symbol.asyncDispose]();
  await expect(createSchemaRegistry(() => ({ url })).find(1)).rejects.toThrow(RetriableError);
});
