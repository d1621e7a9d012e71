"""The demo build gives the published lists and outputs of the golden data."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest
from warehouse import Warehouse

GOLDEN = Path(__file__).resolve().parents[2] / "golden"
TOLERANCE = 1e-9


def assert_rows_equal(built: pd.DataFrame, file: str) -> None:
    """Row for row in the published order: numbers within the tolerance, all else exactly."""
    wanted = pd.read_csv(GOLDEN / file)
    for column in wanted.columns:
        if pd.api.types.is_datetime64_any_dtype(built[column]):
            wanted[column] = pd.to_datetime(wanted[column]).astype(built[column].dtype)
    pd.testing.assert_frame_equal(
        built[list(wanted.columns)], wanted, check_dtype=False, rtol=0, atol=TOLERANCE
    )


def test_published_lists(demo: Warehouse) -> None:
    lists = demo.query("""
        from recommendations where user_id in ('u1', 'u2', 'u3') order by user_id, rank
    """)
    assert_rows_equal(lists, "expected_lists.csv")


@pytest.mark.parametrize(
    ("sql", "file"),
    [
        ("from ping_global_scores order by engagement_rank", "ping_global.csv"),
        ("from top_pings order by engagement_rank", "top10_pings.csv"),
        (
            "select *, last_event_timestamp as last_ts from user_ping_engagement "
            "order by user_id, ping_id",
            "user_ping.csv",
        ),
        (
            "select *, avg_pings_interacted as avg_pings from cohort_metrics order by is_new",
            "avg_pings_by_group.csv",
        ),
        ("from cohort_metrics order by is_new", "avg_watch_by_group.csv"),
    ],
)
def test_published_outputs(demo: Warehouse, sql: str, file: str) -> None:
    assert_rows_equal(demo.query(sql), file)


def test_published_watch_time_ratio_stats(demo: Warehouse) -> None:
    wanted = pd.read_csv(GOLDEN / "watch_time_ratio_stats.csv", index_col=0)
    built = demo.table("watch_time_ratio_stats").iloc[0]
    names = {"count": "view_count", "25%": "p25", "50%": "p50", "75%": "p75", "90%": "p90"}
    for name, value in wanted["watch_time_ratio"].items():
        assert built[names.get(str(name), str(name))] == pytest.approx(value, abs=TOLERANCE)
    assert len(wanted) == len(built)
