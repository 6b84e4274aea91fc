"""The records as files: one JSON object a line, compressed so that the same records give the same bytes."""

import gzip
import json
from collections.abc import Iterable, Iterator
from pathlib import Path

import pandas as pd

from flights import WEATHER, Source, between, load_flights, scheduled_arrival

WHOLE = {"year", "month", "day", "dep_time", "sched_dep_time", "dep_delay", "sched_arr_time", "flight", "distance", "hour", "minute"}
FLIGHT = [
    "id", "event_time", "year", "month", "day", "sched_dep_time", "dep_time", "dep_delay", "sched_arr_time", "carrier", "flight",
    "tailnum", "origin", "dest", "distance", "hour", "minute", "time_hour", "weather_hour", *WEATHER,
]
OUTCOME = ["id", "outcome_time", "status", "arr_time", "arr_delay", "air_time", "late"]
OUTCOME_WHOLE = {"arr_time", "arr_delay", "air_time"}
KM_PER_MILE = 1.609344


def instant(times: pd.Series) -> pd.Series:
    return times.dt.strftime("%Y-%m-%dT%H:%M:%SZ")


def with_outcomes(flights: pd.DataFrame, source: Source) -> pd.DataFrame:
    """Adds when a flight left by schedule, and what became of it and when that was known."""
    known_delay = flights.arr_delay.fillna(flights.dep_delay.clip(lower=0)).fillna(0)
    status = pd.Series("arrived", index=flights.index)
    status[flights.arr_delay.isna()] = "diverted"
    status[flights.dep_delay.isna()] = "cancelled"
    known_at = scheduled_arrival(flights, source) + pd.to_timedelta(known_delay, unit="m")
    return flights.assign(event_time=instant(flights.departure), status=status, outcome_time=instant(known_at))


def plain(name: str, value: object, whole: set[str]) -> object:
    if pd.isna(value):
        return None
    return int(value) if name in whole or (isinstance(value, float) and value.is_integer()) else value


def records(frame: pd.DataFrame, columns: list[str], whole: set[str]) -> Iterator[dict]:
    for row in frame[columns].itertuples(index=False, name=None):
        yield {name: plain(name, value, whole) for name, value in zip(columns, row)}


def flight_records(frame: pd.DataFrame) -> Iterator[dict]:
    return records(frame, FLIGHT, WHOLE)


def outcome_records(frame: pd.DataFrame) -> Iterator[dict]:
    for record in records(frame.sort_values(["outcome_time", "id"], kind="stable"), OUTCOME, OUTCOME_WHOLE):
        yield {**record, "late": None if record["late"] is None else bool(record["late"])}


def write_stream(path: Path, stream: Iterable[dict]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    count = 0
    with open(path, "wb") as raw, gzip.GzipFile(filename="", mode="wb", fileobj=raw, compresslevel=9, mtime=0) as out:
        for record in stream:
            out.write((json.dumps(record, separators=(",", ":"), ensure_ascii=False, allow_nan=False) + "\n").encode())
            count += 1
    print(f"{path.name}: {count} records, {path.stat().st_size} bytes")


def distance_as_text(record: dict) -> dict:
    """A new version of a producer: from 12:00 local time on, distance is text."""
    return {**record, "distance": str(record["distance"])} if record["hour"] >= 12 else record


def distance_in_km(record: dict) -> dict:
    """Kilometres instead of miles, the whole day."""
    return {**record, "distance": round(record["distance"] * KM_PER_MILE)}


def delays_lost(record: dict) -> dict:
    """LaGuardia's feed of departures is down from 14:00 to 16:59 local time."""
    hit = record["origin"] == "LGA" and 14 <= record["hour"] <= 16
    return {**record, "dep_time": None, "dep_delay": None} if hit else record


# What `weir up --sample` plays.
SAMPLE = "sample.ndjson.gz"
CORRUPTED = {
    "2013-02-05": ("distance-as-text", distance_as_text),
    "2013-02-06": ("distance-in-km", distance_in_km),
    "2013-02-07": ("dep_delay-null-spike", delays_lost),
}


def write_streams(source: Source, folder: Path) -> None:
    flights = with_outcomes(load_flights(source), source)
    periods = {"2013-02-01--14": ("2013-02-01", "2013-02-14"), "2013-01": ("2013-01-01", "2013-01-31")}
    for name, (first, last) in periods.items():
        part = between(flights, first, last)
        write_stream(folder / (SAMPLE if name == "2013-02-01--14" else f"flights-{name}.ndjson.gz"), flight_records(part))
        write_stream(folder / f"outcomes-{name}.ndjson.gz", outcome_records(part))
    for date, (what, damage) in CORRUPTED.items():
        day = flight_records(between(flights, date, date))
        write_stream(folder / "corrupt" / f"{date}-{what}.ndjson.gz", map(damage, day))
