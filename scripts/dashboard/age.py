"""Whether a release is too old to be looked at without a word."""

from __future__ import annotations

from datetime import datetime, timedelta

from dashboard import formats
from dashboard.blocks import Note
from releases.release import Release

STALE_HOURS = 48.0
MOST_HOURS = 24 * 365 * 100.0


def hours_of(text: str | None) -> float | None:
    """Hours above 0, as PINGTOP_STALE_HOURS gives them; None where they are none.

    Without a text it is the default.
    """
    try:
        hours = float(text or STALE_HOURS)
    except ValueError:
        return None
    return hours if 0 < hours <= MOST_HOURS else None


def warnings(release: Release, now: datetime, stale_hours: str | None) -> list[Note]:
    """What a reader should know of the age of the data before the numbers.

    now: UTC. stale_hours: the text of PINGTOP_STALE_HOURS, the age of the newest event from which
    data is stale; where it is unusable that is said, and the default counts.
    """
    notes = []
    hours = hours_of(stale_hours)
    if hours is None:
        hours = STALE_HOURS
        notes.append(
            f"PINGTOP_STALE_HOURS must be a number of hours above 0, but is {stale_hours!r}: "
            f"correct it and start the dashboard again; until then it is {STALE_HOURS:g}."
        )
    newest = formats.parse_moment(release.manifest["data_to"])
    if newest is None:
        notes.append("This release has no event.")
    elif now - newest > timedelta(hours=hours):
        age = formats.age((now - newest).total_seconds())
        notes.append(
            f"Stale data: the newest event is of {formats.moment(newest)} (UTC), {age} ago. Build "
            "and publish newer data to see what happened since."
        )
    return [Note(note, "warning") for note in notes]
