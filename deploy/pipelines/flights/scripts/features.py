"""Record to tensor row: the same 13 features, in this order, for both models."""

import numpy as np
import pandas as pd

NUMBERS = {
    "dep_delay": "minutes", "distance": "miles", "hour": "local hour of the scheduled departure", "temp": "degrees F",
    "dewp": "degrees F", "humid": "%", "wind_speed": "mph", "wind_gust": "mph, null where no gust was reported",
    "precip": "inches", "pressure": "millibar", "visib": "miles",
}
CATEGORIES = {
    "carrier": ["9E", "AA", "AS", "B6", "DL", "EV", "F9", "FL", "HA", "MQ", "OO", "UA", "US", "VX", "WN", "YV"],
    "origin": ["EWR", "JFK", "LGA"],
}
NAMES = [*NUMBERS, *CATEGORIES]
UNKNOWN = -1
CLASSES = ["on-time", "late"]


def codes(name: str) -> dict[str, int]:
    return {category: code for code, category in enumerate(CATEGORIES[name])}


def matrix(frame: pd.DataFrame) -> np.ndarray:
    numbers = frame[list(NUMBERS)].to_numpy(dtype=np.float64)
    coded = [frame[name].map(codes(name)).fillna(UNKNOWN).to_numpy(dtype=np.float64) for name in CATEGORIES]
    return np.column_stack([numbers, *coded]).astype(np.float32)


def declaration() -> list[dict]:
    """The features as the manifest says them to the encoder."""
    numbers = [{"name": n, "field": f"/{n}", "unit": unit, "encode": {"kind": "number", "missing": "nan"}} for n, unit in NUMBERS.items()]
    texts = [{"name": n, "field": f"/{n}", "encode": {"kind": "map", "map": codes(n), "unknown": UNKNOWN, "missing": "refuse"}} for n in CATEGORIES]
    return numbers + texts
