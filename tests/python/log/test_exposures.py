"""The wide exposure log, alone and beside the long one: the same events, and no row is lost."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd
import pytest
from dbt_runs import run_all
from warehouse import PROJECT

AS_OF = "2024-02-16 12:00:00"
COUNTS = {
    "click": "click",
    "like": "like",
    "share": "share",
    "comment": "comment",
    "follow": "follow_creator",
    "hide": "hide",
}
# what the shape of the raw log may change: the intake, and the ids that only the long shape has
SHAPE_SHOWS = {"intake_files", "intake_summary", "intake_nulled_values", "rejected_rows"}
SHAPE_SHOWS |= {"evaluation_metrics", "build_history"}

TOO_SHORT = "malformed line: too few fields"
BROKEN_QUOTES = "malformed line: broken quotes"
MISSING_ID = "missing id"
BAD_TIMESTAMP = "unparseable or missing event timestamp"
BAD_WATCH_TIME = "negative or non-finite watch time"
DUPLICATE = "duplicate"

# --- dirt: one line and what becomes of it -------------------------------------------------------
AT = "2024-02-10 10:00:00"
LINES: list[tuple[str, str]] = [
    # of equal exposures the one whose line comes first in the order of bytes
    (f"u1,p1,{AT},7.5,1,0,,2,0,0", DUPLICATE),
    (f"u1,p1,{AT},7.5,yes,f,,2,N,no", DUPLICATE),
    (f"u1,p1,{AT},7.5,T,F,,2,n,No", DUPLICATE),
    ("u1, p1 ,2024-02-10T12:00:00+02:00,7.50,true,,0,2.0,0,", "accepted"),
    (f"u1,p1,{AT},7.25,1,0,,2,0,0", "accepted"),
    (f"u1,p2,{AT},0,0,0,0,0,0,0", "accepted"),
    (f"u2,p2,{AT},,many,-1,0.5,1001,1e3,nan", "accepted"),
    (f"u2,p1,{AT},soon,inf,1,1,1,1,1", "accepted"),
    (f",p1,{AT},1,1,1,1,1,1,1", MISSING_ID),
    (f"u1,  ,{AT},-1,1,1,1,1,1,1", MISSING_ID),
    ("u1,p1,never,-1,1,1,1,1,1,1", BAD_TIMESTAMP),
    ("u1,p1,,1,1,1,1,1,1,1", BAD_TIMESTAMP),
    (f"u1,p1,{AT},-0.001,1,1,1,1,1,1", BAD_WATCH_TIME),
    (f"u1,p1,{AT},inf,1,1,1,1,1,1", BAD_WATCH_TIME),
    (f"u1,p1,{AT},nan,1,1,1,1,1,1", BAD_WATCH_TIME),
    (f"u1,p1,{AT},1", TOO_SHORT),
    (f'u1,"p1,{AT},1,1,1,1,1,1,1', BROKEN_QUOTES),
    (f"u1,p1,{AS_OF},1,1,0,0,0,0,0", "after_as_of"),
    (f"u1,p1,{AS_OF},1,1,0,0,0,0,0", "after_as_of"),
    ("new,p9,2024-02-17 00:00:00,16,0,0,0,0,0,2", "after_as_of"),
    (",p1,2024-02-17 00:00:00,1,1,0,0,0,0,0", "after_as_of"),
]
HEADER = " OUSER_ID,Content_Id,Event_Timestamp,dwell_time,CLICK,like,share,comment,follow,hide"
NULLED = {"dwell_time": 1, "click": 2, "like": 1, "share": 1, "comment": 1, "hide": 1}
DIRT_EVENTS = {
    ("u1", "p1"): {"impression": 2, "view": 2, "click": 2, "comment": 4},
    ("u1", "p2"): {"impression": 1},
    ("u2", "p2"): {"impression": 1, "follow_creator": 1000},
    ("u2", "p1"): {"impression": 1}
    | dict.fromkeys(["like", "share", "comment", "follow_creator", "hide"], 1),
    ("u3", "p1"): {"impression": 2, "click": 1},
}
USERS = "user_id,country,signup_date,age\n" + "".join(f"u{n},NG,2024-02-01,30\n" for n in range(4))
PINGS = "ping_id,category,duration_sec\np1,dance,30\np2,food,10\np3,food,10\n"


def write_dirt(raw: Path) -> None:
    (raw / "exposures" / "2024").mkdir(parents=True)
    (raw / "users.csv").write_text(USERS)
    (raw / "pings.csv").write_text(PINGS)
    text = "\r\n".join([HEADER, *(line for line, _ in LINES)])
    (raw / "exposures" / "2024" / "1.csv.gz").write_bytes(gzip.compress(text.encode()))
    # other columns, in another order, and without the counts
    text = f"event_timestamp,ping_id,click,user_id\n{AT},p1,1,u3\n2024-02-11,p1,0,u3\n"
    (raw / "exposures" / "2.csv").write_text(text)


# --- one log in both shapes ----------------------------------------------------------------------
def random_exposures(rng: np.random.Generator, size: int) -> pd.DataFrame:
    """Exposures with the types that a Parquet file would have."""
    at = pd.Timestamp("2024-02-01") + pd.to_timedelta(rng.integers(20 * 86_400, size=size), "s")
    table = pd.DataFrame(
        {
            "user_id": rng.integers(60, size=size),
            "content_id": rng.integers(90, size=size),
            "event_timestamp": at,
            "click": rng.random(size) < 0.3,
            "dwell_time": np.where(rng.random(size) < 0.3, 0, rng.uniform(0, 60, size).round(2)),
            "like": rng.choice([0, 0, 0, 1], size),
            "share": rng.choice([0.0, 0.0, 0.0, 0.0, 1.0, np.nan], size),
            "comment": rng.choice([0, 0, 0, 0, 1, 3], size),
            "follow": rng.choice([0, 0, 0, 0, 0, 1], size),
            "hide": rng.choice([0, 0, 0, 0, 0, 1], size),
        }
    )
    return table.drop_duplicates(["user_id", "content_id", "event_timestamp"], ignore_index=True)


def in_the_long_shape(exposures: pd.DataFrame) -> pd.DataFrame:
    """One row per event, each with an id, so that equal events of one exposure stay apart."""
    rows = []
    for row in exposures.to_dict("records"):
        events = [("impression", None)]
        if row["dwell_time"] > 0:
            events.append(("view", row["dwell_time"]))
        for column, event_type in COUNTS.items():
            count = 0 if pd.isna(row[column]) else int(row[column])
            events += [(event_type, None)] * count
        same = (str(row["user_id"]), str(row["content_id"]), str(row["event_timestamp"]))
        rows += [(*same, event_type, watched) for event_type, watched in events]
    columns = ["user_id", "ping_id", "event_timestamp", "event_type", "watch_time_sec"]
    return pd.DataFrame(rows, columns=columns)


def write_shapes(base: Path) -> None:
    """The folders `long`, one log as events, and `both`, its first half as exposures; with repeated
    rows, which do not count."""
    rng = np.random.default_rng(20_240_216)
    exposures = random_exposures(rng, 2_500)
    half = len(exposures) // 2
    repeated = pd.concat([exposures[:half], exposures[:half].sample(100, random_state=1)])
    events = in_the_long_shape(exposures)
    events.insert(0, "event_id", [f"e{number}" for number in range(len(events))])
    later = in_the_long_shape(exposures[half:])
    later.insert(0, "event_id", [f"l{number}" for number in range(len(later))])
    pings = pd.DataFrame(
        {
            "ping_id": range(80),  # ten of the log's pings are not in the catalogue
            "publisher": [f"c{number}" for number in rng.integers(12, size=80)],
            "topic": rng.choice(["dance", "food", "kids"], 80),
            "duration_sec": rng.choice([8.0, 30.0, np.nan], 80),
            "created_at": pd.Timestamp("2024-01-20")
            + pd.to_timedelta(rng.integers(20, size=80), "D"),
        }
    )
    users = pd.DataFrame({"user_id": range(55), "signup_date": "2024-02-01"})
    for folder in ("both", "long"):
        (base / folder).mkdir()
        users.to_parquet(base / folder / "users.parquet", index=False)
        pings.to_parquet(base / folder / "pings.parquet", index=False)
    repeated = repeated.sample(frac=1, random_state=2)
    repeated.to_parquet(base / "both" / "exposures.parquet", index=False)
    later.to_csv(base / "both" / "interactions.csv", index=False)
    events.to_parquet(base / "long" / "interactions.parquet", index=False)


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The warehouse of each folder, rewound to AS_OF; the dirty one with every data test."""
    base = tmp_path_factory.mktemp("exposures")
    (base / "dirt").mkdir()
    write_dirt(base / "dirt")
    write_shapes(base)
    paths, runs = {}, []
    for name in ("dirt", "both", "long"):
        (base / f"built-{name}").mkdir()
        paths[name] = base / f"built-{name}" / "pingtop.duckdb"
        kinds = ["unit_test"] if name in ("dirt", "both") else ["test", "unit_test"]
        arguments = ["build", "--vars", json.dumps({"as_of": AS_OF})]
        environment = {
            "PINGTOP_DATABASE": str(paths[name]),
            "PINGTOP_RAW_LOCATION": str(base / name),
        }
        arguments += ["--exclude-resource-type", *kinds]
        runs.append({"arguments": arguments, "environment": environment})
    for outcome in run_all(runs, base / "runs", PROJECT, runs[0]["environment"]):
        assert outcome["exit_code"] == 0, outcome["output"][-4000:]
    return paths


