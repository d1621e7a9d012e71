"""Lists and restrictions as their definitions say them: every user with every ping."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd
from random_logs import Tables
from warehouse import RAW_TABLES

# What the brute force reads: public tables alone.
NEEDED = ["recommendations", "users", "pings", "ping_features", "user_category_affinity"]
NEEDED += ["user_creator_affinity", "declared_affinities", "user_ping_engagement", "interactions"]


@dataclass(frozen=True)
class Case:
    log: str
    top_k: int
    popularity: float = 0.50
    category: float = 0.25
    creator: float = 0.15
    freshness: float = 0.10
    declared: float = 0.0
    window_days: int | None = None

    @property
    def weights(self) -> dict[str, float]:
        names = ("popularity", "category", "creator", "freshness", "declared")
        return {name: getattr(self, name) for name in names}

    @property
    def variables(self) -> str:
        weights = {f"weight_{name}": weight for name, weight in self.weights.items()}
        window = {"affinity_window_days": self.window_days} if self.window_days else {}
        return json.dumps({"top_k": self.top_k} | weights | window)


def random_case(log: str, seed: int) -> Case:
    """A case with weights that nobody would choose.

    Of six digits: with more, a decimal of SQL and a number of Python may differ in the last bit.
    """
    rng = np.random.default_rng([20_240_223, seed])
    popularity, category, creator, freshness, declared = rng.random(5).round(6).tolist()
    return Case(log, int(rng.integers(2, 12)), popularity, category, creator, freshness, declared)


# The full ranking, as the definition says it: no pruning, no candidates.
BRUTE_FORCE = """
    create or replace temporary table brute_force as
    with everyone as (
        select user_id from users
        union
        select user_id from user_ping_engagement
    ),
    scored as (
        select
            everyone.user_id,
            pings.ping_id,
            $popularity * ping_features.popularity as popularity_part,
            coalesce($category * user_category_affinity.affinity, 0) as category_part,
            coalesce($creator * user_creator_affinity.affinity, 0) as creator_part,
            $freshness * ping_features.freshness as freshness_part,
            coalesce($declared * declared_affinities.affinity, 0) as declared_part,
            floor((popularity_part + freshness_part) * 1e12 + 0.5) / 1e12 as base,
            ((base + category_part) + creator_part) + declared_part as score,
            row_number() over (
                partition by everyone.user_id order by score desc, pings.ping_id
            ) as rank
        from everyone
        cross join pings
        inner join ping_features on pings.ping_id = ping_features.ping_id
        left join user_category_affinity
            on everyone.user_id = user_category_affinity.user_id
            and pings.category = user_category_affinity.category
        left join user_creator_affinity
            on everyone.user_id = user_creator_affinity.user_id
            and pings.creator_id = user_creator_affinity.creator_id
        left join declared_affinities
            on everyone.user_id = declared_affinities.user_id
            and pings.category = declared_affinities.category
        anti join user_ping_engagement
            on everyone.user_id = user_ping_engagement.user_id
            and pings.ping_id = user_ping_engagement.ping_id
    )
    select * from scored
"""


def write_raw(folder: Path, log: Tables, interests: pd.DataFrame | None = None) -> None:
    folder.mkdir()
    for name, table in zip(RAW_TABLES, log, strict=True):
        table.astype("string").to_parquet(folder / f"{name}.parquet", index=False)
    if interests is not None:
        interests.astype("string").to_parquet(folder / "topic_affinities.parquet", index=False)


def blocked_pairs(users: pd.DataFrame, pings: pd.DataFrame, user_ids: list[str]) -> pd.DataFrame:
    """Every pair of a user and a ping that is kept from the user, by loops over all of them."""
    region = {row.user_id: (row.region or "").strip() for row in users.itertuples()}
    blocklist = {
        row.user_id: {entry.strip() for entry in (row.blocklist or "").split("|")} - {""}
        for row in users.itertuples()
    }
    pairs = []
    for ping in pings.itertuples():
        allowed = {name.strip() for name in (ping.region_restriction or "").split("|")} - {""}
        for user_id in user_ids:
            is_elsewhere = bool(allowed) and region.get(user_id) not in allowed
            listed = blocklist.get(user_id, set())
            if is_elsewhere or ping.creator_id in listed or ping.category in listed:
                pairs.append((user_id, ping.ping_id))
    return pd.DataFrame(pairs, columns=["user_id", "ping_id"])
