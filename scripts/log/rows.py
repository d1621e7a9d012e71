"""Events as columns of numbers."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from log.plan import Array

NOT_A_TIME = np.iinfo(np.int64).min  # numpy's NaT as an integer


@dataclass(frozen=True)
class Rows:
    """Columns of interactions as numbers; NaN and NaT are nulls, and so is a user or ping of -1."""

    user: Array
    ping: Array
    event_type: Array  # place in EVENT_TYPES + UNKNOWN_TYPES
    time_ms: Array  # relative to the log's start
    watch_sec: Array


def take(rows: Rows, order: Array) -> Rows:
    """The rows at these places, in this order."""
    return Rows(
        user=rows.user[order],
        ping=rows.ping[order],
        event_type=rows.event_type[order],
        time_ms=rows.time_ms[order],
        watch_sec=rows.watch_sec[order],
    )
