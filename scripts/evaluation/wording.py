"""Parts of the sentences that are shown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any


def joined(names: Sequence[str]) -> str:
    """Names in a sentence: a, b and c."""
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"


def listed(values: Iterable[Any]) -> str:
    """Values one after the other: 1, 2, 3."""
    return ", ".join(str(value) for value in values)


def break_in(ranks: Sequence[int]) -> str:
    """The ranks around the first that is not one more than the rank before it."""
    wrong = next(place for place, rank in enumerate(ranks) if rank != place + 1)
    start, end = max(0, wrong - 4), wrong + 4
    shown = listed(ranks[start:end])
    return f"{'... ' if start else ''}{shown}{' ...' if end < len(ranks) else ''}"
