import kafkajs from "kafkajs";

const { Kafka, logLevel } = kafkajs;
const { BENCH_BROKER = "", BENCH_PREFIX = "" } = process.env;

/**
 * A service as most people write it with kafkajs: `eachMessage`, one awaited send a record; at-least-once.
 * `decide` tells where a record goes and with which value.
 */
export async function serve(service, input, decide) {
  const kafka = new Kafka({ clientId: service, brokers: [BENCH_BROKER], logLevel: logLevel.ERROR });
  const producer = kafka.producer();
  const consumer = kafka.consumer({ groupId: `${BENCH_PREFIX}.${service}` });
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic: input, fromBeginning: true });
  await consumer.run({
    eachMessage: async ({ message }) => {
      const { to, value } = await decide(message.value);
      await producer.send({ topic: `${BENCH_PREFIX}.${to}`, messages: [{ key: message.key, value }] });
    },
  });
}
