"""What the raw contract says, read from where the intake itself has it: its macros and its seed."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment

from common import PROJECT

TABLES = ("users", "pings", "interactions", "exposures", "topic_affinities")
LOGS = ("interactions", "exposures")
# From each on, a number is a moment in this unit (macros/portable/epoch_timestamp.sql).
EPOCHS = {"s": 1e9, "ms": 1e12, "us": 1e15, "ns": 1e18}

# Names that logs have for the types of the demo's seed, as plain_name writes them. They become a
# guess in a draft and never more.
USUAL_EVENT_NAMES = {
    "view": "play watch videoview videoplay playback playend videowatch watched viewed plays views",
    "like": "thumbsup upvote heart favorite favourite love liked likes videolike",
    "comment": "reply commented comments videocomment addcomment",
    "share": "videoshare repost retweet reshare shared shares send forward",
    "follow_creator": "follow subscribe followed follows followuser followauthor subscribed",
    "click": "tap open clicked clicks select clickthrough",
    "impression": "impr show shown exposure display served impressions expose",
    "hide": "dislike thumbsdown downvote notinterested report block skipforever hidden",
    "ignore": "heartbeat ping keepalive pageview appopen sessionstart sessionend login logout",
}
# What files are called, by their table. Of a log they may say the type of all events.
USUAL_FILES = {
    "users": "users user members member customers viewers accounts profiles people",
    "pings": "pings ping videos video items item content contents catalog catalogue clips posts "
    "movies tracks articles media",
    "interactions": "interactions interaction events event log logs activity activities actions",
    "exposures": "exposures exposure impressionlog feed",
    "topic_affinities": "topicaffinities affinities interests",
}


@dataclass(frozen=True)
class Column:
    """A column of the contract. role: text, number or timestamp."""

    name: str
    aliases: tuple[str, ...]
    role: str
    is_vital: bool

    @property
    def written(self) -> str:
        """The name for people: the contract has one of its own for a column such as like."""
        return self.aliases[0] if self.name.endswith("_count") and self.aliases else self.name


def plain_name(name: str) -> str:
    """A name without what people write in different ways, as the macro plain_name."""
    return re.sub("[ _-]", "", name.lower())


def _returned(macro: str, *arguments: str) -> Any:  # noqa: ANN401, whatever the macro returns
    """What a macro returns that needs nothing of dbt."""
    kept: list[Any] = []
    environment = Environment(extensions=["jinja2.ext.do"])
    environment.globals["return"] = kept.append
    text = (PROJECT / "macros" / "log" / f"{macro}.sql").read_text()
    getattr(environment.from_string(text).module, macro)(*arguments)
    return kept[0]


@cache
def contract(table: str) -> tuple[Column, ...]:
    """The columns of a raw table."""
    return tuple(
        Column(column["name"], tuple(column["aliases"]), column["role"], column["vital"])
        for column in _returned("raw_contract", table)
    )


@cache
def usual_names() -> dict[str, list[str]]:
    """Names that logs have for the columns of the contract."""
    return dict(_returned("usual_names"))


@cache
def event_types() -> dict[str, str]:
    """The types that the seed has, by their plain names."""
    with (PROJECT / "seeds" / "event_weights.csv").open(newline="") as lines:
        names = [row["event_type"].strip() for row in csv.DictReader(lines)]
    return {plain_name(name): name for name in names}


def event_type_of(name: str) -> str | None:
    """The type that a name of a log is likely to mean; ``ignore`` for one that is no engagement."""
    plain = plain_name(name)
    known = event_types()
    if plain in known:
        return known[plain]
    for event_type, names in USUAL_EVENT_NAMES.items():
        is_known = event_type == "ignore" or plain_name(event_type) in known
        if is_known and plain in names.split():
            return event_type
    return None


def table_of_name(path: Path | str) -> str | None:
    """The table that a file is likely to be of, by its name."""
    plain = plain_name(Path(path).name.split(".")[0])
    return next((table for table, names in USUAL_FILES.items() if plain in names.split()), None)
