"""Logs that are hard for the Top-K: ties, few distinct scores, users who have seen nearly all.

And declared interests that go with any of them.
"""

from __future__ import annotations

import numpy as np
import pandas as pd
from random_logs import Tables

HEAVY_UNSEEN = [0, 1, 2, 8, 9, 10, 11, 12, 30, 100, 200]  # pings that a heavy user has not seen


def crowded_log(seed: int) -> Tables:
    """300 users, 400 pings and 20,000 events with few distinct scores.

    Views last 0 seconds, so that only the shares count, which give every ping one of five totals.
    There are fans, whose events are nearly all on two creators, so that affinity outweighs
    popularity; users with a taste for two categories; and heavy users, who have seen almost
    everything.
    """
    n_users, n_pings, n_events = 300, 400, 20_000
    rng = np.random.default_rng([20_240_214, seed])
    ping_ids = np.array([f"p{number}" for number in range(n_pings)])
    creators = np.array([f"c{number}" for number in range(40)] + [None], dtype=object)
    categories = np.array([*"abcde", None], dtype=object)
    creator_of = rng.choice(41, n_pings, p=np.append(np.full(40, 0.95 / 40), 0.05))
    category_of = rng.choice(6, n_pings, p=[0.4, 0.25, 0.15, 0.1, 0.05, 0.05])
    days_old = rng.choice([0, 1, 1, 5, 30, 200], n_pings)
    created = pd.Timestamp("2024-02-20 12:00") - pd.to_timedelta(days_old, unit="D")
    pings = pd.DataFrame(
        {
            "ping_id": ping_ids,
            "creator_id": creators[creator_of],
            "main_hashtag": "tag",
            "category": categories[category_of],
            "duration_sec": rng.choice(["32", "64"], n_pings),
            "created_at": np.where(rng.random(n_pings) < 0.1, None, created.astype(str)),
        }
    )
    user_ids = np.array([f"u{number}" for number in range(n_users)])
    users = pd.DataFrame(
        {
            "user_id": user_ids,
            "country": "NG",
            "signup_date": rng.choice(["2024-01-01", "2024-02-14", "2024-02-20"], n_users),
            "age": "30",
        }
    )

    heavy = np.arange(len(HEAVY_UNSEEN))
    fans = np.arange(len(heavy), n_users // 2)
    tasters = np.arange(n_users // 2, n_users - 20)  # the last 20 users have no event
    user_parts = [np.full(n_pings - unseen, user) for user, unseen in enumerate(HEAVY_UNSEEN)]
    ping_parts = [rng.permutation(n_pings)[unseen:] for unseen in HEAVY_UNSEEN]
    for group, attribute, choices in ((fans, creator_of, 40), (tasters, category_of, 5)):
        size = (n_events - sum(map(len, user_parts[: len(heavy)]))) // 2
        user = rng.choice(group, size)
        liking = rng.integers(choices, size=(n_users, 2))[user, rng.integers(2, size=size)]
        by_attribute = np.argsort(attribute, kind="stable")
        starts = np.searchsorted(attribute[by_attribute], liking)
        counts = np.bincount(attribute, minlength=choices + 1)[liking]
        # a skewed draw within the liked creator or category leaves pings of it unseen
        place = (rng.random(size) ** 4 * counts).astype(int)
        ping = by_attribute[np.minimum(starts + place, n_pings - 1)]
        strays = rng.random(size) < 0.02
        user_parts.append(user)
        ping_parts.append(np.where(strays, rng.integers(n_pings, size=size), ping))
    shared = np.repeat(np.arange(n_pings), rng.choice([0, 1, 2, 4, 10], n_pings))
    n_shares = len(shared)
    user_parts.append(rng.choice(np.concatenate([fans, tasters]), n_shares))
    ping_parts.append(shared)
    user, ping = np.concatenate(user_parts), np.concatenate(ping_parts)
    kind = np.repeat(["view", "share"], [len(user) - n_shares, n_shares])
    at = pd.Timestamp("2024-02-20 15:00") + pd.to_timedelta(np.arange(len(user)), unit="s")
    interactions = pd.DataFrame(
        {
            "user_id": user_ids[user],
            "ping_id": ping_ids[ping],
            "event_type": kind,
            "watch_time_sec": np.where(kind == "view", "0", None),
            "event_timestamp": at.astype(str),
        }
    )
    ghosts = interactions.sample(40, random_state=seed).assign(user_id="ghost")
    unknown = interactions.sample(40, random_state=seed + 1).assign(ping_id="p_unknown")
    return users, pings, pd.concat([interactions, ghosts, unknown], ignore_index=True)


def even_log(seed: int) -> Tables:
    """120 pings and 200 users, with numbers that make every part of a score a binary fraction.

    So scores of different parts are equal to the last bit, which is what a bound that is off by
    one, or "more than" instead of "at least", gets wrong. Half of the users have seen 8 pings,
    most of them the best of one creator; the others have seen 2, so that an affinity of 0.5 lifts
    a ping to the very score of the few best.
    """
    n_users, n_pings = 200, 120
    rng = np.random.default_rng([20_240_215, seed])
    ping_ids = np.array([f"p{number:03}" for number in range(n_pings)])
    creator_of = rng.integers(8, size=n_pings)
    # at 4 points each: popularity in quarters, from 0 to 1
    n_shares = rng.choice([0, 2, 4, 6, 8], n_pings, p=[0.3, 0.3, 0.2, 0.17, 0.03])
    n_shares[[10, 110]] = (0, 8)
    pings = pd.DataFrame(
        {
            "ping_id": ping_ids,
            "creator_id": np.array([f"c{number}" for number in range(8)])[creator_of],
            "main_hashtag": "tag",
            "category": np.array([*"abcd"])[rng.integers(4, size=n_pings)],
            "duration_sec": "32",
            "created_at": "2024-02-20 12:00:00",
        }
    )
    user_ids = [f"u{number}" for number in range(n_users)]
    users = pd.DataFrame(
        {"user_id": user_ids, "country": "NG", "signup_date": "2024-02-01", "age": "30"}
    )
    seen = []
    for user in range(n_users):
        if user % 2:
            seen.append(rng.choice(n_pings, 2, replace=False))
        else:
            liked = (creator_of == user // 2 % 8) & (rng.random(n_pings) < 0.7)
            interest = n_shares * rng.random(n_pings) + 100 * liked
            seen.append(np.argsort(-interest, kind="stable")[:8])
    viewers = np.repeat(user_ids, [len(places) for places in seen])
    views = pd.DataFrame({"user_id": viewers, "ping_id": ping_ids[np.concatenate(seen)]})
    views = views.assign(event_type="view", watch_time_sec="0")
    shared = np.repeat(ping_ids, n_shares)
    sharers = [f"sharer{number}" for number in rng.integers(30, size=len(shared))]
    shares = pd.DataFrame({"user_id": sharers, "ping_id": shared, "event_type": "share"})
    interactions = pd.concat([views, shares], ignore_index=True)
    at = pd.Timestamp("2024-02-20 15:00") + pd.to_timedelta(interactions.index, unit="s")
    return users, pings, interactions.assign(event_timestamp=at.astype(str))


def past_log(seed: int) -> Tables:
    """The crowded log, in which half of the events are of two months before the others.

    With an affinity window, all that heavy users and every other user have seen is before it: they
    have no affinity to any category, and in some have seen the best pings.
    """
    users, pings, interactions = crowded_log(seed)
    number = pd.to_numeric(interactions["user_id"].str.removeprefix("u"), errors="coerce")
    is_past = (number < len(HEAVY_UNSEEN)) | (number % 2 == 0)
    at = pd.to_datetime(interactions["event_timestamp"])
    at = at.where(~is_past, at - pd.Timedelta(days=60))
    return users, pings, interactions.assign(event_timestamp=at.astype(str))


def random_interests(log: Tables, seed: int) -> pd.DataFrame:
    """Declared interests of two thirds of the users, those without events included, in up to three
    categories; most are among few numbers, so that scores are equal, and some are 0, of users or
    categories that are not there, repeated, or refused."""
    users, pings, _ = log
    rng = np.random.default_rng([20_240_222, seed])
    categories = [*pings["category"].dropna().unique(), "unheard of"]
    rows = []
    for user in [*users["user_id"], "ghost", "nobody"]:
        for category in rng.choice(categories, min(3, len(categories)), replace=False):
            if rng.random() < 0.4:
                value = rng.choice([0.0, 0.25, 0.5, 1.0, rng.random(), 1.5])
                rows += [(user, category, str(value))] * (1 + (rng.random() < 0.1))
    return pd.DataFrame(rows, columns=["user_id", "category", "affinity"])
