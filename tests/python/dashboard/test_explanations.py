"""Why a number moved and what is odd, as pages show it: on made-up tables, without a build."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path

import pytest

from common import Row
from dashboard.blocks import Block, Figure, Note, Table
from dashboard.change_charts import MIX, RATE
from dashboard.views import alerts, changes
from releases.release import Release

DAY = date(2024, 2, 25)
SPAN = "7d"


class Tables(Release):
    """A release that is its answers."""

    answers: dict[str, list[Row]]

    def rows(self, sql: str, parameters: object = ()) -> list[Row]:
        return self.answers[sql]


def release_of(answers: dict[str, list[Row]]) -> Tables:
    tables = dict.fromkeys((*changes.TABLES, *alerts.TABLES))
    release = Tables(Path("nowhere"), {"tables": tables, "variables": {"few_below": 30}})
    object.__setattr__(release, "answers", answers)
    return release


def summary_row(metric: str = "watch_through_rate", **different: object) -> Row:
    row = {
        "metric": metric, "time_window": SPAN, "dimension": "category", "dimension_rank": 1,
        "numerator_before": 400, "denominator_before": 1000, "value_before": 0.4,
        "numerator_after": 300, "denominator_after": 1000, "value_after": 0.3,
        "change": -0.1, "standard_error": 0.02, "concentration": 0.02, "is_provisional": False,
        "is_few": False, "is_comparable": True, "sentence": f"{metric} fell.",
    }  # fmt: skip
    return row | different


def change_row(value: str, rate_effect: float, mix_effect: float, **different: object) -> Row:
    row = {
        "value": value, "value_label": value, "is_rest": False, "is_few": False,
        "rate_effect": rate_effect, "mix_effect": mix_effect, "effect": rate_effect + mix_effect,
        "share_of_change": (rate_effect + mix_effect) / -0.1,
    }  # fmt: skip
    for side in ("before", "after"):
        row |= dict.fromkeys((f"numerator_{side}", f"denominator_{side}"), 100)
        row |= dict.fromkeys((f"rate_{side}", f"share_{side}"), 0.25)
    return row | different


def known_of(*rows: Row) -> changes.Known:
    found = changes.known_of(release_of({changes.SUMMARY: list(rows)}), SPAN)
    assert found is not None
    return found


def told(blocks: list[Block]) -> list[str]:
    return [block.text for block in blocks if isinstance(block, Note)]


# --- the waterfall --------------------------------------------------------------------------------


def test_a_waterfall_leads_from_before_to_after() -> None:
    rows = [change_row("dance", -0.0625, 0.03125), change_row("gaming", -0.125, 0.0, is_few=True)]
    rows.append(change_row("(rest)", 0.05, 0.00625, is_rest=True))
    steps, bars = changes.steps_of(summary_row(), rows, SPAN)
    assert [step["step"] for step in steps] == [
        "the 7 days before", "dance", "gaming", "all others", "the last 7 days"
    ]  # fmt: skip
    assert [step["next"] for step in steps] == [*(step["step"] for step in steps[1:]), None]
    assert [step["at"] for step in steps] == pytest.approx([0.4, 0.36875, 0.24375, 0.3, 0.3])
    assert [(bar["step"], bar["part"], bar["is_few"]) for bar in bars] == [
        ("dance", RATE, False),
        ("dance", MIX, False),
        ("gaming", RATE, True),
        ("all others", RATE, False),
        ("all others", MIX, False),
    ]
    ends = [bar["end"] for bar in bars]
    assert [bar["start"] for bar in bars] == [0.4, *ends[:-1]], "each begins where one ends"
    assert ends[-1] == pytest.approx(0.3)
    # what is written needs room right of all that its bars reach
    assert (steps[1]["low"], steps[1]["high"]) == pytest.approx((0.3375, 0.4))
    assert [step["written"] for step in steps] == ["40.0%", "-3.12", "-12.50", "+5.62", "30.0%"]


def test_what_moves_little_is_one_step_and_no_two_steps_have_one_name() -> None:
    rows = [change_row("all others", -0.05, 0), change_row("the last 7 days", -0.03, 0)]
    rows += [change_row(f"c{number}", -0.001, 0) for number in range(18)]
    rows.append(change_row("(rest)", -0.002, 0, is_rest=True))
    steps, bars = changes.steps_of(summary_row(), rows, SPAN)
    names = [step["step"] for step in steps]
    assert len(set(names)) == len(names) == changes.STEPS_SHOWN + 3
    assert names[1] == "all others"
    assert steps[-2]["step"].strip() == "all others"
    assert steps[-2]["written"] == "-1.20", "ten of the 18, and the rest"
    assert steps[-2]["at"] == pytest.approx(steps[-1]["at"])
    assert {bar["part"] for bar in bars} == {RATE}


# --- the explanation ------------------------------------------------------------------------------


def test_the_table_has_every_value_with_its_numbers() -> None:
    rows = [change_row(f"c{number}", -0.005, -0.00125, is_few=number == 3) for number in range(16)]
    known = known_of(summary_row(), summary_row(dimension="country", dimension_rank=2))
    answers = {changes.CHANGES: rows, changes.NEWEST_DAY: [{"date": DAY}]}
    blocks = changes.blocks(release_of(answers), known)
    [figure] = [block for block in blocks if isinstance(block, Figure)]
    figure.chart.to_dict()
    assert "from 40.0% in the 7 days before to 30.0% in the last 7 days" in figure.description
    written = [
        [column.format(row[column.key]) for column in figure.table.columns]
        for row in figure.table.rows
    ]
    assert written[3] == [
        "c3", "-0.62", "-0.50", "-0.12", "6.2%", "25.0%", "25.0%", "25.0%", "25.0%",
        "100", "100", "100", "100", "yes",
    ]  # fmt: skip
    assert len(written) == 16
    assert "Faint" in figure.text
    assert told(blocks)[0] == "watch_through_rate fell."
    assert "--before 2024-02-23 --after 2024-02-24 --metric watch_through_rate" in told(blocks)[-1]
    [dimensions] = [block for block in blocks if isinstance(block, Table)]
    assert [row["name"] for row in dimensions.rows] == ["category", "country"]


def test_counts_per_user_are_written_alike_whatever_their_size() -> None:
    rows = [change_row("a", 0.00125, 3e-12), change_row("b", 0.0, 0.0, rate_before=0.0125)]
    summary = summary_row("shares_per_active_user", value_before=0.0005, value_after=0.00175)
    answers = {changes.CHANGES: rows, changes.NEWEST_DAY: [{"date": DAY}]}
    blocks = changes.blocks(release_of(answers), known_of(summary))
    [table] = [block.table for block in blocks if isinstance(block, Figure)]
    written = [
        [column.format(row[column.key]) for column in table.columns[1:7]] for row in table.rows
    ]
    assert written == [
        ["+0.001250", "+0.001250", "0.000000", "-1.3%", "0.250000", "0.250000"],
        ["0.000000", "0.000000", "0.000000", "0.0%", "0.012500", "0.250000"],
    ]


def test_another_dimension_has_its_own_sentence_beside_the_first() -> None:
    known = known_of(
        summary_row(sentence="Most is dance."),
        summary_row(dimension="ping_age", dimension_rank=2, sentence="Old ones."),
    )
    answers = {changes.CHANGES: [change_row("a", -0.1, 0)], changes.NEWEST_DAY: [{"date": DAY}]}
    blocks = changes.blocks(release_of(answers), known, "watch_through_rate", "ping_age")
    assert told(blocks)[:2] == ["Most is dance.", "By age of the ping: Old ones."]
    # what is chosen of another release, and is not in this one, is what explains most
    blocks = changes.blocks(release_of(answers), known, "gone", "gone")
    assert told(blocks)[:1] == ["Most is dance."]
    assert not told(blocks)[1].startswith("By")


def test_a_change_that_lies_nowhere_is_said_to_be_spread() -> None:
    answers = {changes.CHANGES: [change_row("a", -0.1, 0)], changes.NEWEST_DAY: [{"date": DAY}]}
    spread = known_of(summary_row(concentration=0.0))
    assert changes.SPREAD in told(changes.blocks(release_of(answers), spread))
    of_few = known_of(summary_row(concentration=0.0, is_few=True))
    assert changes.SPREAD not in told(changes.blocks(release_of(answers), of_few))
    assert changes.SPREAD not in told(changes.blocks(release_of(answers), known_of(summary_row())))


def test_the_largest_change_is_for_its_size_and_beyond_chance() -> None:
    sure = summary_row("views_per_active_user", value_before=0.4, value_after=0.3)
    few = summary_row("shares_per_active_user", numerator_before=4, numerator_after=1,
                      value_before=0.004, value_after=0.001, change=-0.003)  # fmt: skip
    open_ended = summary_row("no_view_24h_rate", value_after=0.9, change=0.5, is_provisional=True)
    small = summary_row(numerator_after=390, value_after=0.39, change=-0.01)
    # as many views, of which a bot has a quarter
    clustered = summary_row("views_per_active_user", standard_error=0.06)
    one_user = summary_row("views_per_active_user", standard_error=None)
    assert known_of(few, open_ended, small, sure).largest == "views_per_active_user"
    rows = (few, open_ended, small, clustered, one_user, sure)
    assert [changes.sure_change(row) > 0 for row in rows] == [False] * 5 + [True]
    nothing = known_of(few, small)
    assert nothing.largest == "watch_through_rate"
    assert nothing.metric_choices()["largest"] == "No change beyond chance: Watch-through rate"


def test_what_cannot_be_compared_is_a_sentence_alone() -> None:
    other = summary_row("no_view_24h_rate", is_comparable=False, change=None, sentence="None then.")
    known = known_of(other, summary_row())
    assert changes.explained_metrics(known) == {"watch_through_rate"}
    rows = [change_row("a", 0, 0) | dict.fromkeys(("effect", "rate_effect", "mix_effect"))]
    release = release_of({changes.CHANGES: rows})
    assert told(changes.blocks(release, known, "no_view_24h_rate")) == ["None then."]
    assert known.metric_choices()["no_view_24h_rate"] == "No view within 24 h: not known"
    assert told(changes.blocks(release, known_of(other))) == [changes.TOO_SHORT]


def test_a_report_explains_a_day_where_the_log_is_too_short_for_more() -> None:
    class ByWindow(Tables):
        def rows(self, sql: str, parameters: Sequence[object] = ()) -> list[Row]:
            if sql != changes.SUMMARY:
                return super().rows(sql, parameters)
            return [summary_row(is_comparable="1d" in parameters)]

    release = ByWindow(Path("nowhere"), release_of({}).manifest)
    answers = {changes.CHANGES: [change_row("a", -0.1, 0)], changes.NEWEST_DAY: [{"date": DAY}]}
    object.__setattr__(release, "answers", answers)
    found = changes.section(release, "7d")
    assert told(found)[0].startswith("The last day against the day before. Of all numbers")
    assert any(isinstance(block, Figure) for block in found)
    assert changes.section(release, "all") == []


def test_the_command_for_other_days_may_be_pasted_whatever_an_experiment_is_called() -> None:
    release = release_of({changes.NEWEST_DAY: [{"date": date(2024, 3, 1)}]})
    dimension = 'arm: it\'s "$(id)" `x`'
    *_, command = changes.other_days(release, "watch_through_rate", dimension)
    assert shlex.split(command.text)[-2:] == ["--dimension", dimension]


def test_an_older_release_says_that_it_knows_neither() -> None:
    older = Tables(Path("nowhere"), {"tables": {}})
    assert changes.known_of(older, SPAN) is None
    assert told(changes.section(older, SPAN)) == [changes.OLDER]
    assert told(alerts.newest(older)) == [alerts.OLDER]
    assert alerts.course(older) == []


# --- what is odd ----------------------------------------------------------------------------------


def alert_row(metric: str, days_ago: int = 0, **different: object) -> Row:
    row = {
        "day": DAY - timedelta(days=days_ago), "metric": metric, "segment": "all", "value": 23.0,
        "expected": 12.0, "expected_low": 5.0, "expected_high": 19.0, "direction": "high",
        "unit": "count", "is_newest_day": days_ago == 0, "is_alert": True,
        "why": f"{metric} is high.",
    }  # fmt: skip
    return row | different


def test_alerts_of_the_newest_day_are_sentences() -> None:
    rows = [alert_row(f"events_{kind}") for kind in ("click", "like", "share", "view")]
    judged = [{"day": DAY, "looked_at": 41, "judged": 40}]
    blocks = alerts.newest(release_of({alerts.NEWEST: rows, alerts.JUDGED: judged}))
    warnings = [block.text for block in blocks if isinstance(block, Note)]
    assert warnings == [
        "events_click is high.", "events_like is high.", "events_share is high.",
        "And 1 more on 2024-02-25, in the table.",
    ]  # fmt: skip
    [table] = [block for block in blocks if isinstance(block, Table)]
    assert len(table.rows) == 4
    [quiet] = told(alerts.newest(release_of({alerts.NEWEST: [], alerts.JUDGED: judged})))
    assert quiet.startswith("Nothing is odd on 2024-02-25: 40 of 41 numbers have")
    nothing = {"day": None, "looked_at": 0, "judged": 0}
    [first] = told(alerts.newest(release_of({alerts.NEWEST: [], alerts.JUDGED: [nothing]})))
    assert first.endswith("no day is over.")
    nothing = {"day": DAY, "looked_at": 41, "judged": 0}
    [young] = told(alerts.newest(release_of({alerts.NEWEST: [], alerts.JUDGED: [nothing]})))
    assert "none of 41 numbers has enough days" in young


def test_what_is_odd_is_shown_in_its_band() -> None:
    course = [alert_row("events_view", ago, is_alert=ago in (0, 9)) for ago in range(30, -1, -1)]
    course[4] |= dict.fromkeys(("expected_low", "expected_high"))
    past = [alert_row("events_view"), alert_row("events_like", 9)]
    blocks = alerts.course(release_of({alerts.PAST: past, alerts.COURSE: course}))
    [figure] = [block for block in blocks if isinstance(block, Figure)]
    figure.chart.to_dict()
    assert figure.title == "Events view"
    assert figure.description.endswith("odd on 2024-02-16, 2024-02-25.")
    assert len(figure.table.rows) == 31
    assert figure.table.rows[4]["expected_low"] == "–"
    assert alerts.course(release_of({alerts.PAST: []})) == []
