"""What looks odd in a log is said: by a sentence at the end of the build, and in intake_warnings.

Each log below was once built green and wrong.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest
from dbt_runs import run_all
from warehouse import PROJECT

USERS = "user_id,country,region,blocklist\n" + "".join(f"{n},FR,EU,\n" for n in range(1, 11))
PINGS = "ping_id,category,creator_id,duration_sec\n" + "".join(
    f"p{n},music,c{n % 2},10\n" for n in range(10)
)
START = datetime(2024, 1, 1)


def log(
    n_events: int = 60,
    header: str = "user_id,ping_id,event_type,watch_time_sec,event_timestamp",
    **values: Callable[[int], Any],
) -> str:
    """A log in the contract's shape, with other values in some columns."""
    usual: dict[str, Callable[[int], Any]] = {
        "user_id": lambda place: place % 10 + 1,
        "ping_id": lambda place: f"p{place % 7}",
        "event_type": lambda place: "view",
        "watch_time_sec": lambda place: place % 12,
        "event_timestamp": lambda place: START + timedelta(hours=place),
    }
    columns = usual | values
    rows = [",".join(str(value(place)) for value in columns.values()) for place in range(n_events)]
    return "\n".join([header, *rows]) + "\n"


IDENTIFIED = "user_id,ping_id,event_type,watch_time_sec,event_timestamp,event_id"


@dataclass
class Odd:
    """A raw folder beside the usual one, and the warning that it must give."""

    kind: str
    sentence: str  # a part of it
    files: dict[str, str | None] = field(default_factory=dict)
    fails: bool = False
    share: float | None = None
    variables: str = "{}"


def later(place: int) -> datetime:
    return START + timedelta(hours=place, days=900 * (place >= 1999))


