"""Synthetic lists and truth to measure evaluations on."""

from __future__ import annotations

from pathlib import Path

import duckdb

from common import literal

K = 10


def write_data(folder: Path, users: int, pings: int, ids: str) -> dict[str, int]:
    """Lists of 10 and about 5 relevant pings a user, popular pings more often, as Parquet.

    Everything is drawn from hashes of the row's own numbers: the same sizes give the same rows.
    """
    connection = duckdb.connect()
    connection.execute("set preserve_insertion_order = true")

    def chance(salt: int) -> str:
        return f"hash(user_number, draw, {salt}) / 18446744073709551616.0"

    connection.execute(
        f"""
        create table pairs as
        select
            user_number,
            cast(floor({pings} * power({chance(1)}, 3)) as integer) as ping_number,
            min(draw) as draw
        from range({users}) as numbered (user_number), range(20) as draws (draw)
        group by user_number, ping_number
        """
    )
    user_id, ping_id = "user_number", "ping_number"
    if ids == "text":
        user_id = "'u' || lpad(cast(user_number as varchar), 7, '0')"
        ping_id = "'p' || cast(ping_number as varchar)"
    connection.execute(
        f"""
        copy (
            select {user_id} as user_id, {ping_id} as ping_id, cast(place as integer) as rank
            from (
                select *, row_number() over (partition by user_number order by draw) as place
                from pairs
                where draw < 13
            ) as listed
            where place <= {K}
            order by user_number, place
        ) to {literal(folder / "lists.parquet")} (format parquet)
        """
    )
    # Most relevant pings are outside the list; a few of the recommended ones are hits.
    connection.execute(
        f"""
        copy (
            select
                {user_id} as user_id,
                {ping_id} as ping_id,
                case
                    when {chance(2)} < 0.5 then 0.5
                    when {chance(2)} < 0.7 then 1.0
                    when {chance(2)} < 0.85 then 2.0
                    when {chance(2)} < 0.95 then 3.0
                    else 4.0
                end as relevance
            from pairs
            where {chance(3)} < case when draw < 13 then 0.03 else 0.67 end
            order by user_number, draw
        ) to {literal(folder / "truth.parquet")} (format parquet)
        """
    )
    counts = {"users": users, "pings": pings}
    for name in ("lists", "truth"):
        file = literal(folder / f"{name}.parquet")
        row = connection.execute(f"select count(*) from {file}").fetchone()
        counts[f"{name}_rows"] = row[0] if row else 0
    return counts
