"""scripts/explain.py: any two spans of days by one query, the newest windows, and bad days."""

from __future__ import annotations

import json

import explain
import pytest
from changes.days import Span, cautions, span_of
from warehouse import Warehouse

from common import BAD_INPUT, OK, InputError


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