def rows(path: Path, sql: str) -> list[tuple]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_row_is_accounted_for(databases: dict[str, Path]) -> None:
    outcomes = pd.Series([outcome for _, outcome in LINES] + ["accepted"] * 2).value_counts()
    found = rows(
        databases["dirt"],
        "select coalesce(reject_reason, outcome), row_count from intake_summary "
        "where source_table = 'exposures'",
    )
    assert dict(found) == outcomes.to_dict()


def test_rejected_rows_are_kept_as_they_came(databases: dict[str, Path]) -> None:
    wanted = [(why, line) for line, why in LINES if why not in ("accepted", "after_as_of")]
    found = rows(
        databases["dirt"],
        "select reject_reason, raw_row from rejected_rows where source_table = 'exposures'",
    )
    assert sorted(found) == sorted(wanted)


def test_unusable_values_are_counted(databases: dict[str, Path]) -> None:
    found = rows(
        databases["dirt"],
        "select column_name, row_count from intake_nulled_values "
        "where source_table = 'exposures' and row_count > 0",
    )
    assert dict(found) == NULLED


def test_the_events_of_dirty_exposures(databases: dict[str, Path]) -> None:
    found: dict[tuple[str, str], dict[str, int]] = {}
    for user, ping, event_type, n_events in rows(
        databases["dirt"],
        "select user_id, ping_id, event_type, count(*) from interactions group by all",
    ):
        found.setdefault((user, ping), {})[event_type] = n_events
    assert found == DIRT_EVENTS
    ratios = "select watch_time_sec, watch_time_ratio from interactions where event_type = 'view'"
    assert rows(databases["dirt"], f"{ratios} order by all") == [(7.25, 7.25 / 30), (7.5, 0.25)]


