"""A warehouse built as of t is what would have been built at t."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from random_logs import Tables, random_log, restricted
from reference import parse_timestamp
from warehouse import PROJECT, Warehouse

AS_OF = "2024-02-05 12:00:00"
REWOUND = {"as_of": AS_OF, "holdout_days": 3, "experiments_enabled": True}

# what the future may change: the counts of raw rows, and what is held out; which runs of dbt there
# were is no matter of the log
MAY_CHANGE = {"intake_summary", "intake_files", "holdout_interactions", "holdout_relevance"}
MAY_CHANGE |= {"build_history"}


def future_of(tables: Tables) -> Tables:
    """Absurd rows at and after AS_OF, which would upset every number if one of them leaked."""
    users, pings, interactions = tables
    user_ids = [str(value) for value in users["user_id"].dropna().unique()]
    ping_ids = [str(value) for value in pings["ping_id"].dropna().unique()]
    moments = [AS_OF, "2024-02-05T14:00:00+02:00", "2024-02-06 00:00:00", "2031-01-01 00:00:00"]
    later_users = pd.DataFrame(
        {
            "user_id": ["zz_future", "00_future", user_ids[0]],
            "country": "XX",
            "signup_date": ["2024-02-06", AS_OF, "2030-01-01"],
            "age": "7000",
            "region": "ZA",
            "blocklist": "dance|future",
        }
    )
    later_pings = pd.DataFrame(
        {
            "ping_id": ["00_future", "zz_future", ping_ids[0]],
            "creator_id": "future",
            "main_hashtag": "future",
            "category": ["dance", "future", "dance"],
            "duration_sec": ["0.001", "1e9", "99999"],
            "created_at": [AS_OF, "2030-01-01 00:00:00", "2024-02-05 12:00:01"],
            "region_restriction": ["NG", "future", "NG|ZA"],
            "quality_score": "1e9",
        }
    )
    rows = [
        (user_id, ping_id, event_type, "1e7", moment)
        for user_id in [*user_ids[:20], "zz_future", "nobody"]
        for ping_id in [*ping_ids[:10], "00_future"]
        for event_type in ["view", "share", "unheard_of"]
        for moment in moments
    ]
    rows += [(user_ids[1], ping_ids[1], "view", "-5", moments[2]), (None, "p", "view", "", AS_OF)]
    columns = ["user_id", "ping_id", "event_type", "watch_time_sec", "event_timestamp"]
    later_events = pd.DataFrame(rows, columns=columns)
    later_events = pd.concat([later_events, later_events.head(50)])
    return (
        pd.concat([users, later_users], ignore_index=True),
        pd.concat([pings, later_pings], ignore_index=True),
        pd.concat([interactions, later_events], ignore_index=True).sample(frac=1, random_state=1),
    )


def experiments_of(users: pd.DataFrame) -> Tables:
    """Assignments of the users to two arms and to three, before AS_OF, and what is planned."""
    rng = np.random.default_rng(3)
    ids = [str(value) for value in users["user_id"].dropna().unique()]
    start = datetime(2024, 1, 30)
    rows = [
        (experiment, user, str(rng.choice(arms)), str(start + timedelta(hours=int(hours))))
        for experiment, arms in (("two", ["control", "new"]), ("three", ["a", "b", "c"]))
        for user, hours in zip(ids, rng.integers(0, 150, len(ids)), strict=True)
    ]
    rows += [("two", user, "new", str(start + timedelta(hours=150))) for user in ids[::9]]
    described = [("three", "b", str(start + timedelta(days=1)), None, "a=1|b=1|c=1")]
    columns = ["experiment_id", "control_arm", "started_at", "ended_at", "planned_shares"]
    return (
        pd.DataFrame(rows, columns=["experiment_id", "user_id", "arm", "assigned_at"]),
        pd.DataFrame(described, columns=columns),
    )


def future_experiments(users: pd.DataFrame) -> Tables:
    """The same, and at and after AS_OF everybody in every arm, and other plans."""
    assignments, experiments = experiments_of(users)
    later = [
        (experiment, user, arm, moment)
        for user in assignments["user_id"].unique()
        for experiment, arm in (("two", "control"), ("two", "new"), ("three", "0"), ("next", "a"))
        for moment in (AS_OF, "2024-02-05T14:00:01+02:00", "2030-01-01 00:00:00")
    ]
    plans = [("three", "c", AS_OF, AS_OF, "a=9|b=1"), ("next", "a", "2030-01-01", None, None)]
    return (
        pd.concat([assignments, pd.DataFrame(later, columns=assignments.columns)]),
        pd.concat([experiments, pd.DataFrame(plans, columns=experiments.columns)]),
    )


def write_log(warehouse: Warehouse, tables: Tables, experiments: Tables) -> None:
    warehouse.write_raw(*tables, suffix=".parquet")
    names = ("experiment_assignments", "experiments")
    for name, table in zip(names, experiments, strict=True):
        table.astype("string").to_parquet(warehouse.raw / f"{name}.parquet", index=False)


def public_tables(warehouse: Warehouse) -> dict[str, pd.DataFrame]:
    """Every public table, its rows in a fixed order and every value as text, digit for digit."""
    names = warehouse.rows(
        "select table_name from information_schema.tables where table_schema = 'main'"
    )
    tables = {}
    for (name,) in names:
        table = warehouse.table(name).astype("string").fillna("<null>")
        tables[name] = table.sort_values(list(table.columns), ignore_index=True)
    return tables


@pytest.fixture(scope="module")
def before(random_warehouse: Warehouse) -> dict[str, pd.DataFrame]:
    tables = restricted(random_log(11), 11)
    write_log(random_warehouse, tables, experiments_of(tables[0]))
    random_warehouse.build(REWOUND, tests=True)
    return public_tables(random_warehouse)


def assert_same_tables(
    tables: dict[str, pd.DataFrame], others: dict[str, pd.DataFrame], leave_out: set[str]
) -> None:
    assert set(tables) == set(others)
    for name in sorted(set(tables) - leave_out):
        pd.testing.assert_frame_equal(tables[name], others[name], obj=name)


def test_the_future_changes_nothing(
    random_warehouse: Warehouse, before: dict[str, pd.DataFrame]
) -> None:
    tables = restricted(random_log(11), 11)
    write_log(random_warehouse, future_of(tables), future_experiments(tables[0]))
    random_warehouse.build(REWOUND, tests=True)
    after = public_tables(random_warehouse)
    assert_same_tables(before, after, MAY_CHANGE)
    assert len(after["holdout_interactions"]) > len(before["holdout_interactions"])
    assert len(before["strategy_lists"]) > 0
    compared = before["experiment_results"]
    assert set(compared["experiment_id"]) == {"two", "three"}
    assert (compared["p_value"] != "<null>").sum() > 100
    assert (before["experiment_users"]["is_crossover"] == "True").any()


def test_rewinding_equals_a_log_that_ends_there(
    random_warehouse: Warehouse, before: dict[str, pd.DataFrame]
) -> None:
    users, pings, interactions = restricted(random_log(11), 11)
    moments = {
        "signup_date": users,
        "created_at": pings,
        "event_timestamp": interactions,
    }
    cutoff = datetime.fromisoformat(AS_OF)
    past = []
    for column, table in moments.items():
        moments_of_rows = [parse_timestamp(text) for text in table[column]]
        past.append(table[[not moment or moment < cutoff for moment in moments_of_rows]])
    # none of the assignments and plans is later
    write_log(random_warehouse, tuple(past), experiments_of(users))
    random_warehouse.build({"experiments_enabled": True})
    now = public_tables(random_warehouse)
    # strategies are only listed for a rewound warehouse, whose lists an evaluation will compare
    # and gates only judge one that is not
    assert_same_tables(before, now, MAY_CHANGE | {"strategy_lists", "build_gates"})


def test_no_model_reads_the_clock() -> None:
    clock = re.compile(
        r"\b(now|today|current_timestamp|current_date|current_time|get_current_timestamp"
        r"|localtimestamp|transaction_timestamp|run_started_at|datetime\.(now|utcnow|today))\b",
        re.IGNORECASE,
    )
    folders = [PROJECT / name for name in ("models", "macros", "analyses")]
    files = [path for folder in folders for path in Path(folder).rglob("*.sql")]
    assert len(files) > 50
    # the one that says of a run when it began, for what is recorded of runs
    found = [
        path.name
        for path in files
        if clock.search(path.read_text()) and path.name != "started_at_of_run.sql"
    ]
    assert found == []
