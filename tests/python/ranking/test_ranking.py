"""The ranking stages: point in time, the same twice, out of the way where they cannot help."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import generate_data
import numpy as np
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import rank
from brute_force import blocked_pairs
from publishing import copied, record_evaluation, recorded_hitrate
from served_lists import assert_tables_are_about_what_is_served, curve
from warehouse import MODELS_ONLY, PROJECT, Warehouse

from evaluation.record import record
from pingtop_serving import trees as serving_trees
from pingtop_serving.errors import StoreDownError
from pingtop_serving.recommend import recommend, tree_lists
from pingtop_serving.records import MANIFEST, Manifest, Ping, ping_key, tree_user_key
from pingtop_serving.tree_records import Trees, TreeUser
from ranking import contributions as ranking_contributions
from ranking import data as ranking_data
from ranking import elsewhere
from ranking import explained as ranking_explained
from ranking import gbdt as ranking_gbdt
from ranking import neural as ranking_neural
from ranking import own as ranking_own
from ranking import response as ranking_response
from ranking.by_users import by_users
from ranking.data import NAMES, Examples, Skip
from ranking.workers import WorkersError
from releases.build import Build
from releases.models import GBDT, read_model, write_models
from releases.release import Release, ReleaseError
from releases.sources import WarehouseFile
from serving.parity import Held, served_lists, wanted_lists
from serving.records_of_release import release_records
from serving.refresh import FRESH, RefreshedRecords, opened

if TYPE_CHECKING:
    from lightgbm import Booster

AS_OF = "2025-01-08 12:00:00"
VARIABLES = {
    "ranking_enabled": True,
    "two_tower_enabled": True,
    "serving_strategy": "neural",
    "as_of": AS_OF,
    "holdout_days": 1,
    "ranking_cutoffs": 5,
    "ranking_user_features": "all",
    "ranking_ping_features": ["Language", "category", "region_restriction"],
}
OWN = {
    "own_user_country",
    "own_user_age",
    "own_user_region",
    "own_user_language",
    "own_user_minutes",
    "own_user_is_paying",
    "own_ping_language",
    "own_ping_category",
    "own_ping_region_restriction",
    "own_match_country__region_restriction",
    "own_match_language__language",
    "own_match_region__region_restriction",
}
# keys may change: later ids have some, too
BY_ID = """
    select users.user_id, pings.ping_id, rows.* exclude (user_key, ping_key)
    from intermediate.{} as rows
    inner join intermediate.int_user_keys as users using (user_key)
    inner join intermediate.int_ping_keys as pings using (ping_key)
    order by {}
"""
SHOWN = """
    select shown.*, trained.gbdt, trained.neural, responses.response
    from intermediate.int_shown_scores as shown
    inner join intermediate.int_user_keys using (user_id)
    inner join intermediate.int_ping_keys using (ping_id)
    left join intermediate.int_ranking_shown_scores as trained using (user_key, ping_key)
    left join intermediate.int_ranking_shown_responses as responses using (user_key, ping_key)
"""
# what must not change, whatever happens later, each in a fixed order
FIXED = {
    "labels": "from ranking_labels order by all",
    "candidates": "from ranking_candidates order by all",
    "examples": BY_ID.format("int_ranking_examples", "all"),
    "response examples": BY_ID.format("int_ranking_response_examples", "all"),
    "features": BY_ID.format("int_ranking_serving_features", "user_id, ping_id limit 5000"),
    "parameters": "from ranking_parameters order by all",
    "importance": "from ranking_feature_importance order by all",
    "metrics": "from ranking_metrics order by all",
    "recall": "from ranking_source_recall where truth = 'training' order by all",
    "lists": "from strategy_lists order by all",
    "recommendations": "from recommendations order by all",
    "classification": "from ranking_classification order by all",
    "stages": "from ranking_stages order by all",
}


def restrict(raw: Path) -> None:
    """Restricts a quarter of the pings to some regions; a third of the users block something, and
    a third declare interests, one of them of 0 and one in a category that no ping has.
    """
    rng = np.random.default_rng(7)
    users, pings = (pd.read_parquet(raw / f"{name}.parquet") for name in ("users", "pings"))
    entries = [*pings["category"].dropna().unique()[:3], *pings["creator_id"].dropna().unique()]
    blocklists = ["|".join(rng.choice(entries, 3, replace=False)) for _ in range(len(users))]
    users["region"] = rng.choice(["NG", "ZA", ""], len(users))
    users["blocklist"] = np.where(rng.random(len(users)) < 0.33, blocklists, "")
    some = rng.choice(["NG", "ZA|US", "US"], len(pings))
    pings["region_restriction"] = np.where(rng.random(len(pings)) < 0.25, some, "")
    declared = pd.DataFrame(
        [
            (user, category, affinity)
            for user in users["user_id"][rng.random(len(users)) < 0.33]
            for category, affinity in zip(
                [*rng.choice(pings["category"].dropna().unique(), 3, replace=False), "unheard of"],
                [*rng.choice([0.2, 0.5, 0.9], 2, replace=False), 0.0, 1.0],
                strict=True,
            )
        ],
        columns=["user_id", "category", "affinity"],
    )
    tables = (("users", users), ("pings", pings), ("topic_affinities", declared))
    for name, table in tables:
        table.to_parquet(raw / f"{name}.parquet", index=False)


def add_own_columns(raw: Path) -> None:
    """Languages of users and pings, and two more columns of users, some of whom arrived late."""
    rng = np.random.default_rng(11)
    users, pings = (pd.read_parquet(raw / f"{name}.parquet") for name in ("users", "pings"))
    for table in (users, pings):
        languages = rng.choice(["en", "yo", "ha", "zu"], len(table))
        table["language"] = np.where(rng.random(len(table)) < 0.1, None, languages)
    users["minutes"] = np.where(rng.random(len(users)) < 0.1, np.nan, rng.gamma(2, 20, len(users)))
    users["is_paying"] = rng.random(len(users)) < 0.3
    moments = pd.to_datetime([None, "2025-01-06 10:30:00", AS_OF])
    users["loaded_at"] = rng.choice(moments, len(users), p=[0.7, 0.2, 0.1])
    for name, table in (("users", users), ("pings", pings)):
        table.to_parquet(raw / f"{name}.parquet", index=False)


def restricted(folder: Path, size: str) -> Warehouse:
    """A warehouse, not yet built, of a generated log of that size with restrictions."""
    warehouse = Warehouse(folder)
    shutil.rmtree(warehouse.raw)
    arguments = f"{size} --categories 6 --quiet --output".split()
    assert generate_data.main([*arguments, str(warehouse.raw)]) == 0
    restrict(warehouse.raw)
    return warehouse


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse with every stage trained: read only."""
    size = "--users 250 --pings 120 --events 12000 --days 9"
    warehouse = restricted(tmp_path_factory.mktemp("ranking"), size)
    add_own_columns(warehouse.raw)
    warehouse.build(VARIABLES)
    return warehouse


@pytest.fixture(scope="module")
def tables(trained: Warehouse) -> dict[str, pd.DataFrame]:
    return {name: trained.query(sql) for name, sql in FIXED.items()}


def test_every_stage_is_trained_and_serves(
    trained: Warehouse, tables: dict[str, pd.DataFrame]
) -> None:
    status = dict(trained.rows("select stage, status from ranking_status"))
    stages = ("gbdt", "neural", "response", "classifier_trees", "classifier_network", "two_tower")
    assert status == dict.fromkeys(stages, "trained")
    lists = tables["lists"].groupby("strategy")
    assert set(lists.groups) == {"gbdt", "heuristic", "neural", "popular", "random", "trending"}
    assert len(lists.get_group("gbdt")) == len(lists.get_group("heuristic"))
    served = tables["recommendations"]
    assert set(served["strategy"]) == {"neural"}
    assert served["reason"].str.startswith("from ").all()
    seen = "select count(*) from strategy_lists join user_ping_engagement using (user_id, ping_id)"
    assert trained.rows(seen) == [(0,)]
    names = {path.name for path in trained.database.parent.iterdir()}
    assert {"pingtop.gbdt.txt", "pingtop.neural.json", "pingtop.two_tower.faiss"} <= names
    assert "pingtop.response.txt" in names
    assert tables["candidates"]["two_tower_rank"].notna().any()
    hits = (
        "select hits from ranking_source_recall where source = 'two_tower' and truth = 'training'"
    )
    assert trained.rows(hits)[0][0] > 0
    importance = tables["importance"]
    assert set(importance.query("stage == 'gbdt'")["feature"]) == {*NAMES, *OWN}
    told = set(importance.query("stage == 'response'")["feature"])
    assert told == set(ranking_response.NAMES)
    assert "label_score" not in set(importance["feature"])
    assert set(tables["classification"]["model"]) == {"prior", "trees", "network"}


def test_every_stage_shows_its_lists(tables: dict[str, pd.DataFrame]) -> None:
    stages = tables["stages"]
    assert set(stages["learned_by"]) == {"ranking"}
    sizes = stages.groupby("stage")["user_id"].nunique()
    assert sizes.to_dict() == dict.fromkeys(("candidates", "gbdt", "neural"), sizes.max())
    served = tables["recommendations"].merge(
        stages[stages["stage"] == "neural"], on=["user_id", "rank", "ping_id"]
    )
    assert len(served) == len(tables["recommendations"])
    first = tables["candidates"].query("candidate_rank == 1").set_index("user_id")["ping_id"]
    shown = stages.query("stage == 'candidates' and rank == 1").set_index("user_id")["ping_id"]
    assert first.sort_index().equals(shown.sort_index())


