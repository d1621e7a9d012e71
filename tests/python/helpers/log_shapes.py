"""One small log in many shapes, each of which must give the same tables."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import duckdb
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

START = datetime(2024, 1, 5, 7, 30, 1)
TYPES = ("view", "like", "impression", "share", "view", "follow_creator", "view", "comment")


def users() -> list[dict[str, Any]]:
    names = ("u1", "u2", "zoë", "a, b", "7", "00007")
    return [
        {
            "user_id": name,
            "country": ("FR", "DE", None)[place % 3],
            "signup_date": f"2024-01-0{place + 1}",
            "age": 20 + place,
            "region": ("EU", None)[place % 2],
            "blocklist": ("music|c1", None)[place % 2],
        }
        for place, name in enumerate(names)
    ]


def pings() -> list[dict[str, Any]]:
    return [
        {
            "ping_id": f"p{place}",
            "creator_id": f"c{place % 3}",
            "category": ("music", "sport", "art")[place % 3],
            "duration_sec": 12.0 + place / 2,
            "created_at": f"2024-01-0{place + 1} 10:00:00",
            "region_restriction": (None, "EU|US")[place % 2],
        }
        for place in range(6)
    ]


def events() -> list[dict[str, Any]]:
    names = [user["user_id"] for user in users()]
    rows = []
    for place in range(48):
        event_type = TYPES[place % len(TYPES)]
        rows.append(
            {
                "user_id": names[place % 6],
                "ping_id": f"p{place * 5 % 7}",  # p6 is not in the catalogue
                "event_type": event_type,
                "watch_time_sec": 1.5 * (place % 9) if event_type == "view" else None,
                "event_timestamp": START + timedelta(hours=5 * place, milliseconds=125 * place),
            }
        )
    return rows


@dataclass
class Shape:
    """How the log is written into a folder, and how it is said to be."""

    write: Callable[[Path], None]
    mapping: str | None = None
    location: str = ""  # below the folder
    prefix: str = ""  # of the location
    variables: dict[str, Any] = field(default_factory=dict)
    tables: tuple[str, ...] = ("users", "pings", "interactions")


def text(value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, datetime):
        return value.isoformat(sep=" ")
    return str(value)


def separated(rows: list[dict[str, Any]], delimiter: str = ",") -> str:
    def quoted(value: object) -> str:
        plain = text(value)
        return f'"{plain}"' if delimiter in plain or '"' in plain or "\n" in plain else plain

    lines = [delimiter.join(rows[0])]
    lines += [delimiter.join(quoted(value) for value in row.values()) for row in rows]
    return "\n".join(lines) + "\n"


def json_lines(rows: list[dict[str, Any]]) -> str:
    return "".join(json.dumps(row, default=text, ensure_ascii=False) + "\n" for row in rows)


def parquet(rows: list[dict[str, Any]], path: Path, **columns: pa.DataType) -> None:
    table = pa.Table.from_pylist(rows)
    for name, kind in columns.items():
        place = table.schema.get_field_index(name)
        table = table.set_column(place, name, table.column(name).cast(kind))
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table, path)


def catalogue(folder: Path) -> None:
    """Users and pings in the contract's shape, beside a log that is not."""
    (folder / "users.csv").write_text(separated(users()))
    (folder / "pings.csv").write_text(separated(pings()))


