"""The pruned Top-K equals the brute-force ranking of every user × ping, row for row."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import run_all
from random_logs import Tables, ties_log
from warehouse import PROJECT, RAW_TABLES

# What the brute force reads: public tables alone.
NEEDED = ["recommendations", "users", "pings", "ping_features", "user_category_affinity"]
NEEDED += ["user_creator_affinity", "user_ping_engagement", "interactions"]

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


@dataclass(frozen=True)
class Case:
    log: str
    top_k: int
    popularity: float = 0.50
    category: float = 0.25
    creator: float = 0.15
    freshness: float = 0.10

    @property
    def weights(self) -> dict[str, float]:
        names = ("popularity", "category", "creator", "freshness")
        return {name: getattr(self, name) for name in names}

    @property
    def variables(self) -> str:
        weights = {f"weight_{name}": weight for name, weight in self.weights.items()}
        return json.dumps({"top_k": self.top_k} | weights)


LOGS = {"ties": ties_log(11), "even": even_log(1), "crowded": crowded_log(1)}
CASES = {
    "ties-1": Case("ties", 1),
    "ties-10": Case("ties", 10),
    "ties-all": Case("ties", 50),
    "even-both": Case("even", 3, category=0.25, creator=0.25, freshness=0.0),
    "even-creators": Case("even", 3, category=0.0, creator=0.25, freshness=0.0),
    "even-categories": Case("even", 5, category=0.25, creator=0.0, freshness=0.0),
    "crowded-10": Case("crowded", 10),
    "crowded-all": Case("crowded", 1_000),
    "crowded-creators": Case("crowded", 10, popularity=0.25, category=0.0, creator=2.0),
    "crowded-categories": Case("crowded", 7, popularity=0.125, category=1.0, freshness=0.5),
}

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
            floor((popularity_part + freshness_part) * 1e12 + 0.5) / 1e12 as base,
            (base + category_part) + creator_part as score,
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
        anti join user_ping_engagement
            on everyone.user_id = user_ping_engagement.user_id
            and pings.ping_id = user_ping_engagement.ping_id
    )
    select * from scored
"""
COLUMNS = "user_id, rank, ping_id, score, popularity_part, category_part, creator_part"
COLUMNS += ", freshness_part"


def write_raw(folder: Path, log: Tables) -> None:
    folder.mkdir()
    for name, table in zip(RAW_TABLES, log, strict=True):
        table.astype("string").to_parquet(folder / f"{name}.parquet", index=False)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The warehouse of each case."""
    base = tmp_path_factory.mktemp("topk")
    for name, log in LOGS.items():
        write_raw(base / name, log)
    paths = {name: base / f"built-{name}" / "pingtop.duckdb" for name in CASES}
    runs = []
    for name, case in CASES.items():
        paths[name].parent.mkdir()
        selected = [f"+{table}" for table in NEEDED]
        arguments = ["build", "--exclude-resource-type", "test", "unit_test"]
        arguments += ["--vars", case.variables, "--select", *selected]
        environment = {
            "PINGTOP_DATABASE": str(paths[name]),
            "PINGTOP_RAW_LOCATION": str(base / case.log),
        }
        runs.append({"arguments": arguments, "environment": environment})
    for outcome in run_all(runs, base / "runs", PROJECT, runs[0]["environment"]):
        assert outcome["exit_code"] == 0, outcome["output"]
    return paths


def brute_force(path: Path, case: Case) -> duckdb.DuckDBPyConnection:
    """A built warehouse with the full ranking beside it."""
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute(BRUTE_FORCE, case.weights)
    return connection


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def warehouse(case: str, databases: dict[str, Path]) -> duckdb.DuckDBPyConnection:
    return brute_force(databases[case], CASES[case])


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def test_equals_brute_force_to_the_last_digit(
    case: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    wanted = f"select {COLUMNS} from brute_force where rank <= {CASES[case].top_k}"
    built = f"select {COLUMNS} from recommendations"
    assert rows(warehouse, f"({wanted}) except all ({built}) order by all limit 5") == []
    assert rows(warehouse, f"({built}) except all ({wanted}) order by all limit 5") == []


def test_every_user_has_as_many_rows_as_there_are_unseen_pings(
    case: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    wrong = rows(
        warehouse,
        f"""
        with everyone as (select user_id from users union select user_id from interactions),
        seen as (
            select user_id, count(distinct ping_id) as n_seen from interactions
            where ping_id in (select ping_id from pings)
            group by user_id
        ),
        lists as (
            select user_id, count(*) as n_rows, max(rank) as last_rank from recommendations
            group by user_id
        )
        select user_id, n_rows, last_rank, n_seen
        from everyone
        full join lists using (user_id)
        left join seen using (user_id)
        where coalesce(n_rows, 0)
            <> least({CASES[case].top_k}, (select count(*) from pings) - coalesce(n_seen, 0))
            or n_rows <> last_rank
            or user_id not in (from everyone)
        """,
    )
    assert wrong == []


def test_no_list_holds_a_ping_that_the_user_has_seen(warehouse: duckdb.DuckDBPyConnection) -> None:
    seen = "select user_id, ping_id from recommendations semi join interactions"
    assert rows(warehouse, f"{seen} using (user_id, ping_id)") == []


def test_the_four_parts_add_up_to_the_score(warehouse: duckdb.DuckDBPyConnection) -> None:
    furthest = """
        select max(abs(popularity_part + category_part + creator_part + freshness_part - score))
        from recommendations
    """
    assert rows(warehouse, furthest)[0][0] < 1e-9


def brought_by_affinity(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Listed pings that are not among the 10 best by base score: thanks to the category alone, the
    creator alone, and both."""
    [counts] = rows(
        connection,
        """
        with unseen as (
            select *, row_number() over (partition by user_id order by base desc, ping_id) as place
            from brute_force
        )
        select
            count(*) filter (category_part > 0 and creator_part = 0),
            count(*) filter (category_part = 0 and creator_part > 0),
            count(*) filter (category_part > 0 and creator_part > 0)
        from unseen where rank <= 10 and place > 10
        """,
    )
    return counts


def test_the_logs_are_hard(databases: dict[str, Path]) -> None:
    """What the pruning must get right does occur: ties where a list ends, lists that end early,
    and pings that only an affinity brings into a list."""
    connection = brute_force(databases["crowded-10"], CASES["crowded-10"])
    ties_at_the_end = """
        select count(*) from brute_force as inside
        inner join brute_force as outside using (user_id, score)
        where inside.rank = 10 and outside.rank = 11
    """
    assert rows(connection, ties_at_the_end)[0][0] > 50
    short = "select user_id from recommendations group by user_id having count(*) < 10"
    assert len(rows(connection, short)) >= 4
    by_category, _, by_both = brought_by_affinity(connection)
    assert min(by_category, by_both) > 100
    connection = brute_force(databases["crowded-creators"], CASES["crowded-creators"])
    assert brought_by_affinity(connection)[1] > 100
