"""The command line of scripts/experiment.py, and what it asks for."""

from __future__ import annotations

import argparse
from datetime import UTC, datetime
from pathlib import Path

from common import InputError, add_database, project_variables
from experiments.assign import Assigning, check_name
from experiments.assignment import SALT, read_holdout, read_shares
from experiments.power import Aim
from experiments.warehouse import check_metric
from log.arguments import Parser
from log.option_types import number, whole_number

EVEN = ("control=0.5", "treatment=0.5")
MOST_DAYS = 400


def parser() -> Parser:
    """Build the command line."""
    command = Parser(
        prog="experiment",
        allow_abbrev=False,
        description="Experiments: assign users to arms, say how long an experiment must run, and "
        "report what it showed. docs/experiments.md has the details.",
    )
    jobs = command.add_subparsers(dest="job", required=True, metavar="assign | power | report")
    add_assign(jobs.add_parser("assign", help="write who gets which arm", allow_abbrev=False))
    add_power(jobs.add_parser("power", help="the smallest change to detect", allow_abbrev=False))
    add_report(jobs.add_parser("report", help="say what an experiment showed", allow_abbrev=False))
    return command


def add_shares(command: argparse.ArgumentParser, what: str) -> None:
    """The option that names the arms."""
    command.add_argument(
        "--share", nargs="+", default=list(EVEN), metavar="ARM=SHARE",
        help=f"{what} (default: {' '.join(EVEN)})",
    )  # fmt: skip


def add_assign(command: argparse.ArgumentParser) -> None:
    """The options of assign."""
    command.description = (
        "Write assignments by a salted hash of the user id: the same user gets the same arm for "
        "ever. Users who are in the output already stay as they are there, new ones are added."
    )
    command.add_argument("experiment", help="its id, such as ranker_2")
    command.add_argument(
        "--output", type=Path, required=True, metavar="FILE",
        help="such as experiment_assignments.csv of the raw folder; .csv or .parquet",
    )  # fmt: skip
    add_shares(command, "the arms with their shares, which add up to 1")
    command.add_argument(
        "--holdout", default="0", metavar="SHARE",
        help="share of users who are in no experiment, the same ones in all: %(default)s",
    )  # fmt: skip
    command.add_argument("--salt", default=SALT, metavar="TEXT", help="of the hash: %(default)s")
    command.add_argument(
        "--assigned-at", type=moment, metavar="MOMENT",
        help="from when on events count (UTC; default: the newest event of the warehouse)",
    )  # fmt: skip
    command.add_argument(
        "--users", type=Path, metavar="FILE",
        help="a CSV or Parquet file with a column user_id (default: all users of the warehouse)",
    )  # fmt: skip
    command.add_argument(
        "--plan", type=Path, metavar="FILE",
        help="keep control, shares and start there, such as experiments.csv of the raw folder",
    )  # fmt: skip
    command.add_argument("--primary-metric", metavar="METRIC", help="for the plan")
    add_database(command)


def add_power(command: argparse.ArgumentParser) -> None:
    """The options of power."""
    command.description = (
        "Say how small a change an experiment would detect, and how many days a change needs, "
        "from the variance of the log's own users, with and without CUPED."
    )
    command.add_argument("--metric", required=True, help="such as watch_through_rate")
    add_shares(command, "control first, then the arm; the rest of the users is not in it")
    command.add_argument(
        "--days", type=whole_number, default=14, metavar="N", help="its length: %(default)s"
    )
    command.add_argument(
        "--lift", type=number, metavar="SHARE",
        help="say how many days a relative change of this size needs, such as 0.02",
    )  # fmt: skip
    command.add_argument("--alpha", type=number, default=0.05, help="%(default)s")
    command.add_argument("--power", type=number, default=0.8, help="%(default)s")
    command.add_argument("--chart", type=Path, metavar="FILE", help="write the chart there (SVG)")
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    add_database(command)


def add_report(command: argparse.ArgumentParser) -> None:
    """The options of report."""
    command.description = "Say what an experiment showed, in sentences, a table and a forest plot."
    command.add_argument("experiment", help="its id")
    command.add_argument("--segment", default="all", help="such as new or country_NG: %(default)s")
    command.add_argument("--html", type=Path, metavar="FILE", help="write it there, in one file")
    command.add_argument(
        "--chart", type=Path, metavar="FILE", help="write the forest plot there (SVG)"
    )
    add_database(command)


def moment(text: str) -> datetime:
    """Read a moment, in UTC where it has no offset."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC).replace(tzinfo=None) if found.tzinfo else found
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a moment such as 2025-01-31T12:00:00"
        ) from None


def assigning(given: argparse.Namespace) -> Assigning:
    """What assign is asked for."""
    if given.primary_metric:
        check_metric(given.primary_metric)
        if not given.plan:
            raise InputError("--primary-metric is kept in the plan: name a file with --plan.")
    return Assigning(
        check_name(given.experiment),
        read_shares(given.share),
        read_holdout(given.holdout),
        given.salt,
        given.assigned_at,
        given.users,
        given.output,
        given.plan,
        given.primary_metric,
        given.database,
    )


def aim(given: argparse.Namespace) -> Aim:
    """What power is asked for."""
    shares = read_shares(given.share, is_whole=False)
    if len(shares) > 2:
        raise InputError("--share must name the control and one arm: each arm is on its own here.")
    control = "control" if "control" in shares else next(iter(shares))
    [arm] = [name for name in shares if name != control]
    if not 1 <= given.days <= MOST_DAYS:
        raise InputError(f"--days must be from 1 to {MOST_DAYS}, not {given.days:,}.")
    for name, least in (("alpha", 0.0), ("power", given.alpha), ("lift", 0.0)):
        value, most = getattr(given, name), 10.0 if name == "lift" else 1.0
        if value is not None and not least < value < most:
            raise InputError(f"--{name} must be between {least:g} and {most:g}, not {value:g}.")
    return Aim(
        check_metric(given.metric),
        float(shares[arm]),
        float(shares[control]),
        given.days,
        given.lift,
        given.alpha,
        given.power,
        int(project_variables()["experiment_pre_period_days"]),
    )
