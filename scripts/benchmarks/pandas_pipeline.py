"""The core of the pipeline in vectorised pandas: the second yardstick."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, ParamSpec, TypeVar

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.one_pass import interaction_files

Array = NDArray[Any]
Arguments = ParamSpec("Arguments")
Result = TypeVar("Result")

EVENT_WEIGHTS = {
    "view": 1.0,
    "like": 2.0,
    "comment": 3.0,
    "share": 4.0,
    "follow_creator": 2.0,
    "click": 1.0,
    "impression": 0.1,
    "hide": -1.0,
}
DEFAULT_DURATION_SEC = 30.0
DEFAULT_AGE_DAYS = 30
WEIGHT_POPULARITY, WEIGHT_CATEGORY, WEIGHT_CREATOR, WEIGHT_FRESHNESS = 0.50, 0.25, 0.15, 0.10
# Scores of this many users and pings are held at once: 64 MB an array.
CELLS_AT_ONCE = 8_000_000


@dataclass(frozen=True)
class Stage:
    """What one step took."""

    name: str
    wall_seconds: float
    cpu_seconds: float


class Clock:
    """Runs steps and notes what each took."""

    def __init__(self) -> None:
        """Start with no steps."""
        self.stages: list[Stage] = []

    def run(
        self,
        name: str,
        step: Callable[Arguments, Result],
        *arguments: Arguments.args,
        **named: Arguments.kwargs,
    ) -> Result:
        """Run a step with its arguments."""
        wall, cpu = time.perf_counter(), time.process_time()
        result = step(*arguments, **named)
        stage = Stage(name, time.perf_counter() - wall, time.process_time() - cpu)
        self.stages.append(stage)
        return result


@dataclass(frozen=True)
class Raw:
    """The raw tables as they come."""

    users: pd.DataFrame
    pings: pd.DataFrame
    interactions: pd.DataFrame


@dataclass(frozen=True)
class Log:
    """Accepted rows. Users and pings are numbers: the place of their id in `user_ids`, `ping_ids`.

    The pings of the catalogue come first, in the order of their ids; then those that are not in it.
    """

    user_ids: pd.Index
    ping_ids: pd.Index
    pings: pd.DataFrame
    events: pd.DataFrame  # user, ping, event_type, watch_time_sec, event_timestamp


@dataclass(frozen=True)
class Features:
    """What a list needs to know of the catalogue's pings."""

    popularity: Array
    freshness: Array
    base: Array  # popularity and freshness parts of the score
    category: Array  # codes; -1 where missing
    creator: Array


def read(location: Path) -> Raw:
    """Read the raw tables."""
    interactions = [pd.read_parquet(path) for path in interaction_files(location)]
    return Raw(
        users=pd.read_parquet(location / "users.parquet"),
        pings=pd.read_parquet(location / "pings.parquet"),
        interactions=pd.concat(interactions, ignore_index=True),
    )


def encode(known: pd.Series, ids: pd.Series) -> tuple[Array, pd.Index]:
    """Ids as numbers, known ones first and in their order; -1 where missing."""
    codes, texts = pd.factorize(pd.concat([known, ids], ignore_index=True))
    return codes[len(known) :].astype(np.int32), pd.Index(texts)


def accept(raw: Raw) -> tuple[Log, pd.Series]:
    """Keep the rows that the contract accepts; the other result counts the outcomes."""
    users = raw.users.dropna(subset="user_id").drop_duplicates("user_id")
    pings = raw.pings.dropna(subset="ping_id").drop_duplicates("ping_id")
    pings = pings.sort_values("ping_id", ignore_index=True)
    rows = raw.interactions
    # Numbers instead of text make everything that follows several times faster.
    user, user_ids = encode(users["user_id"], rows["user_id"])
    ping, ping_ids = encode(pings["ping_id"], rows["ping_id"])
    event_type, _ = encode(pd.Series(list(EVENT_WEIGHTS)), rows["event_type"])
    watch = rows["watch_time_sec"]
    reason = np.select(
        [
            (user < 0) | (ping < 0),
            (event_type < 0) | (event_type >= len(EVENT_WEIGHTS)),
            rows["event_timestamp"].isna(),
            (watch < 0) | np.isinf(watch),
        ],
        [1, 2, 3, 4],
        default=0,
    )
    coded = pd.DataFrame(
        {
            "user": user,
            "ping": ping,
            "event_type": event_type,
            "watch_time_sec": watch,
            "event_timestamp": rows["event_timestamp"],
        }
    )
    clean = coded[reason == 0]
    repeated = clean.duplicated().to_numpy()
    outcomes = pd.Series(
        {
            "accepted": int((~repeated).sum()),
            "missing id": int((reason == 1).sum()),
            "unknown event type": int((reason == 2).sum()),
            "unparseable or missing event timestamp": int((reason == 3).sum()),
            "negative or non-finite watch time": int((reason == 4).sum()),
            "duplicate": int(repeated.sum()),
        }
    )
    return Log(user_ids, ping_ids, pings, clean[~repeated]), outcomes


