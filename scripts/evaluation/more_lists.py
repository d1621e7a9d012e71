"""Lists of another system, compared with the project's own in a rewound warehouse.

They are strategies like any other from then on. Whether they were made from what was known at the
cutoff only, nobody can see from the lists.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import duckdb

from common import InputError, identifier, literal
from evaluation.files import InputTable, open_table

STRATEGY = "more"  # of lists that name none
NEEDED = ("user_id", "ping_id", "rank")
MOMENT = "%Y-%m-%d %H:%M:%S"


def add_more_lists(file: Path, cutoffs: Sequence[datetime], folder: Path) -> None:
    """Add the lists of a file to those in the folder, with a cutoff each.

    folder: Parquet files of lists, with the columns strategy, user_id, ping_id, rank, cutoff
    """
    with duckdb.connect() as connection:
        connection.execute("set TimeZone = 'UTC'")
        table = open_table(connection, "lists", file)
        missing = [name for name in NEEDED if not table.has(name)]
        if missing:
            raise InputError(
                f"{file} (--more-lists) has no column {' or '.join(missing)}: rename or add it."
            )
        connection.execute(
            f"create temporary table more as select {', '.join(columns_of(table, cutoffs))} "
            f"from {table.relation}"
        )
        check_cutoffs(connection, file, cutoffs)
        check_strategies(connection, file, folder)
        target = literal(folder / "more.parquet")
        connection.execute(f"copy (select * from more order by all) to {target}")


def columns_of(table: InputTable, cutoffs: Sequence[datetime]) -> list[str]:
    """The columns as those of the lists beside them."""

    def text(name: str) -> str:
        return f"trim(cast({table.column(name)} as varchar))"

    cutoff = f"'{cutoffs[0]:{MOMENT}}'"
    if table.has("cutoff"):
        moment = f"cast(try_cast({table.column('cutoff')} as timestamptz) as timestamp)"
        cutoff = f"coalesce(strftime({moment}, '{MOMENT}'), {text('cutoff')})"
    elif len(cutoffs) > 1:
        raise InputError(
            "the more lists have no column cutoff, and are compared at several: give them one, or "
            "name a single --as-of."
        )
    strategy = text("strategy") if table.has("strategy") else f"'{STRATEGY}'"
    rank = f"try_cast({table.column('rank')} as double)"
    return [
        f"{cutoff} as cutoff",
        f"{strategy} as strategy",
        *(f"{text(name)} as {identifier(name)}" for name in ("user_id", "ping_id")),
        # what is no whole number is left to the check of all lists, which says whose it is
        f"case when {rank} = floor({rank}) and abs({rank}) < 1e9 then cast({rank} as bigint) end "
        "as rank",
    ]


def check_cutoffs(
    connection: duckdb.DuckDBPyConnection, file: Path, cutoffs: Sequence[datetime]
) -> None:
    """Every cutoff has lists, and every list a cutoff."""
    asked = {f"{cutoff:{MOMENT}}" for cutoff in cutoffs}
    found = {row[0] for row in connection.execute("select distinct cutoff from more").fetchall()}
    for name in sorted(found - asked, key=str):
        raise InputError(
            f"{file} has lists of the cutoff {name}, which is not evaluated: name it with --as-of, "
            "or leave them out."
        )
    for name in sorted(asked - found):
        raise InputError(f"{file} has no list of the cutoff {name}: add them, or evaluate others.")


def check_strategies(connection: duckdb.DuckDBPyConnection, file: Path, folder: Path) -> None:
    """No name is that of another strategy."""
    taken = connection.execute(
        f"""
        select distinct strategy
        from read_parquet({literal(folder / "*.parquet")}, union_by_name = true)
        where strategy in (select strategy from more)
        order by 1
        """
    ).fetchall()
    if taken:
        raise InputError(
            f"{file} has lists of {taken[0][0]}, which is a strategy already: give them another "
            "name in their column strategy."
        )