ODD = {
    "own_event_names": Odd(
        "rejected rows",
        "interactions: 60 of 60 rows (100 %) were rejected as 'unknown event type', "
        "such as 1,p0,play,",
        {"interactions.csv": log(event_type=lambda place: "play")},
        fails=True,
        share=1.0,
    ),
    "day_first_dates": Odd(
        "rejected rows",
        "interactions: 60 of 60 rows (100 %) were rejected as 'unparseable or missing event "
        "timestamp'",
        {"interactions.csv": log(event_timestamp=lambda place: f"{place % 28 + 1}/01/2024 10:00")},
        fails=True,
        share=1.0,
    ),
    "some_rejected": Odd(
        "rejected rows",
        "interactions: 3 of 60 rows (5 %) were rejected as 'missing id'",
        {"interactions.csv": log(ping_id=lambda place: "" if place < 3 else "p1")},
        share=0.05,
    ),
    "two_reasons_together": Odd(
        "rejected rows",
        "Wrong, and the build fails: interactions: 20 of 60 rows",
        {
            "interactions.csv": log(
                ping_id=lambda place: "" if place < 20 else "p1",
                event_type=lambda place: "play" if place >= 40 else "view",
            )
        },
        fails=True,
        share=1 / 3,
    ),
    "event_ids_that_begin_anew": Odd(
        "event ids of other events",
        "interactions.event_id: 18 of 60 events (30 %) have the event_id of one of another user, "
        "ping or type, and were rejected as its duplicates, such as '0'",
        {
            "interactions.csv": None,
            "interactions/a.csv": log(40, IDENTIFIED, event_id=lambda place: place),
            "interactions/b.csv": log(
                20, IDENTIFIED, user_id=lambda _: 9, event_id=lambda place: place
            ),
        },
    ),
    "no_rows": Odd(
        "no rows",
        "Odd: users: is given, but no row of it is accepted",
        {"users.csv": "user_id\n"},
    ),
    "file_not_read": Odd(
        "file not read",
        "2 file(s) beside those that are read, such as {raw}/interactions/_part.csv: "
        "name it in mapping.yml",
        {
            "interactions.csv": None,
            "interactions/a.csv": log(),
            "interactions/_part.csv": log(),
            "interactions/b.csv.bz2": "packed",
            "interactions/_SUCCESS": "",
            "README.md": "",
        },
    ),
    "column_not_used": Odd(
        "column not used",
        "interactions.watch_ms: nothing is read from this column of {raw}/interactions.csv: ",
        {"interactions.csv": log(header="user_id,ping_id,event_type,watch_ms,event_timestamp")},
    ),
    "column_renamed": Odd(
        "column only in some sources",
        "interactions.watch_time_sec: some sources have this column, but 1 of 2 (50 %) lack it, "
        "such as {raw}/interactions/b.csv",
        {
            "interactions.csv": None,
            "interactions/a.csv": log(),
            "interactions/b.csv": log(
                header="user_id,ping_id,event_type,watched,event_timestamp", ping_id=lambda _: "p8"
            ),
        },
        share=0.5,
    ),
    "watch_times_lost_in_a_file": Odd(
        "missing watch times in a file",
        "some files have watch times, but 1 of 2 (50 %) have views without any, "
        "such as {raw}/interactions/b.csv",
        {
            "interactions.csv": None,
            "interactions/a.csv": log(),
            "interactions/b.csv": log(watch_time_sec=lambda _: "", ping_id=lambda _: "p8"),
        },
        share=0.5,
    ),
    "no_watch_times": Odd(
        "no watch times",
        "interactions.watch_time_sec: none of 60 views has a watch time: each counts 0, so that "
        "popularity is of likes, comments, shares and the like alone",
        {"interactions.csv": log(watch_time_sec=lambda _: "")},
        share=1.0,
    ),
    "few_watch_times": Odd(
        "missing watch times",
        "50 of 60 views (83.3 %) have no watch time, which counts as 0",
        {"interactions.csv": log(watch_time_sec=lambda place: "" if place % 6 else 3)},
    ),
    "decimal_commas": Odd(
        "unusable values",
        "interactions.watch_time_sec: 60 of 60 values (100 %) are unusable, and were "
        "set to null, such as "
        '1,p0,view,"0,5"',
        {"interactions.csv": log(watch_time_sec=lambda place: f'"{place},5"')},
        fails=True,
        share=1.0,
    ),
    "ids_as_fractions": Odd(
        "unknown users",
        "60 of 60 events (100 %) are of users who are not in users, such as '1.0', "
        "where users has '1'",
        {"interactions.csv": log(user_id=lambda place: f"{place % 10 + 1}.0")},
        fails=True,
        share=1.0,
    ),
    "ids_with_zeros": Odd(
        "unknown users",
        "6 of 60 events (10 %) are of users who are not in users, such as '00007', "
        "where users has '7'",
        {"interactions.csv": log(user_id=lambda place: f"{place % 10 + 1}".replace("7", "00007"))},
        share=0.1,
    ),
    "ids_in_another_case": Odd(
        "unknown pings",
        "60 of 60 events (100 %) are on pings that are not in pings, such as 'P0', "
        "where pings has 'p0'",
        {"interactions.csv": log(ping_id=lambda place: f"P{place % 7}")},
        fails=True,
        share=1.0,
    ),
    "milliseconds": Odd(
        "watch times in milliseconds",
        "interactions.watch_time_sec: 55 of 60 views (91.7 %) are more than",
        {"interactions.csv": log(watch_time_sec=lambda place: 1000 * (place % 12))},
        fails=True,
    ),
    "one_giant_watch_time": Odd(
        "capped watch times",
        "interactions.watch_time_sec: 1 of 60 views are longer than max_watch_time_sec",
        {"interactions.csv": log(watch_time_sec=lambda place: "1e9" if place == 7 else 3)},
    ),
    "blocklist_of_commas": Odd(
        "restriction without a match",
        "users.blocklist: 1 of 2 entries match nothing, such as 'music,sport'",
        {"users.csv": 'user_id,region,blocklist\n1,EU,"music,sport"\n2,EU,"[""Music""]"\n'},
        share=0.5,
    ),
    "unknown_region": Odd(
        "restriction without a match",
        "pings.region_restriction: 1 of 2 entries match nothing, such as 'none'",
        {"pings.csv": "ping_id,region_restriction\np1,None |eu\np2,\n"},
        share=0.5,
        variables="{null_words: []}",
    ),
    "a_bot": Odd(
        "one busy user",
        "interactions.user_id: 600 of 2000 events (30 %) are of one user, '3'",
        {
            "interactions.csv": log(
                2000, user_id=lambda place: 3 if place < 600 else (1, 2, *range(4, 11))[place % 9]
            )
        },
        share=0.3,
    ),
    "a_clock_far_ahead": Odd(
        "dates in the future",
        "interactions.event_timestamp: 1 of 2000 dates (0.05 %) are more than 1 day(s) after the "
        "newest day that most agree on, and do not count",
        {"interactions.csv": log(2000, event_timestamp=later)},
    ),
    "a_clock_far_ahead_in_a_small_log": Odd(
        "dates in the future",
        "interactions.event_timestamp: 1 of 60 dates (1.67 %) are more than 1 day(s) after",
        {
            "interactions.csv": log(
                event_timestamp=lambda place: START + timedelta(hours=place, days=90 * (place == 3))
            )
        },
    ),
    "a_clock_that_was_not_set": Odd(
        "dates before the others",
        "interactions.event_timestamp: 1 of 60 events are of before 1980, or more than "
        "max_gap_days days before all others, such as 2000-01-01",
        {
            "interactions.csv": log(
                event_timestamp=lambda place: (
                    START + timedelta(hours=place) if place else "2000-01-01 00:00:00"
                )
            )
        },
    ),
    "seconds_said_to_be_milliseconds": Odd(
        "dates before the others",
        "interactions.event_timestamp: 60 of 60 events are of before 1980",
        {
            "interactions.csv": log(event_timestamp=lambda place: 1704067200 + 3600 * place),
            "mapping.yml": "interactions:\n  - path: interactions.csv\n    columns: "
            "{event_timestamp: {column: event_timestamp, unit: ms}}\n",
        },
    ),
    "a_user_of_the_future": Odd(
        "dates in the future",
        "users.signup_date: 1 of 20 dates (5 %) are more than 1 day(s) after the newest day that "
        "most agree on, and do not count, such as 2204-01-03",
        {
            "users.csv": "user_id,signup_date\n"
            + "".join(f"{n},{2204 if n == 4 else 2024}-01-03\n" for n in range(1, 21))
        },
    ),
    "a_ping_of_the_future": Odd(
        "dates far from the others",
        "pings.created_at: 1 of 20 dates are more than max_gap_days days after all others",
        {
            "pings.csv": "ping_id,category,created_at\n"
            + "".join(f"p{n},music,{2204 if n == 4 else 2024}-01-03\n" for n in range(20))
        },
        variables="{max_future_days: null}",
    ),
    "lengths_in_milliseconds": Odd(
        "lengths in milliseconds",
        "interactions.watch_time_sec: 60 of 60 views (100 %) saw less than a 200th of pings",
        {"pings.csv": PINGS.replace(",10\n", ",10000\n")},
    ),
    "all_in_milliseconds": Odd(
        "lengths of hours",
        "pings.duration_sec: 10 of 10 pings (100 %) are longer than two hours",
        {
            "pings.csv": PINGS.replace(",10\n", ",10000\n"),
            "interactions.csv": log(watch_time_sec=lambda place: 1000 * (place % 12)),
        },
    ),
    "an_interest_in_nothing": Odd(
        "declared interest without a match",
        "topic_affinities.category: 1 of 2 values match nothing, such as 'Music'",
        {"topic_affinities.csv": "user_id,category,affinity\n1,music,1\n2,Music,1\n3,sport,0\n"},
        share=0.5,
    ),
    "interests_of_nobody": Odd(
        "declared interest without a match",
        "topic_affinities.user_id: 1 of 2 values match nothing, such as '2.0'",
        {"topic_affinities.csv": "user_id,category,affinity\n1,music,1\n2.0,music,1\n"},
        share=0.5,
    ),
    "two_exports_joined": Odd(
        "rejected rows",
        "users: 1 of 21 rows (4.76 %) were rejected as 'malformed line: the header again', such "
        "as \ufeffuser_id,country,region,blocklist",
        {"users.csv": USERS + "\ufeff" + USERS.replace("FR", "DE")},
        share=1 / 21,
    ),
    "before_it_happened": Odd(
        "dates after the arrival",
        "interactions.event_timestamp: 60 of 60 events (100 %) are dated more than a day "
        "after they arrived",
        {
            "interactions.csv": log(
                header="user_id,ping_id,event_type,watch_time_sec,event_timestamp,loaded_at",
                loaded_at=lambda place: START - timedelta(days=3),
            )
        },
    ),
}
# What the mapping gives to all rows of a source is not missing there.
OF_ONE_TYPE = {
    "mapping.yml": "interactions:\n"
    "  - {path: interactions.csv}\n"
    "  - {path: plays.csv, event_type: view}\n"
    "  - {path: taps.jsonl, columns: {user_id: who.id, ping_id: what.id}, "
    "event_type: {column: kind, names: {tap: click, heartbeat: ignore}}}\n",
    # an object in one row, and none in the other
    "taps.jsonl": '{"who": {"id": 1}, "what": {"id": "p1"}, "kind": "tap", "watch_time_sec": null,'
    ' "event_timestamp": "2024-01-01 10:00:00"}\n'
    '{"who": {"id": 1}, "what": "nothing", "kind": "heartbeat", "watch_time_sec": null,'
    ' "event_timestamp": "2024-01-01 10:00:00"}\n',
    "plays.csv": log(
        header="user_id,ping_id,watch_time_sec,event_timestamp",
        event_type=lambda place: place % 9,
        watch_time_sec=lambda place: START + timedelta(hours=place),
        event_timestamp=lambda place: "",
    ).replace(",\n", "\n"),
}
USUAL = {"users.csv": USERS, "pings.csv": PINGS, "interactions.csv": log()}


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[dict[str, Any], Path]]:
    base = tmp_path_factory.mktemp("odd").resolve()
    runs, folders = [], {}
    usual = {"usual": Odd("", ""), "of_one_type": Odd("", "", OF_ONE_TYPE)}
    for name, odd in (usual | ODD).items():
        raw = folders[name] = base / name / "raw"
        for place, content in (USUAL | odd.files).items():
            if content is not None:
                (raw / place).parent.mkdir(parents=True, exist_ok=True)
                (raw / place).write_text(content)
        only = ["--exclude-resource-type", "unit_test", "--indirect-selection", "empty"]
        select = ["--select", "+intake_warnings", "nothing_odd_is_above_its_bound"]
        runs.append(
            {
                "arguments": ["build", *select, *only, "--vars", odd.variables],
                "environment": {
                    "PINGTOP_RAW_LOCATION": str(raw),
                    "PINGTOP_DATABASE": str(base / name / "warehouse.duckdb"),
                },
            }
        )
    outcomes = run_all(runs, base / "runs", PROJECT, runs[0]["environment"])
    return {
        name: (outcome, raw) for (name, raw), outcome in zip(folders.items(), outcomes, strict=True)
    }