def test_tables_about_lists_are_about_what_is_served(
    trained: Warehouse, tables: dict[str, pd.DataFrame]
) -> None:
    assert_tables_are_about_what_is_served(trained)
    lists, pings = tables["lists"], trained.table("pings")
    heuristic = curve(lists[lists["strategy"] == "heuristic"], pings)
    assert not heuristic.equals(curve(tables["recommendations"], pings)), "they can be told apart"


def test_the_hitrate_is_that_of_the_stage_that_serves(trained: Warehouse, tmp_path: Path) -> None:
    query = """
        select distinct hitrate_strategy, hitrate_at_10
        from recommender_health
        where segment = 'all'
    """
    warehouse = copied(trained, tmp_path)
    assert warehouse.rows(query) == [("neural", None)]
    record_evaluation(warehouse, ("heuristic", "gbdt"))
    assert warehouse.rows(query) == [("neural", None)]
    strategies = ("heuristic", "neural", "popular", "gbdt")
    record_evaluation(warehouse, strategies)
    [(strategy, hitrate)] = warehouse.rows(query)
    assert strategy == "neural"
    assert hitrate == pytest.approx(recorded_hitrate("neural", strategies))


def test_the_best_that_has_earned_it_serves(trained: Warehouse, tmp_path: Path) -> None:
    """The newest evaluation of each strategy counts: who falls behind is demoted."""
    warehouse = copied(trained, tmp_path)
    warehouse.raw = trained.raw
    variables = VARIABLES | {"serving_strategy": "auto"}
    model = "int_ranking_serving_choice"
    done = warehouse.dbt("compile", "--select", model, variables=variables)
    assert done.returncode == 0, done.stdout[-3000:]
    [path] = warehouse.target.glob(f"compiled/**/{model}.sql")
    choice = path.read_text()
    [(settings,)] = warehouse.rows("select settings from raw.intake_plan")
    log = json.loads(settings)["the raw location"]

    def chosen_after(
        lows: dict[str, tuple[float | None, ...]], days: int = 1, source: str = log
    ) -> tuple[str, str]:
        rows = [
            {"cutoff": f"2025-01-0{place + 1} 00:00:00", "strategy": strategy, "rival": "popular"}
            | {"metric": "ndcg", "k": 10, "difference": low and low + 0.02, "low": low}
            | {"high": low and low + 0.04, "n": 100}
            for strategy, values in lows.items()
            for place, low in enumerate(values)
        ]
        horizon = timedelta(days=days)
        sentence = record([], horizon, warehouse.database, source, 0, print, rows)
        assert sentence.startswith("recorded")
        [found] = warehouse.rows(choice)
        return found

    nothing = "the heuristic serves: no evaluation of gbdt or neural is recorded"
    assert chosen_after({}) == ("heuristic", nothing)
    won = {"gbdt": (0.01, 0.01)}
    assert chosen_after(won, days=30)[1] == nothing, "the horizon ends after as_of"
    assert chosen_after(won, source="another log")[1] == nothing
    strategy, said = chosen_after({"gbdt": (0.01, 0.02), "neural": (0.03, -0.01)})
    assert strategy == "gbdt", "neural has won on one cutoff only"
    assert said.startswith("gbdt serves: in its newest evaluation, it was better than")
    assert chosen_after({"neural": (0.03, 0.02)})[0] == "neural", "the better of two"
    done = warehouse.dbt(
        *("build", *MODELS_ONLY, "--select", f"{model}+1", "ranking_status"),
        *("int_ranking_recommendations", "int_strategy_recommendations"),
        variables=variables,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "Ranking: neural serves: in its newest evaluation" in done.stdout
    served = "select distinct strategy from intermediate.int_strategy_recommendations"
    assert warehouse.rows(served) == [("neural",)]
    skip = (
        "update intermediate.int_ranking_stage_facts set name = 'skipped'"
        " where kind = 'status' and stage = ?"
    )
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(skip, ["neural"])
    assert warehouse.rows(choice)[0][0] == "gbdt", "the best of those that can"
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(skip, ["gbdt"])
    [(strategy, said)] = warehouse.rows(choice)
    assert strategy == "heuristic"
    assert said == (
        "the heuristic serves: neural has earned to, but its stage is skipped in this build"
    )
    strategy, said = chosen_after({"gbdt": (-0.01, 0.02), "neural": (0.03, None)})
    assert strategy == "heuristic", "both fell behind, the one by a stage that was skipped"
    assert said == (
        "the heuristic serves: in its newest evaluation, neural was better than the best of its "
        "rivals on only 1 of 2 cutoff(s), by ndcg@10, and gbdt on only 1 of 2, by ndcg@10"
    )


def test_no_stage_lists_what_is_blocked(
    trained: Warehouse, tables: dict[str, pd.DataFrame]
) -> None:
    users = pd.read_parquet(trained.raw / "users.parquet")
    pings = pd.read_parquet(trained.raw / "pings.parquet")
    blocked = blocked_pairs(users, pings, users["user_id"].tolist())
    assert len(blocked) > 5000
    blocked = pd.MultiIndex.from_frame(blocked)
    for name in ("lists", "recommendations", "candidates"):
        pairs = tables[name].set_index(["user_id", "ping_id"])
        assert len(pairs) > 2000
        assert pairs.index.isin(blocked).sum() == 0, name


def test_what_was_shown_is_scored_as_in_lists(
    trained: Warehouse, tables: dict[str, pd.DataFrame]
) -> None:
    """By every strategy, whether or not a ping is in the user's list, or even a candidate."""
    keys = ["user_id", "ping_id"]
    shown = trained.query(SHOWN).set_index(keys)
    truth = trained.query(
        """
        select distinct user_id, ping_id from holdout_interactions
        semi join pings using (ping_id)
        semi join (select user_id from users union select user_id from interactions)
            using (user_id)
        """
    )
    assert set(shown.index) == set(truth.itertuples(index=False, name=None))
    assert shown.index.is_unique
    assert shown.notna().all(axis=None)
    for stage in ("gbdt", "neural"):
        listed = trained.query(BY_ID.format(f"int_ranking_{stage}_scores", "all")).set_index(keys)
        both = listed.index.intersection(shown.index)
        assert len(both) > 50
        np.testing.assert_allclose(shown.loc[both, stage], listed.loc[both, "score"], rtol=1e-12)
    candidates = tables["candidates"].set_index(keys).index
    elsewhere = shown[~shown.index.isin(candidates)]
    assert len(elsewhere) > 50
    assert elsewhere[["gbdt", "neural", "response"]].nunique().min() > 20


def test_the_rules_of_the_tables_hold(trained: Warehouse) -> None:
    """dbt's own tests of the ranking tables, and of the lists that a trained stage serves."""
    done = trained.dbt(
        "test",
        "--exclude-resource-type",
        "unit_test",
        "--select",
        "path:models/ranking",
        "recommendations",
        "strategy_lists",
        variables=VARIABLES,
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "parts_add_up_to_the_score" in done.stdout


def test_no_large_table_has_128_bit_columns(trained: Warehouse) -> None:
    """DuckDB sums whole numbers in 128 bits, and reads a column of them twenty times slower."""
    found = trained.rows(
        "select table_name, column_name, data_type from duckdb_columns() "
        "where table_name like 'int_ranking_%' and data_type = 'HUGEINT' "
        "or table_name like 'int_ranking_%' and numeric_precision > 18 and data_type like 'DEC%'"
    )
    assert not found


@pytest.fixture(scope="module")
def wide(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The sources alone, of a catalogue so large that most of it needs no look: read only.

    Every ping has a length: a missing one would be the median of the pings that a warehouse knows.
    Some users sign up on the last day, whenever their first event is; some pings are of that day.
    """
    size = "--users 1500 --pings 3000 --events 120000 --days 6"
    warehouse = restricted(tmp_path_factory.mktemp("wide"), size)
    pings = pd.read_parquet(warehouse.raw / "pings.parquet")
    pings["duration_sec"] = pings["duration_sec"].where(pings["duration_sec"] > 0, 32)
    users = pd.read_parquet(warehouse.raw / "users.parquet")
    for table, column, name in ((users, "signup_date", "users"), (pings, "created_at", "pings")):
        late = np.random.default_rng(3).random(len(table)) < 0.2
        table[column] = table[column].mask(late, table[column].dropna().max())
        table.to_parquet(warehouse.raw / f"{name}.parquet", index=False)
    done = warehouse.dbt(
        *("build", *MODELS_ONLY, "--select", "+int_ranking_source_heuristic"),
        *("+int_ranking_source_creator",),
        variables={"ranking_enabled": True, "ranking_cutoffs": 2, "ranking_source_pings": 30},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return warehouse


def test_lists_of_a_training_cutoff_are_those_of_a_rewound_warehouse(
    wide: Warehouse, tmp_path: Path
) -> None:
    """The heuristic source at a cutoff is what the heuristic would have recommended then."""
    cutoff_key = 2
    lists = f"""
        select users.user_id, source_rank, pings.ping_id
        from intermediate.int_ranking_source_heuristic
        inner join intermediate.int_users as users using (user_key)
        inner join intermediate.int_pings as pings using (ping_key)
        where cutoff_key = {cutoff_key}
        order by all
    """
    [(cutoff,)] = wide.rows(
        "select cast(make_timestamp(cutoff_hour * 3600000000) as varchar)"
        f" from intermediate.int_ranking_cutoffs where cutoff_key = {cutoff_key}"
    )
    rewound = Warehouse(tmp_path)
    shutil.rmtree(rewound.raw)
    shutil.copytree(wide.raw, rewound.raw)
    done = rewound.dbt(
        *("build", *MODELS_ONLY, "--select", "+recommendations"), variables={"as_of": cutoff}
    )
    assert done.returncode == 0, done.stdout[-3000:]
    ours = wide.rows(lists)
    theirs = rewound.rows("select user_id, rank, ping_id from recommendations order by all")
    listed = wide.rows(
        f"""
        select distinct user_id, signup_date < '{cutoff}' or region is null and blocklist is null
        from intermediate.int_ranking_truth
        inner join intermediate.int_users using (user_key)
        where cutoff_key = {cutoff_key}
        """
    )
    assert 300 < len(listed) < 1500
    assert {user_id for user_id, _, _ in ours} == {user_id for user_id, _ in listed}
    # every user with something to find has a list, if a rewound warehouse knows the user
    finding = wide.rows(
        f"""
        select distinct user_id
        from intermediate.int_ranking_responses
        inner join intermediate.int_users using (user_key)
        inner join intermediate.int_ranking_cutoffs
            on hour_number between cutoff_hour and horizon_end_hour - 1
        anti join intermediate.int_ranking_history using (cutoff_key, user_key, ping_key)
        where
            cutoff_key = {cutoff_key}
            and int_ranking_responses.is_in_catalogue
            and relevance_grade > 0
        """
    )
    known = {user_id for user_id, _, _ in theirs}
    assert {user_id for (user_id,) in finding} & known == {user_id for user_id, _ in listed}
    # what restricts users is that of today, also before they signed up
    alike = {user_id for user_id, is_alike in listed if is_alike is not False}
    assert len(listed) > len(alike) > 200
    assert [row for row in ours if row[0] in alike] == [row for row in theirs if row[0] in alike]


def test_the_heuristic_looks_at_few_pairs(wide: Warehouse) -> None:
    [(n_candidates,)] = wide.rows(
        """
        select count(*) from (
            select cutoff_key, user_key, ping_key from intermediate.int_candidates_overall
            union
            from intermediate.int_candidates_category
            union
            from intermediate.int_candidates_creator
        )
        where cutoff_key = 0
        """
    )
    assert 15_000 <= n_candidates < 1500 * 3000 / 20


def test_the_creator_source_looks_at_all_that_can_be_in_it(wide: Warehouse) -> None:
    """Brute force: every ping of every creator of a user, sorted."""
    creators = wide.query(
        """
        select user_key, creator_key, n_events
        from intermediate.int_ranking_user_creators where cutoff_key = 0
        """
    )
    pings = wide.query(
        """
        select creator_key, ping_key, base_score
        from intermediate.int_ranking_orderings where cutoff_key = 0
        """
    )
    history = wide.rows(
        "select user_key, ping_key from intermediate.int_ranking_history where cutoff_key = 0"
    )
    pings = pings.sort_values(["base_score", "ping_key"], ascending=[False, True])
    offered = creators.merge(pings.groupby("creator_key").head(30), on="creator_key")
    is_seen = offered.set_index(["user_key", "ping_key"]).index.isin(history)
    best = (
        offered[~is_seen]
        .sort_values(
            ["user_key", "n_events", "base_score", "ping_key"], ascending=[True, False, False, True]
        )
        .groupby("user_key")
        .head(30)
    )
    found = wide.query(
        """
        select user_key, ping_key from intermediate.int_ranking_source_creator
        where cutoff_key = 0 order by user_key, source_rank
        """
    )
    assert len(found) > 20_000
    assert len(offered) > 5 * len(best)
    np.testing.assert_array_equal(found.to_numpy(), best[["user_key", "ping_key"]].to_numpy())


def test_topics_are_those_of_declared_interest(
    trained: Warehouse, tables: dict[str, pd.DataFrame]
) -> None:
    """Brute force for users who declared interests: interest times the ping's recent share."""
    declared = pd.read_parquet(trained.raw / "topic_affinities.parquet").query("affinity > 0")
    declared = declared[declared["user_id"].isin(trained.query("from users")["user_id"])]
    pings = trained.query("select ping_id, category from pings").dropna()
    pairs, _ = history_at(trained, 0)
    seen = pairs.groupby("user_id")["ping_id"].agg(set)
    shares = recent_shares(trained, pairs, 0)
    blocked = blocked_pairs(
        pd.read_parquet(trained.raw / "users.parquet"),
        pd.read_parquet(trained.raw / "pings.parquet"),
        declared["user_id"].unique().tolist(),
    )
    hidden = blocked.groupby("user_id")["ping_id"].agg(set)
    found = tables["candidates"].dropna(subset="topic_rank").sort_values("topic_rank")
    compared = 0
    for user, interests in declared.groupby("user_id"):
        worth = {
            ping.ping_id: np.log(affinity) + shares[ping.ping_id]
            for category, affinity in zip(interests["category"], interests["affinity"], strict=True)
            for ping in pings[pings["category"] == category].itertuples()
            if ping.ping_id not in seen.get(user, ()) and ping.ping_id not in hidden.get(user, ())
        }
        given = found.loc[found["user_id"] == user, "ping_id"].tolist()
        assert set(given) == set(worth)
        np.testing.assert_allclose(
            [worth[ping] for ping in given], sorted(worth.values(), reverse=True), rtol=1e-9
        )
        compared += len(given)
    assert compared > 1000


def history_at(trained: Warehouse, cutoff_key: int) -> tuple[pd.DataFrame, float]:
    """Brute force: what each pair looked like at a cutoff, from the public tables."""
    events = trained.query(
        """
        select
            user_id, ping_id, event_type, watch_time_ratio, epoch(event_timestamp) / 3600 as hours
        from interactions semi join pings using (ping_id)
        """
    )
    (cutoff,) = trained.rows(
        f"select cutoff_hour from intermediate.int_ranking_cutoffs where cutoff_key = {cutoff_key}"
    )[0]
    past = events[events["hours"] < cutoff].copy()
    grades = {"share": 4.0, "comment": 3.0, "like": 2.0}
    ratio = past["watch_time_ratio"].fillna(0).round(9)
    by_ratio = np.where(ratio >= 0.8, 1.0, np.where(ratio >= 0.5, 0.5, 0.0))
    past["grade"] = np.maximum(past["event_type"].map(grades).fillna(0), by_ratio)
    past["ratio"] = np.minimum(past["watch_time_ratio"].fillna(0), 2)
    past["active"] = past["event_type"].isin([*grades, "follow_creator"])
    past["age"] = cutoff - np.floor(past["hours"]) - 0.5
    pairs = past.groupby(["user_id", "ping_id"], as_index=False).agg(
        grade=("grade", "max"), age=("age", "min"), ratio=("ratio", "max"), active=("active", "max")
    )
    return pairs, cutoff


def catalogue_at(trained: Warehouse, cutoff_key: int, cutoff: float) -> pd.DataFrame:
    """The pings that lists of a cutoff can hold: for the serving one, all."""
    pings = trained.query("select ping_id, category, created_at from pings")
    created = pings["created_at"].astype("datetime64[s]").astype("int64") // 3600
    known = pings["created_at"].isna() | (created < cutoff) | (cutoff_key == 0)
    return pings[known].set_index("ping_id")


def log_share(pairs: pd.DataFrame, pings: pd.DataFrame, weight: pd.Series) -> pd.Series:
    """Brute force: by ping, the logarithm of its weight over the catalogue's mean, 0.3 added."""
    summed = weight.groupby(pairs["ping_id"]).sum().reindex(pings.index, fill_value=0)
    return np.log((summed + 0.3) / (summed.sum() + 0.3 * len(pings)) * len(pings))


def recent_shares(trained: Warehouse, pairs: pd.DataFrame, cutoff_key: int) -> pd.Series:
    """Brute force: prior_score by ping."""
    _, cutoff = history_at(trained, cutoff_key)
    weight = np.minimum(pairs["grade"], 1) * np.exp(-pairs["age"] / 36)
    return log_share(pairs, catalogue_at(trained, cutoff_key, cutoff), weight)


@pytest.mark.parametrize("cutoff_key", [0, 2])
def test_features_equal_brute_force(trained: Warehouse, cutoff_key: int) -> None:
    pairs, cutoff = history_at(trained, cutoff_key)
    source = "int_ranking_examples" if cutoff_key else "int_ranking_serving_features"
    rows = trained.query(
        f"""
        select users.user_id, pings.ping_id, pings.category, features.*
        from intermediate.{source} as features
        join intermediate.int_users as users using (user_key)
        join intermediate.int_pings as pings using (ping_key)
        where cutoff_key = {cutoff_key} and hash(user_key) % {1 if cutoff_key else 10} = 0
        """
    )
    assert len(rows) > 500
    pings = catalogue_at(trained, cutoff_key, cutoff)
    gain = np.minimum(pairs["grade"], 1)

    def check(feature: str, expected: pd.Series | np.ndarray) -> None:
        np.testing.assert_allclose(rows[feature], expected, rtol=1e-9, atol=1e-9, err_msg=feature)

    check("prior_score", recent_shares(trained, pairs, cutoff_key)[rows["ping_id"]])
    check("users_share_24h", log_share(pairs, pings, np.exp(-pairs["age"] / 24))[rows["ping_id"]])
    check("gain_share_all", log_share(pairs, pings, gain)[rows["ping_id"]])

    positive = (pairs["grade"] > 0).astype(float)
    by_ping = positive.groupby(pairs["ping_id"]).agg(["sum", "count"])
    by_ping = by_ping.reindex(pings.index, fill_value=0)
    rate = (by_ping["sum"] + 10 * positive.mean()) / (by_ping["count"] + 10)
    check("positive_rate_all", rate[rows["ping_id"]])

    by_user = positive.groupby(pairs["user_id"]).agg(["sum", "count"])
    by_user = by_user.reindex(rows["user_id"], fill_value=0)
    check("user_positive_rate", (by_user["sum"] + 2 * positive.mean()) / (by_user["count"] + 2))

    categories = pairs["ping_id"].map(pings["category"])
    liked = positive.groupby([pairs["user_id"], categories]).agg(["sum", "count"])
    mean = positive.groupby(categories).mean()
    keys = pd.MultiIndex.from_arrays([rows["user_id"], rows["category"]])
    found = liked.reindex(keys).fillna(0)
    prior = rows["category"].map(mean).fillna(0).to_numpy()
    expected = (found["sum"].to_numpy() + 2 * prior) / (found["count"].to_numpy() + 2)
    known = rows["category"].notna().to_numpy()
    np.testing.assert_allclose(
        rows["category_positive_rate"].to_numpy()[known], expected[known], rtol=1e-9
    )
    check("covisitation", covisitation(pairs, rows))


@pytest.mark.parametrize("cutoff_key", [0, 2])
def test_response_features_equal_brute_force(trained: Warehouse, cutoff_key: int) -> None:
    """How users and pings differ from what is usual for the length, by what was known."""
    pairs, _ = history_at(trained, cutoff_key)
    source = "response_examples" if cutoff_key else "shown_response_features"
    rows = trained.query(
        f"""
        select users.user_id, pings.ping_id, features.*
        from intermediate.int_ranking_{source} as features
        join intermediate.int_users as users using (user_key)
        join intermediate.int_pings as pings using (ping_key)
        where cutoff_key = {cutoff_key}
        """
    )
    assert len(rows) > 100
    pings = trained.query(
        "select ping_id, category, creator_id, duration_sec from intermediate.int_pings"
    ).set_index("ping_id")
    pairs = pairs.join(pings, on="ping_id")
    group = np.floor(2 * np.log2(pings["duration_sec"]) + 1e-9).clip(4, 18)
    pairs["group"] = pairs["ping_id"].map(group)
    pairs["positive"] = (pairs["grade"] > 0).astype(float)
    pairs["watch"] = np.log1p(pairs["ratio"] * pairs["duration_sec"])

    def pulled(values: pd.Series, by: pd.Series, mean: float, strength: int) -> pd.Series:
        found = values.groupby(by).agg(["sum", "count"])
        return (found["sum"] + strength * mean) / (found["count"] + strength)

    def check(feature: str, expected: pd.Series | np.ndarray) -> None:
        np.testing.assert_allclose(rows[feature], expected, rtol=1e-9, atol=1e-9, err_msg=feature)

    usual = pulled(pairs["positive"], pairs["group"], pairs["positive"].mean(), 20)
    usual_watch = pulled(pairs["watch"], pairs["group"], pairs["watch"].mean(), 20)
    excess = pairs["positive"] - pairs["group"].map(usual)
    of_creator = pulled(excess, pairs["creator_id"], 0, 10)
    row_pings = pings.loc[rows["ping_id"]]
    creators = row_pings["creator_id"].map(of_creator).fillna(0).to_numpy()
    check("creator_positive", creators)
    prior = rows["ping_id"].map(group).map(usual).fillna(pairs["positive"].mean())
    base = np.clip(prior.to_numpy() + creators, 0.01, 0.95)
    by_ping = pairs["positive"].groupby(pairs["ping_id"]).agg(["sum", "count"])
    by_ping = by_ping.reindex(rows["ping_id"]).fillna(0)
    check("response_rate", (by_ping["sum"] + 20 * base) / (by_ping["count"] + 20))
    of_user = pulled(pairs["watch"] - pairs["group"].map(usual_watch), pairs["user_id"], 0, 3)
    check("user_watch", rows["user_id"].map(of_user).fillna(0))
    of_user = pulled(pairs["watch"] - pairs["watch"].mean(), pairs["user_id"], 0, 3)
    reach = rows["user_id"].map(of_user).fillna(0)
    check("watch_reach", reach - np.log1p(row_pings["duration_sec"].to_numpy()))
    taste = pulled(excess, pd.Series(zip(pairs["user_id"], pairs["category"], strict=True)), 0, 3)
    keys = pd.Series(list(zip(rows["user_id"], row_pings["category"], strict=True)))
    known = row_pings["category"].notna().to_numpy()
    expected = np.where(known, keys.map(taste).fillna(0), 0)
    check("user_category_positive", expected)


def test_own_features_are_those_known_at_the_cutoff(trained: Warehouse) -> None:
    """Brute force, from the raw rows: null where the row arrived at or after the cutoff."""
    users = pd.read_parquet(trained.raw / "users.parquet").drop_duplicates("user_id", keep="last")
    pings = pd.read_parquet(trained.raw / "pings.parquet").drop_duplicates("ping_id", keep="last")
    for source in ("int_ranking_examples", "int_ranking_serving_features"):
        rows = trained.query(
            f"""
            select
                user_id, ping_id, columns('^own_'),
                make_timestamp(cutoff_hour * 3600000000) as cutoff
            from intermediate.{source}
            join intermediate.int_user_keys using (user_key)
            join intermediate.int_ping_keys using (ping_key)
            join intermediate.int_ranking_cutoffs using (cutoff_key)
            """
        )
        assert len(rows) > 5000
        assert {name for name in rows if name.startswith("own_")} == {
            name for name in OWN if "_match_" not in name
        }
        by_user = users.set_index("user_id").reindex(rows["user_id"])
        by_ping = pings.set_index("ping_id").reindex(rows["ping_id"])
        late = (by_user["loaded_at"].to_numpy() >= rows["cutoff"]).to_numpy()
        assert 0.05 < late.mean() < 0.5
        for name in ("language", "minutes", "is_paying", "region"):
            wanted = by_user[name].replace("", None).mask(late).astype(object)
            found = rows[f"own_user_{name}"].astype(object)
            pd.testing.assert_series_equal(
                found.where(found.notna(), None),
                wanted.where(wanted.notna(), None).reset_index(drop=True),
                check_names=False,
                check_dtype=False,
            )
        for name in ("language", "category", "region_restriction"):
            wanted = by_ping[name].replace({"": None, "ZA|US": "US|ZA"})
            wanted = wanted.to_numpy()
            found = rows[f"own_ping_{name}"].to_numpy()
            assert ((found == wanted) | (pd.isna(found) & pd.isna(wanted))).all(), name


def test_own_columns_of_any_format_have_their_kind(tmp_path: Path) -> None:
    """Of CSV and of JSON lines read by a mapping: numbers, booleans and texts by their values."""
    warehouse = Warehouse(tmp_path)
    users = pd.DataFrame(
        {
            "user_id": ["u1", "u2", "u3"],
            "Visits ": ["3", "", "4.5"],
            "is_pro": ["yes", "No", "NULL"],
            "plan": ["7", " gold ", ""],
            "Fav. Topic": ["a|b", "b", ""],
            "fav-topic": ["x", "y", "z"],
            "key": ["1", "2", "1e400"],
            "it's": ["x", "", "y"],
            "AGE?": ["1", "2", "3"],
            "age": ["30", "", "50"],
        }
    )
    interactions = pd.DataFrame(
        {"user_id": ["u1"], "ping_id": "p1", "event_type": "like", "event_timestamp": "2024-02-01"}
    )
    warehouse.write_raw(users, pd.DataFrame({"ping_id": []}), interactions)
    (warehouse.raw / "pings.csv").unlink()
    lines = [
        {"id": "p1", "sub": {"lang": "en", "n": 3}, "kind": "c1", "live": True},
        {"id": "p2", "sub": {"lang": "1", "n": None}, "kind": "c2", "live": False},
    ]
    (warehouse.raw / "films.jsonl").write_text("\n".join(map(json.dumps, lines)))
    (warehouse.raw / "mapping.yml").write_text(
        "pings:\n  - path: films.jsonl\n    columns: {ping_id: id, category: kind}\n"
    )
    variables = {"ranking_enabled": True, "ranking_user_features": "all"}
    names = ["sub.lang", "sub.n", "kind", "LIVE"]
    selected = ["--select", "+int_own_user_features", "+int_own_ping_features"]
    done = warehouse.dbt(
        *("build", *MODELS_ONLY, *selected, "+int_warned_columns"),
        variables={**variables, "ranking_ping_features": names},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    found = warehouse.query("from intermediate.int_own_user_features order by user_key").drop(
        columns=["loaded_at", "user_key"]
    )
    assert found.replace({np.nan: None}).to_dict("list") == {
        "user_visits": [3.0, None, 4.5],
        "user_is_pro": [1.0, 0.0, None],
        "user_plan": ["7", "gold", None],
        "user_fav_topic": ["a|b", "b", None],
        "user_fav_topic_2": ["x", "y", "z"],
        "user_key_2": [1.0, 2.0, None],
        "user_it_s": ["x", None, "y"],
        "user_age_2": [1.0, 2.0, 3.0],
        "user_age": [30.0, None, 50.0],
    }
    assert warehouse.rows(
        "select ping_sub_lang, ping_sub_n, ping_kind, ping_live"
        " from intermediate.int_own_ping_features order by ping_key"
    ) == [("en", 3.0, "c1", 1.0), ("1", None, "c2", 0.0)]
    assert warehouse.rows("select column_name from intermediate.int_warned_columns") == []
    done = warehouse.dbt(
        *("build", *selected), variables={**variables, "ranking_ping_features": ["sub.langs"]}
    )
    assert done.returncode != 0
    assert (
        "ranking_ping_features has the column 'sub.langs', which no source of pings has: "
        "did you mean sub.lang"
    ) in " ".join(done.stdout.split())


def covisitation(pairs: pd.DataFrame, rows: pd.DataFrame) -> np.ndarray:
    """Brute force: for each row, the similarity of its ping to those of the user's basket."""
    engaged = pairs[(pairs["grade"] > 0) | pairs["active"] | (pairs["ratio"] > 0)]
    engaged = engaged.sort_values(["age", "ping_id"]).groupby("user_id").head(20)
    baskets = dict(iter(engaged.groupby("user_id")))
    weights: dict[tuple[str, str], float] = {}
    for part in baskets.values():
        for one in part.itertuples():
            for other in part.itertuples():
                if one.ping_id != other.ping_id:
                    weight = np.exp(-max(one.age, other.age) / 168) / len(part)
                    key = (one.ping_id, other.ping_id)
                    weights[key] = weights.get(key, 0) + weight
    sizes = engaged.groupby("ping_id").size()
    near: dict[str, list[tuple[float, str]]] = {}
    for (one, other), weight in weights.items():
        similarity = weight / np.sqrt((sizes[one] + 10) * (sizes[other] + 10))
        near.setdefault(one, []).append((-round(similarity, 15), other))
    kept = {
        (one, other): -value for one, found in near.items() for value, other in sorted(found)[:50]
    }
    return np.array(
        [
            sum(kept.get((ping, row.ping_id), 0) for ping in baskets[row.user_id]["ping_id"])
            if row.user_id in baskets
            else 0.0
            for row in rows.itertuples()
        ]
    )


def test_the_future_changes_nothing_and_twice_is_the_same(
    trained: Warehouse, tables: dict[str, pd.DataFrame], tmp_path: Path
) -> None:
    """Built again with absurd rows from as_of on: the same examples, models and lists."""
    later = Warehouse(tmp_path)
    shutil.rmtree(later.raw)
    shutil.copytree(trained.raw, later.raw)
    users = trained.query("select user_id from users limit 40")["user_id"].tolist()
    pings = trained.query("select ping_id from pings limit 15")["ping_id"].tolist()
    poison = pd.DataFrame(
        [
            (user, ping, kind, 1e6, pd.Timestamp(moment))
            for user in [*users, "zz_future", "00_future"]
            for ping in [*pings, "00_future"]
            for kind in ("view", "share", "hide")
            for moment in (AS_OF, "2025-01-08 13:30:00", "2031-01-01")
        ],
        columns=["user_id", "ping_id", "event_type", "watch_time_sec", "event_timestamp"],
    )
    poison.to_parquet(later.raw / "interactions" / "poison.parquet", index=False)
    later.build(VARIABLES)
    for name, sql in FIXED.items():
        pd.testing.assert_frame_equal(tables[name], later.query(sql), check_exact=True, obj=name)
    holdout = "select count(*) from holdout_interactions"
    assert later.rows(holdout)[0][0] > trained.rows(holdout)[0][0]
    keys = ["user_id", "ping_id"]
    shown, more = (one.query(SHOWN).set_index(keys).sort_index() for one in (trained, later))
    assert len(more) > len(shown)
    assert not {"zz_future", "00_future"} & {name for pair in more.index for name in pair}
    pd.testing.assert_frame_equal(shown, more.loc[shown.index], rtol=0, atol=1e-12)


def test_scored_rows_stand_in_the_order_of_their_keys_whatever_the_table() -> None:
    """Or else the last digit of a score changes from build to build."""
    table = "select n // 7 as user_key, n % 7 as ping_key from range(700) as t(n)"
    users = np.arange(100)
    with duckdb.connect() as session:
        found = [
            pa.concat_tables(by_users(session.sql(f"{table} order by {order}"), users, 7))
            for order in ("n", "n desc", "hash(n)")
        ]
    assert found[0].num_rows == 700
    assert found[0].equals(found[1])
    assert found[0].equals(found[2])


def test_one_user_is_told_and_served_by_the_heuristic(random_warehouse: Warehouse) -> None:
    users = pd.DataFrame({"user_id": ["u1"], "signup_date": ["2024-01-01"]})
    pings = pd.DataFrame({"ping_id": [f"p{n}" for n in range(12)], "category": "dance"})
    interactions = pd.DataFrame(
        {
            "user_id": "u1",
            "ping_id": ["p1", "p2"],
            "event_type": "view",
            "watch_time_sec": "20",
            "event_timestamp": ["2024-02-01 10:00:00", "2024-02-01 11:00:00"],
        }
    )
    random_warehouse.write_raw(users, pings, interactions)
    random_warehouse.database.unlink(missing_ok=True)
    done = random_warehouse.dbt(
        "build",
        *("--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *("--select", "+recommendations", "+int_served_strategy", "+ranking_status"),
        variables={"ranking_enabled": True, "two_tower_enabled": True, "serving_strategy": "gbdt"},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    assert "the stage two_tower is skipped, for the log has 2 pairs of a user" in done.stdout
    assert "the stage gbdt is skipped, for the log is too short to train on" in done.stdout
    assert "Traceback" not in done.stdout
    assert random_warehouse.rows("select strategy, count(*) from recommendations group by all") == [
        ("heuristic", 10)
    ]
    assert random_warehouse.rows("from intermediate.int_served_strategy") == [("heuristic",)]


@pytest.mark.parametrize(
    ("variables", "sentence"),
    [
        (
            {"serving_strategy": "gbdt"},
            "serving_strategy is 'gbdt', which needs ranking_enabled: true",
        ),
        (
            {"two_tower_enabled": True},
            "two_tower_enabled is true, which needs ranking_enabled: true",
        ),
    ],
)
def test_serving_a_stage_needs_ranking(
    random_warehouse: Warehouse, variables: dict[str, object], sentence: str
) -> None:
    done = random_warehouse.dbt("run", "--select", "base_users", variables=variables, demo=True)
    assert done.returncode != 0
    assert f"The variable {sentence}" in " ".join(done.stdout.split())


# --- lists by the trees, made for one request ----------------------------------------------------

SHORT = 5  # places that the trees have for one user, fewer than the heuristic has


def as_release(warehouse: Warehouse) -> Release:
    """The warehouse itself as a release with its models and with tables for serving."""
    folder = warehouse.database.parent
    node = {"resource_type": "model", "name": "int_ranking_gbdt", "alias": "int_ranking_gbdt"}
    build = Build({}, {"nodes": {"gbdt": node | {"schema": "intermediate"}}})
    with duckdb.connect(str(warehouse.database), read_only=True) as connection:
        facts = {
            "release": "trees",
            "built_at": AS_OF,
            "variables": {},
            "models": write_models(WarehouseFile(connection, warehouse.database), build, folder),
            "tables": {
                name: {
                    "row_count": connection.execute(f"select count(*) from {name}").fetchall()[0][
                        0
                    ],
                    "columns": {
                        row[0]: row[1] for row in connection.execute(f"describe {name}").fetchall()
                    },
                }
                for (name,) in connection.execute(
                    "select table_name from information_schema.tables where table_schema = 'main'"
                    " and table_name like '%serving!_%' escape '!'"
                ).fetchall()
            },
        }
    return Release(folder, facts)


@pytest.fixture(scope="module")
def tree_release(trained: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Release:
    """The warehouse where the trees serve, as a release: read only."""
    warehouse = copied(trained, tmp_path_factory.mktemp("trees"))
    warehouse.raw = trained.raw
    scores = "intermediate.int_ranking_gbdt_scores"
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute(
            f"delete from {scores} where user_key = (select min(user_key) from {scores})"
            " and list_rank > ?",
            [SHORT],
        )
    lists = "int_{0}_choice int_ranking_served_lists int_ranking_recommendations"
    lists += " int_ranking_tree_users int_strategy_recommendations int_served_recommendations"
    lists += " int_served_strategy recommendations int_user_regions path:models/marts/serving"
    lists += " {0}_candidates {0}_pings {0}_users {0}_own_features"
    done = warehouse.dbt(
        *("build", *MODELS_ONLY, "--select", *lists.format("ranking_serving").split()),
        variables=VARIABLES | {"serving_strategy": "gbdt", "serving_enabled": True},
    )
    assert done.returncode == 0, done.stdout[-3000:]
    return as_release(warehouse)


@pytest.fixture(scope="module")
def tree_records(tree_release: Release) -> dict[str, bytes]:
    found = list(release_records(tree_release))
    assert [key for key, _ in found] == sorted(key for key, _ in found)
    return dict(found)


def places(user_id: str, store: Held, k: int, *seen: str) -> list[tuple[Any, ...]]:
    """A list that is served, without ranks; seen: pings since the build."""
    event = {"user_id": user_id, "event_type": "view", "event_timestamp": "2025-01-09 10:00:00"}
    events = [event | {"ping_id": ping_id} for ping_id in seen]
    answer = recommend(store, user_id, k, events=events)
    return [tuple(place.__dict__.values())[1:] for place in answer.recommendations]


def test_trees_at_the_request_equal_the_build(
    tree_release: Release, tree_records: dict[str, bytes]
) -> None:
    store, wanted = Held(tree_records), wanted_lists(tree_release)
    own = {name for name, _, _ in Trees.unpack(tree_records["t"]).features} - set(NAMES)
    assert own == OWN
    served = dict(served_lists(store, wanted, {}))
    for user_id, listed in wanted.items():
        # parts are sums of SHAP values, which the build adds up tree by tree, for many rows at once
        parts = slice(3, 9)
        for place, found in zip(listed, served.pop(user_id), strict=True):
            assert (found[:3], found[9:]) == (place[:3], place[9:])
            assert found[parts] == pytest.approx(place[parts], abs=1e-12, rel=0)
    assert served == {}
    warehouse = tree_release.path / "pingtop.duckdb"
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        stages = connection.execute(
            "select user_id, ping_id, score from ranking_stages where stage = 'gbdt'"
            " order by user_id, rank"
        ).fetchall()
        [(short,)] = connection.execute(
            "select distinct user_id from recommendations where strategy = 'heuristic'"
        ).fetchall()
    assert tree_user_key(short) not in tree_records
    lists: dict[str, list[tuple[str, float]]] = {}
    for user_id, *place in stages:
        lists.setdefault(user_id, []).append(tuple(place))
    assert len(lists.pop(short)) == SHORT
    n_behind = 0  # all but none where little is left of the catalogue
    some = list(lists.items())[::6]
    for user_id, scores in some:
        found = places(user_id, store, len(scores))
        assert [place[:2] for place in found] == scores, "places behind those of the table, too"
        seen = scores[2][0]
        left = [ping_id for ping_id, _ in scores[:5] if ping_id != seen]
        assert [place[0] for place in places(user_id, store, 4, seen)] == left
        # behind the last of the trees' come the heuristic's
        ping_ids = [ping_id for ping_id, _ in scores]
        found = places(user_id, store, 10, *ping_ids[3:])
        assert found[:3] == places(user_id, store, 3)
        n_behind += len(found) - 3
        assert not {ping_id for ping_id, *_ in found[3:]} & set(ping_ids)
        assert not any(place[-1].startswith("from ") for place in found[3:])
    assert n_behind > 5 * len(some)
    # what the hourly job says to be kept from a user leaves the list
    user_id, scores = some[0]
    key = ping_key(scores[0][0])
    blocked = replace(Ping.unpack(tree_records[key]), regions=["elsewhere"]).pack()
    manifest = replace(Manifest.unpack(tree_records[MANIFEST]), is_refreshed=True).pack()
    refreshed = Held(tree_records | {key: blocked, MANIFEST: manifest})
    found = places(user_id, refreshed, 4)
    assert [place[:2] for place in found] == scores[1:5]


def test_an_hourly_refresh_leaves_what_the_trees_need(
    tree_release: Release, tree_records: dict[str, bytes], tmp_path: Path
) -> None:
    warehouse = tmp_path / "warehouse.duckdb"
    shutil.copy(tree_release.path / "pingtop.duckdb", warehouse)
    read = {name: {"row_count": 1, "columns": {}} for name in (*FRESH, "recommendations")}
    tables = read | tree_release.manifest["tables"]
    release = replace(tree_release, manifest=tree_release.manifest | {"tables": tables})
    with opened(warehouse, release) as connection:
        found = dict(RefreshedRecords(connection, release).all())
    of_trees = {key: value for key, value in tree_records.items() if key[0] in "fgt"}
    assert len({key[0] for key in of_trees}) == 3
    assert {key: found.get(key) for key in of_trees} == of_trees


def test_without_lightgbm_the_stored_list_is_served(
    tree_release: Release,
    tree_records: dict[str, bytes],
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    store, wanted = Held(tree_records), wanted_lists(tree_release)
    monkeypatch.setitem(sys.modules, "lightgbm", None)
    monkeypatch.delitem(sys.modules, "pingtop_serving.trees", raising=False)
    tree_lists.cache_clear()
    try:
        assert dict(served_lists(store, wanted, {})) == wanted
        user_id = next(
            user
            for user, listed in wanted.items()
            if len(listed) == 10 and tree_user_key(user) in tree_records
        )
        listed = wanted[user_id]
        found = places(user_id, store, 9, listed[1][1])
        assert found == [place[1:] for at, place in enumerate(listed) if at != 1]
    finally:
        tree_lists.cache_clear()
    [told] = caplog.messages
    assert "pip install -r requirements-ranking.txt" in told


def test_what_is_not_the_model_of_the_release_is_not_served(
    tree_release: Release, tree_records: dict[str, bytes], tmp_path: Path
) -> None:
    user_id = next(key[2:] for key in tree_records if key.startswith("f|"))
    trees = Trees.unpack(tree_records["t"])
    for key, value in (
        ("t", replace(trees, digest="0" * 64).pack()),
        ("t|0", tree_records["t|0"][:-9]),
        (
            tree_user_key(user_id),
            replace(TreeUser.unpack(tree_records[f"f|{user_id}"]), pairs=b"").pack(),
        ),
    ):
        serving_trees._loaded.clear()
        with pytest.raises(StoreDownError, match=r"export --full"):
            places(user_id, Held(tree_records | {key: value}), 10)
    folder = tmp_path / "models"
    shutil.copytree(tree_release.path / "models", folder)
    changed = Release(tmp_path, tree_release.manifest)
    assert read_model(changed, GBDT).startswith(b"tree\n")
    (folder / GBDT).write_text("another")
    with pytest.raises(ReleaseError, match="is not what was published"):
        read_model(changed, GBDT)
    (folder / GBDT).unlink()
    with pytest.raises(ReleaseError, match=r"lacks models/gbdt\.txt"):
        read_model(changed, GBDT)


# --- the stages themselves ----------------------------------------------------------------------


def examples(lists: int = 40, rows: int = 8, cutoffs: tuple[int, ...] = (1, 2)) -> Examples:
    """Random lists; the second feature tells what is relevant."""
    rng = np.random.default_rng(5)
    n = lists * rows * len(cutoffs)
    grades = np.zeros((lists * len(cutoffs), rows))
    grades[np.arange(len(grades)), rng.integers(0, rows, len(grades))] = 2.0
    features = rng.normal(size=(n, len(NAMES))).astype(np.float32)
    features[:, 1] += 3 * (grades.ravel() > 0)
    return Examples(
        features,
        grades.ravel(),
        rng.normal(size=n) * 0.1,
        np.repeat(cutoffs, lists * rows),
        np.full(lists * len(cutoffs), rows),
    )


CUTOFFS = pa.table(
    {"cutoff_key": [0, 1, 2], "cutoff_hour": [300, 250, 200], "horizon_end_hour": [350, 300, 250]}
)


def test_too_little_to_learn_from_is_one_sentence() -> None:
    full = examples()
    few = examples(lists=3)
    one_class = Examples(
        full.features, np.ones(len(full.grades)), full.prior, full.cutoffs, full.sizes
    )
    no_features = Examples(
        np.ones_like(full.features), full.grades, full.prior, full.cutoffs, full.sizes
    )
    nothing = examples(lists=0)
    overlapping = CUTOFFS.set_column(2, "horizon_end_hour", pa.array([350, 300, 251]))
    for given, cutoffs, sentence in (
        (full, CUTOFFS.slice(0, 1), "too short to train on: it holds no training cutoff"),
        (full, overlapping, "no training cutoff ends before the newest one begins"),
        (nothing, CUTOFFS, "no candidate of a training list was relevant"),
        (few, CUTOFFS, "the log has 3 lists to learn from, and 10 are the least"),
        (one_class, CUTOFFS, "there is one class only"),
        (no_features, CUTOFFS, "there are no features to learn from"),
    ):
        with pytest.raises(Skip, match=sentence) as told:
            ranking_gbdt.train(given, cutoffs)
        (row,) = ranking_data.skipped("gbdt", told.value).to_pylist()
        assert row["name"] == "skipped"
        assert row["content"].count(".") == 1


@pytest.mark.parametrize(
    ("library", "learn"),
    [
        ("lightgbm", lambda: ranking_gbdt.train(examples(), CUTOFFS)),
        ("sklearn.neural_network", lambda: ranking_neural.fit(examples(), 1)),
    ],
)
def test_a_missing_package_is_one_sentence(
    library: str, learn: Callable[[], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(Skip, match=r"pip install -r requirements-ranking\.txt"):
        learn()


def test_trees_learn_and_their_parts_add_up() -> None:
    given = examples(lists=300)
    first, second = (ranking_gbdt.train(given, CUTOFFS) for _ in range(2))
    assert first.model == second.model
    before = first.metrics["validation", "ndcg_at_10_of_recent_popularity"]
    assert first.metrics["validation", "ndcg_at_10"] > before + 0.2
    assert first.metrics["validation", "auc"] > 0.9
    gains = {name: gain for name, (gain, _) in first.importance.items()}
    assert max(gains, key=lambda name: gains[name]) == NAMES[1]
    model = ranking_gbdt.load(first.model)
    scores = ranking_gbdt.raw_scores(model, given.features, given.prior)
    summed, by_feature = ranking_gbdt.parts(model, given.own, given.features, given.prior)
    np.testing.assert_allclose(summed.sum(1), scores, atol=1e-9)
    assert by_feature.shape == given.features.shape
    explained_as_by_lightgbm(model, given.features)


def explained_as_by_lightgbm(model: Booster, features: np.ndarray) -> None:
    """Rows that a tree does not tell apart are explained once, and nothing else differs.

    Among them are missing ones, zeros, and pairs of a number that is a threshold and the next one.
    """
    features = features.astype(float)
    rng = np.random.default_rng(7)
    features[rng.random(features.shape) < 0.1] = np.nan
    features[rng.random(features.shape) < 0.1] = 0
    thresholds = [
        split
        for tree in model.dump_model()["tree_info"]
        for split in ranking_contributions.splits(tree["tree_structure"])
        if not isinstance(split[1], str)
    ]
    for row, (feature, threshold) in enumerate(thresholds[: len(features) // 2]):
        features[2 * row + 1] = features[2 * row]
        features[2 * row : 2 * row + 2, feature] = threshold, np.nextafter(threshold, np.inf)
    expected = model.predict(features, pred_contrib=True)
    found = ranking_contributions.contributions(model, features)
    np.testing.assert_allclose(found, expected, rtol=0, atol=1e-12)


def with_own(given: Examples, hidden: bool = False) -> Examples:
    """The same lists, in which the language decides: what is relevant has that of the user.

    hidden: in languages that the other ones never saw.
    """
    rng = np.random.default_rng(6)
    users = np.repeat(rng.integers(0, 5, len(given.sizes)), given.sizes)
    others = (users + rng.integers(1, 5, len(users))) % 5
    pings = np.where(given.grades > 0, users, others)
    texts = np.array([f"l{n}{'x' if hidden else ''}" for n in range(5)], object)
    table = pa.table(
        {
            "own_user_language": texts[users],
            "own_ping_language": pa.array([None, *texts[pings][1:]], pa.string()),
            "own_ping_quality": pa.array(rng.random(len(users))),
        }
    )
    own = ranking_own.learned(table)
    noise = rng.normal(size=(len(users), len(NAMES))).astype(np.float32)
    features = np.column_stack([noise, *own.columns(table)])
    return Examples(features, given.grades, given.prior, given.cutoffs, given.sizes, own)


def test_an_own_feature_that_decides_is_found() -> None:
    given = with_own(examples(lists=300))
    trained = ranking_gbdt.train(given, CUTOFFS)
    assert trained.metrics["validation", "ndcg_at_10"] > 0.9
    gains = {name: gain for name, (gain, _) in trained.importance.items()}
    assert max(gains, key=lambda name: gains[name]) == "own_match_language__language"
    own = ranking_own.Own.from_json(trained.own.to_json())
    assert own == given.own
    model = ranking_gbdt.load(trained.model)
    network, _ = ranking_neural.fit(given, 4)
    assert ranking_data.auc(given.grades > 0, network.log_odds(given.features)) > 0.9
    network = ranking_neural.Network.from_json(network.to_json())
    # texts that training never saw are one category, and their cross still tells
    unseen = with_own(examples(lists=300), hidden=True)
    assert unseen.own.names == own.names
    table = pa.table({name: ["l1x", "l3", None] for name in ("own_user_language",)}).append_column(
        "own_ping_language", pa.array(["l1x", "l4", "l3"])
    )
    table = table.append_column("own_ping_quality", pa.array([0.5, None, 0.5]))
    code = [kept.index("l3") + 1.0 for kept in own.texts.values()]
    np.testing.assert_array_equal(
        own.columns(table)[1:],
        [
            [ranking_own.OTHER, own.texts["own_ping_language"].index("l4") + 1, code[0]],
            [ranking_own.OTHER, code[1], np.nan],
            [1, 0, np.nan],
        ],
    )
    features = np.column_stack([np.zeros((3, len(NAMES)), np.float32), *own.columns(table)])
    scores = ranking_gbdt.raw_scores(model, features, np.zeros(3))
    assert scores[0] > scores[1]
    opinions = network.log_odds(features)
    assert opinions[0] > opinions[1]
    assert np.isfinite(opinions).all()
    summed, by_feature = ranking_gbdt.parts(model, own, features, np.zeros(3))
    np.testing.assert_allclose(summed.sum(1), scores, atol=1e-9)
    explained_as_by_lightgbm(model, given.features)
    pushed = ranking_explained.phrases(by_feature, own, np.zeros(3))
    assert pushed[0].startswith("same language")


def shown_examples(rows: int = 4_000) -> pa.Table:
    """Shown pairs whose response is in the ping's rate and in how far the user gets in a length."""
    rng = np.random.default_rng(3)
    drawn = {name: rng.normal(size=rows) for name in ranking_response.NAMES}
    drawn["response_rate"] = rng.beta(2, 5, rows)
    rate = np.log(drawn["response_rate"] / (1 - drawn["response_rate"]))
    chance = 1 / (1 + np.exp(-rate - 2 * drawn["watch_reach"]))
    responded = (rng.random(rows) < chance).astype(int)
    return pa.table(
        drawn
        | {
            "cutoff_key": np.repeat([1, 3], rows // 2),
            "user_key": np.arange(rows) % 97,
            "ping_key": np.arange(rows) // 97,
            "is_response": responded,
            "is_long": (rng.random(rows) < 0.3 + 0.4 * responded).astype(int),
        }
    )


def test_the_response_model_beats_the_rate_of_a_planted_log() -> None:
    cutoffs = pa.table({"cutoff_key": [0, 1, 3], "cutoff_hour": [48, 24, 0]})
    cutoffs = cutoffs.append_column("horizon_end_hour", pa.array([72, 48, 24]))
    table = shown_examples()
    trained = ranking_response.train(table, cutoffs)
    again = ranking_response.train(table.take(np.arange(table.num_rows)[::-1]), cutoffs)
    assert trained.model == again.model
    newest = table.filter(pa.compute.equal(table["cutoff_key"], 1))
    responded = newest["is_response"].to_numpy() > 0
    by_rate = ranking_data.auc(responded, newest["response_rate"].to_numpy())
    assert trained.metrics["validation", "auc"] > by_rate + 0.1
    scores = ranking_response.scored(trained.model, newest)
    assert scores["user_key"].to_pylist() == sorted(newest["user_key"].to_pylist())
    assert max(trained.importance, key=lambda name: trained.importance[name]) == "watch_reach"


@pytest.mark.parametrize(
    ("rows", "cutoffs", "sentence"),
    [
        (4_000, [0], "it holds no training cutoff"),
        (4_000, [0, 1], "no training cutoff ends before the newest one begins"),
        (150, [0, 1, 3], "75 pairs are to learn from"),
    ],
)
def test_too_little_that_was_shown_is_one_sentence(
    rows: int, cutoffs: list[int], sentence: str
) -> None:
    hours = [48 - 24 * place for place in range(len(cutoffs))]
    table = pa.table({"cutoff_key": cutoffs, "cutoff_hour": hours})
    table = table.append_column("horizon_end_hour", pa.array([hour + 24 for hour in hours]))
    with pytest.raises(Skip, match=sentence):
        ranking_response.train(shown_examples(rows), table)


def test_texts_that_are_shared_are_crossed_and_rare_ones_are_one() -> None:
    table = pa.table(
        {
            "own_user_region": ["NG"] * 30 + ["za "] * 20 + ["US"] * 2,
            "own_user_device": ["ios"] * 52,
            "own_ping_regions": ["ng|ZA"] * 30 + ["US"] * 20 + ["ZA", None],
            "own_ping_plan": [f"plan {n}" for n in range(52)],
        }
    )
    own = ranking_own.learned(table)
    assert own.crosses == (("own_user_region", "own_ping_regions"),)
    assert own.texts["own_user_region"] == ("NG", "za ")
    assert own.texts["own_ping_plan"] == ()
    columns = dict(zip(own.names, own.columns(table), strict=True))
    assert columns["own_match_region__regions"][[0, 29, 30, 50]].tolist() == [1, 1, 0, 0]
    assert np.isnan(columns["own_match_region__regions"][51])
    assert columns["own_user_region"][[0, 30, 51]].tolist() == [1, 2, ranking_own.OTHER]
    assert set(columns["own_ping_plan"]) == {ranking_own.OTHER}


def test_every_cross_has_a_name_of_its_own() -> None:
    texts = ["north", "south"] * 30
    names = ["own_user_region", "own_user_region_home", "own_ping_home_region", "own_ping_region"]
    own = ranking_own.learned(pa.table(dict.fromkeys(names, texts)))
    assert len(own.crosses) == 4
    assert len(set(own.names)) == len(own.names), "LightGBM takes no name twice"


def test_the_sample_takes_from_the_whole_list() -> None:
    """Keys follow the order of ids, often that of publishing: the first rows are no sample."""
    given = examples(lists=50, rows=100)
    rows = ranking_neural.sampled(given)
    kept = np.zeros(len(given.grades), bool)
    kept[rows] = True
    by_list, relevant = kept.reshape(100, 100), given.grades.reshape(100, 100) > 0
    assert by_list[relevant].all()
    assert set((by_list & ~relevant).sum(1)) == {ranking_neural.NEGATIVES_PER_LIST}
    places = np.nonzero(by_list & ~relevant)[1]
    assert abs(places.mean() - 49.5) < 3  # 2,000 draws: a deviation of 0.65
    np.testing.assert_array_equal(rows, ranking_neural.sampled(given))


def test_networks_learn_and_equal_scikit_learn() -> None:
    given = examples(lists=300)
    network, epochs = ranking_neural.fit(given, 8)
    assert epochs == 8
    assert ranking_data.auc(given.grades > 0, network.log_odds(given.features)) > 0.9
    again = ranking_neural.Network.from_json(network.to_json())
    np.testing.assert_array_equal(again.log_odds(given.features), network.log_odds(given.features))
    # scikit-learn's own forward pass through the same layers
    classifier = ranking_neural.perceptron()(
        **{**ranking_neural.PARAMETERS, "max_iter": 1}, random_state=1
    )
    inputs = ranking_neural.standardised(given.features, network.mean, network.scale)
    classifier.partial_fit(inputs, (given.grades > 0).astype(int), classes=[0, 1])
    layers = list(zip(classifier.coefs_, classifier.intercepts_, strict=True))
    ours = ranking_neural.Network(network.mean, network.scale, [layers], 1.0)
    np.testing.assert_allclose(
        ranking_data.sigmoid(ours.log_odds(given.features)),
        classifier.predict_proba(inputs)[:, 1],
        rtol=1e-6,
    )


def test_metrics_equal_scikit_learn() -> None:
    from sklearn import metrics

    rng = np.random.default_rng(3)
    relevant = rng.random(500) < 0.2
    chances = np.round(np.clip(rng.random(500) * 0.6 + 0.3 * relevant, 0.01, 0.99), 2)
    found = ranking_data.classification(relevant, chances)
    assert found["auc"] == pytest.approx(metrics.roc_auc_score(relevant, chances))
    assert found["log_loss"] == pytest.approx(metrics.log_loss(relevant, chances))
    given = examples(lists=30, cutoffs=(1,))
    scores = rng.normal(size=len(given.grades))
    assert ranking_data.ndcg(given, scores, 5) == pytest.approx(
        metrics.ndcg_score(given.grades.reshape(30, -1), scores.reshape(30, -1), k=5)
    )


def test_a_model_file_is_replaced_whole(tmp_path: Path) -> None:
    database = str(tmp_path / "pingtop.duckdb")
    assert ranking_data.save("old", database, ".gbdt.txt") == str(tmp_path / "pingtop.gbdt.txt")
    ranking_data.save(json.dumps({"new": 1}), database, ".gbdt.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["pingtop.gbdt.txt"]
    assert (tmp_path / "pingtop.gbdt.txt").read_text() == '{"new": 1}'
    assert ranking_data.save("x", None, ".gbdt.txt") is None


# --- the Python models beside an engine that runs none -------------------------------------------


class Files:
    """The warehouse as such an engine: what a model asks for comes, and goes, as Parquet files.

    The types are as Spark's: what DuckDB has as a double or a moment is not always one there.
    """

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self.connection, self.unloaded = connection, set[str]()

    def unload(self, relation: str, folder: Path) -> None:
        self.unloaded.add(folder.name)
        columns = self.connection.execute(f"from {relation} limit 0").fetchdf().columns
        order = "user_key" if "user_key" in columns else "random()"
        in_zone = " replace (loaded_at at time zone 'UTC' as loaded_at)"
        listed = "*" + (in_zone if "loaded_at" in columns else "")
        folder.mkdir()
        self.connection.execute(
            f"copy (select {listed} from {relation} order by {order}) to '{folder}/0.parquet'"
        )

    def load(self, folder: Path, relation: str) -> None:
        self.connection.execute(f"create or replace table {relation} as from '{folder}/*.parquet'")


WANTED = '"intermediate"."wanted"'
# sums over all rows, in whichever order they come
ROUNDED = {
    "int_ranking_classification": "* replace (round(value, 10) as value, round(low, 10) as low, "
    "round(high, 10) as high)"
}


def test_python_models_beside_an_engine_give_the_same_tables(
    trained: Warehouse, tmp_path: Path
) -> None:
    """What scripts/rank.py does on Spark, from the compiled model to the table."""
    warehouse = copied(trained, tmp_path / "warehouse")
    models = sorted(trained.target.glob("compiled/pingtop/models/ranking/**/*.py"))
    written = (PROJECT / "models" / "ranking").rglob("*.py")
    assert {path.stem for path in models} == {path.stem for path in written}
    with duckdb.connect(str(warehouse.database)) as connection:
        for path in models:
            engine = Files(connection)
            table = f'"intermediate"."{path.stem}"'
            connection.execute(f"alter table {table} rename to wanted")
            elsewhere.run_model(engine, path.read_text(), table, tmp_path)
            columns = ROUNDED.get(path.stem, "*")
            for one, other in ((table, WANTED), (WANTED, table)):
                different = f"select {columns} from {one} except all select {columns} from {other}"
                assert connection.execute(different).fetchall() == [], path.stem
            assert engine.unloaded, path.stem
            connection.execute(f"drop table {WANTED}")
    assert [entry.name for entry in tmp_path.iterdir()] == ["warehouse"]


def test_decimals_and_moments_are_as_on_duckdb() -> None:
    with duckdb.connect() as connection:
        rows = connection.sql("""
            select
                cast(1.25 as decimal(20, 6)) as number,
                cast(null as decimal(3, 1)) as nothing,
                cast('2025-01-06 10:30:00+00' as timestamptz) as moment,
                1 as "whole number"
        """)
        table = elsewhere.as_on_duckdb(rows).to_arrow_table()
    assert [str(field.type) for field in table.schema] == [
        "double", "double", "timestamp[us]", "int32",
    ]  # fmt: skip
    assert table.to_pylist()[0]["moment"] == datetime(2025, 1, 6, 10, 30)


def test_a_folder_that_cannot_be_written_to_is_one_sentence(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PINGTOP_SPARK_EXCHANGE", str(tmp_path))
    assert elsewhere.exchange() == tmp_path
    gone = tmp_path / "gone"
    monkeypatch.setenv("PINGTOP_SPARK_EXCHANGE", str(gone))
    assert rank.main(["build"]) == 2
    said = f"rank: {gone} (PINGTOP_SPARK_EXCHANGE) is no folder that can be written to.\n"
    assert capsys.readouterr().err == said


def test_workers_of_other_machines_need_a_folder_that_they_see(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Else they would read and write files of their own machines."""
    monkeypatch.delenv("PINGTOP_SPARK_EXCHANGE", raising=False)
    monkeypatch.setenv("PINGTOP_SPARK_MASTER", "yarn")
    assert rank.main(["build"]) == 2
    assert capsys.readouterr().err == (
        "rank: The workers of yarn (PINGTOP_SPARK_MASTER) may be on other machines: name in "
        "PINGTOP_SPARK_EXCHANGE a folder that all machines of Spark and this one see as the same "
        "(docs/ranking.md).\n"
    )


class OfTwoMachines:
    """An engine of which half the files land on another machine."""

    def __init__(self, is_half: bool) -> None:
        self.is_half = is_half

    def unload(self, _relation: str, folder: Path, in_order: bool = True) -> None:
        folder.mkdir()
        for number in range(0, 64, 1 + self.is_half):
            rows = pa.table({"id": range(number, 1_000, 64)})
            pq.write_table(rows, folder / f"{number}.parquet")


def test_rows_that_are_written_elsewhere_are_missed(tmp_path: Path) -> None:
    (tmp_path / "shared").mkdir()
    elsewhere.check_exchange(OfTwoMachines(False), tmp_path / "shared")
    with pytest.raises(WorkersError, match=r"^Of 1000 rows that Spark has .*, 500 are seen here:"):
        elsewhere.check_exchange(OfTwoMachines(True), tmp_path)
    assert [entry.name for entry in tmp_path.iterdir()] == ["shared"]
