"""Why a number moved: what each part of a dimension adds to its change."""

from __future__ import annotations

import shlex
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from dashboard import change_charts as charts
from dashboard import formats
from dashboard.blocks import Block, Column, Figure, Heading, Note, Row, Table
from releases.release import Release

TITLE = "Why it moved"
TABLES = ("metric_changes", "metric_change_summary")
OLDER = (
    "This release does not say why its numbers moved: it was published by an earlier version. "
    "Build and publish anew with make build publish."
)
LEAST_COUNTED = 30  # below which a count that doubles may be chance
LARGEST, MOST = "largest", "most"  # the choices that need no name: of a metric, of a dimension
OF_ALL = "Explained is the change of all users, who new and existing ones are a part of."
SPREAD = (
    "In no dimension does a value stand out beyond chance: the change is spread over all of them."
)
TOO_SHORT = "The log does not reach back over the window before: there is nothing to compare with."
CHOSEN = "Of all numbers this one changed most, for its size and beyond what chance may do."
NOTHING_SURE = "No number changed by more than chance may do."
STEPS_SHOWN = 10  # of a waterfall, besides before, after and the others

# each metric with what is counted in it: of what, out of what
METRICS = {
    "watch_through_rate": ("Watch-through rate", "watched through", "views"),
    "engagement_per_impression": ("Engagements per impression", "engagements", "impressions"),
    "no_view_24h_rate": ("No view within 24 h", "without a view", "impressions"),
}
PER_USER = "_per_active_user"
SHARES = ("watch_through_rate", "no_view_24h_rate")  # at most 1: written in percent
DIMENSIONS = {
    "cohort": "new or existing",
    "candidate_reason": "reason to recommend",
    "creator": "creator",
    "hour": "hour of the day (UTC)",
    "ping_age": "age of the ping",
    "ping_length": "length of the ping",
    "user_activity": "activity of the user",
    "watch_time": "watch time given",
}

SUMMARY = """
    select * from metric_change_summary
    where time_window = ?
    order by metric, dimension_rank, dimension
"""
CHANGES = """
    select * from metric_changes
    where metric = ? and time_window = ? and dimension = ?
    order by is_rest, abs(effect) desc nulls last, value
"""
SPANS = {
    "1d": ("the day before", "the last day"),
    "7d": ("the 7 days before", "the last 7 days"),
    "28d": ("the 28 days before", "the last 28 days"),
}
NEWEST_DAY = "select max(date) as date from recommender_health_daily"


def named(metric: str) -> tuple[str, str, str]:
    """What a metric is called, what it counts, and out of what."""
    if metric in METRICS:
        return METRICS[metric]
    counted = metric.removesuffix(PER_USER).replace("_", " ")
    return f"{counted} per active user".capitalize(), counted, "active users"


def dimension_name(dimension: str) -> str:
    return DIMENSIONS.get(dimension, dimension.replace("_", " "))


@dataclass(frozen=True)
class Unit:
    """How a metric and what is added to it are written: all with the same places."""

    is_share: bool
    places: int = 2

    def amount(self, value: float | None) -> str:
        """The number itself."""
        if self.is_share or value is None:
            return formats.percent(value)
        return f"{value:,.{self.places}f}"

    def effect(self, value: float | None) -> str:
        """What is added to the number, with its sign; of shares in points."""
        if value is None:
            return formats.MISSING
        written = f"{100 * value if self.is_share else value:+,.{self.places}f}"
        return written if written.strip("+-0.") else written.lstrip("+-")


def unit_of(summary: Row) -> Unit:
    """Four digits of the number, of shares hundredths of a point."""
    size = max(summary["value_before"] or 0, summary["value_after"] or 0)
    if summary["metric"] in SHARES or not size:
        return Unit(summary["metric"] in SHARES)
    return Unit(False, max(2, formats.places(size, 4)))


