"""What to generate, and the vocabulary of the log."""

from __future__ import annotations

import math
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
EVENT_TYPES = (
    "impression", "view", "like", "comment", "share", "follow_creator", "click", "hide",
)  # fmt: skip
IMPRESSION, VIEW, LIKE, COMMENT, SHARE, FOLLOW, CLICK, HIDE = range(len(EVENT_TYPES))
UNKNOWN_TYPES = ("swipe_up", "heartbeat", "debug")
UNKNOWN_PING_IDS = 1_000
FEED, FLAT = SHAPES = ("feed", "flat")  # in the raw contract
COMPOUND_LABEL = "compound_label"  # in another one, with a mapping
DAY_MS = 86_400_000
HOUR_MS = 3_600_000
# A block holds at most this many rows and, in small logs, about a day: pings and users that appear
# during the log can then be met from the next block on.
BLOCK_ROWS = 500_000
SMALLEST_BLOCK_ROWS = 2_000


@dataclass(frozen=True)
class Experiment:
    """An experiment that is planted into the log (log/experiment.py)."""

    name: str
    day: int  # days of the log before it starts
    treated: float  # share of users
    lifts: dict[str, float]  # relative, by metric
    novelty_days: float | None  # half of a lift is gone after so many days; none: it stays
    lost: float  # share of the treatment's assignments that are missing: a broken split
    crossovers: float  # share of users who are in both arms


@dataclass(frozen=True)
class Plan:
    """What to generate: the checked arguments."""

    shape: str
    users: int
    pings: int
    events: int
    days: int
    seed: int
    dirt: float
    repeats: float
    missing: float
    categories: int
    creators: int
    start: date
    rows_per_file: int
    experiment: Experiment | None = None

    @property
    def start_ms(self) -> int:
        """The log's first instant, in milliseconds since 1970 (UTC)."""
        return (self.start - date(1970, 1, 1)).days * DAY_MS

    @property
    def has_newcomers(self) -> bool:
        """Whether users and pings appear during the log; a flat one has all of them throughout."""
        return self.shape == FEED

    @property
    def n_repeats(self) -> int:
        """Rows that repeat another row."""
        return round(self.events * self.repeats)

    @property
    def n_dirt(self) -> int:
        """Rows that are dirt, of each kind alike."""
        return round(self.events * self.dirt)

    @property
    def n_blocks(self) -> int:
        """Enough blocks to bound memory, and one a day where the log is not too small for it."""
        daily = min(self.days, self.events // SMALLEST_BLOCK_ROWS)
        return max(1, daily, math.ceil(self.events / BLOCK_ROWS))

    @property
    def n_files(self) -> int:
        """Files of the interactions: whole blocks, about rows_per_file rows each."""
        return min(self.n_blocks, math.ceil(self.events / self.rows_per_file))

    def share_of_block(self, block: int, total: int) -> tuple[int, int]:
        """The half-open range of `total` things that falls to a block; the ranges tile `total`."""
        return block * total // self.n_blocks, (block + 1) * total // self.n_blocks


def generator(plan: Plan, *stream: int) -> np.random.Generator:
    """The random numbers of one part of the data, independent of all other parts."""
    sequence = np.random.SeedSequence(plan.seed, spawn_key=stream)
    return np.random.Generator(np.random.SFC64(sequence))
