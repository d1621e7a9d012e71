#!/usr/bin/env python3
"""Publish the public tables of a green build as a release for dashboards and BI tools.

A release is a folder with every public table as Parquet, one DuckDB file in a storage format that
older clients read too, and a manifest. It is written beside the others under a temporary name, and
becomes the current one by the swap of a link (in S3, of one object): readers are never blocked and
never see two builds mixed. After a build that failed, or was stopped, or ran without its tests,
nothing is published, nor where the current release already is this build.

What dbt has built in PostgreSQL or Spark is published just so, by --engine; its tables with a row
per event stay there, unless they are asked for.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

import duckdb
from rich.progress import MofNCompleteColumn

from common import (
    BAD_INPUT,
    Ending,
    InputError,
    add_database,
    add_releases,
    exit_with,
    progress_bars,
    run_command,
    sentence_of,
    target_folder,
)
from other_engines import ENGINES
from releases.build import PublishError
from releases.publishing import publish

NOT_PUBLISHED = (
    Ending(InputError, BAD_INPUT, lambda error: f"nothing is published: {error}"),
    Ending(
        (OSError, duckdb.Error),
        BAD_INPUT,
        lambda error: f"nothing is published: {sentence_of(error)}",
    ),
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="publish.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add_database(command)
    command.add_argument(
        "--engine",
        choices=ENGINES,
        help="publish what dbt has built there, instead of the file (a target of profiles.yml)",
    )
    command.add_argument(
        "--with-events",
        action="store_true",
        help="of an engine, publish the tables with a row per event, too",
    )
    command.add_argument(
        "--target",
        type=Path,
        default=target_folder(),
        help="folder of dbt's run_results.json and manifest.json (default: DBT_TARGET_PATH, else "
        "target)",
    )
    add_releases(command)
    command.add_argument(
        "--keep",
        type=int,
        default=8,
        metavar="N",
        help="releases to keep, the new one included (default: %(default)s)",
    )
    return command


def publish_as_given(given: argparse.Namespace) -> None:
    """Publish as the command line asks for."""
    if given.keep < 1:
        raise PublishError(f"--keep {given.keep} would leave no release: give at least 1.")
    with progress_bars(MofNCompleteColumn()) as progress:
        task = progress.add_task("publishing")

        def on_table(name: str, number: int, total: int) -> None:
            progress.update(task, description=name, completed=number, total=total)

        release = publish(
            given.database,
            given.target,
            given.releases,
            given.keep,
            on_table,
            given.engine,
            given.engine is None or given.with_events,
        )
    if release.is_new:
        print(f"Published {release.place}; {release.pointer} points to it.")
    else:
        print(f"Nothing to publish: {release.pointer} is this build already.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("publish.py", lambda: publish_as_given(given), *NOT_PUBLISHED)


if __name__ == "__main__":
    exit_with(main())
