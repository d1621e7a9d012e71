"""The parts that a page consists of, whoever renders it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias

import altair as alt

from common import Row

Format: TypeAlias = Callable[[Any], str]


@dataclass(frozen=True)
class Column:
    """A column of a table: the key in its rows, its heading, and how a value is written."""

    key: str
    title: str
    format: Format
    is_number: bool = False


@dataclass(frozen=True)
class Table:
    """Rows for reading. The caption says what a row is. is_folded: away, until it is asked for."""

    caption: str
    columns: Sequence[Column]
    rows: Sequence[Row]
    is_folded: bool = False


@dataclass(frozen=True)
class Figure:
    """A chart with a sentence on what it shows, a description for those who cannot see it, and its
    numbers as a table."""

    title: str
    text: str
    chart: alt.TopLevelMixin
    description: str
    table: Table
    is_wide: bool = False
    is_table_open: bool = False


@dataclass(frozen=True)
class Card:
    """One number: what it is made of, and its change against the window before."""

    label: str
    value: str
    detail: str
    change: str | None = None
    is_good: bool | None = None  # of the change; None: neither
    explained: str | None = None  # the metric of metric_changes that says why it changed


@dataclass(frozen=True)
class Cards:
    """Numbers side by side."""

    cards: Sequence[Card]


@dataclass(frozen=True)
class Heading:
    """A section begins."""

    text: str


@dataclass(frozen=True)
class Note:
    """A sentence or two of plain text."""

    text: str
    kind: Literal["text", "strong", "command", "figure", "empty", "warning"] = "text"


Block: TypeAlias = Cards | Figure | Heading | Note | Table
