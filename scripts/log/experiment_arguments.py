"""The options of the generator that plant an experiment."""

from __future__ import annotations

import argparse

from common import InputError
from log.experiment import LIFTED
from log.option_types import number
from log.plan import FEED, Experiment

MOST_LIFT = 3.0
# What only says something of an experiment, with what it is without one.
DEFAULTS = {
    "experiment_day": None, "treated": 0.5, "lift": None, "novelty": None, "lost": 0.0,
    "crossovers": 0.0,
}  # fmt: skip


def add_experiment(command: argparse.ArgumentParser) -> None:
    """Add the options to the command line."""
    group = command.add_argument_group(
        "experiment",
        "plant an experiment into a feed, with experiment_assignments.parquet and "
        "experiments.parquet; other files are as without it, but for what it changes",
    )
    group.add_argument("--experiment", metavar="ID", help="its id; without one there is none")
    group.add_argument(
        "--experiment-day", type=int, metavar="N",
        help="days of the log before it starts (default: half of them)",
    )  # fmt: skip
    group.add_argument(
        "--treated", type=number, default=DEFAULTS["treated"], metavar="SHARE",
        help="share of users in the arm treatment, the others are in control: %(default)s",
    )  # fmt: skip
    group.add_argument(
        "--lift", action="append", metavar="METRIC=SHARE",
        help=f"such as likes_per_user=0.2, may be repeated; of {', '.join(LIFTED)}",
    )  # fmt: skip
    group.add_argument(
        "--novelty", type=number, metavar="DAYS",
        help="lifts fade: half is gone after so many days",
    )  # fmt: skip
    group.add_argument(
        "--lost", type=number, default=0.0, metavar="SHARE",
        help="share of the treatment's assignments that are lost, a broken split: %(default)s",
    )  # fmt: skip
    group.add_argument(
        "--crossovers", type=number, default=0.0, metavar="SHARE",
        help="share of users who are put into both arms: %(default)s",
    )  # fmt: skip


def check_experiment(given: argparse.Namespace) -> Experiment | None:
    """The experiment that the arguments ask for."""
    if given.experiment is None:
        for name, default in DEFAULTS.items():
            if getattr(given, name) != default:
                raise InputError(f"--{name.replace('_', '-')} goes with --experiment ID.")
        return None
    name = given.experiment.strip()
    if not name:
        raise InputError("--experiment needs an id.")
    if given.shape != FEED:
        raise InputError(f"--experiment goes with --shape {FEED} only.")
    day = given.days // 2 if given.experiment_day is None else given.experiment_day
    if not 0 <= day < given.days:
        raise InputError(f"--experiment-day must be from 0 to {given.days - 1}, not {day}.")
    if not 0 < given.treated < 1:
        raise InputError(f"--treated must be between 0 and 1, not {given.treated}.")
    if given.novelty is not None and not given.novelty > 0:
        raise InputError(f"--novelty must be above 0 days, not {given.novelty}.")
    for option in ("lost", "crossovers"):
        if not 0 <= getattr(given, option) <= 1:
            raise InputError(f"--{option} is a share from 0 to 1, not {getattr(given, option)}.")
    return Experiment(
        name, day, given.treated, read_lifts(given.lift or []), given.novelty, given.lost,
        given.crossovers,
    )  # fmt: skip


def read_lifts(texts: list[str]) -> dict[str, float]:
    """Lifts by metric."""
    lifts = {}
    for text in texts:
        metric, _, written = text.partition("=")
        if metric not in LIFTED:
            raise InputError(f"--lift cannot lift {metric!r}: name one of {', '.join(LIFTED)}.")
        try:
            lifts[metric] = float(written)
        except ValueError:
            raise InputError(f"--lift must be such as {metric}=0.2, not {text!r}.") from None
        if not -1 <= lifts[metric] <= MOST_LIFT:
            raise InputError(f"--lift of {metric} must be from -1 to {MOST_LIFT:g}, not {written}.")
    return lifts
