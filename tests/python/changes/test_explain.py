"""scripts/explain.py: any two spans of days by one query, the newest windows, and bad days."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import explain
import pytest
from changes import explaining
from changes.days import Span, cautions, span_of
from changes.explaining import Explanation
from warehouse import PROJECT, Warehouse

from common import BAD_INPUT, OK, InputError, dbt_program, open_database

DAYS = ("--before", "2024-02-10", "--after", "2024-02-11")
TWO_TABLES = [("main", "metric_change_summary"), ("main", "metric_changes")]


@pytest.mark.parametrize(
    "text", ["", "yesterday", "2022-02-30", "2022-04-28..", "2022-04-28..2022-04-27", "20220428"]
)
def test_what_is_no_day_is_refused(text: str) -> None:
    with pytest.raises(InputError):
        span_of(text)


def test_spans_are_read_and_what_to_think_of_is_said() -> None:
    before, after = span_of("2022-04-20..2022-04-26"), span_of("2022-04-28")
    assert (before.days, after.days, str(before)) == (7, 1, "2022-04-20..2022-04-26")
    said = cautions(before, after, Span(before.first, after.last))
    assert said == [
        "The spans are of 7 and 1 days: rates may be compared, counts per active user grow with "
        "the days.",
        "2022-04-28 is the newest day of the log, and may not be over.",
    ]
    assert cautions(before, before, Span(before.first, after.last)) == []


def asked(demo: Warehouse, *arguments: str) -> int:
    return explain.main(["--database", str(demo.database), *arguments])


def test_a_reader_who_has_enough_gets_no_traceback(demo: Warehouse) -> None:
    command = [sys.executable, "scripts/explain.py", "--database", str(demo.database), "--json"]
    with subprocess.Popen(
        command, cwd=PROJECT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as process:
        process.stdout.read(1)
        process.stdout.close()  # the rows are more than a pipe holds
        said = process.stderr.read()
    assert (process.returncode, said) == (OK, "explain: the reader of the output has gone.\n")


def test_two_days_are_one_query_over_what_is_stored(
    demo: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    days = [
        row[0]
        for row in demo.rows(
            "select cast(event_timestamp as date) from interactions where event_type = 'view' "
            "group by all order by count(*) desc, 1 limit 2"
        )
    ]
    before, after = sorted(days)
    days_given = ("--before", str(before), "--after", str(after))
    with open_database(demo.database, read_only=True):  # others may read it meanwhile
        assert asked(demo, *days_given, "--json") == OK
    found = json.loads(capsys.readouterr().out)
    assert {row["time_window"] for row in found["summary"]} == {"custom"}
    counted = dict(
        demo.rows(
            "select cast(event_timestamp as date), (count(*) filter (where event_type = 'view'), "
            "count(*) filter (where watch_time_ratio >= 0.8), count(distinct user_id)) "
            "from interactions group by all"
        )
    )
    totals = {
        row["metric"]: tuple(
            row[f"{name}_{side}"] for side in ("before", "after")
            for name in ("denominator", "numerator")
        )
        for row in found["summary"] if row["dimension"] == "category"
    }  # fmt: skip
    views, watched, users = (
        list(place) for place in zip(counted[before], counted[after], strict=True)
    )
    assert totals["watch_through_rate"] == (views[0], watched[0], views[1], watched[1])
    assert totals["views_per_active_user"] == (users[0], views[0], users[1], views[1])
    change = {row["metric"]: row["change"] for row in found["summary"]}
    for name in ("watch_through_rate", "views_per_active_user"):
        for dimension in ("country", "category", "ping", "hour", "candidate_reason"):
            effects = [
                row["effect"] for row in found["changes"]
                if (row["metric"], row["dimension"]) == (name, dimension)
            ]  # fmt: skip
            assert sum(effects) == pytest.approx(change[name], abs=1e-12)


def test_the_newest_windows_are_told_in_sentences(
    demo: Warehouse, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLUMNS", "160")  # a narrower table breaks its headings
    assert asked(demo, "--metric", "watch_through_rate", "--dimension", "category") == OK
    told = " ".join(capsys.readouterr().out.split())
    assert "7d, against the span before: Watch-through" in told
    assert "mix effect" in told


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--before", "2022-04-28"], "belong together"),
        (["--before", "1999-01-01", "--after", "1999-01-02"], "is not in the log"),
        (["--metric", "happiness"], "there is no happiness by dimension: metrics are clicks_per"),
    ],
)
def test_what_cannot_be_asked_is_said(
    demo: Warehouse, capsys: pytest.CaptureFixture[str], arguments: list[str], sentence: str
) -> None:
    assert asked(demo, *arguments) == BAD_INPUT
    assert sentence in capsys.readouterr().err


def test_values_are_printed_as_they_are(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the log calls a category is no markup, and a sentence is one line."""
    key = {"time_window": "1d", "metric": "watch_through_rate", "dimension": "category"}
    sentence = f"Watch-through fell: category [/mia] :cat: [red]x, {'on and on ' * 20}and so on."
    numbers = dict.fromkeys(("rate_before", "rate_after", "share_before", "share_after"), 0.5)
    numbers |= dict.fromkeys(("rate_effect", "mix_effect", "effect"), -0.1)
    row = key | numbers | {"value_label": "[/mia] :cat: [red]x", "is_few": True}
    found = Explanation([key | {"sentence": sentence}], [row], ["Not [/over] yet."])
    monkeypatch.setattr(explain, "stored", lambda *_: found)
    monkeypatch.setenv("COLUMNS", "160")
    assert explain.main(["--metric", "watch_through_rate"]) == OK
    said = capsys.readouterr().out
    assert said.startswith(f"Not [/over] yet.\n{sentence}\n")
    assert "\n [/mia] :cat: [red]x (few) " in said


