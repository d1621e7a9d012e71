"""How the last runs of dbt ended: read from the warehouse or the current release, and shown."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb

from common import InputError, InUseError, Row, named_rows, open_database
from releases.release import ReleaseError, open_release

QUERY = "from build_history order by started_at desc, invocation_id limit ?"
COLORS = {"green": "green", "warned": "yellow", "red": "red", "refused": "red"}


def read_status(database: Path, releases: Path | str, runs: int) -> dict[str, Any]:
    """What there is to say: who has the warehouse, where the runs are read from, the runs."""
    release, in_use = None, None
    try:
        release = open_release(releases)
    except ReleaseError as error:
        no_release = str(error)
    source, builds = "warehouse", list[Row]()
    try:
        if not database.is_file():
            raise InputError(f"there is no warehouse {database}: make build")
        with open_database(database, read_only=True) as connection:
            builds = named_rows(connection.execute(QUERY, [runs]))
    except duckdb.CatalogException as error:
        raise InputError(f"{database} has no build_history yet: make build") from error
    except InUseError as error:
        in_use = str(error).split(": ")[0]
        if release is None:
            raise InputError(f"{in_use}, and {no_release[0].lower()}{no_release[1:]}") from error
        source, builds = "release", release.rows(QUERY, [runs])
    current = release and {
        name: release.manifest[name] for name in ("release", "published_at", "invocation_id")
    }
    return {"in_use": in_use, "source": source, "current_release": current, "builds": builds}


def shown(value: object) -> str:
    """A value in a cell."""
    if value is None:
        return ""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%d %H:%M:%S}"
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def print_table(status: dict[str, Any]) -> None:
    """For people."""
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    console = Console(highlight=False, markup=False, emoji=False)
    if not console.is_terminal:  # a file or a pipe takes the whole line
        console.width = 400
    current = status["current_release"]
    table = Table("started (UTC)", "status", "what")
    for name in ("s", "CPU s", "new files", "accepted", "rejected"):
        table.add_column(name, justify="right")
    for name in ("newest event", "release", "first failed"):
        table.add_column(name)
    for row in status["builds"]:
        is_current = bool(current) and row["invocation_id"] == current["invocation_id"]
        state = row["status"]
        table.add_row(
            shown(row["started_at"]),
            Text(state, style=COLORS.get(state, "")),
            (row["selection"] or "all").removeprefix("--selector "),
            *(shown(row[name]) for name in ("seconds", "cpu_seconds", "new_files")),
            *(shown(row[name]) for name in ("accepted_rows", "rejected_rows", "newest_event")),
            "current" if is_current else "",
            shown(row["first_failed"]),
        )
    console.print(table)
    if status["in_use"]:
        console.print(f"{status['in_use']}: these are the runs that the current release knows of.")


def as_json(value: object) -> str:
    """What JSON has no type for."""
    if isinstance(value, datetime):
        return f"{value.isoformat()}Z"
    if isinstance(value, date):
        return value.isoformat()
    raise TypeError(type(value))
