"""Logs of two days with a planted cause for what a metric did from the first to the second.

Users differ in how much they do and in what they like, so that numbers move without a cause, too.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
import pandas as pd

from benchmarks.change_models import event_weights, events_of, spans_of

START = np.datetime64("2025-01-01", "us")
DAY_US = 86_400_000_000
HISTORY_DAYS = 6
APART_DAYS = 40  # from one log to the next: what is looked at before a span is the log's own
MOST_ALIKE = 0.6  # of a category's traffic that is one creator's
N_PINGS, N_CREATORS, N_CATEGORIES, N_COUNTRIES = 400, 60, 12, 8


@dataclass(frozen=True)
class Cause:
    """What is planted, and where it is expected first."""

    name: str
    metric: str
    dimension: str


CAUSES = (
    Cause("category's rate", "watch_through_rate", "category"),
    Cause("country's share", "watch_through_rate", "country"),
    Cause("creator's flood", "engagement_per_impression", "creator"),
    Cause("broken client", "watch_through_rate", "watch_time"),
    Cause("nothing", "watch_through_rate", ""),
)


@dataclass
class Logs:
    """Tables of many logs together; each is the time window of its number."""

    tables: dict[str, pd.DataFrame]
    culprits: dict[str, str] = field(default_factory=dict)  # by time window


@dataclass
class World:
    """Who and what there is in one log, by its place; all logs together have keys of their own."""

    rng: np.random.Generator
    number: int
    users: int

    def __post_init__(self) -> None:
        rng = self.rng
        self.country = rng.choice(N_COUNTRIES, self.users, p=_zipf(N_COUNTRIES))
        self.activity = rng.lognormal(0, 0.8, self.users)
        self.taste = rng.normal(0, 0.5, self.users)
        self.category = rng.choice(N_CATEGORIES, N_CREATORS, p=_zipf(N_CATEGORIES, 0.5))
        self.creator = rng.integers(0, N_CREATORS, N_PINGS)
        self.pull = rng.lognormal(0, 1.0, N_PINGS)
        self.quality = rng.normal(0, 0.3, N_PINGS)
        self.of_country = rng.normal(0, 0.3, N_COUNTRIES)


def _zipf(count: int, power: float = 0.8) -> np.ndarray:
    weights = 1 / np.arange(1, count + 1) ** power
    return weights / weights.sum()


def _day(
    world: World, day: float, impressions: int, cause: str, culprit: int, is_after: bool
) -> pd.DataFrame:
    """The events of one day, of about so many impressions."""
    rng = world.rng
    activity, pull = world.activity.copy(), world.pull.copy()
    if is_after and cause == "country's share":
        activity[world.country == culprit] *= 4.0
    if is_after and cause == "creator's flood":
        pull[world.creator == culprit] *= 0.25 * pull.sum() / pull[world.creator == culprit].sum()
    user = rng.choice(world.users, impressions, p=activity / activity.sum())
    ping = rng.choice(N_PINGS, impressions, p=pull / pull.sum())
    category = world.category[world.creator[ping]]
    hour = np.minimum(rng.beta(2.5, 1.5, impressions), 0.999)  # more in the evening
    moment = START + ((world.number * APART_DAYS + day + hour) * DAY_US).astype("timedelta64[us]")
    liking = world.taste[user] + world.quality[ping]
    if cause == "country's share":
        liking += np.where(world.country[user] == culprit, -1.2, 0.0)
    seen_share = 1 / (1 + np.exp(-(liking + 1.0)))
    watched_share = 1 / (1 + np.exp(-(liking + world.of_country[world.country[user]] + 0.3)))
    if is_after and cause == "category's rate":
        watched_share = np.where(category == culprit, 0.5 * watched_share, watched_share)
    if is_after and cause == "creator's flood":
        seen_share = np.where(world.creator[ping] == culprit, 0.3 * seen_share, seen_share)
    is_seen = rng.random(impressions) < seen_share
    is_watched = is_seen & (rng.random(impressions) < watched_share)
    watch_time = np.where(is_watched, 25.0, 5.0)
    missing = rng.random(impressions) < 0.005
    if is_after and cause == "broken client":
        missing |= rng.random(world.users)[user] < 0.08
    watch_time = np.where(missing, np.nan, watch_time)
    is_liked = is_seen & (rng.random(impressions) < 0.05)
    rows = pd.DataFrame({"user_key": user, "ping_key": ping, "event_timestamp": moment})
    parts = [
        rows.assign(event_type="impression", watch_time_sec=np.nan),
        rows[is_seen].assign(event_type="view", watch_time_sec=watch_time[is_seen]),
        rows[is_liked].assign(event_type="like", watch_time_sec=np.nan),
    ]
    return pd.concat(parts, ignore_index=True)


def culprit_of(world: World, cause: str) -> tuple[int, str]:
    """The place of what is to blame, and its name.

    Not one that another dimension has nearly the same of, such as a category of one creator: which
    of the two is to blame cannot be told.
    """
    rng = world.rng
    of_creator = np.bincount(world.creator, world.pull, N_CREATORS) / world.pull.sum()
    of_category = np.bincount(world.category, of_creator, N_CATEGORIES)
    if cause == "category's rate":
        largest = np.zeros(N_CATEGORIES)
        np.maximum.at(largest, world.category, of_creator)
        is_told = (of_category > 0.07) & (largest < MOST_ALIKE * of_category)
        culprit = int(rng.choice(np.flatnonzero(is_told)))
        return culprit, f"category {culprit}"
    if cause == "country's share":
        culprit = int(rng.choice([3, 4, 6]))  # the regions of the others are hardly more than they
        return culprit, f"country {culprit}"
    if cause == "creator's flood":
        counts = np.bincount(world.creator, minlength=N_CREATORS)
        others = of_category[world.category] - of_creator
        culprit = int(rng.choice(np.flatnonzero((counts >= 4) & (others > 0.04))))
        return culprit, f"creator {culprit}"
    return -1, "missing" if cause == "broken client" else ""


def make_logs(
    cause: str, numbers: range, seed: int, users: int, impressions: int, step: Callable[[], None]
) -> Logs:
    """So many logs with a cause, each of two days and some days before with less."""
    events, user_rows, ping_rows, windows, culprits = [], [], [], [], {}
    for place, number in enumerate(numbers):
        world = World(np.random.default_rng([seed, number]), place, users)
        culprit, named = culprit_of(world, cause)
        culprits[f"log {number}"] = named
        days = [
            _day(world, -1 - day, impressions // 20, cause, culprit, is_after=False)
            for day in range(HISTORY_DAYS)
        ]
        days += [_day(world, day, impressions, cause, culprit, is_after=day == 1) for day in (0, 1)]
        log = pd.concat(days, ignore_index=True)
        log["user_key"] += place * users
        log["ping_key"] += place * N_PINGS
        events.append(log)
        user_rows.append(_users_of(world, users))
        ping_rows.append(_pings_of(world))
        first = pd.Timestamp(START) + pd.Timedelta(days=place * APART_DAYS)
        next_day, end = first + pd.Timedelta(days=1), first + pd.Timedelta(days=2)
        windows.append((f"log {number}", first, next_day, next_day, end))
        step()
    columns = ["time_window", "before_from", "before_to", "after_from", "after_to"]
    pings = pd.concat(ping_rows, ignore_index=True)
    pings["creator_key"] = pings["creator_id"].rank(method="dense").astype("int32")
    tables = {
        "int_events": events_of(pd.concat(events, ignore_index=True)),
        "int_users": pd.concat(user_rows, ignore_index=True),
        "int_pings": pings,
        "int_change_spans": spans_of(pd.DataFrame(windows, columns=columns)),
        "stg_event_weights": event_weights(),
    }
    return Logs(tables, culprits)


def _users_of(world: World, users: int) -> pd.DataFrame:
    keys = np.arange(users) + world.number * users
    return pd.DataFrame({
        "user_key": keys,
        "user_id": [f"u{key}" for key in keys],
        "country": [f"country {place}" for place in world.country],
        "region": [f"region {place % 3}" for place in world.country],
        "cohort": np.where(world.rng.random(users) < 0.1, "new", "existing"),
    })  # fmt: skip


def _pings_of(world: World) -> pd.DataFrame:
    keys = np.arange(N_PINGS) + world.number * N_PINGS
    first = START + np.timedelta64(world.number * APART_DAYS * DAY_US, "us")
    ages = (world.rng.exponential(20, N_PINGS) * DAY_US).astype("timedelta64[us]")
    category = world.category[world.creator]
    return pd.DataFrame({
        "ping_key": keys,
        "ping_id": [f"p{key}" for key in keys],
        "creator_id": [f"creator {place}" for place in world.creator],
        "category": [f"category {place}" for place in category],
        "category_key": category + 1,
        "created_at": first - ages,
        "duration_sec": world.rng.choice([12.0, 20.0, 45.0, 90.0], N_PINGS),
        "is_duration_known": True,
        "is_in_catalogue": True,
    })  # fmt: skip
