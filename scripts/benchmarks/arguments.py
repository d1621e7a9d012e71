"""The command line of the benchmark, and what it asks for."""

from __future__ import annotations

import argparse
import math
from pathlib import Path

import duckdb

from benchmarks.incremental import Cut
from benchmarks.programs import find_dbt, shared_settings
from benchmarks.sizes import Options
from common import PROJECT, InputError
from log import arguments as of_log
from log.arguments import Parser
from log.option_types import number, whole_number
from log.plan import FEED, SHAPES, Plan

EVENTS_PER_USER = 100
EVENTS_PER_PING = 400
MAX_REPEATS = 100
PARTS = 30
MAX_PARTS = 1_000


def parser() -> Parser:
    """Build the command line."""
    command = Parser(
        prog="benchmark",
        allow_abbrev=False,
        description="Measure the full dbt build against one group by user_id, ping_id over the raw "
        "events, and against the core of the pipeline in pandas, on the same generated files.",
        epilog="The seconds of the build include dbt's own start and a full parse. Other work on "
        "the machine lengthens wall seconds much and CPU seconds little.",
    )
    data = command.add_argument_group("data")
    data.add_argument(
        "--events", type=whole_number, default=200_000, metavar="N",
        help="rows of the interactions: %(default)s",
    )  # fmt: skip
    data.add_argument(
        "--sizes", type=whole_number, nargs="+", metavar="N",
        help="several numbers of events instead, for the growth exponent",
    )  # fmt: skip
    data.add_argument(
        "--users", type=whole_number, metavar="N",
        help=f"users at the largest size, fewer in proportion at smaller ones; by default one for "
        f"every {EVENTS_PER_USER} events",
    )  # fmt: skip
    data.add_argument(
        "--pings", type=whole_number, metavar="N",
        help=f"pings, likewise; by default one for every {EVENTS_PER_PING} events",
    )  # fmt: skip
    data.add_argument(
        "--shape", choices=SHAPES, default=FEED,
        help="as in generate_data.py, which says what they are: %(default)s",
    )  # fmt: skip
    data.add_argument("--days", type=whole_number, default=30, metavar="N", help="%(default)s")
    data.add_argument("--seed", type=whole_number, default=1, metavar="N", help="%(default)s")
    data.add_argument("--dirt", type=number, default=0.002, metavar="SHARE", help="%(default)s")
    data.add_argument("--repeats", type=number, default=0.01, metavar="SHARE", help="%(default)s")
    data.add_argument(
        "--data", type=Path, nargs="+", metavar="DIR",
        help="folders that generate_data.py has written, instead of new data",
    )  # fmt: skip
    what = command.add_argument_group("measuring")
    what.add_argument(
        "--repeat", type=whole_number, default=1, metavar="N",
        help="measure so many times and report the medians: %(default)s",
    )  # fmt: skip
    what.add_argument("--no-pandas", action="store_true", help="leave the pandas yardstick out")
    what.add_argument(
        "--sample", type=whole_number, default=1_000, metavar="N",
        help="users whose lists pandas makes; the cost for all is extrapolated: %(default)s",
    )  # fmt: skip
    what.add_argument(
        "--threads", metavar="N", help="DuckDB's threads; by default those of the environment "
        "(PINGTOP_THREADS) or of the profile",
    )  # fmt: skip
    what.add_argument(
        "--memory-limit", metavar="SIZE", help="DuckDB's memory limit, such as 4GB; likewise",
    )  # fmt: skip
    what.add_argument(
        "--project-dir", type=Path, default=PROJECT, metavar="DIR",
        help="the dbt project: this one by default",
    )  # fmt: skip
    incremental = command.add_argument_group("builds on an existing warehouse")
    incremental.add_argument(
        "--incremental", action="store_true",
        help="measure these instead, without tests: the log is cut by event time into parts, a "
        "warehouse is built of all but the last one, and then, from the same warehouse each time, "
        "a daily and an hourly build (the selectors of these names, where the project has them) "
        "when the last part has come in as a new file; beside them, a full build of all files. "
        "dbt parses the project before them, once",
    )  # fmt: skip
    incremental.add_argument(
        "--parts", type=whole_number, metavar="N", help=f"parts of the log: {PARTS}"
    )
    incremental.add_argument(
        "--daily-builds", type=whole_number, metavar="N",
        help="then also build all but so many parts, add them one by one with a daily build each, "
        "and compare the size of the file with that of the full build: 0",
    )  # fmt: skip
    files = command.add_argument_group("files")
    files.add_argument(
        "--work-dir", type=Path, metavar="DIR",
        help="where data and databases are kept while it runs: benchmark/ in the project",
    )  # fmt: skip
    files.add_argument(
        "--output", type=Path, metavar="FILE",
        help="the report as JSON: benchmark.json in the work folder",
    )  # fmt: skip
    files.add_argument("--keep", action="store_true", help="keep the generated data")
    files.add_argument("--quiet", action="store_true", help="no progress bar")
    return command


