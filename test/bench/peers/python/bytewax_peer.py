"""Bytewax: batches of records, one run of the model a batch; at-least-once."""

import bytewax.operators as op
import card
from bytewax.connectors.kafka import KafkaSinkMessage
from bytewax.connectors.kafka import operators as kop
from bytewax.dataflow import Dataflow
from bytewax.testing import cluster_main

BATCH = 2000
net = card.open_net()


def handle(messages):
    out = []
    good = []
    rows = []
    for message in messages:
        record = card.parse(message.value)
        found = card.features(record) if record is not None else None
        if found is None:
            out.append(KafkaSinkMessage(message.key, message.value, topic=card.topic("refused")))
        else:
            good.append((message.key, record))
            rows.append(found)
    if rows:
        for (key, record), scores in zip(good, card.score(net, rows)):
            branch, value = card.answer(record, scores)
            out.append(KafkaSinkMessage(key, value, topic=card.topic(branch)))
    return out


flow = Dataflow("bench")
source = kop.input("in", flow, brokers=[card.BROKER], topics=[card.INPUT], tail=True, batch_size=BATCH)
scored = op.flat_map_batch("score", source.oks, handle)
kop.output("out", scored, brokers=[card.BROKER], topic=card.topic("refused"), add_config={"linger.ms": "50", "batch.size": "524288"})

if __name__ == "__main__":
    cluster_main(flow, [], 0)
