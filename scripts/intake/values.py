"""What the values of a column look like."""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import date, datetime
from statistics import median
from typing import Any

from common import project_variables
from intake.contract import EPOCHS

MOST = 0.9  # of the values must be of a kind
ISO = re.compile(r"\d{4}-\d{1,2}-\d{1,2}([T ]\d{1,2}:\d{2}.*)?")
DECIMAL_COMMA = re.compile(r"-?(\d{1,3}(\.\d{3})+|\d+),\d+")
DAY_FORMATS = ("%d/%m/%Y", "%m/%d/%Y", "%d.%m.%Y", "%d-%m-%Y", "%Y/%m/%d", "%Y%m%d")
TIME_FORMATS = ("", " %H:%M", " %H:%M:%S", " %H:%M:%S.%f", "T%H:%M:%S", "T%H:%M:%S.%f")


def most_lengths() -> float:
    """Beyond so many times the length of its ping a median watch time is one of milliseconds."""
    return float(project_variables()["max_median_watch_time_ratio"])


def text(value: object) -> str:
    """A value as an id is compared: a whole double is the whole number."""
    if isinstance(value, float) and value.is_integer() and abs(value) < 9e15:
        return str(int(value))
    return str(value).strip()


def present(values: Iterable[Any]) -> list[Any]:
    """The values that there are."""
    return [value for value in values if value is not None and value != ""]


def numbers(values: Iterable[Any]) -> list[float] | None:
    """All values as numbers; none where some are not, or there are none."""
    found = []
    for value in present(values):
        if isinstance(value, (bool, date)):
            return None
        plain = str(value)
        if DECIMAL_COMMA.fullmatch(plain):
            plain = plain.replace(".", "").replace(",", ".")
        try:
            found.append(float(plain))
        except ValueError:
            return None
    return found or None


def has_decimal_commas(values: Iterable[Any]) -> bool:
    """Whether fractions are written with a comma."""
    return any(isinstance(value, str) and DECIMAL_COMMA.fullmatch(value) for value in values)


def middle(values: Iterable[Any]) -> float | None:
    """The median of the values above 0; none where they are no numbers."""
    found = [value for value in numbers(values) or [] if value > 0]
    return median(found) if found else None


def epoch_unit(values: Iterable[Any]) -> str | None:
    """The unit of numbers since 1970; none where they are none."""
    found = numbers(values)
    if not found:
        return None
    for unit, least in EPOCHS.items():
        if sum(least <= value < least * 10 for value in found) >= MOST * len(found):
            return unit
    return None


def is_plain_moment(values: Iterable[Any]) -> bool:
    """Whether the intake reads most of the values as timestamps without being told how."""
    found = present(values)
    if not found:
        return False
    if epoch_unit(found):
        return True
    return len(found) - len(unplain_moments(found)) >= MOST * len(found)


def unplain_moments(values: Iterable[Any]) -> list[Any]:
    """The values that the intake does not read as timestamps without being told how."""
    return [
        value
        for value in present(values)
        if not isinstance(value, date)
        and not ISO.fullmatch(str(value).strip())
        and not epoch_unit([value])
    ]


def moment_formats(values: Iterable[Any]) -> list[str]:
    """The formats, of those that logs usually have, that all values fit."""
    found = [str(value) for value in present(values)]
    if not found or any(re.fullmatch(r"[\d.]+", value) and len(value) != 8 for value in found[:20]):
        return []
    formats = [day + time for day in DAY_FORMATS for time in TIME_FORMATS]
    for value in found:
        formats = [one for one in formats if _fits(value, one)]
    return formats


def _fits(value: str, form: str) -> bool:
    try:
        return datetime.strptime(value.strip(), form).year > 1970
    except ValueError:
        return False


def is_moment(values: list[Any]) -> bool:
    """Whether the values are timestamps of some kind."""
    return is_plain_moment(values) or bool(moment_formats(values))
