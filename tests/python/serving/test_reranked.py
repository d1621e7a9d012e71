"""Re-ranked lists: by a reference in Python, and how often a ping is drawn over many seeds."""

from __future__ import annotations

import shutil
from collections import Counter, defaultdict
from pathlib import Path
from typing import Any

import duckdb
import generate_data
import numpy as np
import pandas as pd
import pytest
from publishing import copied
from warehouse import Warehouse

from pingtop_serving.recommend import recommend
from releases.release import Release
from serving.parity import Held, served_lists, wanted_lists
from serving.records_of_release import release_records

VARIABLES = {
    "as_of": "2025-01-28",
    "holdout_days": 2,
    "rerank_enabled": True,
    "diversity_lambda": 0.6,
    "creator_limit": 2,
    "rerank_pool": 30,
    "explore_share": 0.3,
    "explore_days": 20,
    "explore_pings": 12,
    "serving_enabled": True,  # which takes longer lists along, that re-ranking does not choose from
    "serving_candidates": 60,
}
PICKED = 7  # of ten places: three are for new pings
SEEDS = 300


@pytest.fixture(scope="module")
def reranked(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with re-ranked lists, whose own data tests hold: read only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("reranked"))
    shutil.rmtree(warehouse.raw)
    size = "--users 40 --pings 90 --events 2500 --categories 4 --days 30 --quiet --output"
    assert generate_data.main([*size.split(), str(warehouse.raw)]) == 0
    pings = pd.read_parquet(warehouse.raw / "pings.parquet")
    rng = np.random.default_rng(1)
    pings["creator_id"] = rng.choice([*"abcdefgh", None], len(pings))
    pings.to_parquet(warehouse.raw / "pings.parquet", index=False)
    done = warehouse.dbt(
        *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "buildable"),
        *(
            "--select",
            "+recommendations",
            "+strategy_lists",
            "+pings",
            "+path:models/marts/serving",
        ),
        *("+user_category_affinity", "+user_creator_affinity", "+user_ping_engagement"),
        variables=VARIABLES,
    )
    assert done.returncode == 0, done.stdout[-4000:]
    assert "parts_add_up_to_the_score" in done.stdout
    assert "lists_are_complete" in done.stdout
    return warehouse


def marginal_relevance(pool: pd.DataFrame, weight: float, limit: int, k: int) -> list[int]:
    """Place by place, over all that remain, against all that were picked."""
    least, most = pool["score"].min(), pool["score"].max()
    rows = [
        (row.ping_key, row.category_key, row.creator_key, (row.score - least) / (most - least))
        for row in pool.sort_values("list_rank").itertuples()
    ]
    picked: list[tuple[int, int, int, float]] = []
    while rows and len(picked) < k:
        of_creator = Counter(row[2] for row in picked if row[2])

        def worth(
            row: tuple[int, int, int, float], of_creator: Counter[int] = of_creator
        ) -> tuple[bool, float]:
            likeness = max(
                (
                    0.5 * (row[1] == other[1] != 0) + 0.5 * (row[2] == other[2] != 0)
                    for other in picked
                ),
                default=0.0,
            )
            return of_creator[row[2]] < limit, weight * row[3] - (1 - weight) * likeness

        best = max(rows, key=worth)  # the first of equal ones
        rows.remove(best)
        picked.append(best)
    return [row[0] for row in picked]


def test_picks_equal_a_reference(reranked: Warehouse) -> None:
    pools = reranked.query(
        """
        select lists.*, pings.category_key, pings.creator_key
        from intermediate.int_strategy_recommendations as lists
        inner join intermediate.int_pings as pings using (ping_key)
        """
    )
    picks = reranked.query("from intermediate.int_reranked_picks order by user_key, picked_rank")
    found = picks.groupby("user_key")["ping_key"].agg(list)
    changed = 0
    for user, pool in pools.groupby("user_key"):
        assert len(pool) == 30
        assert found[user] == marginal_relevance(pool, 0.6, 2, 10), user
        changed += found[user] != pool.sort_values("list_rank")["ping_key"].tolist()[:10]
    assert changed > len(found) / 2


def as_release(warehouse: Warehouse, variables: dict[str, Any]) -> Release:
    tables = {"serving_settings": {}}
    facts = {"tables": tables, "variables": variables, "built_at": "2025-01-28T00:00:00Z"}
    return Release(warehouse.database.parent, facts)


def test_what_is_served_is_the_list_that_was_picked_and_drawn(reranked: Warehouse) -> None:
    release = as_release(reranked, VARIABLES)
    wanted = wanted_lists(release)
    assert len(wanted) == 40
    assert dict(served_lists(Held(dict(release_records(release))), wanted, {})) == wanted


