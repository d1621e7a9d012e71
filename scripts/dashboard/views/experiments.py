"""What experiments showed: first whether the split is sound, then whether it helped."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from common import Row
from dashboard import experiment_charts as charts
from dashboard import formats
from dashboard.blocks import Block, Column, Figure, Heading, Note, Table
from experiments.metrics import EVERYBODY, METRICS
from experiments.sentences import (
    amount,
    conclusion,
    label,
    main_metric,
    p_text,
    segment_order,
    signed,
    split_sentences,
)

TITLE = "Experiments"
TABLES = ("experiment_splits", "experiment_results", "experiment_results_daily")
DISABLED = (
    "This release has no experiments: they are computed where experiments_enabled is true and "
    "assignments are given (make experiments, then make publish)."
)
NONE_YET = "No experiment has assignments yet: experiment.py assign writes some."
NOT_JUDGED = "Not judged"  # how a verdict begins where the extra is missing
NOTHING_TO_COMPARE = "There is nothing to compare yet."
NO_RESULTS = (
    "There are no results: the extra that computes them was not installed when the warehouse was "
    "built (make experiments installs it)."
)

COUNT_OF_ARM = re.compile(r"(?:^|\|)(.+?)=([0-9.e+]+)(?=\||$)", re.DOTALL)

SPLITS = "select * from experiment_splits order by first_assigned_at desc nulls last, experiment_id"
SEGMENTS = "select distinct segment from experiment_results where experiment_id = ?"
RESULTS = "select * from experiment_results where experiment_id = ? and segment = ? order by arm"
BY_SEGMENT = """
    select * from experiment_results where experiment_id = ? and metric = ?
    order by arm
"""
DAILY = """
    select * from experiment_results_daily where experiment_id = ? and metric = ?
    order by arm, date
