"""The command line of an evaluation, and what it asks for."""

from __future__ import annotations

import argparse
import json
from pathlib import Path

from common import InputError
from evaluation import Settings
from evaluation.rewind import Rewind, parse_moment
from evaluation.settings import ACCURACY_METRICS, SHOWN_METRICS, SHOWN_NDCG_K, TASKS
from other_engines import DUCKDB, ENGINES

EXAMPLES = """examples:
  scripts/evaluate.py --output evaluation
  scripts/evaluate.py --as-of 2024-02-13 --as-of 2024-02-19 --horizon-days 7 --k 5 10 20 \\
      --bootstrap 1000 --output evaluation
  scripts/evaluate.py --task impressions --as-of 2024-02-13 --output evaluation
  scripts/evaluate.py --lists lists.parquet --truth truth.parquet --output evaluation
  scripts/evaluate.py --lists lists.parquet --truth truth.csv --catalogue pings.parquet \\
      --history seen.parquet --k 5 10 20 --bootstrap 1000 --output evaluation

The lists need the columns user_id, ping_id and rank (1, 2, 3 ...); give several strategies in a
column `strategy` and several points in time in a column `cutoff` (of the truth, too). Name the
baselines `random`, `popular` and `trending`, or name your own with --baselines.
"""


# further baselines of impressions: how often shown before, how often with a response, its length
SHOWN_BASELINES = ("impressions", "response_rate", "shorter")

# variables that the rewinding sets itself
SET_BY_OPTIONS = {"as_of": "--as-of", "holdout_days": "--horizon-days", "top_k": "--k"}
SET_BY_OPTIONS |= {"schema_prefix": "--target"}


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py",
        description="Evaluate recommendation lists against what happened afterwards.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for add in (add_past, add_files, add_computation, add_output, add_machine):
        add(parser)
    return parser


def add_past(parser: argparse.ArgumentParser) -> None:
    """What the first form rewinds to."""
    past = parser.add_argument_group("first form: rewind the warehouse")
    past.add_argument(
        "--task",
        choices=TASKS,
        default=TASKS[0],
        help="lists: those of the whole catalogue, against what was relevant. impressions: the "
        "order of what each user was shown, against who responded (default: %(default)s)",
    )
    past.add_argument(
        "--target",
        choices=(DUCKDB, *ENGINES),
        default=DUCKDB,
        help="where the rewound warehouse is built, by its name in profiles.yml: the lists of all "
        "are the same (default: %(default)s)",
    )
    past.add_argument(
        "--as-of",
        action="append",
        metavar="MOMENT",
        help="cutoff (UTC), such as 2024-02-13 or '2024-02-13 16:00:00'; may be given more than "
        "once (default: up to 3 rolling ones that fit the log)",
    )
    past.add_argument(
        "--horizon-days",
        type=int,
        metavar="N",
        help="days after each cutoff that the lists are compared with (default: 7)",
    )
    past.add_argument(
        "--vars",
        default="{}",
        metavar="JSON",
        help="further dbt variables, such as '{\"weight_freshness\": 0.3}'",
    )
    past.add_argument(
        "--collaborative",
        action="store_true",
        help="add two collaborative filters, ease and als, as further baselines",
    )
    past.add_argument(
        "--more-lists",
        type=Path,
        metavar="FILE",
        help="lists of another system as further strategies (Parquet or CSV): user_id, ping_id, "
        "rank, optionally strategy and, for several cutoffs, cutoff; made from what was known then",
    )
    past.add_argument(
        "--no-record",
        action="store_true",
        help="do not add the results to the warehouse's evaluation_metrics",
    )
    past.add_argument(
        "--wait",
        type=float,
        default=60,
        metavar="SECONDS",
        help="how long to try, where another process has the warehouse open, until the results "
        "can be added (default: %(default)s)",
    )


def add_files(parser: argparse.ArgumentParser) -> None:
    """What the second form reads."""
    files = parser.add_argument_group(
        "second form: your own lists (Parquet or CSV files, or folders of them)"
    )
    files.add_argument(
        "--lists",
        type=Path,
        metavar="FILE",
        help="what was recommended: user_id, ping_id, rank, optionally strategy and cutoff",
    )
    files.add_argument(
        "--truth",
        type=Path,
        metavar="FILE",
        help="what happened: user_id, ping_id, relevance (above 0 is relevant), optionally cutoff",
    )
    files.add_argument(
        "--catalogue",
        type=Path,
        metavar="FILE",
        help="ping_id, optionally creator_id, category and popularity or global_engagement before "
        "the cutoff: for coverage, diversity and popularity",
    )
    files.add_argument(
        "--history",
        type=Path,
        metavar="FILE",
        help="user_id, ping_id seen before the cutoff: for novelty, calibration, warm and cold "
        "pings, activity segments; relevant pings seen before do not count",
    )
    files.add_argument(
        "--users",
        type=Path,
        metavar="FILE",
        help="user_id, optionally is_new, activity (a label) and left_out_reason: for segments",
    )
    files.add_argument(
        "--keep-seen",
        action="store_true",
        help="count relevant pings that the user had already seen, too",
    )


