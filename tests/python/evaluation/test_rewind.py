"""The first form of the evaluation: rewinding the warehouse, from the command line to the marts."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import export_personalize
import pandas as pd
import pytest
from evaluate import main
from warehouse import MODELS_ONLY, PROJECT, Warehouse

from common import dbt_reason
from evaluation.rewind import RewindError, parse_moment, rolling_cutoffs
from evaluation.rewound import FileBuilder, RewoundFile

AS_OF = "2024-02-13 00:00:00"
HORIZON_DAYS = 7


def evaluate(warehouse: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(PROJECT / "scripts" / "evaluate.py"), *arguments]
    environment = os.environ | {"PINGTOP_DATABASE": str(warehouse), "PINGTOP_RAW_LOCATION": ""}
    return subprocess.run(command, env=environment, capture_output=True, text=True, check=False)


@pytest.fixture(scope="module")
def rewound(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo as of AS_OF, built by dbt alone."""
    warehouse = Warehouse(tmp_path_factory.mktemp("rewound"))
    warehouse.build({"as_of": AS_OF, "holdout_days": HORIZON_DAYS}, demo=True)
    return warehouse


def write_prophecy(demo: Warehouse, file: Path) -> None:
    """Batch recommendations of Amazon Personalize that know what comes: pings of the days after."""
    rows = demo.rows(
        f"""
        select user_id, list(ping_id order by engagement_score desc, ping_id)
        from user_ping_engagement
        where first_event_timestamp >= timestamp '{AS_OF}'
        group by user_id
        order by user_id
        """
    )
    lines = [
        {"input": {"userId": user}, "output": {"recommendedItems": pings}, "error": None}
        for user, pings in rows
    ]
    file.write_text("".join(f"{json.dumps(line)}\n" for line in lines))


@pytest.fixture(scope="module")
def evaluated(
    demo: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path, subprocess.CompletedProcess[str]]:
    """A copy of the demo's warehouse, the output folder and what the script printed."""
    folder = tmp_path_factory.mktemp("evaluated")
    database = folder / "users_own.duckdb"
    shutil.copy(demo.database, database)
    output = folder / "output"
    lists = folder / "lists.parquet"
    write_prophecy(demo, folder / "batch_input.json.out")
    batch = ["--batch", str(folder / "batch_input.json.out"), "--lists", str(lists)]
    assert export_personalize.main(batch) == 0
    done = evaluate(
        database,
        *("--as-of", AS_OF, "--horizon-days", str(HORIZON_DAYS), "--more-lists", str(lists)),
        *("--k", "5", "10", "--output", str(output)),
    )
    assert done.returncode == 0, done.stderr
    return database, output, done


def test_hitrate_is_the_published_sql_on_the_same_holdout(
    rewound: Warehouse, evaluated: tuple[Path, Path, subprocess.CompletedProcess[str]]
) -> None:
    variables = {"as_of": AS_OF, "holdout_days": HORIZON_DAYS}
    done = rewound.dbt("compile", "--select", "hitrate_at_10", variables=variables, demo=True)
    assert done.returncode == 0, done.stdout
    compiled = rewound.target / "compiled" / "pingtop" / "analyses" / "hitrate_at_10.sql"
    published = rewound.query(compiled.read_text()).iloc[0]
    metrics = pd.read_parquet(evaluated[1] / "metrics.parquet")
    row = metrics.query(
        "cutoff == @AS_OF and strategy == 'heuristic' and segment == 'all' and k == 10 "
        "and metric == 'hit_rate'"
    ).squeeze()
    assert published["evaluated_users"] == row["n"]
    assert published["hitrate_at_10"] == pytest.approx(row["value"], abs=1e-12)
    assert 0 < row["value"] < 1


