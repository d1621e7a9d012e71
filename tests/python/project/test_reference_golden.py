"""The reference reproduces the golden data: lists, reasons and scores, and the other outputs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from random_logs import golden_log
from reference import reference_marts

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TOLERANCE = 1e-9


@pytest.fixture(scope="module")
def marts() -> dict[str, pd.DataFrame]:
    return reference_marts(*golden_log())


def expected(name: str) -> pd.DataFrame:
    return pd.read_csv(GOLDEN / name)


def assert_same_table(
    actual: pd.DataFrame, wanted: pd.DataFrame, keys: list[str], timestamps: tuple[str, ...] = ()
) -> None:
    """Equal rows by key: numbers within the tolerance, everything else exactly."""
    assert sorted(actual.columns) == sorted(wanted.columns)
    for column in timestamps:
        wanted = wanted.assign(**{column: pd.to_datetime(wanted[column])})
    wanted = wanted.sort_values(keys, ignore_index=True)
    actual = actual[wanted.columns].sort_values(keys, ignore_index=True)
    pd.testing.assert_frame_equal(actual, wanted, check_dtype=False, rtol=0.0, atol=TOLERANCE)


@pytest.mark.parametrize("user_id", ["u1", "u2", "u3"])
def test_published_lists(marts: dict[str, pd.DataFrame], user_id: str) -> None:
    wanted = expected("expected_lists.csv").query("user_id == @user_id").reset_index(drop=True)
    lists = marts["recommendations"]
    actual = lists[lists["user_id"] == user_id].reset_index(drop=True)

    exact = ["rank", "ping_id", "category", "main_hashtag", "creator_id", "reason"]
    assert actual[exact].to_dict("records") == wanted[exact].to_dict("records")
    np.testing.assert_allclose(actual["score"], wanted["score"], rtol=0.0, atol=TOLERANCE)


def test_parts_add_up_to_the_score(marts: dict[str, pd.DataFrame]) -> None:
    lists = marts["recommendations"]
    parts = ["popularity_part", "category_part", "creator_part", "freshness_part"]
    total = lists[parts].sum(axis=1)
    np.testing.assert_allclose(total, lists["score"], rtol=0.0, atol=TOLERANCE)


def test_user_ping(marts: dict[str, pd.DataFrame]) -> None:
    actual = marts["user_ping_engagement"].drop(columns="first_event_timestamp")
    actual = actual.rename(columns={"last_event_timestamp": "last_ts"})
    assert_same_table(actual, expected("user_ping.csv"), ["user_id", "ping_id"], ("last_ts",))


def test_ping_global(marts: dict[str, pd.DataFrame]) -> None:
    wanted = expected("ping_global.csv")
    actual = marts["ping_global_scores"]
    assert_same_table(actual.drop(columns="engagement_rank"), wanted, ["ping_id"])
    assert actual.sort_values("engagement_rank")["ping_id"].tolist() == wanted["ping_id"].tolist()


def test_top_pings(marts: dict[str, pd.DataFrame]) -> None:
    wanted = expected("top10_pings.csv")
    actual = marts["top_pings"]
    assert actual["ping_id"].tolist() == wanted["ping_id"].tolist()
    assert_same_table(actual.drop(columns="engagement_rank"), wanted, ["ping_id"], ("created_at",))


def test_watch_time_ratio_stats(marts: dict[str, pd.DataFrame]) -> None:
    wanted = expected("watch_time_ratio_stats.csv").set_index("Unnamed: 0")["watch_time_ratio"]
    names = {"count": "view_count", "25%": "p25", "50%": "p50", "75%": "p75", "90%": "p90"}
    wanted = wanted.rename(index=names)
    (actual,) = marts["watch_time_ratio_stats"].to_dict("records")
    assert set(actual) == set(wanted.index)
    for name, value in wanted.items():
        assert actual[name] == pytest.approx(value, rel=0.0, abs=TOLERANCE), name


def test_average_watch_by_group(marts: dict[str, pd.DataFrame]) -> None:
    wanted = expected("avg_watch_by_group.csv")
    actual = marts["cohort_metrics"][["is_new", "avg_watch_time_ratio", "view_count"]]
    assert_same_table(actual, wanted, ["is_new"])


def test_average_pings_by_group(marts: dict[str, pd.DataFrame]) -> None:
    wanted = expected("avg_pings_by_group.csv").rename(
        columns={"avg_pings": "avg_pings_interacted"}
    )
    actual = marts["cohort_metrics"][["is_new", "avg_pings_interacted", "user_count"]]
    assert_same_table(actual, wanted, ["is_new"])


def test_every_golden_row_is_accepted(marts: dict[str, pd.DataFrame]) -> None:
    summary = marts["intake_summary"]
    raw_rows = sum(len(table) for table in golden_log())
    assert summary["row_count"].sum() == raw_rows
    assert set(summary["outcome"]) == {"accepted"}
