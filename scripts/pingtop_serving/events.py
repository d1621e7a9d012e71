"""Events since the build: which of them count, read as the intake reads them (docs/intake.md)."""

from __future__ import annotations

import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgpack

ALIASES = {
    "user_id": ("user_id", "ouser_id"),
    "ping_id": ("ping_id", "oping_id", "content_id"),
    "event_type": ("event_type",),
    "event_timestamp": ("event_timestamp",),
    "watch_time_sec": ("watch_time_sec",),
    "event_id": ("event_id",),
}
MISSING_ID = "missing id"
UNKNOWN_TYPE = "unknown event type"
BAD_TIMESTAMP = "unparseable or missing event timestamp"
BAD_WATCH_TIME = "negative or non-finite watch time"
DUPLICATE = "duplicate"
OTHER_USER = "of another user"


@dataclass(frozen=True)
class Event:
    """An event that the intake would accept."""

    user_id: str
    ping_id: str
    event_type: str
    event_timestamp: datetime  # UTC, without a zone
    watch_time_sec: float | None = None
    event_id: str | None = None

    @property
    def identity(self) -> tuple[object, ...]:
        """What copies of one event have in common."""
        if self.event_id is not None:
            return (self.event_id,)
        return (self.ping_id, self.event_type, self.event_timestamp, self.watch_time_sec, None)


def plain_event_type(name: str) -> str:
    """An event type as it is compared: without case, blanks, `-` and `_`."""
    return name.lower().replace(" ", "").replace("-", "").replace("_", "")


def _text(value: object) -> str | None:
    """A text without blanks around it; ids are texts whatever their type."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    return str(value).strip(" ") or None


EPOCH = re.compile(
    r"[1-9]([0-9]{9}|[0-9]{12}|[0-9]{15}|[0-9]{18})([.][0-9]*)?|[1-9]([.][0-9]+)?[eE][+]?(0?9|12|15|18)"
)
MOMENT = re.compile(
    r"(?P<year>[1-9][0-9]{3})-(?P<month>[0-9]{1,2})-(?P<day>[0-9]{1,2})"
    r"(?:(?: +|T)(?P<hour>[0-9]{1,2}):(?P<minute>[0-9]{1,2})"
    r"(?::(?P<second>[0-9]{1,2})(?:[.](?P<fraction>[0-9]*))?)?"
    r"(?P<zone>Z| UTC| *[+-][0-9]{2}(?::?[0-9]{2}){0,2})?)?"
)
MICROSECONDS = ((1e9, 1e6, 1.0), (1e12, 1e3, 1.0), (1e15, 1.0, 1.0), (1e18, 1.0, 1e3))
FIRST, LAST = datetime(1000, 1, 1), datetime(9999, 1, 1)


def read_timestamp(value: object) -> datetime | None:
    """A UTC moment of a text or a number since 1970, none where it is not one."""
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    text = str(value).strip()
    if EPOCH.fullmatch(text):
        return _since_1970(float(text))
    found = MOMENT.fullmatch(text)
    if found is None:
        return None
    parts = [int(found[name] or 0) for name in ("year", "month", "day", "hour", "minute", "second")]
    micros = int(((found["fraction"] or "") + "000000")[:6])
    try:
        moment = datetime(*parts, microsecond=micros) - _offset(found["zone"])
    except (ValueError, OverflowError):
        return None
    return moment if FIRST <= moment < LAST else None


def _since_1970(number: float) -> datetime | None:
    for least, factor, divisor in MICROSECONDS:
        if least <= number < least * 10:
            micros = number * factor / divisor
            return datetime(1970, 1, 1) + timedelta(microseconds=math.floor(micros + 0.5))
    return None


def _offset(zone: str | None) -> timedelta:
    digits = re.sub(r"[^0-9]", "", zone or "")
    if not digits:
        return timedelta()
    hours, minutes, seconds = (int(digits[at : at + 2] or 0) for at in (0, 2, 4))
    offset = timedelta(hours=hours, minutes=minutes, seconds=seconds)
    return -offset if "-" in (zone or "") else offset


def read_event(raw: Mapping[str, Any], event_types: Mapping[str, str]) -> Event | str:
    """An event of the raw contract, or the reason for which the intake would reject it.

    event_types: of the manifest, by their plain names.
    """
    given = {str(name).strip().lower(): value for name, value in raw.items()}
    found = {
        name: next((given[alias] for alias in aliases if given.get(alias) is not None), None)
        for name, aliases in ALIASES.items()
    }
    user_id, ping_id = _text(found["user_id"]), _text(found["ping_id"])
    if user_id is None or ping_id is None:
        return MISSING_ID
    event_type = event_types.get(plain_event_type(_text(found["event_type"]) or ""))
    if event_type is None:
        return UNKNOWN_TYPE
    moment = read_timestamp(found["event_timestamp"])
    if moment is None:
        return BAD_TIMESTAMP
    watch_time = _number(found["watch_time_sec"])
    if watch_time is not None and not (math.isfinite(watch_time) and watch_time >= 0):
        return BAD_WATCH_TIME
    return Event(user_id, ping_id, event_type, moment, watch_time, _text(found["event_id"]))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return None
    try:
        return float(value)
    except (ValueError, OverflowError):
        return None


def pack_event(event: Event) -> bytes:
    """An event as a store keeps it until the build that has it."""
    moment = event.event_timestamp.replace(tzinfo=UTC).isoformat()
    values = [event.ping_id, event.event_type, moment, event.watch_time_sec, event.event_id]
    return bytes(msgpack.packb(values))


def unpack_event(user_id: str, data: bytes) -> dict[str, object]:
    """An event that a store kept, in the raw contract again."""
    ping_id, event_type, moment, watch_time, event_id = msgpack.unpackb(data)
    return {
        "user_id": user_id,
        "ping_id": ping_id,
        "event_type": event_type,
        "event_timestamp": moment,
        "watch_time_sec": watch_time,
        "event_id": event_id,
    }


@dataclass(frozen=True)
class Since:
    """What a user did since a build."""

    seen: frozenset[str]  # pings of all events that count
    pings: Mapping[str, int]  # events later than the build, which affinities count
    rejected: Mapping[str, int]  # by reason


def events_since(
    raw_events: Iterable[Mapping[str, Any]],
    user_id: str,
    event_types: Mapping[str, str],
    data_to: str | None,
) -> Since:
    """What of some raw events counts for a user.

    data_to: the newest event of the build, which has all of the user's up to it; what came late is
    seen, and counted by the next build.
    """
    newest = read_timestamp(data_to) if data_to else None
    rejected: Counter[str] = Counter()
    accepted = []
    for raw in raw_events:
        event = read_event(raw, event_types)
        if isinstance(event, str):
            rejected[event] += 1
        elif event.user_id != user_id:
            rejected[OTHER_USER] += 1
        else:
            accepted.append(event)
    seen, pings, known = set(), Counter[str](), set()
    for event in sorted(accepted, key=lambda event: event.event_timestamp):
        if event.identity in known:
            rejected[DUPLICATE] += 1
        else:
            known.add(event.identity)
            seen.add(event.ping_id)
            if newest is None or event.event_timestamp > newest:
                pings[event.ping_id] += 1
    return Since(frozenset(seen), pings, rejected)