def add_computation(parser: argparse.ArgumentParser) -> None:
    """The numbers that are asked for."""
    what = parser.add_argument_group("what to compute")
    what.add_argument(
        "--k",
        type=int,
        nargs="+",
        metavar="K",
        help="lengths at which the lists are cut (default: 10)",
    )
    what.add_argument(
        "--bootstrap",
        type=int,
        default=0,
        metavar="N",
        help="resamples for bootstrap intervals beside the normal ones (1000 is usual; default: 0)",
    )
    what.add_argument(
        "--permutations",
        type=int,
        default=Settings.permutations,
        metavar="N",
        help="random choices of signs in the paired test (default: %(default)s)",
    )
    what.add_argument(
        "--confidence",
        type=float,
        default=Settings.confidence,
        metavar="SHARE",
        help="of the intervals and tests (default: %(default)s)",
    )
    what.add_argument(
        "--baselines",
        nargs="+",
        metavar="NAME",
        help="strategies to compare with (default: random popular trending, and of impressions "
        "impressions response_rate shorter; the conclusion is about all of them but random)",
    )
    what.add_argument(
        "--primary-metric",
        metavar="METRIC",
        help=f"what the conclusion is about (default: {Settings.primary_metric}; "
        f"{', '.join(ACCURACY_METRICS)}; of impressions {SHOWN_METRICS[0]}; "
        f"{', '.join(SHOWN_METRICS)}, and these after fair_)",
    )
    what.add_argument(
        "--primary-k",
        type=int,
        default=0,
        metavar="K",
        help="the K of the conclusion (default: 10 if among --k, else the largest)",
    )
    what.add_argument(
        "--seed",
        type=int,
        default=Settings.seed,
        help="of the resamples and permutations (default: %(default)s)",
    )


def add_output(parser: argparse.ArgumentParser) -> None:
    """Where the results go."""
    out = parser.add_argument_group("output")
    out.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="the folder for the result files"
    )
    out.add_argument("--no-chart", action="store_true", help="do not draw the chart")
    out.add_argument("--quiet", action="store_true", help="print the conclusion only")


def add_machine(parser: argparse.ArgumentParser) -> None:
    """What it may take."""
    machine = parser.add_argument_group("machine")
    machine.add_argument("--threads", type=int, metavar="N", help="DuckDB's threads (default: all)")
    machine.add_argument(
        "--memory-limit", metavar="SIZE", help="DuckDB's memory, such as 4GB (default: its own)"
    )


def settings_from(given: argparse.Namespace) -> Settings:
    """The settings that the command line asks for."""
    if given.threads is not None and given.threads < 1:
        raise InputError(f"--threads is {given.threads}: give 1 or more.")
    if given.seed < 0:
        raise InputError(f"--seed is {given.seed}: give 0 or more.")
    is_shown = given.task == "impressions"
    for option, value in (("--k", given.k), ("--primary-k", given.primary_k)):
        if is_shown and value:
            raise InputError(
                f"{option} is for lists: of impressions, NDCG is at {SHOWN_NDCG_K}, HitRate at 1."
            )
    usual = (*Settings.baselines, *(SHOWN_BASELINES if is_shown else ()))
    usual += ("ease", "als") if given.collaborative else ()
    if not (is_shown or given.lists):
        usual += ("served_plain",)  # the price of re-ranking, where lists are re-ranked
    baselines = tuple(given.baselines or usual)
    return Settings(
        task=given.task,
        ks=(SHOWN_NDCG_K,) if is_shown else tuple(sorted(set(given.k or Settings.ks))),
        bootstrap=given.bootstrap,
        permutations=given.permutations,
        confidence=given.confidence,
        seed=given.seed,
        baselines=baselines,
        references=tuple(name for name in baselines if name != "random"),
        primary_metric=given.primary_metric
        or (SHOWN_METRICS[0] if is_shown else Settings.primary_metric),
        primary_k=given.primary_k,
        exclude_seen=not given.keep_seen,
    )


def plan_from(given: argparse.Namespace, settings: Settings) -> Rewind | None:
    """The rewinding that the command line asks for; none where it names files."""
    first = [name for name in ("as_of", "horizon_days") if getattr(given, name) is not None]
    second = [
        name for name in ("lists", "truth", "catalogue", "users", "history") if getattr(given, name)
    ]
    if second and first:
        raise InputError(
            f"--{first[0].replace('_', '-')} rewinds the warehouse and --{second[0]} names files: "
            "give one or the other."
        )
    if given.more_lists and given.task == "impressions":
        raise InputError("--more-lists has no scores of what was shown: leave out --task.")
    for name, is_given in (
        ("collaborative", given.collaborative),
        ("task impressions", given.task == "impressions"),
        ("more-lists", given.more_lists is not None),
        ("target", given.target != DUCKDB),
    ):
        if second and is_given:
            raise InputError(
                f"--{name} rewinds the warehouse and --{second[0]} names files: "
                "give one or the other."
            )
    if second:
        missing = [name for name in ("lists", "truth") if name not in second]
        if missing:
            raise InputError(
                f"--{second[0]} is given without --{missing[0]}: both lists and truth are needed."
            )
        return None
    horizon_days = 7 if given.horizon_days is None else given.horizon_days
    if horizon_days < 1:
        raise InputError(f"--horizon-days is {horizon_days}: give 1 or more.")
    try:
        variables = json.loads(given.vars)
    except json.JSONDecodeError:
        variables = None
    if not isinstance(variables, dict):
        raise InputError(
            f"--vars {given.vars} is not a JSON object: "
            """write it like '{"weight_freshness": 0.3}'."""
        )
    for name, option in SET_BY_OPTIONS.items():
        if name in variables:
            raise InputError(f"--vars sets {name}, which is what {option} is for: use that.")
    return Rewind(
        as_of=tuple(parse_moment(text) for text in given.as_of or ()),
        horizon_days=horizon_days,
        list_length=max(given.k or Settings.ks),
        variables=variables,
        collaborative=given.collaborative,
        task=given.task,
        more_lists=given.more_lists,
    )
