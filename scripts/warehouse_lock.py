"""A plugin of dbt-duckdb, which profiles.yml names: dbt says in one sentence who has the warehouse.

One build at a time: DuckDB refuses a file that another process has open. dbt-duckdb lets that error
through as it is, and dbt prints a traceback of a hundred lines around it. So the file is opened
here first, and what comes of it is an error that dbt expects: it prints the sentence and ends with
the exit code 2, before it has touched anything.
"""

from __future__ import annotations

from typing import Any

from dbt.adapters.duckdb.credentials import DuckDBCredentials
from dbt.adapters.duckdb.plugins import BasePlugin

from common import NotOpenedError, open_database


class Plugin(BasePlugin):
    """What dbt-duckdb looks for in a module of plugins."""

    def update_connection_config(self, creds: DuckDBCredentials, config: dict[str, Any]) -> None:
        """Open the file once, right before dbt-duckdb does."""
        is_file = creds.path != ":memory:" and not creds.remote and not creds.is_motherduck
        # Who asks dbt-duckdb for `retries` wants to wait.
        if not is_file or creds.retries:
            return
        try:
            open_database(creds.path, read_only=False, config=config).close()
        except NotOpenedError as error:
            raise RuntimeError(str(error)) from error  # dbt-duckdb makes a database error of it
