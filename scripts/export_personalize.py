#!/usr/bin/env python3
"""Hand a release to Amazon Personalize, and take its recommendations back.

Three forms. The first writes the newest release as the three datasets of a custom dataset group
(interactions, users and items), as CSV files with their Avro schemas, and batch_input.json for a
batch inference job. What Personalize would refuse is refused here. The second (--check) checks the
files of a folder, whoever wrote them. The third (--batch) turns what a batch inference job wrote
into lists for scripts/evaluate.py.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from common import (
    BAD_INPUT,
    PROJECT,
    Ending,
    InputError,
    add_releases,
    exit_with,
    run_command,
    sentence_of,
)
from releases.release import open_release
from serving.personalize_batch import write_lists
from serving.personalize_check import RefusedError, check_folder
from serving.personalize_export import export

EXAMPLES = """examples:
  scripts/export_personalize.py --output personalize
  scripts/export_personalize.py --before 2024-02-13 --output personalize
  scripts/export_personalize.py --check personalize
  scripts/export_personalize.py --batch downloaded --lists lists.parquet
  scripts/evaluate.py --as-of 2024-02-13 --more-lists lists.parquet --output evaluation
"""


def moment(text: str) -> datetime:
    """A UTC moment without zone."""
    try:
        found = datetime.fromisoformat(text)
    except ValueError as error:
        raise argparse.ArgumentTypeError(f"{text} is no moment such as 2024-02-13") from error
    return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="export_personalize.py",
        description=__doc__,
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    add_releases(command)
    command.add_argument(
        "--output",
        type=Path,
        default=PROJECT / "personalize",
        metavar="FOLDER",
        help="where the files go (default: personalize)",
    )
    command.add_argument(
        "--before",
        type=moment,
        metavar="MOMENT",
        help="only what happened before that moment (UTC): for an evaluation as of it",
    )
    command.add_argument(
        "--event-types",
        nargs="+",
        metavar="TYPE",
        help="only events of these types (default: all but impressions and those that count "
        "against a ping)",
    )
    forms = command.add_mutually_exclusive_group()
    forms.add_argument(
        "--check", type=Path, metavar="FOLDER", help="check the files of a folder instead"
    )
    forms.add_argument(
        "--batch",
        type=Path,
        metavar="PLACE",
        help="read the file or folder that a batch inference job wrote, and write --lists",
    )
    command.add_argument("--lists", type=Path, metavar="FILE", help="the lists of --batch, Parquet")
    command.add_argument(
        "--strategy",
        default="personalize",
        metavar="NAME",
        help="what the evaluation calls the lists of --batch (default: %(default)s)",
    )
    return command


def export_as_given(given: argparse.Namespace) -> None:
    """Write the datasets."""
    release = open_release(given.releases)
    done = export(release, given.output, given.before, given.event_types)
    rows = ", ".join(f"{count:,} {name.lower()}" for name, count in done.rows.items())
    print(f"Wrote {rows} of {release.name} to {given.output}; Personalize takes them.")
    for note in done.notes:
        print(note)


def read_batch(given: argparse.Namespace) -> None:
    """Turn batch recommendations into lists."""
    if given.lists is None:
        raise InputError("--batch is given without --lists, the file to write: name it.")
    done = write_lists(given.batch, given.lists, given.strategy)
    print(f"Wrote {done.users:,} lists ({done.rows:,} rows) of {given.strategy} to {given.lists}.")
    if done.failed:
        print(f"{done.failed:,} users have none; the first error is: {done.first_error}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def work() -> None:
        if given.check is not None:
            check_folder(given.check)
            print(f"{given.check} has what Personalize takes.")
        elif given.batch is not None:
            read_batch(given)
        else:
            export_as_given(given)

    def refused(error: RefusedError) -> str:
        return str(error).replace("\n", "\nexport_personalize.py: ")

    return run_command(
        "export_personalize.py",
        work,
        Ending(RefusedError, BAD_INPUT, refused),
        Ending((OSError, duckdb.Error), BAD_INPUT, sentence_of),
    )


if __name__ == "__main__":
    exit_with(main())