def score_events(log: Log) -> pd.DataFrame:
    """Add the watch ratio (views only) and the score of every event."""
    duration = log.pings["duration_sec"]
    known = duration.where(duration > 0)
    median = known.median()
    of_catalogue = known.fillna(DEFAULT_DURATION_SEC if np.isnan(median) else median).to_numpy()
    of_strangers = np.full(len(log.ping_ids) - len(of_catalogue), DEFAULT_DURATION_SEC)
    durations = np.concatenate((of_catalogue, of_strangers))

    events = log.events
    kind = events["event_type"].to_numpy()
    weights = np.array(list(EVENT_WEIGHTS.values()))[kind]
    ratio = events["watch_time_sec"].fillna(0).to_numpy() / durations[events["ping"].to_numpy()]
    is_view = kind == list(EVENT_WEIGHTS).index("view")
    return events.assign(
        watch_time_ratio=np.where(is_view, ratio, np.nan),
        event_score=np.where(is_view, weights * ratio, weights),
    )


def engage_pairs(events: pd.DataFrame) -> pd.DataFrame:
    """One row per user and ping."""
    return events.groupby(["user", "ping"], sort=False, as_index=False).agg(
        engagement_score=("event_score", "sum"),
        n_events=("event_score", "size"),
        first_event_timestamp=("event_timestamp", "min"),
        last_event_timestamp=("event_timestamp", "max"),
    )


def rate_pings(log: Log, pairs: pd.DataFrame) -> Features:
    """Popularity and freshness of the catalogue."""
    engagement = np.zeros(len(log.ping_ids))
    sums = pairs.groupby("ping")["engagement_score"].sum()
    engagement[sums.index] = sums
    engagement = engagement[: len(log.pings)]
    span = engagement.max() - engagement.min()
    popularity = (engagement - engagement.min()) / span if span > 0 else np.zeros(len(engagement))

    created_at = log.pings["created_at"]
    age_days = (created_at.max() - created_at).dt.days.fillna(DEFAULT_AGE_DAYS)
    freshness = (1 / (1 + age_days)).to_numpy()
    base = WEIGHT_POPULARITY * popularity + WEIGHT_FRESHNESS * freshness
    return Features(
        popularity=popularity,
        freshness=freshness,
        # Sums that are equal on paper differ in their last bits: rounded, they tie as they should.
        base=np.floor(base * 1e12 + 0.5) / 1e12,
        category=pd.factorize(log.pings["category"])[0],
        creator=pd.factorize(log.pings["creator_id"])[0],
    )


def share_events(pairs: pd.DataFrame, features: Features) -> dict[str, pd.DataFrame]:
    """Affinity of each user to each category and creator met."""
    totals = pairs.groupby("user")["n_events"].sum()
    place = pairs["ping"].to_numpy()
    in_catalogue = place < len(features.base)
    shares = {}
    for name in ("category", "creator"):
        codes = np.full(len(pairs), -1)
        codes[in_catalogue] = getattr(features, name)[place[in_catalogue]]
        known = pairs.assign(liked=codes)[codes >= 0]
        table = known.groupby(["user", "liked"], as_index=False)["n_events"].sum()
        table["affinity"] = table["n_events"] / table["user"].map(totals)
        shares[name] = table
    return shares


def affinity_matrix(table: pd.DataFrame, row_of_user: Array, n_rows: int, codes: Array) -> Array:
    """Affinity of each sampled user (row) to each ping (column)."""
    # One column more than there are codes: the code -1 of a missing value reads its zero.
    dense = np.zeros((n_rows, codes.max(initial=-1) + 2))
    rows = row_of_user[table["user"].to_numpy()]
    dense[rows, table["liked"].to_numpy()] = table["affinity"].to_numpy()
    matrix: Array = dense[:, codes]
    return matrix


