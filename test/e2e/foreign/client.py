"""A producer and consumer that know nothing of Weir. JSON lines on standard output."""

import json
import sys

from confluent_kafka import Consumer, Producer, TopicPartition


def produce(broker: str, topic: str, codec: str, count: int) -> None:
    producer = Producer({"bootstrap.servers": broker, "compression.type": codec, "linger.ms": 50, "enable.idempotence": True})

    def delivered(error, message) -> None:
        if error is not None:
            sys.exit(f"not delivered: {error}")
        print(json.dumps({"partition": message.partition(), "offset": message.offset()}))

    for n in range(count):
        identity = f"{codec}-{n}"
        value = '{ "id":"%s", "n": %d, "note":"%s \\u00e9é" }' % (identity, n, "x" * 200)
        headers = [("python", b"1"), ("twice", b"a"), ("twice", b"b"), ("none", None), ("traceparent", b"00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01")]
        producer.produce(topic, value=value.encode(), key=identity.encode(), headers=headers, on_delivery=delivered)
        producer.poll(0)
    producer.flush(30)


def consume(broker: str, topic: str, partitions: int, count: int) -> None:
    consumer = Consumer(
        {"bootstrap.servers": broker, "group.id": f"foreign-{topic}", "isolation.level": "read_committed", "enable.auto.commit": False, "check.crcs": True}
    )
    consumer.assign([TopicPartition(topic, partition, 0) for partition in range(partitions)])
    seen = 0
    silent = 0
    while seen < count and silent < 60:
        message = consumer.poll(0.5)
        if message is None:
            silent += 1
            continue
        if message.error():
            sys.exit(f"not consumed: {message.error()}")
        silent = 0
        seen += 1
        headers = [[name, None if value is None else value.decode()] for name, value in message.headers() or []]
        print(json.dumps({"key": message.key().decode(), "value": message.value().decode(), "partition": message.partition(), "headers": headers}))
    consumer.close()


if __name__ == "__main__":
    command, broker, topic, *rest = sys.argv[1:]
    if command == "produce":
        produce(broker, topic, rest[0], int(rest[1]))
    else:
        consume(broker, topic, int(rest[0]), int(rest[1]))
