#!/usr/bin/env python3
"""Say whether a strategy has earned to serve.

The rule: on every evaluated cutoff, the interval of the paired difference between the strategy and
the best of heuristic, popular and trending lies above zero. It is applied to the output folder of
`scripts/evaluate.py`, user by user, or (`--recorded`) to what the warehouse has kept of
evaluations, by which `serving_strategy: auto` goes. The answer is a sentence; nothing is changed.
"""

from __future__ import annotations

import argparse
import math
from collections.abc import Sequence
from pathlib import Path

import duckdb

from common import (
    BAD_INPUT,
    FAILED,
    OK,
    TRY_AGAIN,
    Ending,
    InputError,
    InUseError,
    default_warehouse,
    exit_with,
    open_database,
    run_command,
    sentence_of,
)
from evaluation import ACCURACY_METRICS
from ranking.promotion import RIVALS, duels, recorded_duels, verdict

ONE_SENTENCE = Ending((InputError, OSError, duckdb.Error), BAD_INPUT, sentence_of)


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="promote.py",
        description="Say whether a strategy has earned to serve: better than the best of "
        "heuristic, popular and trending on every cutoff of an evaluation. Exit code 0 if so, "
        "1 if not.",
    )
    parser.add_argument(
        "--evaluation",
        type=Path,
        default=Path("evaluation"),
        metavar="DIR",
        help="output folder of evaluate.py (default: %(default)s)",
    )
    parser.add_argument(
        "--recorded",
        action="store_true",
        help="judge by the newest evaluation of each strategy that is recorded in the warehouse, "
        "as serving_strategy: auto does (by ndcg, against the usual rivals)",
    )
    parser.add_argument(
        "--strategy",
        nargs="+",
        default=["gbdt", "neural"],
        metavar="NAME",
        help="strategies to judge (default: gbdt neural)",
    )
    parser.add_argument(
        "--metric", default="ndcg", choices=ACCURACY_METRICS, help="default: %(default)s"
    )
    parser.add_argument("--k", type=int, default=10, metavar="K", help="default: %(default)s")
    parser.add_argument(
        "--rivals",
        nargs="+",
        default=list(RIVALS),
        metavar="NAME",
        help=f"the best of these is to be beaten (default: {' '.join(RIVALS)})",
    )
    return parser


def judge(given: argparse.Namespace) -> int:
    """Print the duels and the verdicts; the result is the exit code."""
    if given.recorded:
        with open_database(default_warehouse(), read_only=True) as connection:
            found, metric, k = recorded_duels(connection, given.strategy)
    else:
        metric, k = given.metric, given.k
        found = duels(given.evaluation, given.strategy, given.rivals, metric, k)
    for one in found:
        print(
            f"{one.cutoff or 'all':19}  {one.strategy}{shown(one.value)} against {one.rival}"
            f"{shown(one.rival_value)}: {one.difference:+.4f} ({one.low:+.4f} to {one.high:+.4f}), "
            f"{one.users:,} users"
        )
    for strategy in given.strategy:
        print(verdict(found, strategy, metric, k))
    earned = {
        strategy
        for strategy in given.strategy
        if all(one.is_won for one in found if one.strategy == strategy)
    }
    return OK if earned else FAILED


def shown(value: float) -> str:
    """A mean, where it is known: the warehouse keeps differences only."""
    return "" if math.isnan(value) else f" {value:.4f}"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns the exit code."""
    given = build_parser().parse_args(arguments)
    return run_command("promote", lambda: judge(given), Ending(InUseError, TRY_AGAIN), ONE_SENTENCE)


if __name__ == "__main__":
    exit_with(main())
