"""A small log for alerts: sixty days in a file each, with dirt, late rows and faults."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

FIRST_DAY = date(2024, 1, 1)
N_DAYS = 60
TYPES = {"impression": 0.45, "view": 0.35, "like": 0.06, "share": 0.1, "click": 0.04}
MISSING_TYPE, BOT, AGAIN, MILLISECONDS, CLOCK, CUT = 45, 48, 52, 55, 57, 58  # days with a fault
KNOWN = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=N_DAYS, hours=2)


def users_and_pings() -> tuple[pd.DataFrame, pd.DataFrame]:
    users = pd.DataFrame(
        {
            "user_id": [f"u{number:02}" for number in range(60)],
            "country": [None if number % 7 == 0 else "DE" for number in range(60)],
            "signup_date": [None if number % 11 == 0 else "2023-11-01" for number in range(60)],
            "age": [str(20 + number % 30) for number in range(60)],
            "blocklist": [None if number % 3 else "c1" for number in range(60)],
        }
    )
    pings = pd.DataFrame(
        {
            "ping_id": [f"p{number:02}" for number in range(40)],
            "creator_id": [f"c{number % 9}" for number in range(40)],
            "main_hashtag": [None if number % 13 == 0 else "#a" for number in range(40)],
            "category": [None if number % 5 == 0 else "dance" for number in range(40)],
            "duration_sec": [
                None if number % 17 == 0 else str(10 + number) for number in range(40)
            ],
            "created_at": ["2023-12-01 00:00:00"] * 40,
            "quality_score": [None if number % 4 == 0 else "0.5" for number in range(40)],
            "region_restriction": [None if number % 6 else "DE" for number in range(40)],
        }
    )
    return users, pings


def row_of(rng: np.random.Generator, event_id: str, day: int, event_type: str) -> dict:
    at = datetime.combine(FIRST_DAY, datetime.min.time()) + timedelta(days=day)
    at += timedelta(seconds=int(min(86_399, rng.integers(0, 87_000))))
    delay = rng.choice([0.5, 3, 30, 70], p=[0.7, 0.24, 0.03, 0.03])
    row = {
        "event_id": event_id,
        "user_id": f"u{int(62 * rng.random() ** 1.5):02}",  # two are in no table
        "ping_id": f"p{int(41 * rng.random()):02}",
        "event_type": event_type,
        "watch_time_sec": None,
        "event_timestamp": at,
        "loaded_at": at + timedelta(hours=float(delay)) if rng.random() < 0.9 else None,
        "file": day,
    }
    if event_type == "view" and rng.random() < 0.95:
        row["watch_time_sec"] = 0.0 if rng.random() < 0.04 else float(rng.lognormal(2.7, 0.8))
    odd = rng.random()
    if odd < 0.01:
        row["user_id"] = None
    elif odd < 0.02:
        row["event_type"] = "unheard_of"
    elif odd < 0.03:
        row["event_timestamp"] = None
    elif odd < 0.035:
        row["watch_time_sec"] = -1.0
    return row


def alert_log() -> pd.DataFrame:
    """The rows of the interactions, each with the number of its file."""
    rng = np.random.default_rng(20_240_301)
    rows: list[dict] = []
    for day in range(N_DAYS):
        size = rng.poisson(200 * (1.5 if (day % 7) in (5, 6) else 1))
        of_day = [
            row_of(
                rng, f"e{day}_{place}", day, str(rng.choice(list(TYPES), p=list(TYPES.values())))
            )
            for place in range(size)
        ]
        if day == MISSING_TYPE:
            of_day = [row for row in of_day if row["event_type"] != "share"]
        if day == BOT:
            of_day = [row | ({"user_id": "u01"} if place % 3 == 0 else {}) for place, row in
                      enumerate(of_day)]  # fmt: skip
        if day == MILLISECONDS:
            of_day = [
                row | {"watch_time_sec": row["watch_time_sec"] and 1000 * row["watch_time_sec"]}
                for row in of_day
            ]
        if day == CLOCK:  # of a row that does not say when it came
            of_day[7] |= {"event_timestamp": datetime(2099, 1, 1), "loaded_at": None}
        if day == CUT:
            of_day = of_day[::3]
        again = of_day if day == AGAIN else of_day[::60]
        later = timedelta(hours=2)
        of_day += [
            row | {"loaded_at": row["loaded_at"] and row["loaded_at"] + later} for row in again
        ]
        rows += of_day
    log = pd.DataFrame(rows).astype({"watch_time_sec": "float64"})
    # what comes later, nobody knows when the log is read: in the night after its last day
    return log[log["loaded_at"].isna() | (log["loaded_at"] < KNOWN)]


def write_alert_log(raw: Path, log: pd.DataFrame) -> None:
    """As the files of a log, a file a day."""
    users, pings = users_and_pings()
    users.to_parquet(raw / "users.parquet", index=False)
    pings.to_parquet(raw / "pings.parquet", index=False)
    (raw / "interactions").mkdir()
    for day, rows in log.groupby("file"):
        table = rows.drop(columns="file")
        for name in ("event_timestamp", "loaded_at"):
            table[name] = table[name].astype("datetime64[us]")
        table.to_parquet(raw / "interactions" / f"day-{day:02}.parquet", index=False)
