"""A log that grows, and how it is written down: users, pings, files of events and of exposures.

Every value is text, as it would stand in a file. What happens to the log is in log_batches.py.
"""

from __future__ import annotations

import gzip
import io
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
from random_logs import (
    EVENT_COLUMNS,
    FIRST_DAY,
    PING_COLUMNS,
    SEEDS,
    USER_COLUMNS,
    chance,
    missing,
    one_of,
    random_events,
    random_pings,
    random_users,
    spelled,
    text_table,
)

Row = dict[str, Any]

N_USERS, N_PINGS, N_EVENTS, N_EXPOSURES = 15, 25, 200, 25
CREATORS = ["c0", "c1", "c2", "c3", "cé"]

COUNTS = ["click", "like", "share", "comment", "follow", "hide"]
EXPOSURE_COLUMNS = ["user_id", "ping_id", "event_timestamp", "dwell_time", *COUNTS]
AFFINITY_COLUMNS = ["user_id", "category", "affinity"]
WEIGHT_COLUMNS = ["event_type", "weight", "weight_basis", "is_engagement", "relevance_grade"]

ALIASES = {"user_id": " OUSER_ID", "ping_id": "Content_Id"}
SUFFIXES = [".csv", ".csv", ".csv.gz", ".parquet"]
MALFORMED = [b"u1,p1,view", b'"u1,p1,view,3', b"u1" + b",x" * 15, b"u1,p1,\xff\xfe,1,1,1", b'"']
NEW_TYPE = {
    "event_type": "save",
    "weight": "2.5",
    "weight_basis": "event",
    "is_engagement": "true",
    "relevance_grade": "2",
}


def file_content(rows: list[Row], columns: list[str], suffix: str) -> bytes:
    table = text_table(rows, columns)
    if suffix == ".parquet":
        buffer = io.BytesIO()
        table.astype("string").to_parquet(buffer, index=False)
        return buffer.getvalue()
    text = table.to_csv(index=False, lineterminator="\n").encode()
    return gzip.compress(text, mtime=0) if suffix.endswith(".gz") else text


