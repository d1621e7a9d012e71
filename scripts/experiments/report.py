"""The report of one experiment: on the terminal, and as one file."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import vl_convert
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from common import InputError, Row
from dashboard import experiment_charts as charts
from dashboard import formats
from dashboard.report import document
from dashboard.views import experiments as views
from experiments.sentences import amount, conclusion, label, p_text, signed, split_sentences
from experiments.warehouse import DISABLED, WarehouseTables

FOREST_WIDTH = 35  # letters of the forest plot on the terminal


@dataclass(frozen=True)
class Report:
    """An experiment, and where its tables are."""

    tables: WarehouseTables
    experiment: views.Experiment


def found_in(database: Path, experiment: str, segment: str) -> Report:
    """The experiment with its results; one sentence where there are none."""
    tables = WarehouseTables(database)
    if not views.is_enabled(tables):
        raise InputError(f"{database} {DISABLED}.")
    known = {str(split["experiment_id"]): split for split in views.splits(tables)}
    if not known:
        raise InputError(f"{database} has no experiment with assignments: see docs/experiments.md.")
    if experiment not in known:
        raise InputError(f"there is no experiment {experiment}, only {', '.join(known)}.")
    segments = views.segments(tables, experiment)
    if segment not in segments:
        raise InputError(f"{experiment} has no segment {segment}, only {', '.join(segments)}.")
    return Report(tables, views.experiment_of(tables, known[experiment], segment))


def show(found: Report, console: Console) -> None:
    """Print verdict, table and forest plot."""
    split, rows = found.experiment.split, found.experiment.results

    def say(text: str, style: str = "") -> None:
        console.print(text, markup=False, soft_wrap=True, style=style)

    segment = found.experiment.segment
    say(f"Experiment {found.experiment.id}" + ("" if segment == "all" else f", segment {segment}"))
    for sentence in split_sentences(split):
        say(sentence, "bold red" if split["is_readable"] is False else "")
    console.print(arm_table(split))
    console.print()
    if not rows:
        say(views.why_none(split))
        return
    for number, sentence in enumerate(conclusion(split, rows)):
        say(sentence, "bold" if number == 0 else "")
    if split["is_readable"] is False:
        return
    for arm in dict.fromkeys(row["arm"] for row in rows):
        console.print()
        console.print(result_table([row for row in rows if row["arm"] == arm]))


def new_table(title: str) -> Table:
    """An empty table in the looks of the commands."""
    return Table(
        title=title, title_justify="left", title_style="bold", box=box.SIMPLE_HEAD,
        show_edge=False, pad_edge=False,
    )  # fmt: skip


def arm_table(split: Row) -> Table:
    """Users by arm against the plan."""
    table = new_table("")
    table.add_column("arm")
    for head in ("users", "planned", "with an event since"):
        table.add_column(head, justify="right")
    for row in views.arm_rows(split):
        counts = (row["users"], row["planned_users"], row["exposed_users"])
        name = f"{row['arm']} (control)" if row["role"] and row["arm"] != "control" else row["arm"]
        table.add_row(escape(name), *map(formats.count, counts))
    return table


def result_table(rows: list[Row]) -> Table:
    """An arm against the control, metric by metric, with a forest plot of letters."""
    arm, control = escape(rows[0]["arm"]), escape(rows[0]["control_arm"])
    reach = max(
        (abs(row[name]) for row in rows for name in ("lift_low", "lift_high") if row[name]),
        default=0.0,
    )
    # one rare metric with a wide interval must not make dots of all others
    typical = sorted(row["lift_high"] - row["lift_low"] for row in rows if row["lift_low"])
    if typical:
        reach = min(reach, 4 * typical[len(typical) // 2])
    table = new_table(f"{arm} against {control} (95% intervals)")
    table.add_column("metric", no_wrap=True)
    for head in (arm, control, "lift", "from", "to", "p adjusted"):
        table.add_column(head, justify="right", no_wrap=True)
    axis = f"{-reach:+.0%}".ljust(FOREST_WIDTH // 2) + "0"
    table.add_column(axis + f"{reach:+.0%}".rjust(FOREST_WIDTH - len(axis)), no_wrap=True)
    table.add_column("verdict")
    for row in rows:
        verdict = row["verdict"].partition(":")[0]
        style = {"better": "green", "worse": "red"}.get(verdict)
        table.add_row(
            label(row["metric"]), amount(row["mean"]), amount(row["control_mean"]),
            signed(row["lift"]), signed(row["lift_low"]), signed(row["lift_high"]),
            p_text(row["p_value_adjusted"]),
            interval_line(row["lift_low"], row["lift"], row["lift_high"], reach), verdict,
            style=style,
        )  # fmt: skip
    return table


def interval_line(low: float | None, value: float | None, high: float | None, reach: float) -> str:
    """An interval as letters, with a line at 0; arrows where it goes on."""
    if low is None or value is None or high is None or not reach:
        return ""
    last = FOREST_WIDTH - 1
    places = [round((end / reach + 1) / 2 * last) for end in (low, value, high)]
    letters = [" "] * FOREST_WIDTH
    for place in range(max(places[0], 0), min(places[2], last) + 1):
        letters[place] = "─"
    letters[last // 2] = "│" if letters[last // 2] == " " else "┼"
    if 0 <= places[1] <= last:
        letters[places[1]] = "●"
    if places[0] < 0:
        letters[0] = "◄"
    if places[2] > last:
        letters[last] = "►"
    return "".join(letters)


def write_forest(found: Report, path: Path) -> None:
    """The forest plot as an image: the lifts of all metrics, of every arm."""
    rows = found.experiment.results
    several = len({row["arm"] for row in rows}) > 1
    named = [
        row | {"label": label(row["metric"]) + (f", {row['arm']}" if several else "")}
        for row in rows
    ]
    points = views.interval_rows(named, "label")
    if not points:
        raise InputError(f"{found.experiment.id} has no interval to draw.")
    path.parent.mkdir(parents=True, exist_ok=True)
    chart = charts.forest(points, "name", "lift over control").properties(width=620)
    path.write_text(vl_convert.vegalite_to_svg(chart.to_dict()), encoding="utf-8")


def html_page(found: Report) -> str:
    """The report as one file that needs nothing else."""
    one = found.experiment
    until = formats.moment(one.split["ended_at"]) if one.split["ended_at"] else "no end is given"
    about = (
        f"Assigned from {formats.moment(one.split['first_assigned_at'])} (UTC), {until}. Every "
        "number is that of a public table (experiment_splits, experiment_results, "
        "experiment_results_daily); docs/experiments.md says what each means."
    )
    title = f"Experiment {one.id}"
    page = views.blocks(found.tables, one.split, one.segment)
    return document(title, title, about, [("experiment", "Results", page)])