"""


class Tables(Protocol):
    """Where the tables are: a release, or a warehouse."""

    @property
    def manifest(self) -> dict[str, Any]: ...

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]: ...


@dataclass(frozen=True)
class Experiment:
    """An experiment with its results for a segment."""

    split: Row
    segment: str
    results: list[Row]

    @property
    def id(self) -> str:
        return str(self.split["experiment_id"])


def is_enabled(tables: Tables) -> bool:
    """Whether experiments were computed at all."""
    return set(TABLES) <= set(tables.manifest["tables"])


def splits(tables: Tables) -> list[Row]:
    """The experiments, newest first; none where they were not computed."""
    return tables.rows(SPLITS) if is_enabled(tables) else []


def nothing(tables: Tables) -> list[Block]:
    """What a page says where there is no experiment."""
    return [Note(NONE_YET if is_enabled(tables) else DISABLED, "empty")]


def segments(tables: Tables, experiment: str) -> list[str]:
    """The segments that an experiment has results for."""
    found = [row["segment"] for row in tables.rows(SEGMENTS, [experiment])]
    return sorted(found, key=segment_order) or [EVERYBODY]


def experiment_of(tables: Tables, split: Row, segment: str = EVERYBODY) -> Experiment:
    """The experiment with its results, in the order of METRICS."""
    rows = tables.rows(RESULTS, [split["experiment_id"], segment])
    rows.sort(key=lambda row: (row["arm"], METRICS.index(row["metric"])))
    return Experiment(split, segment, rows)


def metrics_of(tables: Tables, split: Row) -> list[str]:
    """The metrics, with the one that the experiment is about first."""
    first = main_metric(split, experiment_of(tables, split).results)
    return [first, *(metric for metric in METRICS if metric != first)]


def arm_rows(split: Row) -> list[Row]:
    """Users by arm against the plan, from texts such as control=512|treatment=488.

    An arm may have these signs in its name: it ends where a number and a | (or the end) follow.
    """
    columns = {
        name: {
            arm: float(count) for arm, count in COUNT_OF_ARM.findall(split[f"{name}_by_arm"] or "")
        }
        for name in ("users", "planned_users", "exposed_users")
    }
    arms = dict.fromkeys(arm for counts in columns.values() for arm in counts)
    return [
        {
            "arm": arm,
            "role": "control" if arm == split["control_arm"] else "",
            **{name: counts.get(arm, 0) for name, counts in columns.items()},
        }
        for arm in arms
    ]


def split_blocks(split: Row) -> list[Block]:
    """Whether users are split as planned."""
    kind = "warning" if split["is_readable"] is False else "text"
    verdict, *notes = split_sentences(split)
    found: list[Block] = [Heading("Is the split sound?"), Note(verdict, kind)]
    found += [Note(" ".join(notes))] if notes else []
    found.append(
        Table(
            f"Users of {split['experiment_id']} by arm, assigned "
            f"{formats.moment(split['first_assigned_at'])} to "
            f"{formats.moment(split['last_assigned_at'])} (UTC)",
            [
                Column("arm", "arm", formats.text),
                Column("role", "role", formats.text),
                Column("users", "users", formats.count, True),
                Column("planned_users", "planned", formats.count, True),
                Column("exposed_users", "with an event since", formats.count, True),
            ],
            arm_rows(split),
        )
    )
    return found


def result_table(caption: str, rows: Sequence[Row], first: Sequence[Column]) -> Table:
    """Results as numbers."""
    shown = [row | {"label": label(row["metric"])} for row in rows]
    return Table(
        caption,
        [
            *first,
            Column("users", "users", formats.count, True),
            Column("control_users", "of control", formats.count, True),
            Column("mean", "mean", amount, True),
            Column("control_mean", "of control", amount, True),
            Column("lift", "lift", signed, True),
            Column("lift_low", "from", signed, True),
            Column("lift_high", "to", signed, True),
            Column("cuped_lift", "with CUPED", signed, True),
            Column("cuped_lift_low", "from", signed, True),
            Column("cuped_lift_high", "to", signed, True),
            Column("p_value", "p", p_text, True),
            Column("p_value_adjusted", "p adjusted", p_text, True),
            Column("verdict", "verdict", formats.text),
        ],
        shown,
    )


def interval_rows(rows: Sequence[Row], name: str) -> list[Row]:
    """Lifts as measured and adjusted, for a forest plot; without those that have none."""
    return [
        {"name": row[name], "how": how, "value": row[f"{prefix}lift"],
         "low": row[f"{prefix}lift_low"], "high": row[f"{prefix}lift_high"]}
        for row in rows
        for how, prefix in ((charts.PLAIN, ""), (charts.CUPED, "cuped_"))
        if row[f"{prefix}lift_low"] is not None
    ]  # fmt: skip


def forest_figure(
    title: str, text: str, rows: Sequence[Row], name: str, table: Table
) -> Figure | None:
    """Intervals of lifts by name; none where there is none."""
    points = interval_rows(rows, name)
    if not points:
        return None
    apart = [
        f"{row[name]} {signed(row['lift'])}"
        for row in rows
        if row["lift_low"] is not None and (row["lift_low"] > 0 or row["lift_high"] < 0)
    ]
    seen = f"0 lies outside of the interval for {', '.join(apart)}" if apart else "all have 0 in it"
    return Figure(
        title,
        text,
        charts.forest(points, "name", "lift over control"),
        f"Forest plot of lifts over control with their 95% intervals: {seen}.",
        table,
        is_wide=True,
    )


def daily_figure(rows: Sequence[Row], metric: str, arm: str) -> Figure | None:
    """The difference by day with its always-valid interval."""
    known = [row for row in rows if row["difference"] is not None]
    if not known:
        return None
    last = known[-1]
    rows = [{"is_provisional": None} | row for row in rows]
    return Figure(
        f"{label(metric)} by day: {arm} against control".capitalize(),
        "The difference up to the end of each day. Who looks every day and stops when it seems "
        "clear goes by the wider band, which is always valid.",
        charts.daily_intervals(known, f"difference in {label(metric)}"),
        f"Line of the difference by day with two bands around it: at the end of "
        f"{formats.day(last['date'])} it is {last['difference']:+.4g}, always-valid interval "
        f"{last['always_valid_low']:+.4g} to {last['always_valid_high']:+.4g}.",
        Table(
            f"{label(metric)} by day, cumulated",
            [
                Column("date", "day", formats.day),
                Column("users", "users", formats.count, True),
                Column("control_users", "of control", formats.count, True),
                Column("difference", "difference", amount, True),
                Column("difference_low", "from", amount, True),
                Column("difference_high", "to", amount, True),
                Column("always_valid_low", "always valid from", amount, True),
                Column("always_valid_high", "to", amount, True),
                Column("is_provisional", "provisional", formats.yes),
            ],
            rows,
        ),
        is_wide=True,
    )


def why_none(split: Row) -> str:
    """Why an experiment has no results at all."""
    return NO_RESULTS if split["verdict"].startswith(NOT_JUDGED) else NOTHING_TO_COMPARE


def result_blocks(one: Experiment) -> list[Block]:
    """Whether it helped, metric by metric."""
    found: list[Block] = [Heading("Did it help?")]
    if not one.results:
        return [*found, Note(why_none(one.split), "empty")]
    verdict, *rest = conclusion(one.split, one.results)
    found += [Note(verdict), *([Note(" ".join(rest))] if rest else [])]
    if one.split["is_readable"] is False:
        return found
    for arm in dict.fromkeys(row["arm"] for row in one.results):
        rows = [row | {"label": label(row["metric"])} for row in one.results if row["arm"] == arm]
        who = "all users" if one.segment == EVERYBODY else f"segment {one.segment}"
        table = result_table(
            f"{arm} against {one.split['control_arm']}, {who}",
            rows,
            [Column("label", "metric", formats.text)],
        )
        figure = forest_figure(
            f"Lift of {arm} over {one.split['control_arm']}, {who}",
            "A point is the lift, its line the 95% interval: where the line crosses 0, chance "
            "explains the difference.",
            rows,
            "label",
            table,
        )
        found += [figure or table]
    return found


def detail_blocks(tables: Tables, one: Experiment, metric: str) -> list[Block]:
    """A metric by day and by segment."""
    found: list[Block] = []
    daily = tables.rows(DAILY, [one.id, metric])
    by_segment = tables.rows(BY_SEGMENT, [one.id, metric])
    by_segment.sort(key=lambda row: segment_order(row["segment"]))
    for arm in dict.fromkeys(row["arm"] for row in one.results):
        figure = daily_figure([row for row in daily if row["arm"] == arm], metric, arm)
        rows = [row for row in by_segment if row["arm"] == arm]
        table = result_table(
            f"{label(metric)} of {arm} by segment", rows, [Column("segment", "segment", str)]
        )
        segmented = forest_figure(
            f"{label(metric)} by segment: {arm} against control".capitalize(),
            "Among many segments some will cross by chance: p is adjusted within a segment only.",
            rows,
            "segment",
            table,
        )
        found += [block for block in (figure, segmented) if block]
    if not found:
        return [Note(f"{label(metric)} has no result by day or segment.", "empty")]
    return [Heading(f"{label(metric)} by day and segment".capitalize()), *found]


def blocks(
    tables: Tables, split: Row, segment: str = EVERYBODY, metric: str | None = None
) -> list[Block]:
    """The page of one experiment."""
    one = experiment_of(tables, split, segment)
    found = [*split_blocks(split), *result_blocks(one)]
    if one.results and split["is_readable"] is not False:
        found += detail_blocks(tables, one, metric or main_metric(split, one.results))
    return found
