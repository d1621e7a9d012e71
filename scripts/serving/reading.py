"""How records are read off the tables of a release: some users at a time, in the order of keys."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import duckdb

from pingtop_serving.records import is_hashed

Record = tuple[str, bytes]
AT_A_TIME = 2000  # users, or pings


def user_ranges(connection: duckdb.DuckDBPyConnection, table: str) -> list[tuple[str, str]]:
    """The first and the last user of every part of a table that is read at a time."""
    return connection.execute(
        f"""
        select min(user_id), max(user_id)
        from (
            select user_id, (row_number() over (order by user_id) - 1) // ? as part
            from {table}
        )
        group by part
        order by part
        """,
        [AT_A_TIME],
    ).fetchall()


def ordered(records: Iterable[Record]) -> Iterator[Record]:
    """Records of one kind, that are ordered by their names, by their keys.

    Names that are too long stand in keys by their hashes, after all others: hardly any log has one,
    and they wait here.
    """
    hashed = []
    for record in records:
        if is_hashed(record[0]):
            hashed.append(record)
        else:
            yield record
    yield from sorted(hashed)