def warnings(raw: Path) -> list[tuple[Any, ...]]:
    with duckdb.connect(str(raw.parent / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(
            "select kind, share, is_above_bound from intake_warnings"
        ).fetchall()


@pytest.mark.parametrize("name", ["usual", "of_one_type"])
def test_a_usual_log_gives_no_warning(
    built: dict[str, tuple[dict[str, Any], Path]], name: str
) -> None:
    outcome, raw = built[name]
    assert outcome["exit_code"] == 0, outcome["output"]
    assert warnings(raw) == []
    with duckdb.connect(str(raw.parent / "warehouse.duckdb"), read_only=True) as connection:
        clicks = connection.execute(
            "select count(*) from intermediate.int_scored_events "
            "where event_score = 1 and not is_view"
        ).fetchone()
    assert clicks == (1 if name == "of_one_type" else 0,)
    assert "Odd:" not in outcome["output"]


@pytest.mark.parametrize("name", ODD)
def test_an_odd_log_is_told_of(built: dict[str, tuple[dict[str, Any], Path]], name: str) -> None:
    odd, (outcome, raw) = ODD[name], built[name]
    assert outcome["exit_code"] == (1 if odd.fails else 0), outcome["output"]
    assert odd.sentence.replace("{raw}", str(raw)) in outcome["output"]
    found = [row for row in warnings(raw) if row[0] == odd.kind]
    assert found
    if odd.share is not None:
        assert found[0][1] == pytest.approx(odd.share)
    assert any(row[2] for row in warnings(raw)) == odd.fails
