"""Compares the marts of a warehouse with those of the independent reference."""

from __future__ import annotations

import pandas as pd
from random_logs import Tables
from reference import MART_COLUMNS, Parameters, reference_marts
from warehouse import Warehouse

TOLERANCE = 1e-9

# the raw text of a rejected row is the intake tests' business
NOT_IN_REFERENCE = {"rejected_rows": ["raw_row"]}

KEYS = {
    "users": ["user_id"],
    "pings": ["ping_id"],
    "interactions": [
        "user_id",
        "ping_id",
        "event_type",
        "event_timestamp",
        "watch_time_sec",
        "event_id",
    ],
    "rejected_rows": ["source_table", "reject_reason"],
    "intake_summary": ["source_table", "outcome", "reject_reason"],
    "intake_nulled_values": ["source_table", "column_name"],
    "user_ping_engagement": ["user_id", "ping_id"],
    "ping_global_scores": ["engagement_rank"],
    "top_pings": ["engagement_rank"],
    "watch_time_ratio_stats": ["view_count"],
    "watch_time_ratio_histogram": ["bin_start"],
    "watch_through_curve": ["segment", "watch_time_ratio"],
    "cohort_metrics": ["is_new"],
    "user_category_affinity": ["user_id", "category"],
    "user_creator_affinity": ["user_id", "creator_id"],
    "ping_features": ["ping_id"],
    "recommendations": ["user_id", "rank"],
    "recommender_health": ["segment", "time_window"],
    "recommender_health_previous": ["segment", "time_window"],
    "recommender_health_daily": ["date", "segment"],
    "first_engagement_delays": ["segment", "delay_group"],
    "impressions_by_ping_age": ["segment", "age_group"],
    "recommendation_coverage": ["catalogue_pings"],
    "exposure_curve": ["percent_of_pings"],
    "user_sessions": ["user_id", "session_number"],
    "retention_daily": ["date"],
    "creator_health": ["creator_id"],
}


def comparable(table: pd.DataFrame, name: str) -> pd.DataFrame:
    """One type per kind of column, missing values alike, rows in the order of their key."""
    columns = {}
    for column, kind in MART_COLUMNS[name].items():
        values = table[column]
        if kind in ("moment", "date"):
            columns[column] = pd.to_datetime(values).astype("datetime64[us]")
        elif kind in ("number", "count", "count?"):
            columns[column] = values.astype("Float64").astype("float64")
        elif kind == "flag":
            columns[column] = values.astype("bool")
        else:
            columns[column] = values.astype("object").where(values.notna(), None)
    return pd.DataFrame(columns).sort_values(KEYS[name], ignore_index=True, na_position="last")


def assert_marts_equal(warehouse: Warehouse, tables: Tables, parameters: Parameters) -> None:
    wanted = reference_marts(*tables, parameters)
    assert set(wanted) == set(KEYS), "every mart of the reference is compared"
    for name, reference in wanted.items():
        built = warehouse.table(name).drop(columns=NOT_IN_REFERENCE.get(name, []))
        assert sorted(built.columns) == sorted(reference.columns), name
        if name == "intake_nulled_values":
            built = built[built["row_count"] > 0]
        pd.testing.assert_frame_equal(
            comparable(built, name),
            comparable(reference, name),
            check_dtype=False,
            rtol=TOLERANCE,
            atol=TOLERANCE,
            obj=name,
        )
