"""What numbers mean at the edge of a log: at thresholds, of types in any spelling, of nonsense."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import duckdb
import pandas as pd
import pytest
from mart_comparison import assert_marts_equal
from random_logs import Tables, random_log
from reference import DEFAULT_EVENT_WEIGHTS, EVENT_WEIGHTS, Parameters, engaged_types_of
from warehouse import Warehouse, copied_project

EVENT_COLUMNS = ["user_id", "ping_id", "event_type", "watch_time_sec", "event_timestamp"]


def log_at_the_edge() -> Tables:
    """A random log, with views of exactly 80 %, types in any spelling and values that are none."""
    users, pings, interactions = random_log(11)
    spelled = {"like": "LIKE", "follow_creator": "Follow-Creator", "impression": "Im pression"}
    some = interactions.index[interactions["event_type"].isin(spelled)][::2]
    interactions.loc[some, "event_type"] = interactions.loc[some, "event_type"].map(spelled)
    edge_pings = [
        *(("exact", "12"), ("tiny", "1e-320"), ("giant", "1e300"), ("short", "0.0005")),
        *(("gigasecond", "1000000000"), ("millisecond", "0.001")),
    ]
    rows = [
        *(("exact", "view", "9.6"), ("exact", "view", "6"), ("exact", "Quick_Look", "9.6")),
        *(("exact", "quicklook", "1.2"), ("tiny", "view", "7"), ("giant", "view", "7")),
        *(("millisecond", "view", "1e300"), ("exact", "view", "1e9"), ("short", "view", "86400")),
    ]
    return (
        users,
        pd.concat(
            [pings, pd.DataFrame(edge_pings, columns=["ping_id", "duration_sec"])],
            ignore_index=True,
        ),
        pd.concat(
            [
                interactions,
                pd.DataFrame(
                    [
                        ("edge", ping_id, event_type, watch, f"2024-02-13 10:00:{number:02}")
                        for number, (ping_id, event_type, watch) in enumerate(rows)
                    ],
                    columns=EVENT_COLUMNS,
                ),
            ],
            ignore_index=True,
        ),
    )


LOG = log_at_the_edge()


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse of the log, with a second type of views in the project's seed."""
    folder = tmp_path_factory.mktemp("meanings")
    warehouse = Warehouse(folder, copied_project(folder / "project"))
    seed = warehouse.project / "seeds" / "event_weights.csv"
    seed.write_text(EVENT_WEIGHTS.read_text() + "quick_look,0.5,watch_time_ratio,true,\n")
    warehouse.write_raw(*LOG)
    warehouse.build(tests=True)
    return warehouse


def test_every_mart_is_as_the_meanings_say(warehouse: Warehouse) -> None:
    parameters = replace(
        Parameters(),
        event_weights={**DEFAULT_EVENT_WEIGHTS, "quick_look": 0.5},
        engaged_types=engaged_types_of(EVENT_WEIGHTS) | {"quick_look"},
        view_types=frozenset({"view", "quick_look"}),
    )
    assert_marts_equal(warehouse, LOG, parameters)


def test_types_have_the_spelling_of_the_seed(warehouse: Warehouse) -> None:
    types = {row[0] for row in warehouse.rows("select distinct event_type from interactions")}
    assert types == {*DEFAULT_EVENT_WEIGHTS, "quick_look"}
    # the rows are kept as they came
    rejected = "select raw_row from rejected_rows where reject_reason = 'unknown event type'"
    assert not [row for row in warehouse.rows(rejected) if "Quick" in row[0]]


def test_a_type_that_counts_by_ratio_is_a_view(warehouse: Warehouse) -> None:
    found = warehouse.rows(
        "select event_type, watch_time_ratio, round(event_score, 9) from interactions"
        " where user_id = 'edge' and ping_id = 'exact' and watch_time_sec in (1.2, 9.6)"
        " order by event_timestamp"
    )
    assert [(name, round(ratio, 9), score) for name, ratio, score in found] == [
        *(("view", 0.8, 0.8), ("quick_look", 0.8, 0.4), ("quick_look", 0.1, 0.05)),
    ]


def test_absurd_values_are_nulled_or_capped(warehouse: Warehouse) -> None:
    nulled = warehouse.rows(
        "select row_count from intake_nulled_values"
        " where source_table = 'pings' and column_name = 'duration_sec'"
    )
    unusable = warehouse.rows(
        "select count(*) from pings where not is_duration_known"
        " and ping_id in ('tiny', 'giant', 'short', 'gigasecond')"
    )
    assert unusable == [(4,)]
    assert nulled[0][0] >= 4
    [(stored, ratio)] = warehouse.rows(
        "select watch_time_sec, watch_time_ratio from interactions where ping_id = 'millisecond'"
    )
    assert (stored, ratio) == (1e300, 86_400 / 0.001)
    [(capped,)] = warehouse.rows(
        "select watch_time_ratio from interactions where ping_id = 'exact' and watch_time_sec = 1e9"
    )
    assert capped == 86_400 / 12


def test_all_exact_pairs_are_watched_through(warehouse: Warehouse) -> None:
    """Every length of up to a minute, in milliseconds, with 80 % of it: what the SQL compares."""
    macro = "{{ is_watched_through('ratio') }} as through, {{ reaches('ratio', 0.5) }} as half"
    done = warehouse.dbt("compile", "--quiet", "--inline", f"select {macro}")
    assert done.returncode == 0, done.stdout
    through = done.stdout.strip().removeprefix("select")
    numbers = "from range(1, 12001) as numbers (n)"
    pairs = f"select n * 4 / 1000.0::double / (n * 5 / 1000.0::double) as ratio {numbers}"
    halves = f"select n / 1000.0::double / (2 * n / 1000.0::double) as ratio {numbers}"
    for ratios, column, expected in (
        *((pairs, "through", True), (pairs, "half", True), (halves, "half", True)),
        *((halves, "through", False), ("select 0.8 - 1e-8 as ratio", "through", False)),
    ):
        query = f"select distinct {column} from (select {through} from ({ratios}))"
        assert duckdb.sql(query).fetchall() == [(expected,)]
    # and machines do not agree with that by themselves
    [(short,)] = duckdb.sql(f"select count(*) from ({pairs}) where ratio < 0.8").fetchall()
    assert short > 1000


def test_two_spellings_of_one_type_are_refused(tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path, copied_project(tmp_path / "project"))
    seed = warehouse.project / "seeds" / "event_weights.csv"
    seed.write_text(EVENT_WEIGHTS.read_text() + "FollowCreator,2.0,event,false,\n")
    done = warehouse.dbt("build", demo=True)
    assert done.returncode != 0
    assert "FollowCreator and follow_creator are one (case, blanks, - and _ do not count)" in (
        " ".join(done.stdout.split())
    )
