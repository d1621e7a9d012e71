"""The small log of log_shapes twice: in the contract's shape, and as tables of another shape.

The tables have other names, fields inside of others, numbers in other units, texts in other
formats, and a log that is in two of them; MAPPING says so. Every engine gets the same tables.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa
from log_shapes import START, epoch, events, pings, separated, users

Rows = list[dict[str, Any]]

UTC = ZoneInfo("UTC")
BERLIN = ZoneInfo("Europe/Berlin")
TYPE_NAMES = {"like": "Thumbs-Up", "share": "VIDEO SHARE"}
INTERESTS = {"music": (0.25, None, 1.0), "art": (None, 0.5, 0.0)}  # of the first three users
SCHEMA = "app"

MAPPING = {
    "users": [
        {
            "table": "app.members",
            "columns": {
                "user_id": "uid",
                "country": "profile.home.country",
                "region": "profile.region",
                "signup_date": {"column": "joined", "format": "%d.%m.%Y"},
                "blocklist": {"column": "muted", "separator": ";"},
            },
        }
    ],
    "pings": [
        {
            "table": "app.content",
            "columns": {
                "creator_id": "made_by",
                "duration_sec": {"column": "length_ms", "unit": "ms"},
                "created_at": {"column": "published", "timezone": "Europe/Berlin"},
                "region_restriction": "regions",
            },
        }
    ],
    "interactions": [
        {
            "table": "app.plays",
            "columns": {
                "user_id": "who.uid",
                "ping_id": "video.id",
                "event_timestamp": {"column": "at", "unit": "ms"},
                "watch_time_sec": {"column": "video.watched.ms", "unit": "ms"},
            },
            "event_type": "view",
        },
        {
            "table": "app.actions",
            "columns": {
                "user_id": "uid",
                "event_timestamp": {
                    "column": "happened",
                    "format": "%d/%m/%Y %H:%M:%S.%f",
                    "timezone": "Europe/Berlin",
                },
                "watch_time_sec": {"column": "minutes", "unit": "min", "decimal": ","},
            },
            "event_type": {
                "column": "what",
                "names": {
                    "thumbs_up": "like",
                    "video_share": "share",
                    "watched": "view",
                    "heartbeat": "ignore",
                },
            },
        },
    ],
    "exposures": [
        {
            "table": "app.feed",
            "columns": {
                "user_id": "uid",
                "event_timestamp": "at",
                "dwell_time": {"column": "dwell_ms", "unit": "ms"},
                "like": "hearts",
            },
        }
    ],
    "topic_affinities": [
        {
            "table": "app.members",
            "columns": {"user_id": "uid"},
            "affinity_columns": {name: f"likes_{name}" for name in INTERESTS},
        }
    ],
}


def exposures() -> Rows:
    return [
        {
            "user_id": user["user_id"],
            "ping_id": f"p{place % 6}",
            "event_timestamp": START + timedelta(days=2, minutes=7 * place, milliseconds=place),
            "dwell_time": (2.5, 0.0, None)[place % 3],
            "click": place % 2,
            "like": int(place == 4),
        }
        for place, user in enumerate(users() * 2)
    ]


def interests() -> Rows:
    return [
        {"user_id": user["user_id"], "category": category, "affinity": values[place]}
        for place, user in enumerate(users()[:3])
        for category, values in INTERESTS.items()
        if values[place] is not None
    ]


def write_as_agreed(folder: Path) -> None:
    """The log as files in the contract's shape."""
    tables = {
        "users": users(),
        "pings": pings(),
        "interactions": events(),
        "exposures": exposures(),
        "topic_affinities": interests(),
    }
    for name, rows in tables.items():
        (folder / f"{name}.csv").write_text(separated(rows))


def in_berlin(moment: datetime) -> datetime:
    return moment.replace(tzinfo=UTC).astimezone(BERLIN).replace(tzinfo=None)


def milliseconds(seconds: float | None) -> int | None:
    return None if seconds is None else round(seconds * 1000)


def listed(value: str | None) -> list[str] | None:
    return value.split("|") if value else None


def members() -> Rows:
    return [
        {
            "uid": row["user_id"],
            "profile": {"home": {"country": row["country"]}, "region": row["region"]},
            "joined": f"{datetime.fromisoformat(row['signup_date']):%d.%m.%Y}",
            "AGE": row["age"],
            "muted": row["blocklist"] and row["blocklist"].replace("|", ";"),
        }
        | {f"likes_{name}": (*values, *[None] * 3)[place] for name, values in INTERESTS.items()}
        for place, row in enumerate(users())
    ]


def content() -> Rows:
    return [
        {
            "content_id": row["ping_id"],
            "made_by": row["creator_id"],
            "topic": row["category"],
            "length_ms": milliseconds(row["duration_sec"]),
            "published": in_berlin(datetime.fromisoformat(row["created_at"])),
            "regions": listed(row["region_restriction"]),
        }
        for row in pings()
    ]


def is_play(row: dict[str, Any]) -> bool:
    return row["event_type"] == "view" and row["ping_id"] != "p0"


def plays() -> Rows:
    return [
        {
            "who": {"uid": row["user_id"]},
            "video": {
                "id": row["ping_id"],
                "watched": {"ms": milliseconds(row["watch_time_sec"])},
            },
            "at": epoch(1000)(row),
        }
        for row in events()
        if is_play(row)
    ]


def actions() -> Rows:
    names = TYPE_NAMES | {"view": "watched"}
    rows = [
        {
            "uid": row["user_id"],
            "ping_id": row["ping_id"],
            "what": names.get(row["event_type"], row["event_type"]),
            "happened": f"{in_berlin(row['event_timestamp']):%d/%m/%Y %H:%M:%S.%f}",
            "minutes": None
            if row["watch_time_sec"] is None
            else str(row["watch_time_sec"] / 60).replace(".", ","),
        }
        for row in events()
        if not is_play(row)
    ]
    ignored = rows[0] | {"what": "Heart Beat"}
    # not of the format, though a moment as others write it
    unreadable = rows[1] | {"happened": "2024-01-06 10:00:00"}
    return [*rows, ignored, unreadable]


def feed() -> Rows:
    return [
        {
            "uid": row["user_id"],
            "content_id": row["ping_id"],
            "at": row["event_timestamp"].replace(tzinfo=UTC).astimezone(ZoneInfo("Asia/Tokyo")),
            "dwell_ms": milliseconds(row["dwell_time"]),
            "click": bool(row["click"]),
            "hearts": row["like"],
        }
        for row in exposures()
    ]


def mapped_tables() -> dict[str, pa.Table]:
    """The log as tables in another shape."""
    return {
        table.__name__: pa.Table.from_pylist(table())
        for table in (members, content, plays, actions, feed)
    }
