"""The command line of the generator, and what it asks for."""

from __future__ import annotations

import argparse
import os
from datetime import date
from pathlib import Path
from typing import NoReturn

from common import InputError
from log.experiment_arguments import add_experiment, check_experiment
from log.files import CATEGORIES
from log.option_types import day, number, whole_number
from log.plan import COMPOUND_LABEL, FEED, FLAT, SHAPES, Plan

MAX_EVENTS = 100_000_000_000
MAX_IDS = 100_000_000
MAX_SHARE = 0.5  # of dirt, of repeats: half of the log or more stays clean
PINGS_PER_CREATOR = {FEED: 8, FLAT: 20, COMPOUND_LABEL: 8}
# What only the shapes in the raw contract have.
OF_THE_CONTRACT = ("dirt", "repeats", "missing", "categories", "rows_per_file")
YEARS = (1972, 2200)
MAX_DAYS = 36_500


class Parser(argparse.ArgumentParser):
    """An argument parser that says what is wrong in one sentence."""

    def error(self, message: str) -> NoReturn:
        """Leave with the message alone; --help has the rest."""
        self.exit(2, f"{self.prog}: {message}\n")


def parser() -> Parser:
    """Build the command line."""
    command = Parser(
        prog="generate_data",
        allow_abbrev=False,
        description="Write a synthetic log of a short-video app in the raw contract: "
        "users.parquet, pings.parquet and interactions/part-*.parquet. The same arguments give "
        "the same files, whatever the number of jobs.",
        epilog="Point the project at the folder with PINGTOP_RAW_LOCATION=DIR.",
    )
    size = command.add_argument_group("size")
    size.add_argument("--users", type=whole_number, default=2_000, metavar="N", help="%(default)s")
    size.add_argument("--pings", type=whole_number, default=1_000, metavar="N", help="%(default)s")
    size.add_argument(
        "--events", type=whole_number, default=200_000, metavar="N",
        help="rows of the interactions, dirt and repeats included: %(default)s",
    )  # fmt: skip
    size.add_argument(
        "--days", type=whole_number, default=30, metavar="N", help="length of the log: %(default)s"
    )
    shape = command.add_argument_group("shape")
    shape.add_argument(
        "--shape", choices=(*SHAPES, COMPOUND_LABEL), default=FEED,
        help="feed: sessions of users with favourites, who meet popular pings again and again, and "
        "users and pings that appear during the log. flat: events at random moments, of random "
        "users on random pings that were there before, no pair twice before all pairs had an "
        "event. compound_label: Users.csv, Content.csv and Interaction.csv as in "
        "examples/compound_label, clean, with the mapping.yml that reads them: %(default)s",
    )  # fmt: skip
    shape.add_argument("--seed", type=whole_number, default=1, metavar="N", help="%(default)s")
    shape.add_argument(
        "--start", type=day, default=date(2025, 1, 1), metavar="DATE",
        help="first day of the log (UTC): %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--dirt", type=number, default=0.002, metavar="SHARE",
        help="share of rows that are dirt, a fifth each: unknown event type, null id, negative "
        "watch time, missing timestamp, a ping that is not in pings (valid, yet odd): %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--repeats", type=number, default=0.01, metavar="SHARE",
        help="share of rows that repeat another row exactly: %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--missing", type=number, default=0.02, metavar="SHARE",
        help="share of missing values in each column of users and pings but the ids: %(default)s",
    )  # fmt: skip
    shape.add_argument(
        "--categories", type=whole_number, default=len(CATEGORIES), metavar="N", help="%(default)s"
    )
    shape.add_argument(
        "--creators", type=whole_number, metavar="N",
        help="by default an eighth of the pings, in a flat log a twentieth",
    )  # fmt: skip
    add_experiment(command)
    writing = command.add_argument_group("output")
    writing.add_argument("--output", type=Path, required=True, metavar="DIR", help="the folder")
    writing.add_argument(
        "--overwrite", action="store_true", help="replace the data that the folder holds"
    )
    writing.add_argument(
        "--rows-per-file", type=whole_number, default=2_500_000, metavar="N",
        help="rows in each file of the interactions, about: %(default)s",
    )  # fmt: skip
    writing.add_argument(
        "--jobs", type=whole_number, default=min(4, os.cpu_count() or 1), metavar="N",
        help="files written at once; each takes about 0.2 GB of memory: %(default)s",
    )  # fmt: skip
    writing.add_argument("--quiet", action="store_true", help="no progress bar and no summary")
    return command


def check(arguments: argparse.Namespace) -> Plan:
    """The plan that the arguments ask for."""
    if arguments.creators is None:
        arguments.creators = max(1, arguments.pings // PINGS_PER_CREATOR[arguments.shape])
    bounds = {
        "users": (1, MAX_IDS), "pings": (1, MAX_IDS), "events": (1, MAX_EVENTS),
        "days": (1, MAX_DAYS), "seed": (0, 2**63), "categories": (1, 10_000),
        "creators": (1, MAX_IDS), "rows_per_file": (1, MAX_EVENTS), "jobs": (1, 256),
    }  # fmt: skip
    for name, (low, high) in bounds.items():
        value = getattr(arguments, name)
        if not low <= value <= high:
            option = name.replace("_", "-")
            raise InputError(f"--{option} must be between {low:,} and {high:,}, not {value:,}.")
    for name in ("dirt", "repeats", "missing"):
        share = getattr(arguments, name)
        if not 0 <= share <= MAX_SHARE:
            raise InputError(f"--{name} is a share between 0 and {MAX_SHARE}, not {share}.")
    if arguments.dirt + arguments.repeats > MAX_SHARE:
        raise InputError(f"--dirt and --repeats together may be {MAX_SHARE} at most.")
    first_year, last_year = YEARS
    if not first_year <= arguments.start.year <= last_year:
        raise InputError(f"--start must be a day of the years {first_year} to {last_year}.")
    if arguments.shape == COMPOUND_LABEL:
        for name in OF_THE_CONTRACT:
            if getattr(arguments, name) != parser().get_default(name):
                option = name.replace("_", "-")
                raise InputError(f"--{option} does not go with --shape {COMPOUND_LABEL}.")
    arguments.experiment = check_experiment(arguments)
    names = Plan.__dataclass_fields__
    return Plan(**{name: getattr(arguments, name) for name in names})