def all_as(writer: Callable[[list[dict[str, Any]]], bytes], ending: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        for name, rows in (("users", users()), ("pings", pings()), ("interactions", events())):
            (folder / f"{name}{ending}").write_bytes(writer(rows))

    return write


def changed(**values: Callable[[dict[str, Any]], Any]) -> list[dict[str, Any]]:
    """The events with other values in some columns."""
    return [row | {name: value(row) for name, value in values.items()} for row in events()]


def epoch(per_second: int) -> Callable[[dict[str, Any]], int]:
    def number(row: dict[str, Any]) -> int:
        moment = row["event_timestamp"] - datetime(1970, 1, 1)
        return (moment // timedelta(microseconds=1)) * per_second // 1_000_000

    return number


def interactions_as(content: Callable[[], bytes], name: str) -> Callable[[Path], None]:
    def write(folder: Path) -> None:
        catalogue(folder)
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content())

    return write


def renamed(rows: list[dict[str, Any]], names: dict[str, str]) -> list[dict[str, Any]]:
    return [{names.get(name, name): value for name, value in row.items()} for row in rows]


def write_parquet(folder: Path) -> None:
    catalogue(folder)
    parquet(events(), folder / "interactions.parquet")


def write_epoch_parquet(folder: Path) -> None:
    catalogue(folder)
    parquet(changed(event_timestamp=epoch(1_000_000)), folder / "interactions.parquet")


def write_typed_parquet(folder: Path) -> None:
    """Bytes, lists, a time zone, folders with = in their names, a link, brackets."""
    catalogue(folder)
    (folder / "users.csv").unlink()
    rows = [
        row | {"blocklist": row["blocklist"].split("|") if row["blocklist"] else None}
        for row in users()
    ]
    parquet(rows, folder / "users.parquet", user_id=pa.binary())
    zoned = changed(
        event_timestamp=lambda row: row["event_timestamp"].replace(tzinfo=ZoneInfo("UTC"))
    )
    columns = {"user_id": pa.binary(), "event_timestamp": pa.timestamp("us", "Asia/Tokyo")}
    parquet(zoned[:20], folder / "elsewhere" / "user_id=u9" / "part[1].parquet", **columns)
    parquet(zoned[20:40], folder / "elsewhere" / "user_id=u9" / "part1.PARQUET", **columns)
    parquet(zoned[40:], folder / "interactions" / "b?.parquet", **columns)
    (folder / "interactions" / "linked").symlink_to(folder / "elsewhere")


def write_compressed_parquet(folder: Path) -> None:
    write_parquet(folder)
    plain = folder / "interactions.parquet"
    (folder / "interactions.parquet.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()


def write_nested(folder: Path) -> None:
    catalogue(folder)
    rows = [
        {
            "who": {"uid": row["user_id"]},
            "video": {
                "id": row["ping_id"],
                "watched": {
                    "ms": None
                    if row["watch_time_sec"] is None
                    else round(row["watch_time_sec"] * 1000)
                },
            },
            "action": {"follow_creator": "Follow-Creator"}.get(
                row["event_type"], row["event_type"].upper()
            ),
            "at": epoch(1000)(row),
        }
        for row in events()
    ]
    (folder / "plays").mkdir()
    (folder / "plays" / "a.jsonl.gz").write_bytes(gzip.compress(json_lines(rows[:30]).encode()))
    parquet(rows[30:], folder / "plays" / "b.parquet")


NESTED = """
interactions:
  - path: "plays/**/*.jsonl.gz"
    columns: &columns
      user_id: who.uid
      ping_id: video.id
      event_timestamp: {column: at, unit: ms}
      watch_time_sec: {column: video.watched.ms, unit: ms}
    event_type: {column: action}
  - path: "plays/*.parquet"
    columns: *columns
    event_type: {column: action}
"""


def write_in_two_sources(folder: Path) -> None:
    """Views in one place, actions under their own names in another, heartbeats among them."""
    catalogue(folder)
    (folder / "users.csv").rename(folder / "Members.txt.csv")
    views = [row for row in events() if row["event_type"] == "view"]
    for row in views:
        row["play_min"] = None if row["watch_time_sec"] is None else row["watch_time_sec"] / 60
        del row["event_type"], row["watch_time_sec"]
    (folder / "plays").mkdir()
    (folder / "plays" / "1.tsv").write_text(separated(renamed(views, {"user_id": "uid"}), "\t"))
    names = {"like": "thumbs up", "share": "VIDEO_SHARE"}
    others = [
        row | {"event_type": names.get(row["event_type"], row["event_type"])}
        for row in events()
        if row["event_type"] != "view"
    ]
    others += [others[0] | {"event_type": "heart-beat"} for _ in range(3)]
    for row in others:
        del row["watch_time_sec"]
    (folder / "actions.csv").write_text(separated(renamed(others, {"event_type": "what"})))


TWO_SOURCES = """
users: [{path: Members.txt.csv}]
interactions:
  - path: "plays/*"
    columns: {user_id: uid, watch_time_sec: {column: play_min, unit: min}}
    event_type: view
  - path: actions.csv
    event_type: {column: what, names: {thumbs_up: like, video_share: share, heartbeat: ignore}}
"""


def write_local_times(folder: Path) -> None:
    catalogue(folder)
    zone = ZoneInfo("Europe/Berlin")
    rows = changed(
        event_timestamp=lambda row: (
            row["event_timestamp"]
            .replace(tzinfo=ZoneInfo("UTC"))
            .astimezone(zone)
            .strftime("%d/%m/%Y %H:%M:%S.%f")
        ),
        watch_time_sec=lambda row: text(row["watch_time_sec"]).replace(".", ","),
    )
    (folder / "log.csv").write_bytes(separated(rows, ";").encode("latin-1"))
    (folder / "pings.csv").write_text(
        separated(
            [
                row | {"region_restriction": text(row["region_restriction"]).replace("|", ";")}
                for row in pings()
            ]
        )
    )


LOCAL_TIMES = """
pings:
  - path: pings.csv
    columns: {region_restriction: {column: region_restriction, separator: ";"}}
interactions:
  - path: log.csv
    encoding: latin-1
    delimiter: ";"
    columns:
      event_timestamp:
        column: event_timestamp
        format: "%d/%m/%Y %H:%M:%S.%f"
        timezone: Europe/Berlin
      watch_time_sec: {column: watch_time_sec, decimal: ","}
"""


def write_database(folder: Path) -> None:
    with duckdb.connect(str(folder / "app.duckdb")) as connection:
        for name, rows in (("users", users()), ("pings", pings()), ("interactions", events())):
            connection.register("given", pd.DataFrame(rows))
            connection.execute(f"create table {name} as from given")


def write_one_file(folder: Path) -> None:
    parquet(events(), folder / "play log [1].parquet")


def write_null_words(folder: Path) -> None:
    words = ("NULL", "\\N", "None", "NaN", "N/A", "null")

    def worded(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return [
            {name: words[place % 6] if value is None else value for name, value in row.items()}
            for place, row in enumerate(rows)
        ]

    rows = [
        row | {"note": 'two\nlines, "quoted"'.replace('"', '""') if place % 5 == 0 else "x"}
        for place, row in enumerate(events())
    ]
    for name, table in (("users", users()), ("pings", pings()), ("interactions", rows)):
        (folder / f"{name}.csv").write_text(separated(worded(table)))


SHAPES = {
    "parquet": Shape(write_parquet),
    "csv": Shape(all_as(lambda rows: separated(rows).encode(), ".csv")),
    "semicolons": Shape(
        all_as(lambda rows: gzip.compress(separated(rows, ";").encode()), ".CSV.GZ")
    ),
    "pipes": Shape(
        all_as(lambda rows: zstandard.compress(separated(rows, "|").encode()), ".csv.zst")
    ),
    "tabs": Shape(all_as(lambda rows: separated(rows, "\t").encode(), ".tsv")),
    "json_lines": Shape(all_as(lambda rows: json_lines(rows).encode(), ".jsonl")),
    "json_lines_compressed": Shape(
        all_as(lambda rows: zstandard.compress(json_lines(rows).encode()), ".ndjson.zst")
    ),
    "microseconds": Shape(write_epoch_parquet),
    "milliseconds_as_text": Shape(
        interactions_as(
            lambda: separated(changed(event_timestamp=epoch(1000))).encode(), "interactions.csv"
        )
    ),
    "nanoseconds": Shape(
        interactions_as(
            lambda: json_lines(changed(event_timestamp=epoch(1_000_000_000))).encode(),
            "interactions.json",
        )
    ),
    "seconds_with_fractions": Shape(
        interactions_as(
            lambda: separated(
                changed(event_timestamp=lambda row: epoch(1000)(row) / 1000)
            ).encode(),
            "interactions/day=1/a.csv",
        )
    ),
    "types_of_parquet": Shape(write_typed_parquet),
    "compressed_parquet": Shape(write_compressed_parquet),
    "nested": Shape(write_nested, NESTED),
    "two_sources": Shape(write_in_two_sources, TWO_SOURCES),
    "local_times": Shape(write_local_times, LOCAL_TIMES),
    "utf_16": Shape(
        interactions_as(lambda: separated(events(), "\t").encode("utf-16"), "interactions.csv"),
        "interactions: [{path: interactions.csv, encoding: UTF-16, delimiter: tab}]",
    ),
    "database": Shape(write_database, location="app.duckdb", prefix="duckdb:///"),
    "one_file": Shape(write_one_file, location="play log [1].parquet", tables=("events",)),
    "pattern": Shape(
        interactions_as(lambda: separated(events()).encode(), "plays-1.csv"), location="*.csv"
    ),
    "null_words_and_line_breaks": Shape(write_null_words),
}
