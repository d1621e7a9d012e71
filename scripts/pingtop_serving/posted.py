"""Events that were posted: a JSON list in the raw contract, checked whole before any is kept."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, NoReturn

from pingtop_serving.errors import BadRequestError, TooLargeError

MOST_BYTES = 1_000_000  # of a body
MOST_EVENTS = 1_000  # of a call
LONGEST_ID = 1_000  # characters
LONGEST_TEXT = 100  # characters of a type or a moment

IDS = ("user_id", "ping_id", "event_id")
FIELDS = ("user_id", "ping_id", "event_type", "event_timestamp", "watch_time_sec", "event_id")
NEEDED = ("user_id", "ping_id", "event_type", "event_timestamp")

Event = Mapping[str, Any]


@dataclass(frozen=True)
class Posted:
    """The events of a call that could be read, in their order."""

    events: Sequence[Event]

    def by_user(self) -> dict[str, list[bytes]]:
        """What the store keeps for each user, until the next generation has it."""
        found: dict[str, list[bytes]] = {}
        for event in self.events:
            found.setdefault(event["user_id"], []).append(compact(event))
        return found

    def lines(self, arrived: datetime) -> list[bytes]:
        """Lines of the log for the next build: all columns in each, with when they arrived."""
        at = arrived.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        empty = dict.fromkeys(FIELDS)
        return [compact(empty | dict(event) | {"loaded_at": at}) for event in self.events]


def compact(value: Any) -> bytes:  # noqa: ANN401
    """JSON on one line, of ASCII alone: whatever reads it sees the same lines."""
    return json.dumps(value, separators=(",", ":")).encode()


def too_large() -> TooLargeError:
    """What is said of a body that is longer than may be."""
    return TooLargeError(
        f"the body is larger than {MOST_BYTES:,} bytes: send fewer events at a time."
    )


def read_events(body: bytes) -> Posted:
    """The events of a body; a BadRequestError says what is wrong with the first that is."""
    if len(body) > MOST_BYTES:
        raise too_large()
    try:
        given = json.loads(body.decode(), parse_constant=_no_number)
    except (ValueError, RecursionError):
        raise BadRequestError("the body is no JSON: send a list of events.") from None
    if not isinstance(given, list):
        raise BadRequestError("the body is no JSON list: send a list of events.")
    if len(given) > MOST_EVENTS:
        raise TooLargeError(
            f"there are {len(given):,} events, but at most {MOST_EVENTS:,} may be sent at a time."
        )
    return Posted([_checked(event, number) for number, event in enumerate(given, 1)])


def _no_number(name: str) -> NoReturn:
    raise ValueError(name)


def _checked(given: Any, number: int) -> Event:  # noqa: ANN401
    """An event with ids as texts, without what is null."""
    if not isinstance(given, dict):
        raise BadRequestError(f"event {number} is no JSON object.")
    unknown = sorted(set(given) - set(FIELDS))
    if unknown:
        raise BadRequestError(
            f"event {number} has the field {shown(unknown[0])}: there are {', '.join(FIELDS)}."
        )
    event = {name: given[name] for name in FIELDS if given.get(name) is not None}
    for name in NEEDED:
        if name not in event:
            raise BadRequestError(f"event {number} has no {name}.")
    for name, value in event.items():
        problem = _problem(name, value)
        if problem:
            raise BadRequestError(f"event {number}: {name} {problem}.")
    return event | {name: str(event[name]) for name in IDS if name in event}


def _problem(name: str, value: Any) -> str | None:  # noqa: ANN401
    """What is wrong with a value, behind its name."""
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    if name == "watch_time_sec":
        good = is_number and _is_finite(value) and value >= 0
        return None if good else "must be a number of seconds, 0 or more"
    if name in IDS:
        is_whole = is_number and isinstance(value, int)
        text = str(value) if is_whole else value
        return _text_problem(text, LONGEST_ID, "a text or a whole number")
    if name == "event_timestamp":
        if is_number and _is_finite(value):
            return None
        return _text_problem(value, LONGEST_TEXT, "a text such as 2024-02-13T10:00:00Z or a number")
    return _text_problem(value, LONGEST_TEXT, "a text")


def _is_finite(value: float) -> bool:
    """Whether a database can hold it: JSON may have 1e999, or a whole number without an end."""
    try:
        return math.isfinite(float(value))
    except OverflowError:
        return False


def _text_problem(value: Any, longest: int, kind: str) -> str | None:  # noqa: ANN401
    if not isinstance(value, str):
        return f"must be {kind}"
    if not value.strip():
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
    """A text of a request as a message repeats it: short, and on one line."""
    cut = text if len(text) <= longest else f"{text[:longest]}…"
    return ascii(cut).replace("\\u2026", "…")
