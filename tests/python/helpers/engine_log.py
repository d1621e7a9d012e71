"""A random log with everything that the raw contract has, to build alike on several engines."""

from __future__ import annotations

from datetime import timedelta

import numpy as np
import pandas as pd
from random_logs import (
    FIRST_DAY,
    UNPARSEABLE_NUMBERS,
    UNPARSEABLE_TIMES,
    chance,
    one_of,
    random_log,
    restricted,
    spelled,
    text_table,
)

COUNTS = ("click", "like", "share", "comment", "follow", "hide")
# what few logs write, and engines read in different ways
ODD_TIMES = [
    *(
        "2024-02-10 10:00",
        "2024-02-10",
        "2024-2-5 9:05",
        "2024-02-10  10:00:00",
        "2024-02-10T10:00Z",
    ),
    *("2024-02-10T10:00+02:00", "2024-02-10T10:00:00+0200", "2024-02-10 10:00:00 +02:00"),
    *("2024-02-10 10:00:00-05:30:15", "2024-02-10 10:00:00 UTC", "2024-02-10 10:00:00.1234567"),
    *("2024-02-29", "2023-02-29", "1900-02-29", "2000-02-29", "2024-04-31 10:00", "9999-12-31"),
    *("2024-02-10 10:00:60", "2024-02-10 25:00:00", "2024", "2024-02", "1e3", "2024-02-10 (BC)"),
]
ODD_NUMBERS = ["1e1", "+3", ".5", "5.", "1E+1", "1e400", "1e-400", "1d", "1f", "0x10", "1e", " 7 "]
BAD_COUNTS = ["many", "-1", "0.5", "1001", "inf", "nan", ""]


def random_exposures(
    rng: np.random.Generator, users: list[str], pings: list[str], size: int
) -> list[dict]:
    """Wide rows: every twentieth comes again, and every column has unusable values."""
    rows = []
    for _ in range(size):
        at = FIRST_DAY + timedelta(seconds=int(rng.integers(30 * 86_400)))
        row = {
            "user_id": one_of(rng, users),
            "content_id": one_of(rng, pings),
            "event_timestamp": spelled(rng, at),
            "dwell_time": one_of(rng, ["0", "", "7.5", f"{rng.uniform(0, 90):.3f}"]),
        }
        row |= {name: one_of(rng, ["0", "0", "1", "true", "false", None, "2"]) for name in COUNTS}
        if chance(rng, 0.03):
            row[str(one_of(rng, ["user_id", "content_id"]))] = None
        if chance(rng, 0.03):
            row["event_timestamp"] = one_of(rng, UNPARSEABLE_TIMES)
        if chance(rng, 0.03):
            row["dwell_time"] = one_of(rng, ["-1", "inf", "nan", *UNPARSEABLE_NUMBERS])
        if chance(rng, 0.05):
            row[str(one_of(rng, list(COUNTS)))] = one_of(rng, BAD_COUNTS)
        rows.append(row)
        if chance(rng, 0.05):
            rows.append(dict(one_of(rng, rows)))
    return rows


def with_odd_values(rng: np.random.Generator, interactions: pd.DataFrame) -> pd.DataFrame:
    """The log with every odd spelling of a time and of a number in many of its rows."""
    changed = interactions.copy()
    for column, values in (("event_timestamp", ODD_TIMES), ("watch_time_sec", ODD_NUMBERS)):
        places = rng.choice(len(changed), 20 * len(values), replace=False)
        changed.iloc[places, changed.columns.get_loc(column)] = values * 20
    # of events under one id nothing would say which is kept, where only an unusable value differs
    odd = changed["watch_time_sec"].isin(ODD_NUMBERS)
    changed.loc[odd, "event_id"] = [f"odd{number}" for number in range(odd.sum())]
    return changed


def random_experiments(rng: np.random.Generator, users: list[str]) -> dict[str, pd.DataFrame]:
    """Assignments to some experiments, with dirt and arms of odd names, and what is planned."""
    arms = ["control", "été", "B", "b", "a b"]
    rows = [
        {
            "experiment_key": one_of(rng, ["one", "two", "two", None]),
            "user_id": one_of(rng, [*users, "a stranger", None]),
            "variant": one_of(rng, [*arms[: int(rng.integers(1, 6))], ""]),
            "assigned_at": spelled(rng, FIRST_DAY + timedelta(minutes=int(rng.integers(50_000))))
            if chance(rng, 0.95)
            else one_of(rng, [*UNPARSEABLE_TIMES, None]),
        }
        for _ in range(2 * len(users))
    ]
    # of most users one arm alone
    rows += [
        {
            "experiment_key": "plain",
            "user_id": user,
            "variant": one_of(rng, ["old", "new"]),
            "assigned_at": f"{FIRST_DAY + timedelta(minutes=int(rng.integers(30_000)))}",
        }
        for user in users
    ]
    plans = [
        ("two", "B", "2024-02-01T00:00:00+02:00", "2024-02-25", "control=2|B=1| b=1", "2024-01-01"),
        ("two", "b", "2024-02-01", None, "b=1", None),
        ("one", None, "soon", None, "control=half|B=1", None),
        ("no user", None, None, None, "a=1", None),
        (None, "a", None, None, None, None),
    ]
    columns = ["experiment_id", "control_arm", "started_at", "ended_at", "planned_shares"]
    return {
        "experiment_assignments": text_table(rows, list(rows[0])),
        "experiments": pd.DataFrame(plans, columns=[*columns, "updated_at"]),
    }


def engine_log(seed: int, n_users: int, n_pings: int, n_events: int) -> dict[str, pd.DataFrame]:
    """Every raw table, as text, of a log of about n_events events."""
    rng = np.random.default_rng([20_240_401, seed])
    log = random_log(seed, n_users, n_pings, n_events * 19 // 20, event_ids=True)
    users, pings, interactions = restricted(log, seed)
    interactions = with_odd_values(rng, interactions)
    user_ids = interactions["user_id"].dropna().unique().tolist()
    ping_ids = interactions["ping_id"].dropna().unique().tolist()
    exposures = random_exposures(rng, user_ids, ping_ids, n_events // 40)
    categories = [*pings["category"].dropna().unique().tolist(), None]
    interests = [
        {
            "user_id": one_of(rng, [*user_ids, None]),
            "category": one_of(rng, categories),
            "affinity": one_of(rng, ["0", "1", "0.25", "1.5", "-0.1", "nan", "much", None]),
        }
        for _ in range(n_users)
    ]
    return {
        "users": users,
        "pings": pings,
        "interactions": interactions,
        "exposures": text_table(exposures, list(exposures[0])),
        "topic_affinities": text_table(interests, list(interests[0])),
        **random_experiments(rng, user_ids),
    }
