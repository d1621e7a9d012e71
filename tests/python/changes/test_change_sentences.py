"""What metric_change_summary says, in words: its query over rows that are made up."""

from __future__ import annotations

import re
from typing import Any

import duckdb
import pandas as pd
import pytest
from warehouse import Warehouse

from project.compiled_models import compiled_in

SIDES = ("before", "after")
DOUBLE = re.compile(r"rate_|share_|value_(before|after)|effect|mix_")
ISSUE = {"value_before": 0.41, "value_after": 0.379}
DANCE = {
    "value": "dance", "rate_before": 0.52, "rate_after": 0.31, "share_before": 0.125,
    "share_after": 0.125, "rate_effect": -0.026, "mix_effect": 0.0, "effect": -0.026,
}  # fmt: skip
# what does not stand out
OTHER = {
    "value": "other", "rate_before": 0.39, "rate_after": 0.385, "share_before": 0.875,
    "share_after": 0.875, "rate_effect": -0.005, "mix_effect": 0.0, "effect": -0.005,
}  # fmt: skip


def told(
    sql: str,
    totals: dict[str, Any],
    changes: list[dict[str, Any]],
    metric: str = "watch_through_rate",
) -> str:
    """The sentence of the dimension category."""
    key = {"metric": metric, "time_window": "1d"}
    whole = key | {"is_in_log": True, "is_provisional": False} | totals
    units, squares = whole.pop("units", 10_000), whole.pop("squares", None)
    spread = whole.pop("spread", 0.0)  # of the rate, for each of the denominator
    for side in SIDES:
        size = whole.setdefault(f"denominator_{side}", 10_000)
        whole.setdefault(f"numerator_{side}", int(size * (whole[f"value_{side}"] or 0)))
        for unit in ("user", "ping"):
            # each view is a user's, so that a share of the views has a variance and the rate none
            whole[f"{unit}_units_{side}"] = units
            whole[f"{unit}_denominator_squares_{side}"] = squares or size
            value = whole[f"value_{side}"] or 0.0
            whole[f"{unit}_squares_{side}"] = (value * value + spread) * size
            whole[f"{unit}_products_{side}"] = value * size
    rows = [
        {
            "dimension": "category", "value_label": row["value"], "is_rest": False, "n_values": 1,
            "share_of_change": None, "is_few": False,
            **{f"numerator_{side}": 0 for side in SIDES},
            **{f"denominator_{side}": 0 for side in SIDES},
            **key, **row,
        }
        for row in changes
    ]  # fmt: skip
    with duckdb.connect() as connection:
        connection.execute("create schema intermediate")
        for place, table in (("intermediate.int_change_totals", [whole]), ("metric_changes", rows)):
            frame = pd.DataFrame(table)
            connection.register("given", frame)
            casts = ", ".join(
                f'cast("{name}" as double) as "{name}"' if DOUBLE.match(name) else f'"{name}"'
                for name in frame.columns
            )
            connection.execute(f"create table {place} as select {casts} from given")
            connection.unregister("given")
        found = connection.execute(
            f"select sentence from ({sql}) where dimension = 'category'"
        ).fetchall()
    return found[0][0]


@pytest.fixture(scope="module")
def sql(demo: Warehouse) -> str:
    return compiled_in(demo.target, ["metric_change_summary"])["main", "metric_change_summary"]


def test_the_own_rate(sql: str) -> None:
    assert told(sql, ISSUE, [DANCE, OTHER]) == (
        "Watch-through fell by 3.1 points: 2.6 of them from category dance, "
        "whose own rate fell from 52 % to 31 %."
    )


def test_the_share(sql: str) -> None:
    shared = DANCE | {
        "rate_before": 0.12, "rate_after": 0.12, "share_before": 0.03, "share_after": 0.31,
        "rate_effect": 0.0, "mix_effect": -0.026,
    }  # fmt: skip
    assert told(sql, ISSUE, [shared, OTHER]) == (
        "Watch-through fell by 3.1 points: 2.6 of them from category dance, "
        "whose share of the views rose from 3 % to 31 % at a rate of 12 %."
    )