@dataclass(frozen=True)
class Known:
    """What a release knows of the changes against the window before, by metric: the dimensions,
    what explains most first."""

    window: str
    summary: dict[str, list[Row]]

    @property
    def metrics(self) -> list[str]:
        """Rates first, then counts per user."""
        return sorted(self.summary, key=lambda name: (name not in METRICS, name))

    @property
    def largest(self) -> str | None:
        """The metric that changed most, for its size and beyond what chance may do; none where
        nothing can be compared."""
        known = [name for name in self.metrics if self.is_comparable(name)]
        return max(known, key=self.sure_change, default=None)

    def is_comparable(self, metric: str) -> bool:
        return bool(self.summary[metric][0]["is_comparable"])

    def sure_change(self, metric: str) -> float:
        return sure_change(self.summary[metric][0])

    def chosen(self, metric: str) -> str:
        """The metric, or the one that changed most where it is none of them."""
        return metric if metric in self.summary else str(self.largest)

    def row(self, metric: str, dimension: str) -> Row:
        """The summary of a metric by a dimension; by what explains most, where it has not that."""
        rows = self.summary[metric]
        return next((row for row in rows if row["dimension"] == dimension), rows[0])

    def metric_choices(self) -> dict[str, str]:
        """How the metrics are chosen: by name, or the one that changed most."""
        choices = {name: f"{named(name)[0]}: {self.change(name)}" for name in self.metrics}
        largest = self.chosen(LARGEST)
        what = "The largest change" if self.sure_change(largest) else "No change beyond chance"
        return {LARGEST: f"{what}: {named(largest)[0]}"} | choices

    def dimension_choices(self, metric: str) -> dict[str, str]:
        """How the dimensions are chosen: by name, or the one that explains most."""
        rows = self.summary[self.chosen(metric)]
        choices = {row["dimension"]: dimension_name(row["dimension"]) for row in rows}
        return {MOST: f"What explains most: {dimension_name(rows[0]['dimension'])}"} | choices

    def change(self, metric: str) -> str:
        row = self.summary[metric][0]
        if row["change"] is None:
            return "not known"
        size = abs(row["change"])
        written = f"{100 * size:.1f} points" if metric in SHARES else unit_of(row).amount(size)
        if not written.split()[0].strip("0."):
            return "unchanged"
        return f"{'up' if row['change'] > 0 else 'down'} {written}"


def sure_change(row: Row) -> float:
    """How much a metric changed for its size, less two standard errors; 0: nothing sure.

    What is not over, cannot be compared, counts few or is of few users has no sure change.
    """
    error = row["standard_error"]
    few = min(row["numerator_before"], row["numerator_after"]) < LEAST_COUNTED or row["is_few"]
    if few or row["is_provisional"] or not row["is_comparable"] or not row["change"]:
        return 0
    if error is None:  # of a single user
        return 0
    size = (abs(row["value_before"]) + abs(row["value_after"])) / 2
    return max(0.0, (abs(row["change"]) - 2 * error) / size)


def known_of(release: Release, window: str) -> Known | None:
    """The changes of a window; none where the release is older than they are."""
    if not set(TABLES) <= set(release.manifest["tables"]):
        return None
    summary: dict[str, list[Row]] = {}
    for row in release.rows(SUMMARY, [window]):
        summary.setdefault(row["metric"], []).append(row)
    return Known(window, summary)


def explained_metrics(known: Known | None) -> set[str]:
    """The metrics that there is an explanation of."""
    if known is None:
        return set()
    return {name for name in known.metrics if known.is_comparable(name)}


def steps_of(summary: Row, rows: Sequence[Row], window: str) -> tuple[list[Row], list[Row]]:
    """The steps of the waterfall, and its bars; what moves little is one step with the rest."""
    unit = unit_of(summary)
    shown = [row for row in rows if not row["is_rest"]]
    shown = shown if len(rows) <= STEPS_SHOWN + 1 else shown[:STEPS_SHOWN]
    others = rows[len(shown) :]
    earlier, later = SPANS[window]
    before, after = summary["value_before"], summary["value_after"]

    def own(name: str) -> str:
        """A name that no step has: a value may be called as another step is."""
        while name in {step["step"] for step in steps}:
            name += " "
        return name

    def end(name: str, value: float) -> Row:
        return {"step": own(name), "at": value, "low": value, "high": value, "is_end": True,
                "written": unit.amount(value)}  # fmt: skip

    steps: list[Row] = []
    steps.append(end(earlier, before))
    bars: list[Row] = []
    parts = {"rate_effect": charts.RATE, "mix_effect": charts.MIX}
    sums = {part: sum(row[part] for row in others) for part in parts}
    lines = [(row["value_label"], row, bool(row["is_few"])) for row in shown]
    lines += [("all others", sums, False)] if others else []
    at = before
    for label, moved, is_few in lines:
        name = own(label)
        reached = [at]
        for part, title in parts.items():
            start, at = at, at + moved[part]
            reached.append(at)
            if moved[part]:
                bars.append({"step": name, "part": title, "start": start, "end": at,
                             "is_few": is_few, "written": unit.effect(moved[part])})  # fmt: skip
        steps.append({"step": name, "at": at, "low": min(reached), "high": max(reached),
                      "is_end": False, "written": unit.effect(at - reached[0])})  # fmt: skip
    steps.append(end(later, after))
    names = [step["step"] for step in steps]
    for step, below in zip(steps, [*names[1:], None], strict=True):
        step["next"] = below
    return steps, bars


def changes_table(summary: Row, caption: str, rows: Sequence[Row]) -> Table:
    """Every value with its numbers, as they are in the mart."""
    metric, written = summary["metric"], unit_of(summary)
    _, counted, out_of = named(metric)
    unit = ", points" if metric in SHARES else ""
    rate = "rate" if metric in METRICS else "per user"

    sides = ("before", "after")
    return Table(
        caption,
        [
            Column("value_label", "value", formats.text),
            Column("effect", f"effect{unit}", written.effect, True),
            Column("rate_effect", f"by its rate{unit}", written.effect, True),
            Column("mix_effect", f"by its share{unit}", written.effect, True),
            Column("share_of_change", "of the change", formats.percent, True),
            *(Column(f"rate_{side}", f"{rate} {side}", written.amount, True) for side in sides),
            *(Column(f"share_{side}", f"share {side}", formats.percent, True) for side in sides),
            *(Column(f"numerator_{side}", f"{counted} {side}", formats.count, True)
              for side in sides),
            *(Column(f"denominator_{side}", f"{out_of} {side}", formats.count, True)
              for side in sides),
            Column("is_few", "few", formats.yes),
        ],
        rows,
    )  # fmt: skip


