"""Holds builds on an existing warehouse against whole builds of the same files, at random.

    python tests/python/helpers/incremental.py --seeds 1-50 --batches 30

A log of each seed arrives in batches; after each, every public table of the warehouse that has been
there all along must equal that of a warehouse which is built from nothing. Exit code 1 where one
does not; it then says which, and how to see it again.
"""

from __future__ import annotations

import argparse
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

sys.path.append(str(Path(__file__).resolve().parents[3] / "scripts"))

import duckdb
from forked_builds import DATABASE, MODELS_ONLY, WITHOUT_UNIT_TESTS, ForkedBuilds, KillAt, Outcome
from log_batches import FEWEST_BATCHES, PAST, Batch, Kill, batches_of
from warehouse_differences import Side, differences

from common import FAILED, Ending, InputError, exit_with, run_command

NAME = "incremental"
SHOWN_TABLES, SHOWN_OUTPUT = 8, 4000

# The logs are odd on purpose.
ODD_LOG = {"max_rejected_share": 1, "max_nulled_share": 1, "max_unknown_share": 1}
ODD_LOG |= dict.fromkeys(
    [
        "gate_rejected_share_error",
        "gate_missing_share_error",
        "gate_metric_change_error",
        "gate_vanished_files_error",
    ]
)
# Small as it is, its days are to be judged.
ODD_LOG |= {"gate_least_events": 5, "gate_metric_least_events": 5}

# What a rewound warehouse holds of the time after its moment, and what only a rewound one has.
NOT_OF_THE_PAST = dict.fromkeys(
    [
        "holdout_interactions",
        "holdout_relevance",
        "strategy_lists",
        "intake_files",
        "intake_warnings",
        "build_gates",
    ],
    "false",
) | {"intake_summary": "outcome <> 'after_as_of'"}


class DifferenceError(AssertionError):
    """A build left something else than a whole one, or did not succeed."""


class GrowingWarehouse:
    """A warehouse that is built batch by batch, and what it is compared with."""

    def __init__(self, builds: ForkedBuilds, folder: Path, has_kills: bool) -> None:
        self.builds = builds
        self.has_kills = has_kills
        self.raw = folder / "raw"
        self.database, self.whole, self.rewound, self.past = (
            folder / name / DATABASE for name in ("incremental", "whole", "rewound", "past")
        )
        self.raw.mkdir(parents=True)
        self.n_statements = 0
        self.n_killed = 0
        self.n_read_new_files_only = 0

    def write(self, batch: Batch) -> None:
        for place, content in batch.files.items():
            path = self.raw / place
            if content is None:
                path.unlink()
            else:
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
        (self.builds.project / "seeds" / "event_weights.csv").write_text(batch.weights)

    def build(
        self, database: Path, variables: dict[str, Any], arguments: tuple[str, ...] = MODELS_ONLY
    ) -> Outcome:
        outcome = self.builds.build(database, self.raw, ODD_LOG | variables, *arguments)
        if outcome.exit_code != 0:
            raise DifferenceError(
                f"dbt build of {database.parent.name} ended with {outcome.exit_code}:\n"
                + outcome.output.split("Completed with")[-1][-SHOWN_OUTPUT:]
            )
        return outcome

    def build_whole(self, variables: dict[str, Any]) -> None:
        remove(self.whole)
        self.n_statements = self.build(self.whole, variables).statements

    def compare_with_whole(
        self, database: Path, variables: dict[str, Any], where: dict[str, str] | None = None
    ) -> None:
        """With what stands there: build_whole of the same variables."""
        whole = Side("the whole one", self.whole)
        found = differences(Side("the incremental one", database), whole, where)
        if not found:
            return
        first = self.whole.parent.with_name("first") / self.whole.name
        first.parent.mkdir()
        shutil.move(self.whole, first)
        self.build_whole(variables)
        sides = Side("a whole one", first), Side("another whole one", self.whole)
        unsteady = differences(*sides, where)
        if unsteady:
            found.append("Two whole builds of these files differ as well: " + unsteady[0])
        if len(found) > SHOWN_TABLES:
            found[SHOWN_TABLES:-1] = [f"(and {len(found) - 1 - SHOWN_TABLES} more)"]
        raise DifferenceError("\n".join(found))

    def kill(self, kill: Kill, variables: dict[str, Any]) -> None:
        at = KillAt(max(1, round(kill.share * self.n_statements)), kill.seconds)
        outcome = self.builds.build(
            self.database, self.raw, ODD_LOG | variables, *MODELS_ONLY, kill=at
        )
        self.n_killed += outcome.is_killed

    def take(self, batch: Batch, is_last: bool) -> None:
        """Builds a batch in every way, and compares."""
        self.write(batch)
        if batch.as_of_within:
            rewound = {**batch.variables, "as_of": batch.as_of_within}
            self.build_whole(rewound)
            self.build(self.database, rewound)
            self.compare_with_whole(self.database, rewound)
        self.build_whole(batch.variables)
        for kill in batch.kills if self.has_kills else []:
            self.kill(kill, batch.variables)
        last_batch = newest_batch(self.database)
        self.build(self.database, batch.variables, WITHOUT_UNIT_TESTS if is_last else MODELS_ONLY)
        self.compare_with_whole(self.database, batch.variables)
        self.n_read_new_files_only += newest_batch(self.database) > max(1, last_batch)
        if batch.is_past:
            self.past.parent.mkdir()
            shutil.copy(self.database, self.past)
        if batch.as_of_beside:
            rewound = {**batch.variables, "as_of": batch.as_of_beside}
            self.build_whole(rewound)
            self.build(self.rewound, rewound)
            self.compare_with_whole(self.rewound, rewound)

    def rewind(self, variables: dict[str, Any]) -> None:
        """To the moment from which all is that came after the warehouse of the past was built."""
        rewound = {**variables, "as_of": f"{PAST:%Y-%m-%d %H:%M:%S}"}
        self.build_whole(rewound)
        self.compare_with_whole(self.past, rewound, NOT_OF_THE_PAST)


