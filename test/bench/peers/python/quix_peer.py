"""Quix Streams as most people write it: a function a record, exactly-once."""

import card
from quixstreams import Application

app = Application(
    broker_address=card.BROKER,
    consumer_group=card.PREFIX,
    auto_offset_reset="earliest",
    processing_guarantee="exactly-once",
    commit_interval=1.0,
    loglevel="WARNING",
    auto_create_topics=False,
    use_changelog_topics=False,
)
net = card.open_net()


def handle(value):
    record = card.parse(value)
    found = card.features(record) if record is not None else None
    if found is None:
        return ("refused", value)
    return card.answer(record, card.score(net, [found])[0])


scored = app.dataframe(app.topic(card.INPUT, value_deserializer="bytes", key_deserializer="bytes")).apply(handle)
for branch in card.BRANCHES:
    target = app.topic(card.topic(branch), value_serializer="bytes", key_serializer="bytes")
    scored.filter(lambda item, branch=branch: item[0] == branch).apply(lambda item: item[1]).to_topic(target)

if __name__ == "__main__":
    app.run()