def list_top(
    users: Array,
    log: Log,
    features: Features,
    shares: dict[str, pd.DataFrame],
    pairs: pd.DataFrame,
    top_k: int,
) -> pd.DataFrame:
    """The exact Top-K of these users, by scoring every ping for each of them."""
    n_pings = len(features.base)
    tables = {name: table[table["user"].isin(users)] for name, table in shares.items()}
    seen = pairs.loc[pairs["user"].isin(users) & (pairs["ping"] < n_pings), ["user", "ping"]]
    lists = []
    step = max(1, CELLS_AT_ONCE // max(1, n_pings))
    for first in range(0, len(users), step):
        block = users[first : first + step]
        row_of_user = np.full(len(log.user_ids), -1)
        row_of_user[block] = np.arange(len(block))

        def of_block(table: pd.DataFrame, rows: Array = row_of_user) -> pd.DataFrame:
            return table[rows[table["user"].to_numpy()] >= 0]

        category, creator = (
            affinity_matrix(of_block(tables[name]), row_of_user, len(block), codes)
            for name, codes in (("category", features.category), ("creator", features.creator))
        )
        score = (features.base + WEIGHT_CATEGORY * category) + WEIGHT_CREATOR * creator
        met = of_block(seen)
        score[row_of_user[met["user"].to_numpy()], met["ping"].to_numpy()] = -np.inf

        # All pings as good as the K-th best, then ties by id: a partition alone breaks them anyhow.
        kth = min(top_k, n_pings)
        threshold = np.partition(score, n_pings - kth, axis=1)[:, n_pings - kth]
        row, place = np.nonzero((score >= threshold[:, None]) & (score > -np.inf))
        order = np.lexsort((place, -score[row, place], row))
        row, place = row[order], place[order]
        rank = np.arange(len(row)) - np.searchsorted(row, row) + 1
        row, place, rank = (values[rank <= top_k] for values in (row, place, rank))
        lists.append(
            pd.DataFrame(
                {
                    "user_id": log.user_ids[block[row]],
                    "rank": rank,
                    "ping_id": log.ping_ids[place],
                    "score": score[row, place],
                    "popularity_part": WEIGHT_POPULARITY * features.popularity[place],
                    "category_part": WEIGHT_CATEGORY * category[row, place],
                    "creator_part": WEIGHT_CREATOR * creator[row, place],
                    "freshness_part": WEIGHT_FRESHNESS * features.freshness[place],
                    "reason": reasons(
                        log, features, place, category[row, place], creator[row, place]
                    ),
                }
            )
        )
    return pd.concat(lists, ignore_index=True)


def reasons(
    log: Log, features: Features, place: Array, category: Array, creator: Array
) -> pd.Series:
    """Why each slot of a list is there."""
    names = "prefers cat=" + log.pings["category"].iloc[place].reset_index(drop=True).fillna("")
    parts = [
        names.where(category > 0, ""),
        pd.Series(np.where(creator > 0, "engaged this creator", "")),
        pd.Series(np.where(features.popularity[place] > 0.5, "globally popular", "")),
        pd.Series(np.where(features.freshness[place] > 0.02, "recent", "")),
    ]
    joined = parts[0]
    for part in parts[1:]:
        joined = joined + np.where((joined != "") & (part != ""), "; ", "") + part
    return joined.where(joined != "", "popular/new")


def pipeline(location: Path, sample: int, top_k: int) -> tuple[dict[str, Any], pd.DataFrame]:
    """Run every step; the results are the report and the sample's lists."""
    clock = Clock()
    raw = clock.run("read", read, location)
    log, outcomes = clock.run("accept and deduplicate", accept, raw)
    del raw
    events = clock.run("score events", score_events, log)
    pairs = clock.run("engagement of pairs", engage_pairs, events)
    features = clock.run("popularity and freshness", rate_pings, log, pairs)
    shares = clock.run("affinities", share_events, pairs, features)
    n_users = len(log.user_ids)
    # Spread over all users: neighbours in the file may be alike.
    users = np.unique(np.linspace(0, n_users - 1, min(sample, n_users)).astype(np.int64))
    lists = clock.run("top-k of the sample", list_top, users, log, features, shares, pairs, top_k)
    report = {
        "outcomes": {name: int(count) for name, count in outcomes.items()},
        "pairs": len(pairs),
        "users": n_users,
        "sampled_users": len(users),
        "stages": [asdict(stage) for stage in clock.stages],
    }
    return report, lists