def test_what_appeared_and_what_is_gone(sql: str) -> None:
    new = DANCE | {"rate_before": None, "share_before": 0.0, "share_after": 0.2, "rate_after": 0.04}
    assert told(sql, ISSUE, [new, OTHER]).endswith(
        "category dance, which was not there before and has 20 % of the views at a rate of 4.0 %."
    )
    gone = DANCE | {"rate_after": None, "share_after": 0.0}
    assert told(sql, ISSUE, [gone, OTHER]).endswith(
        "category dance, which had 13 % of the views at a rate of 52 % and is gone."
    )
    without = DANCE | dict.fromkeys(("rate_before", "rate_after"))
    without |= dict.fromkeys(("share_before", "share_after"), 0.0)
    assert told(sql, ISSUE, [without, OTHER]).endswith(
        "category dance, which has none of the views."
    )


def test_engagements_per_impression_are_no_share(sql: str) -> None:
    """They may exceed 1: no points and no percent, as on the card of the dashboard."""
    whole = {"value_before": 1.44, "value_after": 1.34}
    liked = DANCE | {"rate_before": 1.5, "rate_after": 0.86, "rate_effect": -0.08, "effect": -0.08}
    assert told(sql, whole, [liked, OTHER], "engagement_per_impression") == (
        "Engagements per impression fell by 0.10: 0.08 of it from category dance, "
        "whose own number fell from 1.50 to 0.86."
    )


def test_more_than_all_and_the_other_way(sql: str) -> None:
    more = DANCE | {"effect": -0.04, "rate_effect": -0.04}
    assert told(sql, ISSUE, [more, OTHER | {"effect": 0.009, "rate_effect": 0.009}]) == (
        "Watch-through fell by 3.1 points; category dance, whose own rate fell from 52 % to 31 %, "
        "alone moved it down by 4.0 points."
    )
    risen = {"value_before": 0.379, "value_after": 0.41}
    half = OTHER | {"effect": 0.0285, "rate_effect": 0.0285}
    half |= {"share_before": 0.4375, "share_after": 0.4375}
    assert told(sql, risen, [DANCE, half, half | {"value": "third"}]) == (
        "Watch-through rose by 3.1 points; category dance, whose own rate fell from 52 % to 31 %, "
        "alone moved it down by 2.6 points."
    )


def test_what_is_nearly_all_is_not_measured_by_a_few_views(sql: str) -> None:
    """New users have 3 views before: that they fell from 33 % says nothing of all others."""
    whole = {
        "value_before": 0.0826, "value_after": 0.0877, "spread": 0.1,
        "denominator_before": 17_497, "denominator_after": 17_561,
    }  # fmt: skip
    existing = OTHER | {
        "value": "existing", "rate_before": 0.0826, "rate_after": 0.0875,
        "share_before": 17_494 / 17_497, "share_after": 17_426 / 17_561,
        "rate_effect": 0.004894, "effect": 0.004895,
    }  # fmt: skip
    new = OTHER | {
        "value": "new", "rate_before": 1 / 3, "rate_after": 1 / 9,
        "share_before": 3 / 17_497, "share_after": 135 / 17_561,
        "rate_effect": -0.000873, "mix_effect": 0.00103, "effect": 0.000157,
    }  # fmt: skip
    assert told(sql, whole, [existing, new]) == (
        "Watch-through rose by 0.5 points; no category stands out beyond chance "
        "(most, 0.5 points up, from category existing)."
    )


def test_nothing_to_say(sql: str) -> None:
    same = {"value_before": 0.41, "value_after": 0.41}
    still = OTHER | {"rate_effect": 0.0, "effect": 0.0}
    assert told(sql, same, [still]) == "Watch-through did not change."
    alone = OTHER | {
        "share_before": 1.0,
        "share_after": 1.0,
        "rate_effect": -0.031,
        "effect": -0.031,
    }
    assert told(sql, ISSUE, [alone]) == (
        "Watch-through fell by 3.1 points; category other is all there is."
    )
    nobody = {"value_before": None, "value_after": 0.4, "denominator_before": 0}
    undefined = OTHER | {"rate_effect": None, "mix_effect": None, "effect": None}
    assert told(sql, nobody, [undefined]) == (
        "Watch-through cannot be compared: there were no views in the earlier span."
    )


