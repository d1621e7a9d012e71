"""Events that were posted: a JSON list in the raw contract, checked whole before any is kept.

A call with a value of a wrong type is refused. What the intake rejects with a reason (a type that
is not known, a moment that is none) is no reason to lose the rest: it is kept for the warehouse as
it came, which counts it among its rejected rows, and changes no list.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from pingtop_serving.errors import BadRequestError, TooLargeError
from pingtop_serving.events import ALIASES, Event, pack_event, read_event

MOST_BYTES = 1_000_000  # of a body
MOST_EVENTS = 1_000  # of a call
LONGEST_ID = 1_000  # characters
LONGEST_TEXT = 100  # characters of a type or a moment

IDS = ("user_id", "ping_id", "event_id")
NEEDED = ("user_id", "ping_id", "event_type", "event_timestamp")
NAMES = {alias: name for name, aliases in ALIASES.items() for alias in aliases}

Raw = dict[str, Any]


@dataclass(frozen=True)
class Sorted:
    """Which events count, and which do not."""

    kept: Mapping[str, Sequence[bytes]]  # by user, as a store keeps them
    rejected: Sequence[tuple[int, str]]  # number in the call, from 1 on, and the intake's reason


@dataclass(frozen=True)
class Posted:
    """The events of a call, in their order, with the names of the contract."""

    rows: Sequence[Raw]

    def sort(self, event_types: Mapping[str, str]) -> Sorted:
        """Part what the intake would accept from what it would reject."""
        kept: dict[str, list[bytes]] = {}
        rejected = []
        for number, row in enumerate(self.rows, 1):
            event = read_event(row, event_types)
            if isinstance(event, Event):
                kept.setdefault(event.user_id, []).append(pack_event(event))
            else:
                rejected.append((number, event))
        return Sorted(kept, rejected)

    def lines(self, arrived: datetime) -> list[bytes]:
        """Lines of the log for the next build: all columns in each, with when they arrived."""
        at = arrived.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        empty = dict.fromkeys(ALIASES)
        return [
            # texts in all lines: a moment may be a text in one and a number in the next
            compact(empty | row | {"event_timestamp": str(row["event_timestamp"]), "loaded_at": at})
            for row in self.rows
        ]


def compact(value: object) -> bytes:
    """JSON on one line, of ASCII alone: whatever reads it sees the same lines."""
    return json.dumps(value, separators=(",", ":")).encode()


def too_large() -> TooLargeError:
    """What is said of a body that is longer than may be."""
    return TooLargeError(
        f"The body is larger than {MOST_BYTES:,} bytes: send fewer events at a time."
    )


def read_events(body: bytes) -> Posted:
    """The events of a body; a BadRequestError says what is wrong with the first that is."""
    if len(body) > MOST_BYTES:
        raise too_large()
    try:
        given = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRequestError("The body is no JSON: send a list of events.") from None
    if not isinstance(given, list):
        raise BadRequestError("The body is no JSON list: send a list of events.")
    if len(given) > MOST_EVENTS:
        raise TooLargeError(
            f"There are {len(given):,} events, but at most {MOST_EVENTS:,} may be sent at a time."
        )
    return Posted([_checked(event, number) for number, event in enumerate(given, 1)])


def _no_number(name: str) -> NoReturn:
    """NaN and Infinity, which Python would read."""
    raise ValueError(name)


def _checked(given: object, number: int) -> Raw:
    """An event with the names of the contract and ids as texts, without what is null."""
    if not isinstance(given, dict):
        raise BadRequestError(f"Event {number} is no JSON object.")
    row: dict[str, Any] = {}
    for alias, value in given.items():
        name = NAMES.get(alias)
        if name is None:
            raise BadRequestError(
                f"Event {number} has the field {shown(alias)}, but may have {', '.join(ALIASES)}."
            )
        if name in row:
            raise BadRequestError(f"Event {number} has {name} by two names.")
        if value is not None:
            problem = _problem(name, value)
            if problem:
                raise BadRequestError(f"Event {number}: {name} {problem}.")
            row[name] = str(value) if name in IDS else value
    for name in NEEDED:
        if name not in row:
            raise BadRequestError(f"Event {number} has no {name}.")
    return row


def _problem(name: str, value: object) -> str | None:
    """What is wrong with a value, as it is said behind its name."""
    number = None if isinstance(value, bool) or not isinstance(value, int | float) else value
    if name == "watch_time_sec":
        good = number is not None and _is_finite(number) and number >= 0
        return None if good else "must be a number of seconds, 0 or more"
    if name in IDS:
        text = str(value) if isinstance(number, int) else value
        return _text_problem(text, LONGEST_ID, "a text or a whole number")
    if name == "event_timestamp":
        if number is not None and _is_finite(number):
            return None
        return _text_problem(value, LONGEST_TEXT, "a text such as 2024-02-13T10:00:00Z or a number")
    return _text_problem(value, LONGEST_TEXT, "a text")


def _is_finite(number: float) -> bool:
    """Whether a database can hold it: JSON may have 1e999, or a whole number of any length."""
    try:
        return math.isfinite(float(number))
    except OverflowError:
        return False


def _text_problem(value: object, longest: int, kind: str) -> str | None:
    if not isinstance(value, str):
        return f"must be {kind}"
    if not value.strip(" "):
        return "is empty"
    if len(value) > longest:
        return f"is longer than {longest:,} characters"
    return text_problem(value)


def text_problem(value: str) -> str | None:
    """Why a text cannot be kept: not every database takes every one that JSON can write."""
    if "\0" in value:
        return "has a character of code 0, which not every database takes"
    try:
        value.encode()
    except UnicodeEncodeError:
        return "has half a character (a lone surrogate)"
    return None


def shown(text: str, longest: int = 40) -> str:
    """A text of a request as a message repeats it: short, on one line, of ASCII."""
    return ascii(text) if len(text) <= longest else ascii(text[:longest])[:-1] + "…'"