class GrowingLog:
    """What there is to know of the log by now, and the files that hold it."""

    def __init__(self, seed: int) -> None:
        self.rng = np.random.default_rng([20_241_126, seed])
        self.users = [with_restriction(row) for row in random_users(self.rng, N_USERS)]
        self.pings = [with_restriction(row) for row in random_pings(self.rng, N_PINGS, CREATORS)]
        self.unknown_users = ["late1", "late2", "late3"]
        self.unknown_pings = ["plate1", "plate2"]
        self.gone: dict[str, list[Row]] = {}
        weights = pd.read_csv(SEEDS / "event_weights.csv", dtype="object", keep_default_na=False)
        self.weights: list[Row] = weights.to_dict("records")
        self.affinities: list[Row] = []
        self.variables: dict[str, Any] = {}
        self.delivered: list[Row] = []
        self.exposed: list[Row] = []
        self.files: dict[str, bytes] = {}
        self.rows_of_file: dict[str, list[Row]] = {}
        self.n_events = 0
        self.number, self.first = 1, FIRST_DAY  # of the batch that is being made

    # --- what happens in the app ------------------------------------------------------------------

    def ids(self, table: str) -> list[str]:
        column = id_of(table)
        rows: list[Row] = getattr(self, table)
        return sorted({row[column].strip() for row in rows if (row[column] or "").strip()})

    def rows_of(self, table: str, name: str) -> list[Row]:
        column = id_of(table)
        return [row for row in getattr(self, table) if (row[column] or "").strip() == name]

    def new_events(self, size: int, first: datetime, days: float) -> list[Row]:
        """Clean events of the days from `first` on; half of them with an id of their own."""
        users = [*self.ids("users"), *self.unknown_users, "ghöst"]
        pings = [{**self.rows_of("pings", name)[0], "ping_id": name} for name in self.ids("pings")]
        pings += [{"ping_id": name, "duration_sec": None} for name in (*self.unknown_pings, "px1")]
        events = random_events(self.rng, users, pings, size)
        for event in events:
            at = first + (event["at"] - FIRST_DAY) % timedelta(days=days)
            self.stamp(event, at)
            if chance(self.rng, 0.02):
                event["event_type"] = "save"  # unknown until the seed has it
        return events

    def stamp(self, event: Row, at: datetime) -> Row:
        """Gives an event its moment, and an id or none."""
        self.n_events += 1
        event["event_id"] = f"e{self.n_events}" if chance(self.rng, 0.5) else None
        event["at"] = at
        event["event_timestamp"] = spelled(self.rng, at)
        return event

    def new_exposures(self, size: int, first: datetime, days: float) -> list[Row]:
        users, pings = [*self.ids("users"), "ghöst"], [*self.ids("pings"), "px1"]
        rows = []
        for _ in range(size):
            at = first + timedelta(seconds=int(self.rng.integers(int(days * 86_400))))
            counts = {name: one_of(self.rng, ["0", "0", "1", "2", "true", None]) for name in COUNTS}
            rows.append(
                {
                    "user_id": one_of(self.rng, users),
                    "ping_id": one_of(self.rng, pings),
                    "event_timestamp": spelled(self.rng, at),
                    "dwell_time": one_of(self.rng, ["0", "3.5", "12", "30", None]),
                    "at": at,
                    **counts,
                }
            )
        return rows

    # --- how it is written down -------------------------------------------------------------------

    def write_events(self, place: str, rows: list[Row]) -> None:
        """A file of interactions. Its columns vary: without event ids, under other names."""
        name = f"interactions/{place}{one_of(self.rng, SUFFIXES)}"
        self.replace_events(name, rows)
        self.delivered += rows

    def replace_events(self, name: str, rows: list[Row]) -> None:
        columns = list(EVENT_COLUMNS)
        if not any(row["event_id"] for row in rows) or chance(self.rng, 0.1):
            columns = columns[1:]
        names = ALIASES if chance(self.rng, 0.2) else {}
        written = [{names.get(column, column): row[column] for column in columns} for row in rows]
        titles = [names.get(column, column) for column in columns]
        suffix = name[name.index(".") :]
        self.files[name] = file_content(written, titles, suffix)
        self.rows_of_file[name] = rows

    def write_lines(self, place: str, rows: list[Row], lines: list[bytes]) -> None:
        """A CSV file of interactions that ends in lines which are no rows."""
        content = file_content(rows, EVENT_COLUMNS, ".csv")
        self.files[f"interactions/{place}.csv"] = content + b"".join(line + b"\n" for line in lines)
        self.delivered += rows

    def write_exposures(self, place: str, rows: list[Row]) -> None:
        suffix = str(one_of(self.rng, SUFFIXES))
        self.files[f"exposures/{place}{suffix}"] = file_content(rows, EXPOSURE_COLUMNS, suffix)
        self.exposed += rows

    def write_tables(self) -> None:
        """Users, pings and declared interests as they are now."""
        users = file_content(self.users, [*USER_COLUMNS, "region", "blocklist"], ".csv")
        pings = file_content(self.pings, [*PING_COLUMNS, "region_restriction"], ".csv")
        self.files |= {"users.csv": users, "pings.csv": pings}
        if self.affinities:
            content = file_content(self.affinities, AFFINITY_COLUMNS, ".csv")
            self.files["topic_affinities.csv"] = content

    def event_files(self) -> list[str]:
        return sorted(name for name in self.files if name.startswith("interactions/"))

    def weights_file(self) -> str:
        return text_table(self.weights, WEIGHT_COLUMNS).to_csv(index=False, lineterminator="\n")


def id_of(table: str) -> str:
    return "user_id" if table == "users" else "ping_id"


def with_restriction(row: Row) -> Row:
    return {**row, "region": None, "blocklist": None, "region_restriction": None}


def rejected_rows(rng: np.random.Generator, rows: list[Row]) -> list[Row]:
    """A row for each reason to reject one, made of the rows."""
    faults: list[Row] = [
        {"user_id": missing(rng)},
        {"ping_id": missing(rng)},
        {"event_type": "stare"},
        {"event_timestamp": "never"},
        {"event_timestamp": None},
        {"watch_time_sec": "-1"},
        {"watch_time_sec": "nan"},
    ]
    return [{**one_of(rng, rows), **fault} for fault in faults]