def plans(given: argparse.Namespace) -> list[Plan]:
    """The data to generate: one plan for each size, smallest first."""
    sizes = sorted(set(given.sizes or [given.events]))
    found = []
    for events in sizes:
        share = events / sizes[-1] if sizes[-1] > 0 else 1
        users, pings = (
            max(1, events // each) if total is None else math.ceil(total * share)
            for total, each in ((given.users, EVENTS_PER_USER), (given.pings, EVENTS_PER_PING))
        )
        arguments = {"events": events, "users": users, "pings": pings}
        for name in ("shape", "days", "seed", "dirt", "repeats"):
            arguments[name] = getattr(given, name)
        texts = [f"--{name}={value}" for name, value in arguments.items()]
        found.append(of_log.check(of_log.parser().parse_args([*texts, "--output=."])))
    return found


def check(given: argparse.Namespace) -> Options:
    """Options as checked, before anything is generated."""
    if not 1 <= given.repeat <= MAX_REPEATS:
        raise InputError(f"--repeat must be between 1 and {MAX_REPEATS}, not {given.repeat}.")
    if given.sample < 1:
        raise InputError(f"--sample must be 1 or more, not {given.sample}.")
    if given.data and given.sizes:
        raise InputError("--data and --sizes exclude each other: the folders have their sizes.")
    project = given.project_dir.resolve()
    if not (project / "dbt_project.yml").exists():
        raise InputError(f"{given.project_dir} is no dbt project: it has no dbt_project.yml.")
    settings = shared_settings(
        project, {"threads": given.threads, "memory_limit": given.memory_limit}
    )
    try:
        duckdb.connect(config=dict(settings)).close()
    except duckdb.Error as error:
        reason = str(error).splitlines()[0]
        raise InputError(f"DuckDB refuses --threads or --memory-limit: {reason}") from None
    return Options(
        dbt=find_dbt(),
        project=project,
        settings=settings,
        repeat=given.repeat,
        with_pandas=not given.no_pandas,
        sample=given.sample,
    )


def check_cut(given: argparse.Namespace) -> Cut | None:
    """How to cut the log for builds on an existing warehouse; None where only whole ones count."""
    if not given.incremental:
        for name in ("parts", "daily_builds"):
            if getattr(given, name) is not None:
                raise InputError(f"--{name.replace('_', '-')} goes with --incremental only.")
        return None
    if given.sizes or len(given.data or []) > 1:
        raise InputError("--incremental measures one log: give one size or one folder.")
    cut = Cut(PARTS if given.parts is None else given.parts, given.daily_builds or 0)
    if not 2 <= cut.parts <= MAX_PARTS:
        raise InputError(f"--parts must be between 2 and {MAX_PARTS:,}, not {cut.parts:,}.")
    if not 0 <= cut.daily_builds < cut.parts:
        raise InputError(f"--daily-builds must be fewer than the {cut.parts} parts, and 0 or more.")
    return cut