def test_every_baseline_stands_beside_the_heuristic(
    evaluated: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    content = json.loads((evaluated[1] / "metrics.json").read_text())
    strategies = {row["strategy"] for row in content["metrics"]}
    assert strategies == {"heuristic", "popular", "trending", "random", "personalize"}
    unseen = [row["value"] for row in content["metrics"] if row["metric"] == "unseen_share"]
    assert unseen
    assert set(unseen) == {1.0}
    assert "heuristic" in content["conclusion"]
    assert {path.name for path in evaluated[1].iterdir()} == {
        *("metrics.json", "metrics.parquet", "metrics.svg", "per_user.parquet")
    }


def test_lists_of_another_system_are_a_strategy(
    evaluated: tuple[Path, Path, subprocess.CompletedProcess[str]],
) -> None:
    """Those that know what comes find it, and that nothing can tell is said."""
    content = json.loads((evaluated[1] / "metrics.json").read_text())
    found = {
        row["strategy"]: row["value"]
        for row in content["metrics"]
        if (row["cutoff"], row["metric"], row["k"]) == (AS_OF, "hit_rate", 10)
        and row["segment"] == "all"
    }
    assert found["personalize"] > 0.9 > found["heuristic"] > 0
    assert any("lists.parquet are taken as made from" in note for note in content["notes"])


def test_the_last_evaluation_shows_in_recommender_health(
    demo: Warehouse, evaluated: tuple[Path, Path, subprocess.CompletedProcess[str]]
) -> None:
    query = "from recommender_health order by segment, time_window"
    before = demo.query(query)
    assert before[["hitrate_at_10", "hitrate_as_of"]].isna().all(axis=None)
    with duckdb.connect(str(evaluated[0]), read_only=True) as connection:
        after = connection.execute(query).df()
        # the copy has another name than the file that dbt built: its views must not mind
        assert connection.execute("select count(*) from interactions").fetchone() == (770,)
    assert set(after["hitrate_as_of"].dropna()) == {pd.Timestamp(AS_OF)}
    assert after.loc[after["segment"] == "all", "hitrate_at_10"].notna().all()
    metrics = pd.read_parquet(evaluated[1] / "metrics.parquet")
    hitrates = metrics.query(
        "cutoff == @AS_OF and strategy == 'heuristic' and k == 10 and metric == 'hit_rate'"
    ).set_index("segment")["value"]
    for segment in ("all", "new", "existing"):
        shown = after.loc[after["segment"] == segment, "hitrate_at_10"]
        if segment in hitrates:
            assert set(shown) == {hitrates[segment]}
        else:
            assert shown.isna().all()
    columns = [name for name in before.columns if not name.startswith("hitrate")]
    pd.testing.assert_frame_equal(before[columns], after[columns])


def test_evaluations_of_another_log_or_of_later_days_do_not_show(
    evaluated: tuple[Path, Path, subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    warehouse = Warehouse(tmp_path)
    shutil.copy(evaluated[0], warehouse.database)
    for table in ("users", "pings", "interactions"):
        shutil.copy(PROJECT / "seeds" / f"raw_{table}.csv", warehouse.raw / f"{table}.csv")

    def shown_after(
        *arguments: str, variables: dict[str, str] | None = None, demo: bool = False
    ) -> int:
        done = warehouse.dbt("build", *arguments, variables=variables, demo=demo)
        assert done.returncode == 0, done.stdout[-4000:]
        hitrates = "select count(hitrate_at_10) from recommender_health"
        [(n_rows, n_hitrates)] = warehouse.rows(
            f"select count(*), ({hitrates}) from evaluation_metrics"
        )
        assert (n_rows > 0) == (n_hitrates > 0)
        return n_rows

    recorded = warehouse.rows("select count(*) from intermediate.int_recorded_evaluations")[0][0]
    # the horizon ends at 2024-02-20: with its data tests, a build that does not know of it is green
    assert shown_after(demo=True, variables={"as_of": "2024-02-19"}) == 0
    assert shown_after(*MODELS_ONLY) == 0
    assert shown_after(*MODELS_ONLY, demo=True) == recorded > 0


def test_random_lists_are_random_unseen_pings(rewound: Warehouse) -> None:
    """Full lists of the catalogue, unlike from user to user, the same in every build."""
    lists = rewound.query("from strategy_lists where strategy = 'random'")
    users = lists.groupby("user_id")["ping_id"].agg(tuple)
    assert users.nunique() > len(users) / 2
    catalogue = set(rewound.table("pings")["ping_id"])
    assert set(lists["ping_id"]) == catalogue


def test_what_was_shown_is_scored_by_what_was_known(rewound: Warehouse) -> None:
    """Brute force from the public tables; the heuristic for pings outside of the lists, too."""
    scores = rewound.query("from intermediate.int_shown_scores order by user_id, ping_id")
    held_out = rewound.table("holdout_interactions")
    pings = rewound.query("from pings join ping_features using (ping_id)").set_index("ping_id")
    events = rewound.table("interactions")
    known = set(rewound.table("users")["user_id"]) | set(events["user_id"])
    shown = held_out[held_out["ping_id"].isin(pings.index) & held_out["user_id"].isin(known)]
    pairs = {(row.user_id, row.ping_id) for row in shown.itertuples()}
    assert {(row.user_id, row.ping_id) for row in scores.itertuples()} == pairs
    assert len(scores) == len(pairs) > 50
    assert scores["random"].nunique() == len(scores)

    ratio = events["watch_time_ratio"].fillna(0)
    responded = events["event_type"].isin(["like", "comment", "share"]) | (ratio >= 0.5)
    by_pair = responded.groupby([events["user_id"], events["ping_id"]]).max()
    by_ping = by_pair.groupby("ping_id").agg(["sum", "count"]).reindex(pings.index, fill_value=0)
    pings["rate"] = (by_ping["sum"] + 10 * by_pair.mean()) / (by_ping["count"] + 10)
    is_recent = events["event_timestamp"] >= events["event_timestamp"].max() - timedelta(days=2)
    recent = events[is_recent].groupby("ping_id")["event_score"].sum()
    recent = recent.reindex(pings.index, fill_value=0).round(9)
    order = list(zip(recent, pings["global_engagement"].round(9), strict=True))
    pings["place"] = [1 + sorted(set(order)).index(own) for own in order]
    affinities = {
        kind: rewound.query(f"from user_{kind}_affinity").set_index(["user_id", column])["affinity"]
        for kind, column in (("category", "category"), ("creator", "creator_id"))
    }
    of_ping = pings.loc[scores["ping_id"]].reset_index()
    users = scores["user_id"]
    heuristic = 0.5 * of_ping["popularity"] + 0.1 * of_ping["freshness"]
    for weight, kind, column in ((0.25, "category", "category"), (0.15, "creator", "creator_id")):
        own = pd.MultiIndex.from_arrays([users, of_ping[column]])
        heuristic += weight * affinities[kind].reindex(own, fill_value=0).to_numpy()
    for strategy, expected in {
        "popular": of_ping["global_engagement"],
        "trending": of_ping["place"],
        "impressions": by_ping.loc[scores["ping_id"], "count"],
        "response_rate": of_ping["rate"],
        "shorter": -of_ping["duration_sec"],
        "heuristic": heuristic,
    }.items():
        assert scores[strategy].to_numpy() == pytest.approx(expected.to_numpy(), abs=1e-9), strategy


def test_the_order_of_what_was_shown_is_evaluated(
    rewound: Warehouse,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """The command from end to end, but that the warehouse is rewound already; nothing is recorded
    in the user's own, since its tables are of lists."""
    built = []

    @contextmanager
    def build(
        _builder: FileBuilder, models: tuple[str, ...], variables: dict[str, object]
    ) -> Iterator[RewoundFile]:
        built.append((models, variables))
        with duckdb.connect(str(rewound.database), read_only=True) as connection:
            yield RewoundFile(connection)

    monkeypatch.setattr(FileBuilder, "build", build)
    monkeypatch.setenv("PINGTOP_DATABASE", str(tmp_path / "none.duckdb"))
    arguments = ["--task", "impressions", "--as-of", AS_OF, "--collaborative"]
    assert main([*arguments, "--output", str(tmp_path / "output")]) == 0
    printed = capsys.readouterr()
    assert "recorded" not in printed.err
    [(models, variables)] = built
    assert "int_shown_scores" in models
    assert variables == {"as_of": AS_OF, "holdout_days": 7, "top_k": 10}
    content = json.loads((tmp_path / "output" / "metrics.json").read_text())
    found = {
        row["strategy"]: row
        for row in content["metrics"]
        if (row["metric"], row["segment"]) == ("gauc", "all")
    }
    assert set(found) == {
        *("random", "popular", "trending", "heuristic", "ease", "als"),
        *("impressions", "response_rate", "shorter"),
    }
    # eleven users say little of 0.5, so the draw itself is looked at: MD5, the same on every engine
    drawn = rewound.rows("select user_id, ping_id, random from intermediate.int_shown_scores")
    seconds = int((datetime.fromisoformat(AS_OF) - datetime(1970, 1, 1)).total_seconds())
    assert len(drawn) > 50
    for user, ping, value in drawn:
        text = f"{seconds} {user} {ping}"
        assert value == float(int(hashlib.md5(text.encode()).hexdigest()[:15], 16)), (user, ping)
    assert content["settings"]["task"] == "impressions"
    assert content["settings"]["primary_metric"] == "gauc"
    for words in ("fair_gauc", "left out: one class", "gauc by segment", content["conclusion"]):
        assert words in printed.out
    rows = pd.read_parquet(tmp_path / "output" / "per_user.parquet")
    assert set(rows["label"]) == {"response", "fair"}
    assert {path.name for path in (tmp_path / "output").iterdir()} == {
        *("metrics.json", "metrics.parquet", "per_user.parquet")
    }


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--task", "impressions", "--k", "5"], "--k is for lists"),
        (["--task", "impressions", "--lists", "lists.parquet"], "give one or the other"),
        (["--task", "impressions", "--primary-metric", "map"], "cannot decide between strategies"),
        (["--as-of", "2023-01-01"], "no event before --as-of 2023-01-01"),
        (["--as-of", "2031-01-01"], "no event from --as-of 2031-01-01"),
        (["--as-of", "yesterday"], "--as-of yesterday is not a moment"),
        (["--horizon-days", "0"], "--horizon-days is 0"),
        (["--horizon-days", "40"], "the log spans"),
        (["--as-of", "2024-02-13", "--as-of", "2024-02-13"], "given twice"),
        (["--as-of", "2024-02-13", "--lists", "lists.parquet"], "give one or the other"),
        (["--lists", "lists.parquet"], "without --truth"),
        (["--vars", "{"], "not a JSON object"),
        (["--vars", '{"as_of": "2024-02-13"}'], "--vars sets as_of, which is what --as-of is for"),
        (
            ["--as-of", "2024-02-13", "--vars", '{"weight_freshness": "much"}'],
            "weight_freshness must be a number",
        ),
    ],
)
def test_bad_input_gets_one_sentence(tmp_path: Path, arguments: list[str], sentence: str) -> None:
    done = evaluate(tmp_path / "none.duckdb", *arguments, "--output", str(tmp_path / "output"))
    assert done.returncode == 2
    assert sentence in done.stderr
    assert "Traceback" not in done.stderr + done.stdout
    assert len(done.stderr.strip().splitlines()) == 1
    assert not (tmp_path / "output").exists()


def test_rolling_cutoffs_leave_a_horizon_on_both_sides() -> None:
    first, last = datetime(2024, 1, 27, 6), datetime(2024, 2, 26, 20)
    week = timedelta(days=7)
    cutoffs = rolling_cutoffs(first, last, week)
    assert cutoffs == [datetime(2024, 2, 5), datetime(2024, 2, 12), datetime(2024, 2, 19)]
    with pytest.raises(RewindError, match="too few for a horizon"):
        rolling_cutoffs(first, first + timedelta(days=13), week)


def test_moments_are_utc() -> None:
    assert parse_moment("2024-02-13T02:00:00+02:00") == parse_moment("2024-02-13")


def test_the_reason_is_the_sentence_of_dbt() -> None:
    output = (
        "09:00:00  Encountered an error:\n"
        "Compilation Error in operation pingtop-on-run-start-1 (./dbt_project.yml)\n"
        "  The variable top_k must be a number.\n  \n  > in macro check_number"
    )
    assert dbt_reason(output) == "The variable top_k must be a number."
