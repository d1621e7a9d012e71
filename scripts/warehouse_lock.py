"""A plugin of dbt-duckdb, which profiles.yml names: dbt says in one sentence who has the warehouse.

DuckDB names a database after its file, and SQL then takes some names for something else: a file
with such a name is refused, before it is made. So are settings that DuckDB does not take.

One build at a time: DuckDB refuses a file that another process has open. dbt-duckdb lets that error
through as it is, and dbt prints a traceback of a hundred lines around it. So the file is opened
here first, and what comes of it is an error that dbt expects: it prints the sentence and ends with
the exit code 2, before it has touched anything.

Two builds that spill into one folder overwrite what the other has put there: tables are wrong, or
the process crashes. By default a warehouse has a folder of its own; one that is named is for one
build at a time.
"""

from __future__ import annotations

import fcntl
import os
from contextlib import suppress
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


# Open until the process ends, by their paths: what a process has open it may lock once.
_CLAIMED: dict[Path, int] = {}


def claim_spill(folder: Path) -> None:
    """Have a folder for this process alone, to spill into; stop where another one has it."""
    folder = folder.resolve()
    if folder in _CLAIMED:
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = os.open(folder, os.O_RDONLY)
    except OSError as error:
        raise NotOpenedError(
            f"there can be no folder {folder} to spill into ({error.strerror}): name another with "
            "PINGTOP_TEMP_DIRECTORY."
        ) from error
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError as error:
        os.close(handle)
        raise NotOpenedError(
            f"another build spills into {folder}: name another folder with "
            "PINGTOP_TEMP_DIRECTORY, or none, and each warehouse has its own."
        ) from error
    except OSError:  # a file system without locks
        os.close(handle)
        return
    _CLAIMED[folder] = handle


def own_spill(path: str) -> Path:
    """Where a warehouse spills where no other folder is named, as DuckDB itself has it."""
    return Path(f"{path}.tmp")


def open_once(path: str, config: dict[str, Any]) -> None:
    """Open the file as dbt-duckdb is about to; no file stays behind where it cannot be made.

    Whoever has the file open has its folder to spill into, too: what a killed build left goes.
    """
    is_new = not Path(path).exists()
    try:
        with open_database(path, read_only=False, config=config):
            for left in own_spill(path).glob("duckdb_temp_*"):
                left.unlink(missing_ok=True)
    except NotOpenedError:
        with suppress(OSError):
            if is_new and Path(path).stat().st_size == 0:
                Path(path).unlink()
        raise


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
            open_once(creds.path, config)
            spill = config.get("temp_directory")
            if spill and Path(spill) != own_spill(creds.path):
                claim_spill(Path(spill))
        except NotOpenedError as error:
            raise RuntimeError(str(error)) from error  # dbt-duckdb makes a database error of it