def dimensions_table(known: Known, metric: str) -> Table:
    """What each dimension says, what explains most first."""
    rows = [row | {"name": dimension_name(row["dimension"])} for row in known.summary[metric]]
    return Table(
        f"What each dimension says of {named(metric)[0].lower()}, what explains most first",
        [
            Column("dimension_rank", "rank", formats.count, True),
            Column("name", "dimension", formats.text),
            Column("sentence", "what it says", formats.text),
        ],
        rows,
        is_folded=True,
    )


def waterfall_figure(summary: Row, rows: Sequence[Row], window: str, few: int) -> Figure:
    """From before to after by the values of a dimension. few: below which a value is marked."""
    metric, dimension = summary["metric"], dimension_name(summary["dimension"])
    label, *_ = named(metric)
    steps, bars = steps_of(summary, rows, window)
    told = ", ".join(f"{step['step'].strip()} {step['written']}" for step in steps[1:-1][:5])
    unit = " in points" if metric in SHARES else ""
    text = "Every bar begins where the one above ends; beside it is its effect" + unit + "."
    if any(bar["part"] == charts.MIX for bar in bars):
        text += " Blue: the rate of the value itself changed. Orange: its share of all changed."
    if any(bar["is_few"] for bar in bars):
        text += f" Faint: fewer than {few:,} before or after, so that chance may be all."
    return Figure(
        f"{label} by {dimension}",
        text,
        charts.waterfall(steps, bars, label.lower(), ".1%" if metric in SHARES else "~g"),
        f"Waterfall of {label.lower()} by {dimension}, from {steps[0]['written']} in "
        f"{steps[0]['step']} to {steps[-1]['written']} in {steps[-1]['step']}. "
        f"What moves it most{unit}: {told}.",
        changes_table(
            summary,
            f"{label} by {dimension}: {' and '.join(SPANS[window])}",
            rows,
        ),
        is_wide=True,
        is_table_open=True,
    )


def other_days(release: Release, metric: str, dimension: str) -> list[Block]:
    """How to ask for other days: the newest whole ones, as an example."""
    [newest] = release.rows(NEWEST_DAY)
    if newest["date"] is None:
        return []
    before, after = (formats.day(newest["date"] - timedelta(days=n)) for n in (2, 1))
    return [
        Note("Any two days, or spans of days:"),
        Note(
            f".venv/bin/python scripts/explain.py --before {before} --after {after} "
            f"--metric {metric} --dimension {shlex.quote(dimension)}",
            "command",
        ),
    ]


def blocks(
    release: Release, known: Known | None, metric: str = LARGEST, dimension: str = MOST
) -> list[Block]:
    """The explanation of a metric; of the largest change where none is named."""
    if known is None:
        return [Note(OLDER, "empty")]
    if known.largest is None:
        return [Note(TOO_SHORT, "empty")]
    chosen = known.chosen(metric)
    first = known.summary[chosen][0]
    summary = known.row(chosen, dimension)
    found: list[Block] = [Note(first["sentence"], "strong")]
    is_spread = not first["concentration"] and not first["is_few"]  # of few it is not known
    if is_spread and first["change"] and known.is_comparable(chosen):
        found.append(Note(SPREAD))
    if summary is not first:
        found.append(Note(f"By {dimension_name(summary['dimension'])}: {summary['sentence']}"))
    rows = release.rows(CHANGES, [chosen, known.window, summary["dimension"]])
    if not known.is_comparable(chosen) or not rows:
        return found
    few = release.manifest["variables"]["few_below"]
    return [
        *found,
        waterfall_figure(summary, rows, known.window, few),
        dimensions_table(known, chosen),
        Note(
            "Effects add up to the change exactly. They are accounting: they say where the change "
            "lies, not what caused it."
        ),
        *other_days(release, chosen, summary["dimension"]),
    ]


def section(release: Release, window: str) -> list[Block]:
    """The explanation of the largest change with its heading, for who cannot choose: of the
    window, or where the log is too short for it, of a day."""
    if window not in SPANS:
        return []
    known = known_of(release, window)
    if known is not None and known.largest is None:
        known = known_of(release, "1d")
    found: list[Block] = [Heading(TITLE)]
    if known is not None and known.largest is not None:
        sure = CHOSEN if known.sure_change(known.largest) else NOTHING_SURE
        found.append(
            Note(f"{SPANS[known.window][1].capitalize()} against {SPANS[known.window][0]}. {sure}")
        )
    return [*found, *blocks(release, known)]
