"""Rows as tables with types, and tables as rows."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import pyarrow as pa

_KEYS = [
    (name, pa.string()) for name in ("experiment_id", "metric", "segment", "arm", "control_arm")
]
_NUMBERS = ["difference", "difference_low", "difference_high", "lift", "lift_low", "lift_high"]
_NUMBERS += ["p_value"]

RESULTS = pa.schema(
    [
        *_KEYS,
        ("users", pa.int64()),
        ("control_users", pa.int64()),
        ("mean", pa.float64()),
        ("control_mean", pa.float64()),
        *((name, pa.float64()) for name in _NUMBERS),
        *((f"cuped_{name}", pa.float64()) for name in _NUMBERS),
        ("cuped_narrowing", pa.float64()),
        ("always_valid_low", pa.float64()),
        ("always_valid_high", pa.float64()),
        ("p_value_adjusted", pa.float64()),
        ("verdict", pa.string()),
    ]
)
DAILY_RESULTS = pa.schema([("date", pa.date32()), *RESULTS])
_MOMENT = pa.timestamp("us")
SPLITS = pa.schema(
    [
        ("experiment_id", pa.string()),
        ("control_arm", pa.string()),
        ("primary_metric", pa.string()),
        ("started_at", _MOMENT),
        ("ended_at", _MOMENT),
        ("first_assigned_at", _MOMENT),
        ("last_assigned_at", _MOMENT),
        ("arms", pa.int64()),
        ("users", pa.int64()),
        ("crossovers", pa.int64()),
        ("exposed_users", pa.int64()),
        ("users_by_arm", pa.string()),
        ("planned_users_by_arm", pa.string()),
        ("exposed_users_by_arm", pa.string()),
        ("chi_square", pa.float64()),
        ("degrees_of_freedom", pa.int64()),
        ("p_value", pa.float64()),
        ("exposed_chi_square", pa.float64()),
        ("exposed_p_value", pa.float64()),
        ("is_readable", pa.bool_()),
        ("verdict", pa.string()),
        ("notes", pa.string()),
    ]
)


def rows_of(table: pa.Table) -> list[dict[str, Any]]:
    """The rows of a table, each a dict."""
    return table.to_pylist()


def table_of(schema: pa.Schema, rows: Iterable[Mapping[str, Any]]) -> pa.Table:
    """Rows as a table; of each the columns of the schema."""
    return pa.Table.from_pylist([dict(row) for row in rows], schema=schema)
