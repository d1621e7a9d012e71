"""What a request is answered with."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Recommendation:
    """One place of a list. The six parts add up to the score, as in the table recommendations."""

    rank: int
    ping_id: str
    score: float
    popularity_part: float
    category_part: float
    creator_part: float
    freshness_part: float
    declared_part: float
    rerank_part: float
    reason: str


@dataclass(frozen=True)
class Answer:
    """A list, and where it comes from."""

    user_id: str
    generation: int
    strategy: str  # heuristic, gbdt or neural; default for a list that is not the user's own
    arm: str | None
    recommendations: Sequence[Recommendation]