def remove(database: Path) -> None:
    for path in (database, database.with_name(f"{database.name}.wal")):
        path.unlink(missing_ok=True)


def newest_batch(database: Path) -> int:
    """The number of the last batch of files that the warehouse has read; 0: it does not say."""
    if not database.exists():
        return 0
    with duckdb.connect(str(database), read_only=True) as connection:
        tables = connection.execute(
            "select 1 from information_schema.tables "
            "where table_schema = 'main' and table_name = 'intake_files'"
        ).fetchall()
        if not tables:
            return 0
        return connection.execute(
            "select coalesce(max(batch_number), 0) from intake_files"
        ).fetchall()[0][0]


def check_seed(
    seed: int, n_batches: int, builds: ForkedBuilds, folder: Path, has_kills: bool = True
) -> str:
    """The line that says that all were equal. An error says what was not."""
    started = time.monotonic()
    warehouse = GrowingWarehouse(builds, folder, has_kills)
    batch = None
    try:
        for batch in batches_of(seed, n_batches):
            warehouse.take(batch, is_last=batch.number == n_batches)
        warehouse.rewind(batch.variables)
    except DifferenceError as error:
        raise DifferenceError(
            f"seed {seed}, batch {batch.number} ({', '.join(sorted(batch.happenings))}): {error}\n"
            f"The files and warehouses are in {folder}; to repeat it:\n    python "
            f"tests/python/helpers/incremental.py --seeds {seed} --batches {n_batches}"
            + ("" if has_kills else " --no-kills")
        ) from None
    return (
        f"seed {seed}: {n_batches} batches equal, {warehouse.n_read_new_files_only} of them by "
        f"reading new files only, {warehouse.n_killed} builds killed, "
        f"{time.monotonic() - started:.0f} s"
    )


def seeds_of(text: str) -> list[int]:
    """1-3,7 are 1, 2, 3 and 7."""
    seeds: list[int] = []
    for part in text.split(","):
        bounds = re.fullmatch(r"\s*(\d{1,9})\s*(?:-\s*(\d{1,9})\s*)?", part)
        if not bounds or int(bounds[2] or bounds[1]) < int(bounds[1]):
            raise InputError(
                f"--seeds must be numbers or ranges such as 1-50 or 3,7, not '{text}'."
            )
        seeds += range(int(bounds[1]), int(bounds[2] or bounds[1]) + 1)
    return seeds


@contextmanager
def work_folder(given: Path | None) -> Iterator[Path]:
    """The given folder, which must be new; else one that is gone where nothing differed."""
    if given is not None and given.exists():
        raise InputError(f"The folder {given} is there already: name a new one with --folder.")
    folder = given.resolve() if given else Path(tempfile.mkdtemp(prefix="pingtop-incremental-"))
    folder.mkdir(parents=True, exist_ok=True)
    yield folder
    if given is None:
        shutil.rmtree(folder)


def arguments() -> argparse.Namespace:
    command = argparse.ArgumentParser(
        prog=NAME,
        allow_abbrev=False,
        description="Build random logs batch by batch, and compare every public table with that of "
        "a whole build of the same files. A line per seed; stops at the first difference.",
    )
    command.add_argument(
        "--seeds",
        default="1-50",
        metavar="N-M",
        help="which logs, such as 1-50 or 3,7: %(default)s",
    )
    command.add_argument(
        "--batches", type=int, default=30, metavar="N", help="batches of each log: %(default)s"
    )
    command.add_argument(
        "--folder", type=Path, metavar="DIR", help="a new folder to keep files and warehouses in"
    )
    command.add_argument(
        "--no-kills", action="store_true", help="no build is killed: to find out what a kill did"
    )
    return command.parse_args()


def main() -> int:
    given = arguments()
    seeds = seeds_of(given.seeds)
    if given.batches < FEWEST_BATCHES:
        raise InputError(f"--batches must be at least {FEWEST_BATCHES}, but is {given.batches}.")
    with work_folder(given.folder) as folder:
        builds = ForkedBuilds(folder)
        for seed in seeds:
            place = folder / f"seed-{seed}"
            line = check_seed(seed, given.batches, builds, place, not given.no_kills)
            print(line, flush=True)
            if given.folder is None:
                shutil.rmtree(place)
    return 0


if __name__ == "__main__":
    exit_with(run_command(NAME, main, Ending(DifferenceError, FAILED)))
