"""The work of the bench: read a card transaction, check it, score it, choose its branch."""

import os

import numpy
import onnxruntime
import orjson

BROKER = os.environ["BENCH_BROKER"]
INPUT = os.environ["BENCH_INPUT"]
PREFIX = os.environ["BENCH_PREFIX"]
BRANCHES = ("auto", "review", "manual", "refused")
CLASSES = ("genuine", "fraud")

# Field, type, and for texts the shortest and longest, for features the range; None: no input of the net.
FIELDS = (
    ("transaction_id", str, (1, 40)),
    ("event_time", int, None),
    ("card_id", str, (0, 1 << 20)),
    ("amount", float, (0, 10_000)),
    ("currency", str, (3, 3)),
    ("merchant", str, (0, 1 << 20)),
    ("country", str, (2, 2)),
    ("mcc", int, (1, 9999)),
    ("device_age_days", int, (0, 36_500)),
    ("is_recurring", bool, None),
    ("velocity_1h", int, (0, 1000)),
    ("avg_amount_30d", float, (0, 100_000)),
    ("distance_km", float, (0, 20_100)),
    ("hour", int, (0, 23)),
)


def topic(branch):
    return f"{PREFIX}.{branch}"


def open_net():
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    return onnxruntime.InferenceSession(os.environ["BENCH_MODEL"], options, providers=["CPUExecutionProvider"])


def parse(value):
    """The record, or None if it is no JSON object."""
    try:
        record = orjson.loads(value)
    except orjson.JSONDecodeError:
        return None
    return record if isinstance(record, dict) else None


def features(record):
    """The seven inputs of the net, or None if the record does not keep the contract or the ranges."""
    found = []
    for name, kind, bounds in FIELDS:
        value = record.get(name)
        if kind is str:
            if type(value) is not str or not bounds[0] <= len(value) <= bounds[1]:
                return None
        elif kind is bool:
            if type(value) is not bool:
                return None
        elif type(value) is not int and not (kind is float and type(value) is float):
            return None
        elif bounds is not None:
            if not bounds[0] <= value <= bounds[1]:
                return None
            found.append(value)
    return found


def score(net, rows):
    """Probabilities of both classes for every row, in one run."""
    return net.run(["probabilities"], {"features": numpy.asarray(rows, dtype=numpy.float32)})[0]


def answer(record, scores):
    """The branch, and the record with its prediction."""
    label = 1 if scores[1] > scores[0] else 0
    confidence = round(min(1.0, float(scores[label])), 6)
    record["prediction"] = {"label": CLASSES[label], "confidence": confidence}
    return "auto" if confidence >= 0.9 else "review" if confidence >= 0.6 else "manual", orjson.dumps(record)