def test_arms_of_an_experiment_decide_what_is_served(reranked: Warehouse, tmp_path: Path) -> None:
    """The arm that gets the heuristic gets its candidates, in their order."""
    copy = copied(reranked, tmp_path / "copy")
    with duckdb.connect(str(copy.database)) as connection:
        connection.execute(
            """
            create table experiment_users as
            select
                unnest(['other', 'ranker_2']) as experiment_id,
                user_id,
                case when hash(user_id) % 2 = 0 then 'control' else 'treatment' end as arm
            from serving_users
            """
        )
    arms = {"control": "heuristic", "treatment": "served"}
    release = as_release(copy, VARIABLES | {"serving_experiment": "ranker_2", "serving_arms": arms})
    store, wanted = Held(dict(release_records(release))), wanted_lists(release)
    first = defaultdict(list)
    for user_id, ping_id in copy.rows(
        "select user_id, ping_id from serving_candidates where rank <= 10 order by user_id, rank"
    ):
        first[user_id].append(ping_id)
    of_arms = dict.fromkeys(arms, 0)
    for user_id, places in wanted.items():
        answer = recommend(store, user_id)
        of_arms[answer.arm] += 1
        found = [place.ping_id for place in answer.recommendations]
        assert found == (first[user_id] if answer.arm == "control" else [row[1] for row in places])
        other = recommend(store, user_id, arm="treatment").recommendations
        assert [place.ping_id for place in other] == [row[1] for row in places]
    assert min(of_arms.values()) > 10


def test_a_list_is_picked_then_drawn(reranked: Warehouse) -> None:
    lists = reranked.query("from recommendations order by user_id, rank")
    drawn = lists["strategy"] == "drawn"
    assert (lists["rank"] > PICKED).equals(drawn), "every user has enough new pings here"
    assert (lists.loc[~drawn, "propensity"] == 1).all()
    assert lists.loc[drawn, "propensity"].between(0, 1, inclusive="neither").any()
    assert (lists.loc[drawn, "reason"] == "drawn among new pings").all()
    creators = lists.groupby(["user_id", "creator_id"]).size()
    assert creators.max() == 2
    compared = reranked.query("from strategy_lists")
    by = {name: rows.drop(columns="strategy") for name, rows in compared.groupby("strategy")}
    rows = ["user_id", "ping_id", "rank"]
    as_set = {name: set(map(tuple, own[rows].to_numpy())) for name, own in by.items()}
    assert as_set["served_plain"] == as_set["heuristic"], "what serves, without re-ranking"
    assert as_set["served"] == set(map(tuple, lists[rows].to_numpy()))


def test_pings_are_drawn_as_often_as_their_propensity_says(reranked: Warehouse) -> None:
    """The compiled query with other seeds: deterministic, and binomial within five deviations."""
    [path] = reranked.target.glob("compiled/**/int_drawn_pings.sql")
    query = path.read_text()
    assert query.count("place 1 ") == query.count("creator 1 ") == 1
    times: defaultdict[tuple[int, int], int] = defaultdict(int)
    first: defaultdict[tuple[int, int], int] = defaultdict(int)
    said: dict[tuple[int, int], float] = {}
    with duckdb.connect(str(reranked.database), read_only=True) as connection:
        connection.execute("set threads = 1")
        connection.execute(
            "create temp table few as select user_key from intermediate.int_users limit 8"
        )
        joined = "inner join pings on offered_pings"
        assert query.count(joined) == 1
        query = query.replace(joined, f"semi join few using (user_key) {joined}")
        for seed in range(SEEDS):
            drawing = query.replace("place 1 ", f"place {seed} ")
            drawing = drawing.replace("creator 1 ", f"creator {seed} ")
            for _, user, ping, place, propensity in connection.execute(drawing).fetchall():
                times[user, ping] += 1
                first[user, ping] += place == 1
                assert said.setdefault((user, ping), propensity) == propensity
    assert len(set(said.values())) > 2, "creators thin some"
    for pair, propensity in said.items():
        for count, chance in ((times[pair], propensity), (first[pair], propensity / 3)):
            deviation = np.sqrt(SEEDS * chance * (1 - chance)) + 1e-9
            assert abs(count - SEEDS * chance) < 5 * deviation, (pair, count / SEEDS, chance)


def test_users_without_new_pings_are_told(reranked: Warehouse, tmp_path: Path) -> None:
    copy = copied(reranked, tmp_path / "copy")
    shutil.copytree(reranked.raw, copy.raw, dirs_exist_ok=True)
    with duckdb.connect(str(copy.database)) as connection:
        connection.execute(
            """
            delete from intermediate.int_offered_pings
            where user_key in (select user_key from intermediate.int_users limit 3)
            """
        )
    done = copy.dbt("run", "--select", "int_drawn_pings", variables=VARIABLES)
    assert done.returncode == 0, done.stdout[-3000:]
    assert (
        "Re-ranking: for 3 of 40 users no new ping is drawn, as fewer than 3 are left for them: "
        "those with a created_at less than explore_days (20) before"
    ) in done.stdout


def test_settings_that_do_nothing_are_told(reranked: Warehouse, tmp_path: Path) -> None:
    copy = copied(reranked, tmp_path / "copy")
    shutil.copytree(reranked.raw, copy.raw, dirs_exist_ok=True)
    given = {"explore_share": 0.3, "diversity_lambda": 0.8}
    said = "Re-ranking: diversity_lambda, explore_share did nothing, as lists are re-ranked with "
    for variables, is_said in ((given, True), (given | {"rerank_enabled": True}, False)):
        done = copy.dbt("run", "--select", "recommendations", variables=variables)
        assert done.returncode == 0, done.stdout[-3000:]
        assert (said in done.stdout) == is_said


def test_bad_settings_are_one_sentence(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path)
    for variables, said in (
        ({"rerank_enabled": "yes"}, "The variable rerank_enabled must be true or false"),
        ({"explore_share": 0.6}, "The variable explore_share must be at most 0.5"),
    ):
        done = warehouse.dbt("run", "--select", "stg_users", variables=variables, demo=True)
        assert done.returncode == 2 or done.returncode == 1
        assert said in done.stdout
