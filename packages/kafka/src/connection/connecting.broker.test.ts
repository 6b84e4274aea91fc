import { WeirError } from "@weir/record";
import { randomUUID } from "node:crypto";
import { connect, createServer, type AddressInfo } from "node:net";
import { expect, inject, test } from "vitest";
import { createKafkaLog } from "../kafka-log.ts";

test("names every address and why it did not answer", async () => {
  const refused = createKafkaLog({ brokers: ["127.0.0.1:1", "127.0.0.1:2"], clientId: "weir-test" });
  await expect(refused).rejects.toMatchObject({ exitCode: 4, problem: { code: "WEIR-7001", where: "127.0.0.1:1, 127.0.0.1:2" } });
  await expect(refused).rejects.toBeInstanceOf(WeirError);
});

test("asks a broker again that took the connection and then hung up", async () => {
  const hangUpAt = [2, 3]; // the requests after which the first and the second connection end
  const [host, port] = inject("kafka").split(":");
  const door = createServer((client) => {
    const last = hangUpAt.shift() ?? Infinity;
    const broker = connect(Number(port), host);
    let asked = 0;
    client.on("data", (bytes) => (++asked === last ? client.resetAndDestroy() : broker.write(bytes)));
    client.on("error", () => {}).on("close", () => broker.destroy());
    broker.on("error", () => {}).pipe(client);
  });
  const address = await new Promise<AddressInfo>((resolve) => door.listen(0, "127.0.0.1", () => resolve(door.address() as AddressInfo)));
  const shaky = await createKafkaLog({ brokers: [`127.0.0.1:${address.port}`], clientId: "weir-test" });
  const topic = `t-${randomUUID()}`;
  await shaky.createTopics([{ name: topic, partitions: 3, configs: {} }]);
  expect(await shaky.partitions([topic])).toEqual(new Map([[topic, 3]]));
  expect(hangUpAt).toEqual([]);
  await shaky[Symbol.asyncDispose]();
  door.close();
});
