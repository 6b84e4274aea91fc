"""Rows whose answers are written down: flights of the demonstration stream chosen by rule, and made edge cases."""

import numpy as np
import pandas as pd

from features import CATEGORIES, NAMES, NUMBERS

WEATHER = ["temp", "dewp", "humid", "wind_speed", "wind_gust", "precip", "pressure", "visib"]


def choose(frame: pd.DataFrame, features: np.ndarray) -> list[tuple[str, str | None, np.ndarray]]:
    """(why, id of the flight or None, tensor row), 20 of them; a flight is taken once, by the first rule that fits."""
    f = frame
    rules = [
        ("first flights of the stream", f.id.notna(), 3),
        ("gust present", f.wind_gust.notna(), 1),
        ("gust and pressure null", f.wind_gust.isna() & f.pressure.isna(), 1),
        ("wind_dir null (not a feature)", f.wind_dir.isna(), 1),
        ("delay above 180", f.dep_delay > 180, 1),
        ("delay 15 to 20, uncertain", f.dep_delay.between(15, 20), 2),
        ("left more than 15 minutes early", f.dep_delay < -15, 1),
        ("longest distance", f.distance == f.distance.max(), 1),
        ("rare carrier HA", f.carrier == "HA", 1),
        ("rare carrier YV", f.carrier == "YV", 1),
        ("storm, cancelled: dep_delay null", (f.date == "2013-02-08") & f.dep_delay.isna(), 1),
    ]
    taken: dict[int, str] = {}
    for why, mask, count in rules:
        fresh = [i for i in np.flatnonzero(mask.to_numpy()) if i not in taken]
        taken.update({int(i): why for i in fresh[:count]})
    real = [(why, f.id[i], features[i]) for i, why in taken.items()]
    return real + [(f"made: {why}", None, row) for why, row in made(features[0])]


def made(base: np.ndarray) -> list[tuple[str, np.ndarray]]:
    def changed(**values: float) -> np.ndarray:
        row = base.copy()
        for name, value in values.items():
            row[NAMES.index(name)] = value
        return row

    no_numbers = np.array([np.nan] * len(NUMBERS) + [CATEGORIES["carrier"].index("EV"), 0], np.float32)
    return [
        ("unseen carrier", changed(carrier=-1)),
        ("unseen origin", changed(origin=-1)),
        ("every number null", no_numbers),
        ("all weather null", changed(**{name: np.nan for name in WEATHER})),
        ("zero delay", changed(dep_delay=0)),
        ("45 minutes", changed(dep_delay=45)),
    ]