def test_later_exposures_are_held_out(databases: dict[str, Path]) -> None:
    found = rows(
        databases["dirt"],
        "select user_id, ping_id, event_type, watch_time_ratio from holdout_interactions "
        "order by all",
    )
    assert found == [
        ("new", "p9", "hide", None),
        ("new", "p9", "hide", None),
        ("new", "p9", "impression", None),
        ("new", "p9", "view", 16 / 30),
        ("u1", "p1", "click", None),
        ("u1", "p1", "impression", None),
        ("u1", "p1", "view", 1 / 30),
    ]


def test_a_log_of_exposures_alone_has_no_interactions(databases: dict[str, Path]) -> None:
    tables = "select distinct source_table from intake_summary order by all"
    assert rows(databases["dirt"], tables) == [("exposures",), ("pings",), ("users",)]
    recommended = "select user_id, ping_id from recommendations order by all"
    assert rows(databases["dirt"], recommended) == [
        *(("u0", ping) for ping in ("p1", "p2", "p3")),
        ("u1", "p3"),
        ("u2", "p3"),
        *(("u3", ping) for ping in ("p2", "p3")),
    ]


def public_tables(path: Path) -> dict[str, pd.DataFrame]:
    """Every public table that the raw shape must not show in, digit for digit."""
    names = rows(path, "select table_name from information_schema.tables where table_schema='main'")
    with duckdb.connect(str(path), read_only=True) as connection:
        tables = {name: connection.execute(f'from "{name}"').df() for (name,) in names}
    for name in SHAPE_SHOWS:
        del tables[name]
    del tables["interactions"]["event_id"]
    # what is given at all, and what was repeated, is of the shape, too
    baselines = tables["metric_baselines"]
    of_shape = baselines["segment"].isin(["event_id", "dwell_time", "duplicate"])
    tables["metric_baselines"] = baselines[~of_shape]
    return {
        name: table.astype("string").sort_values(list(table.columns), ignore_index=True)
        for name, table in tables.items()
    }


def test_both_shapes_of_a_log_give_the_same_tables(databases: dict[str, Path]) -> None:
    wanted, built = public_tables(databases["long"]), public_tables(databases["both"])
    assert set(built) == set(wanted)
    for name, table in wanted.items():
        pd.testing.assert_frame_equal(built[name], table, obj=name)
    assert min(len(wanted["holdout_relevance"]), len(wanted["strategy_lists"])) > 100


def test_repeated_exposures_count_once(databases: dict[str, Path]) -> None:
    found = rows(
        databases["both"],
        "select row_count from intake_summary where source_table = 'exposures' "
        "and reject_reason = 'duplicate'",
    )
    later = (
        "select count(*) from intermediate.int_exposures "
        "where outcome = 'after_as_of' and reject_reason = 'duplicate'"
    )
    [(n_later,)] = rows(databases["both"], later)
    assert found == [(100 - n_later,)]
    assert 0 < n_later < 100