def test_the_rest_is_not_named_where_nothing_stands_out(sql: str) -> None:
    """The sum of thousands of values moves more than any of them, and tells nothing."""
    parts = {"rate_effect": -0.006, "effect": -0.006, "share_before": 0.2, "share_after": 0.2}
    rest = {"value": "(rest)", "value_label": "300 others", "is_rest": True, "n_values": 300}
    rest |= {"rate_effect": -0.025, "effect": -0.025, "share_before": 0.8, "share_after": 0.8}
    assert told(sql, ISSUE, [OTHER | parts, OTHER | rest]) == (
        "Watch-through fell by 3.1 points; no category stands out beyond chance "
        "(most, 0.6 points down, from category other)."
    )


def test_of_few_users_nothing_stands_out(sql: str) -> None:
    """However many views they have: what chance may do is not known."""
    for units, many in ((1, False), (29, False), (30, True)):
        said = told(sql, ISSUE | {"units": units}, [DANCE, OTHER])
        assert ("2.6 of them from category dance" in said) == many, said
        assert ("no category stands out beyond chance" in said) != many
        assert said.endswith("Few: below 30 users with views in a span.") != many


def test_what_is_sure_and_too_small_to_be_written(sql: str) -> None:
    """Of a large log: no 0.0 points, and no rate that rose from 41 % to 41 %."""
    small = DANCE | {"rate_before": 0.41, "rate_after": 0.4132}
    small |= {"effect": 0.0004, "rate_effect": 0.0004}
    still = OTHER | {"value": "third", "rate_effect": 0.0, "effect": 0.0}
    assert told(sql, {"value_before": 0.38, "value_after": 0.4}, [small, still]) == (
        "Watch-through rose by 2.0 points; category dance stands out beyond chance, but moved it "
        "by less than 0.05 points."
    )
    for after, text in (
        (0.4182, "from 41.0 % to 41.8 %"),
        (0.4108, "from 41.00 % to 41.08 %"),
        (0.42, "from 41 % to 42 %"),
    ):
        row = DANCE | {"rate_before": 0.41, "rate_after": after}
        row |= {"effect": 0.002, "rate_effect": 0.002}
        said = told(sql, {"value_before": 0.38, "value_after": 0.382}, [row, still])
        assert said == (
            f"Watch-through rose by 0.2 points: 0.2 of them from category dance, whose own rate "
            f"rose {text}."
        )
    shared = DANCE | {"rate_before": 0.9, "rate_after": 0.9, "rate_effect": 0.0}
    shared |= {"share_before": 0.124, "share_after": 0.1262, "mix_effect": 0.002, "effect": 0.002}
    said = told(sql, {"value_before": 0.38, "value_after": 0.382, "squares": 1}, [shared, still])
    assert said.endswith("whose share of the views rose from 12.4 % to 12.6 % at a rate of 90 %.")
    count = DANCE | dict.fromkeys(("share_before", "share_after"))
    count |= {"rate_before": 0.0051, "rate_after": 0.0149, "rate_effect": 0.0098, "effect": 0.0098}
    said = told(sql, {"value_before": 1.5, "value_after": 1.51}, [count], "views_per_active_user")
    assert "from 0.005 to 0.015 per active user" in said


def test_what_to_be_careful_about(sql: str) -> None:
    careful = ISSUE | {"is_in_log": False, "is_provisional": True, "denominator_after": 20}
    assert told(sql, careful, [DANCE, OTHER]).endswith(
        " The log does not reach back over both spans. Few: below 30 views in a span. "
        "Provisional: impressions of the last 24 hours may still be viewed."
    )
