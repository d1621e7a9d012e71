#!/usr/bin/env python3
"""Say in a few lines what the last run of dbt built, and what can be done with it."""

from __future__ import annotations

import argparse
import json
import os
import shlex
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import duckdb

from common import (
    InputError,
    NotOpenedError,
    default_warehouse,
    exit_with,
    named_warehouse,
    open_database,
    run_command,
    target_folder,
)

# A user with something behind the list, whose id needs no quotes in a shell.
A_USER = """
    select min(user_id) from user_ping_engagement
    where regexp_full_match(user_id, '[A-Za-z0-9_.@-]+')
"""


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="summary.py", description=__doc__)
    command.add_argument(
        "--target",
        type=Path,
        default=target_folder(),
        help="folder of dbt's run_results.json (default: DBT_TARGET_PATH, else target)",
    )
    command.add_argument("--next", action="store_true", help="say what to do next, too")
    return command


def built(target: Path) -> str:
    """What the last run built and tested; tests that only warned are counted and named."""
    try:
        results = json.loads((target / "run_results.json").read_text())["results"]
    except (OSError, ValueError, KeyError) as error:
        raise InputError(f"dbt has left no results in {target}: make build.") from error
    models = sum(result["unique_id"].startswith("model.") for result in results)
    tests = Counter(
        result["status"]
        for result in results
        if result["unique_id"].startswith(("test.", "unit_test."))
    )
    warnings = [
        result["unique_id"].split(".")[2] for result in results if result["status"] == "warn"
    ]
    source = os.environ.get("PINGTOP_RAW_LOCATION") or "the demo in seeds/"
    warned = f", {len(warnings)} warned ({', '.join(sorted(warnings))})" if warnings else ""
    return f"Built {models} models from {source}; {tests['pass']} tests passed{warned}."


def a_user(database: Path) -> str | None:
    """A user of the data that was built; none where there is no such warehouse."""
    if not database.is_file():
        return None
    try:
        with open_database(database, read_only=True) as connection:
            found = connection.execute(A_USER).fetchone()
    except (NotOpenedError, duckdb.Error):
        return None
    return found[0] if found else None


def what_next(database: Path, named: str | None) -> str:
    """Commands to go on with. named: the file as the environment names it."""
    user = a_user(database)
    of_user = f"where user_id = '{user}'" if user else "limit 10"
    export = f"    export PINGTOP_DATABASE={shlex.quote(named)}\n" if named else ""
    return f"""The warehouse is {named or database.name}. What next:

{export}    make query SQL="from recommendations {of_user}"
    make query     lists the tables
    make docs      writes the documentation of every table and column
    make publish dashboard    shows it all in the browser"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def work() -> None:
        print(built(given.target))
        if given.next:
            print(what_next(default_warehouse(), named_warehouse()))

    return run_command("summary.py", work)


if __name__ == "__main__":
    exit_with(main())
