"""A plugin of dbt-duckdb, which profiles.yml names: dbt says in one sentence who has the warehouse.

DuckDB names a database after its file, and SQL then takes some names for something else: a file
with such a name is refused, before it is made.

One build at a time: DuckDB refuses a file that another process has open. dbt-duckdb lets that error
through as it is, and dbt prints a traceback of a hundred lines around it. So the file is opened
here first, and what comes of it is an error that dbt expects: it prints the sentence and ends with
the exit code 2, before it has touched anything.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from common import NotOpenedError, open_database

# What a build has schemas and databases of its own of, and what DuckDB has.
TAKEN_NAMES = ("main", "raw", "staging", "intermediate", "pingtop_batch", "temp", "system")


def check_name(path: str) -> None:
    """Stop where the database, named after its file, could not be told from something else."""
    file = Path(path).name
    name = file.lstrip(".").split(".")[0]
    if name.lower() in TAKEN_NAMES:
        raise NotOpenedError(
            f"a warehouse cannot be named {file}, as {name.lower()} is a name of Pingtop's or of "
            "DuckDB's: name the file otherwise, such as pingtop.duckdb."
        )
    # dbt reads the path as an address, in which ? ; and # end it, and does not double quotes.
    if set(name) & set("\"'") or DuckDBCredentials.path_derived_database_name(path) != name:
        raise NotOpenedError(
            f"a warehouse cannot be at {path}: name a file without quotes, and a path without "
            "any of ? ; # in it."
        )


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a module of plugins."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Open the file once, right before dbt-duckdb does."""
        is_file = creds.path != ":memory:" and not creds.remote and not creds.is_motherduck
        # Who asks dbt-duckdb for `retries` wants to wait.
        if not is_file or creds.retries:
            return
        try:
            check_name(creds.path)
            open_database(creds.path, read_only=False, config=config).close()
        except NotOpenedError as error:
            raise RuntimeError(str(error)) from error  # dbt-duckdb makes a database error of it
