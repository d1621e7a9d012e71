"""A release as large as that of a log of 10,000,000 events, made by SQL from the demo's.

Only sizes and the order of rows matter: a large table repeats one row with ids of its own.
Tables that no page reads (interactions, user_creator_affinity, user_sessions) stay small.
"""

from __future__ import annotations

import json
from pathlib import Path

import duckdb

USERS, PINGS, CREATORS = 200_000, 50_000, 5_000
DAYS = 400

# numbers of equal length are in the order of their text
USER = "'u' || (1000000 + i // {})"
PING = f"'p' || (100000 + (i * 7919) % {PINGS})"
CREATOR = f"'c' || (10000 + (i * 31) % {CREATORS})"

# table -> rows, and what replaces the demo's columns; i counts the rows
LARGE = {
    "user_ping_engagement": (9_000_000, {"user_id": USER.format(45), "ping_id": PING}),
    "recommendations": (
        10 * USERS,
        {"user_id": USER.format(10), "rank": "1 + i % 10", "ping_id": PING, "creator_id": CREATOR},
    ),
    "user_category_affinity": (
        8 * USERS,
        {"user_id": USER.format(8), "category": "'category ' || i % 8"},
    ),
    "users": (USERS, {"user_id": USER.format(1)}),
    "pings": (PINGS, {"ping_id": "'p' || (100000 + i)", "creator_id": CREATOR}),
    "ping_features": (PINGS, {"ping_id": "'p' || (100000 + i)"}),
    "ping_global_scores": (PINGS, {"ping_id": "'p' || (100000 + i)", "engagement_rank": "i + 1"}),
    "creator_health": (CREATORS, {"creator_id": "'c' || (10000 + i)"}),
    "recommender_health_daily": (
        3 * DAYS,
        {
            "date": "date '2023-01-01' + cast(i // 3 as integer)",
            "segment": "['all', 'existing', 'new'][1 + i % 3]",
            "is_provisional": f"i >= 3 * {DAYS - 2}",
        },
    ),
    "retention_daily": (DAYS, {"date": "date '2023-01-01' + cast(i as integer)"}),
}
REJECTED = 500_000
REJECTED_ROWS = f"""
    select
        'interactions' as source_table,
        ['duplicate', 'missing id', 'unknown event type'][1 + i // {REJECTED // 3 + 1}]
            as reject_reason,
        'u' || i || ',p1,view,1.5,2024-02-10 10:00:00' as raw_row
    from range({REJECTED}) as numbers (i)
"""


def write_large_release(small: Path, folder: Path) -> Path:
    """Writes a release like the small one into folder/current. Returns its path."""
    path = folder / "current"
    path.mkdir(parents=True)
    manifest = json.loads((small / "manifest.json").read_text())
    with duckdb.connect() as connection:
        connection.execute(f"attach '{small / 'pingtop.duckdb'}' as small (read_only)")
        connection.execute(
            f"attach '{path / 'pingtop.duckdb'}' as large (storage_version 'v1.0.0')"
        )
        for name in manifest["tables"]:
            if name == "rejected_rows":
                query = REJECTED_ROWS
            elif name in LARGE:
                query = repeated(name, *LARGE[name])
            else:
                query = f"from small.main.{name}"
            connection.execute(f"create table large.main.{name} as {query}")
        connection.execute(
            """
            insert into large.main.intake_summary
            select 'interactions', 'rejected', reject_reason, count(*)
            from large.main.rejected_rows
            group by reject_reason
            """
        )
        for name, table in manifest["tables"].items():
            [(table["row_count"],)] = connection.execute(
                f"select count(*) from large.main.{name}"
            ).fetchall()
    (path / "manifest.json").write_text(json.dumps(manifest))
    return path


def repeated(name: str, rows: int, replaced: dict[str, str]) -> str:
    columns = ", ".join(f"{expression} as {column}" for column, expression in replaced.items())
    return f"""
        select first_row.* replace ({columns})
        from range({rows}) as numbers (i)
        cross join (select * from small.main.{name} limit 1) as first_row
    """
