"""How values are written. Every function takes None, which is written as a dash."""

from __future__ import annotations

import math
from datetime import date, datetime

MISSING = "–"


def text(value: object) -> str:
    return MISSING if value is None or value == "" else str(value)


def count(value: float | None) -> str:
    return MISSING if value is None else f"{value:,.0f}"


def percent(value: float | None) -> str:
    """A share as percent with one digit: 0.2138 is 21.4%."""
    return MISSING if value is None else f"{round(100 * value, 1) + 0.0:.1f}%"  # no -0.0


def number(value: float | None) -> str:
    """Two digits after the point."""
    return MISSING if value is None else f"{value:,.2f}"


def precise(value: float | None) -> str:
    """Four digits after the point: scores and ranking metrics."""
    return MISSING if value is None else f"{value:,.4f}"


def significant(value: float | None, digits: int = 3) -> str:
    """As many digits as tell it apart, whatever its size: 1,234, 12.3, 0.00123."""
    return MISSING if value is None else f"{value:,.{max(0, places(value, digits))}f}"


def places(value: float, digits: int) -> int:
    """After which place a number has so many digits; below 0: before the point."""
    return digits - 1 - (math.floor(math.log10(abs(value))) if value else 0)


def seconds(value: float | None) -> str:
    """A duration in the unit that suits it."""
    if value is None:
        return MISSING
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if value >= size:
            return f"{value / size:,.1f} {unit}"
    return f"{value:,.1f} s"


def whole_seconds(value: float) -> str:
    """A round duration: 0 s, 30 s, 5 min, 1 h, 1 d."""
    for unit, size in (("d", 86_400), ("h", 3_600), ("min", 60)):
        if value >= size:
            return f"{value / size:g} {unit}"
    return f"{value:g} s"


def day(value: date | None) -> str:
    return MISSING if value is None else f"{value:%Y-%m-%d}"


def moment(value: datetime | None) -> str:
    return MISSING if value is None else f"{value:%Y-%m-%d %H:%M}"


def parse_moment(written: str | None) -> datetime | None:
    """A moment of the manifest (ISO 8601, UTC) without its zone."""
    if written is None:
        return None
    return datetime.fromisoformat(written).replace(tzinfo=None)


def yes(value: bool | None) -> str:
    return MISSING if value is None else ("yes" if value else "no")


def age(value: float) -> str:
    """How long ago, in whole units: 2 days, 5 hours, 40 minutes (from seconds)."""
    for unit, size in (("day", 86_400), ("hour", 3_600), ("minute", 60)):
        if value >= 2 * size or unit == "minute":
            whole = int(value // size)
            return f"{whole:,} {unit}{'' if whole == 1 else 's'}"
    raise AssertionError("minutes are the last unit")


def prose(value: str) -> str:
    """A description of a column without the marks around names."""
    return value.replace("`", "")