@pytest.mark.parametrize("columns", ["40", "80"])
def test_a_narrow_terminal_cuts_no_number(
    demo: Warehouse,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    columns: str,
) -> None:
    monkeypatch.setenv("COLUMNS", columns)
    assert asked(demo, "--metric", "watch_through_rate", "--dimension", "category") == OK
    said = capsys.readouterr().out
    assert "…" not in said
    effects = re.findall(r"(?: +-?\d\.\d{5}){3} *\n", said)
    assert any("-0." in line for line in effects)
    windows = [line.split(",")[0] for line in said.splitlines() if "against the span" in line]
    assert windows == ["1d", "7d", "28d"]


def test_a_warehouse_of_another_version_or_built_in_part_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "old.duckdb"
    ask = ["--database", str(database)]
    with duckdb.connect(str(database)) as connection:
        connection.execute("create table metric_change_summary as select 'x' as metric")
    assert explain.main(ask) == BAD_INPUT
    assert 'column "dimension" not found' in capsys.readouterr().err
    assert explain.main([*ask, *DAYS]) == BAD_INPUT
    assert "no events yet" in capsys.readouterr().err
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema intermediate; create table intermediate.int_log_span as select "
            "timestamp '2024-01-01' as first_event_timestamp, "
            "timestamp '2024-03-01' as newest_event_timestamp"
        )
    older = dict.fromkeys(TWO_TABLES, "select lacks_it from intermediate.int_log_span")
    monkeypatch.setattr(explaining, "compile_models", lambda *_: older)
    assert explain.main([*ask, *DAYS]) == BAD_INPUT
    assert '"lacks_it" not found' in capsys.readouterr().err


def test_other_days_are_asked_with_the_variables_of_the_build(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nobody holds the warehouse while dbt compiles; the names are those of what was asked."""
    database = tmp_path / "built.duckdb"
    given: list[dict[str, Any]] = []
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create schema intermediate; create table intermediate.int_log_span as select "
            "timestamp '2024-01-01' as first_event_timestamp, "
            "timestamp '2024-03-01' as newest_event_timestamp"
        )

    def compiled(_: object, variables: dict[str, Any]) -> dict[tuple[str, str], str]:
        given.append(variables)
        with duckdb.connect(str(database)) as connection:
            connection.execute(
                "create schema if not exists raw; create or replace table raw.builds as from "
                """(values (date '2024-03-02', '{"watch_through_ratio": 0.9}'), """
                "(date '2024-03-01', '{}'), (date '2024-03-03', null)) b(started_at, variables)"
            )
        query = "select 'here' as metric, 'arm: x' as dimension, '1d' as time_window, "
        query += "1 as dimension_rank, false as is_rest, 1 as effect, 'v' as value"
        return dict.fromkeys(TWO_TABLES, query)

    monkeypatch.setattr(explaining, "compile_models", compiled)
    for _ in range(2):
        ask = ["--database", str(database), *DAYS, "--metric", "typo"]
        assert explain.main(ask) == BAD_INPUT
        said = capsys.readouterr().err
        assert "metrics are here; dimensions are arm: x." in said
    days = {"explain_before": "2024-02-10", "explain_after": "2024-02-11"}
    assert given == [days, days | {"watch_through_ratio": 0.9}]


@pytest.mark.parametrize(
    ("days", "said"),
    [
        ("{explain_before: 2024-02-10, explain_after: 2024-02-11}", "custom"),
        (
            "{explain_before: 2024-02-10..2024-02-09, explain_after: 2024-02-11}",
            "which ends before it begins",
        ),
    ],
)
def test_dbt_shows_it_too(demo: Warehouse, tmp_path: Path, days: str, said: str) -> None:
    """The way on other engines: YAML reads a day as a date, and no run hook checks the days."""
    command = [str(dbt_program()), "show", "--select", "metric_change_summary", "--vars", days]
    command += ["--output", "json", "--limit", "1", "--quiet"]
    command += ["--target-path", str(tmp_path), "--log-path", str(tmp_path)]
    environment = os.environ | {"PINGTOP_DATABASE": str(demo.database), "PINGTOP_RAW_LOCATION": ""}
    done = subprocess.run(
        command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
    )
    assert said in done.stdout
    assert (done.returncode == 0) == (said == "custom")
