#!/usr/bin/env python3
"""Evaluate recommendation lists against what happened afterwards.

Two forms. The first rewinds the warehouse to one or more cutoffs (building into files of its own),
and compares every strategy's lists with what happened in the days after. The second compares any
team's lists (user_id, ping_id, rank, optionally strategy and cutoff) with any truth (user_id,
ping_id, relevance, optionally cutoff). Tables for reading go to the terminal, and these files to
the output folder:

    metrics.json      settings, counts, notes, metrics, comparisons and the conclusion
    metrics.parquet   one row per cutoff, strategy, segment, K and metric, with intervals and n
    per_user.parquet  one row per cutoff, strategy, user, item scope and K
    metrics.svg       the main metrics with their intervals

What each metric means stands in the folder `evaluation`.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import sys
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any, NoReturn

import duckdb
from rewind import Rewind, parse_moment, record, rewind, user_warehouse
from rich import box
from rich.console import Console
from rich.progress import BarColumn, Progress, TaskProgressColumn, TextColumn, TimeElapsedColumn
from rich.table import Table

from evaluation import (
    ACCURACY_METRICS,
    EVERYTHING,
    EXPOSURE_METRICS,
    LIST_METRICS,
    Evaluation,
    InputError,
    Inputs,
    OnStep,
    Row,
    Settings,
    check_settings,
    evaluate,
    write_per_user,
)

EXAMPLES = """examples:
  scripts/evaluate.py --output evaluation
  scripts/evaluate.py --as-of 2024-02-13 --as-of 2024-02-19 --horizon-days 7 --k 5 10 20 \\
      --bootstrap 1000 --output evaluation
  scripts/evaluate.py --lists lists.parquet --truth truth.parquet --output evaluation
  scripts/evaluate.py --lists lists.parquet --truth truth.csv --catalogue pings.parquet \\
      --history seen.parquet --k 5 10 20 --bootstrap 1000 --output evaluation

The lists need the columns user_id, ping_id and rank (1, 2, 3 ...); give several strategies in a
column `strategy` and several points in time in a column `cutoff` (of the truth, too). Name the
baselines `random`, `popular` and `trending`, or name your own with --baselines.
"""

TABLE_METRICS = ("hit_rate", "precision", "recall", "mrr", "map", "ndcg")
CHART_METRICS = ("hit_rate", "ndcg", "recall", "mrr", "map", "precision")
WIDTH_WITHOUT_TERMINAL = 150
WIDTH_FOR_INTERVALS = 125  # the accuracy table has no room for them in less
HEADINGS = {
    "item_coverage": "item\ncoverage",
    "creator_coverage": "creator\ncoverage",
    "gini_exposure": "gini\nexposure",
    "entropy": "entropy",
    "personalisation": "personal-\nisation",
    "popularity_lift": "popularity\nlift",
    "novelty": "novelty",
    "popularity": "popularity",
    "intra_list_diversity": "intra-list\ndiversity",
    "calibration": "cali-\nbration",
    "unseen_share": "unseen\nshare",
    "churn": "churn",
}
CHART_NAME = "metrics.svg"
# Distinguishable with colour-blind eyes and in print (after Okabe and Ito).
COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000")


def build_parser() -> argparse.ArgumentParser:
    """The command line."""
    parser = argparse.ArgumentParser(
        prog="evaluate.py",
        description="Evaluate recommendation lists against what happened afterwards.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    past = parser.add_argument_group("first form: rewind the warehouse")
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
        "--no-record",
        action="store_true",
        help="do not add the results to the warehouse's evaluation_metrics",
    )
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
    what = parser.add_argument_group("what to compute")
    what.add_argument(
        "--k",
        type=int,
        nargs="+",
        default=[10],
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
        help="strategies to compare with (default: random popular trending; the conclusion is "
        "about all of them but random)",
    )
    what.add_argument(
        "--primary-metric",
        default=Settings.primary_metric,
        choices=ACCURACY_METRICS,
        metavar="METRIC",
        help=f"what the conclusion is about (default: %(default)s; {', '.join(ACCURACY_METRICS)})",
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
    out = parser.add_argument_group("output")
    out.add_argument(
        "--output", type=Path, required=True, metavar="DIR", help="the folder for the result files"
    )
    out.add_argument("--no-chart", action="store_true", help="do not draw the chart")
    out.add_argument("--quiet", action="store_true", help="print the conclusion only")
    machine = parser.add_argument_group("machine")
    machine.add_argument("--threads", type=int, metavar="N", help="DuckDB's threads (default: all)")
    machine.add_argument(
        "--memory-limit", metavar="SIZE", help="DuckDB's memory, such as 4GB (default: its own)"
    )
    return parser


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the program. Returns the exit code."""
    given = build_parser().parse_args(arguments)
    errors = Console(stderr=True, highlight=False)
    try:
        settings = settings_from(given)
        plan = plan_from(given, settings)
        check_output(given.output)
        if plan is None:
            files = (given.lists, given.truth, given.catalogue, given.users, given.history)
            evaluate_files(given, settings, Inputs(*files))
        else:
            evaluate_past(given, settings, plan)
    except InputError as error:
        return _fail(errors, str(error), 2)
    except duckdb.OutOfMemoryException:
        return _fail(
            errors, "the memory limit is too small for this input: raise --memory-limit.", 1
        )
    except duckdb.Error as error:
        reason = str(error).strip().splitlines()[0].rstrip(".")
        return _fail(errors, f"DuckDB stopped: {reason}.", 1)
    except OSError as error:
        return _fail(errors, f"cannot write to {given.output}: {error.strerror or error}.", 1)
    except KeyboardInterrupt:
        return _fail(errors, "stopped; no file was changed.", 130)
    return 0


def _fail(errors: Console, sentence: str, code: int) -> int:
    errors.print(f"evaluate: {sentence}", soft_wrap=True, markup=False)
    return code


def settings_from(given: argparse.Namespace) -> Settings:
    """The settings that the command line asks for."""
    if given.threads is not None and given.threads < 1:
        raise InputError(f"--threads is {given.threads}: give 1 or more.")
    if given.seed < 0:
        raise InputError(f"--seed is {given.seed}: give 0 or more.")
    usual = (*Settings.baselines, *(("ease", "als") if given.collaborative else ()))
    baselines = tuple(given.baselines or usual)
    return Settings(
        ks=tuple(sorted(set(given.k))),
        bootstrap=given.bootstrap,
        permutations=given.permutations,
        confidence=given.confidence,
        seed=given.seed,
        baselines=baselines,
        references=tuple(name for name in baselines if name != "random"),
        primary_metric=given.primary_metric,
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
    if second and given.collaborative:
        raise InputError(
            f"--collaborative rewinds the warehouse and --{second[0]} names files: "
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
    return Rewind(
        as_of=tuple(parse_moment(text) for text in given.as_of or ()),
        horizon_days=horizon_days,
        list_length=max(settings.ks),
        variables=variables,
        collaborative=given.collaborative,
    )


def check_output(output: Path) -> None:
    """Stop before any work where the results could not be written."""
    if output.exists() and not output.is_dir():
        raise InputError(f"--output {output} is a file: name a folder.")


@contextmanager
def progress_bar(quiet: bool) -> Iterator[OnStep]:
    """A bar on the terminal's error stream; nothing where that is not a terminal."""
    errors = Console(stderr=True, highlight=False)
    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        TaskProgressColumn(),
        TimeElapsedColumn(),
    )
    hide = quiet or not errors.is_terminal
    with Progress(*columns, console=errors, transient=True, disable=hide) as progress:
        task = progress.add_task("starting", total=1.0)
        yield lambda what, share: progress.update(task, description=what, completed=share)


def evaluate_past(given: argparse.Namespace, settings: Settings, plan: Rewind) -> None:
    """Rewind the warehouse, evaluate what it would have recommended, and record the results."""
    check_settings(settings)
    with tempfile.TemporaryDirectory(prefix="rewound_") as folder:
        with progress_bar(given.quiet) as on_step:
            inputs, notes = rewind(plan, Path(folder), on_step)
        result = evaluate_files(given, settings, inputs, notes)
    if not given.no_record:
        sentence = record(result.metrics, plan.horizon, user_warehouse())
        Console(stderr=True, highlight=False).print(sentence, soft_wrap=True, markup=False)


def evaluate_files(
    given: argparse.Namespace, settings: Settings, inputs: Inputs, notes: Sequence[str] = ()
) -> Evaluation:
    """Evaluate the files of `inputs` with what else the command line asks for."""
    return run(
        inputs,
        settings,
        given.output,
        chart=not given.no_chart,
        quiet=given.quiet,
        threads=given.threads,
        memory_limit=given.memory_limit,
        notes=notes,
    )


def run(
    inputs: Inputs,
    settings: Settings,
    output: Path,
    *,
    chart: bool = True,
    quiet: bool = False,
    threads: int | None = None,
    memory_limit: str | None = None,
    notes: Sequence[str] = (),
) -> Evaluation:
    """Evaluate, write the files and print the tables: where both forms meet.

    notes: sentences about the inputs, to stand before those of the evaluation.
    """
    check_output(output)
    with tempfile.TemporaryDirectory(prefix="evaluate_") as spill:
        connection = connect(Path(spill), threads, memory_limit)
        with connection, progress_bar(quiet) as on_step:
            result = evaluate(connection, inputs, settings, on_step)
            result = replace(result, notes=[*notes, *result.notes])
            on_step("writing the files", 1.0)
            output.mkdir(parents=True, exist_ok=True)
            write_files(connection, result, output, chart=chart)
    width = None if sys.stdout.isatty() else WIDTH_WITHOUT_TERMINAL
    show(result, Console(width=width, highlight=False), quiet=quiet)
    return result


def connect(
    spill: Path, threads: int | None = None, memory_limit: str | None = None
) -> duckdb.DuckDBPyConnection:
    """An empty database in memory that may spill to disk."""
    config: dict[str, Any] = {"temp_directory": str(spill)}
    if threads:
        config["threads"] = threads
    if memory_limit:
        config["memory_limit"] = memory_limit
    try:
        return duckdb.connect(":memory:", config=config)
    except duckdb.Error as error:
        if memory_limit:
            raise InputError(
                f"--memory-limit {memory_limit} is not a size: write it like 4GB."
            ) from error
        raise


# ---------------------------------------------------------------------------------------------
# Files


def write_files(
    connection: duckdb.DuckDBPyConnection, result: Evaluation, output: Path, *, chart: bool = True
) -> None:
    """Write every file beside its final name first: a reader never meets half a file."""
    with_metrics: list[tuple[str, Callable[[Path], None]]] = [
        ("per_user.parquet", lambda path: write_per_user(connection, path)),
        ("metrics.parquet", lambda path: write_metrics(connection, result, path)),
        ("metrics.json", lambda path: write_json(result, path)),
    ]
    if chart:
        with_metrics.append((CHART_NAME, lambda path: draw(result, path)))
    for name, write in with_metrics:
        unfinished = output / f".unfinished_{name}"
        try:
            write(unfinished)
            os.replace(unfinished, output / name)
        finally:
            unfinished.unlink(missing_ok=True)


def write_metrics(connection: duckdb.DuckDBPyConnection, result: Evaluation, path: Path) -> None:
    """metrics.parquet: one row per cutoff, strategy, segment, K and metric."""
    types = {
        "cutoff": "varchar",
        "strategy": "varchar",
        "segment": "varchar",
        "k": "integer",
        "metric": "varchar",
        "value": "double",
        "low": "double",
        "high": "double",
        "bootstrap_low": "double",
        "bootstrap_high": "double",
        "n": "bigint",
    }
    columns = ", ".join(f"unnest(cast(? as {kind}[])) as {name}" for name, kind in types.items())
    connection.execute(
        f"create or replace temp table metric_rows as select {columns}",
        [[row[name] for row in result.metrics] for name in types],
    )
    target = str(path).replace("'", "''")
    connection.execute(f"copy (from metric_rows) to '{target}' (format parquet)")


def write_json(result: Evaluation, path: Path) -> None:
    """metrics.json: everything but the rows per user."""
    settings = result.settings
    content = {
        "conclusion": result.conclusion,
        "settings": {
            "k": list(settings.ks),
            "bootstrap": settings.bootstrap,
            "permutations": settings.permutations,
            "confidence": settings.confidence,
            "seed": settings.seed,
            "baselines": list(settings.baselines),
            "references": list(settings.references),
            "primary_metric": settings.primary_metric,
            "primary_k": settings.sentence_k,
            "exclude_seen": settings.exclude_seen,
        },
        "notes": result.notes,
        "counts": result.counts,
        "metrics": result.metrics,
        "comparisons": result.comparisons,
    }
    # One row a line: small enough, and a difference between two runs can be read.
    parts = []
    for name, part in content.items():
        if isinstance(part, list) and part:
            lines = ",\n".join("  " + json.dumps(row, allow_nan=False) for row in part)
            parts.append(f"{json.dumps(name)}: [\n{lines}\n ]")
        else:
            parts.append(f"{json.dumps(name)}: {json.dumps(part, allow_nan=False)}")
    path.write_text("{\n " + ",\n ".join(parts) + "\n}\n", encoding="utf-8")


def draw(result: Evaluation, path: Path) -> None:
    """The main metrics of all users, a panel each, with normal or bootstrap intervals."""
    import altair as alt
    import vl_convert

    rows = main_rows(result.metrics)
    settings = result.settings
    means = {
        row["strategy"]: row["value"]
        for row in rows
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    }
    order = sorted(means, key=lambda name: -means[name])
    kind = "bootstrap" if settings.bootstrap else "normal"
    points = []
    for row in rows:
        low, high = row["low"], row["high"]
        if row["bootstrap_low"] is not None:
            low, high = row["bootstrap_low"], row["bootstrap_high"]
        points.append(
            {
                "strategy": row["strategy"],
                "metric": row["metric"],
                "k": str(row["k"]),
                "value": row["value"],
                "low": row["value"] if low is None else low,
                "high": row["value"] if high is None else high,
            }
        )
    ks = [str(k) for k in settings.ks]
    colours = [COLOURS[number % len(COLOURS)] for number in range(len(ks))]
    y = alt.Y("strategy:N", sort=order, title=None, axis=alt.Axis(grid=False))
    beside = alt.YOffset("k:N", sort=ks)
    colour = alt.Color("k:N", sort=ks, title="K", scale=alt.Scale(domain=ks, range=colours))
    panels = []
    for metric in CHART_METRICS:
        data = alt.Data(values=[point for point in points if point["metric"] == metric])
        base = alt.Chart(data).encode(y=y, yOffset=beside, color=colour)
        bars = base.mark_rule(strokeWidth=1.5).encode(
            x=alt.X("low:Q", title=metric, scale=alt.Scale(nice=True)), x2="high:Q"
        )
        dots = base.mark_point(filled=True, size=45, opacity=1).encode(x="value:Q")
        height = max(60, len(order) * (12 + 12 * len(ks)))
        panels.append((bars + dots).properties(width=260, height=height))
    users = max((row["n"] for row in rows if row["metric"] in ACCURACY_METRICS), default=0)
    share = f"{settings.confidence * 100:g} %"
    picture = (
        alt.concat(*panels, columns=3)
        .properties(
            title=alt.TitleParams(
                f"Offline evaluation: {users:,} users",
                subtitle=f"Mean over users with its {share} {kind} interval, by K",
                anchor="start",
            )
        )
        .configure_axis(labelFontSize=11, titleFontSize=12, grid=True, gridColor="#e5e5e5")
        .configure_view(stroke="#cccccc")
    )
    path.write_text(vl_convert.vegalite_to_svg(picture.to_dict()), encoding="utf-8")


def main_rows(metrics: Sequence[Row]) -> list[Row]:
    """The rows for all users, over all cutoffs where there are several."""
    everybody = [row for row in metrics if row["segment"] == EVERYTHING]
    cutoffs = {row["cutoff"] for row in everybody}
    if EVERYTHING in cutoffs:
        return [row for row in everybody if row["cutoff"] == EVERYTHING]
    return everybody


# ---------------------------------------------------------------------------------------------
# The terminal


def show(result: Evaluation, console: Console, *, quiet: bool = False) -> None:
    """Print what a reader needs; everything is in the files."""
    if not quiet:
        cutoffs = list(dict.fromkeys(row["cutoff"] for row in result.metrics))
        # The mean over cutoffs comes last, and is what the reader looks for first.
        main = [row for row in result.metrics if row["cutoff"] == cutoffs[-1]]
        several = len(cutoffs) > 1
        wide = console.width >= WIDTH_FOR_INTERVALS
        tables: list[Table | None] = [accuracy_table(main, several, wide, result.settings)]
        if several:
            tables.append(cutoff_table(result, cutoffs[:-1]))
        for cutoff in cutoffs[:-1] if several else cutoffs:
            rows = [row for row in result.metrics if row["cutoff"] == cutoff]
            at = "" if cutoff == EVERYTHING else f", cutoff {cutoff}"
            tables.append(shape_table(rows, EXPOSURE_METRICS, f"What is shown to everybody{at}"))
            tables.append(shape_table(rows, LIST_METRICS, f"What the lists are like{at}"))
        tables.append(segment_table(main, result.settings))
        if result.comparisons:
            tables.append(comparison_table(result))
        tables.append(count_table(result))
        for table in tables:
            if table:
                console.print(table)
                console.print()
        for note in result.notes:
            console.print(f"Note: {note}", markup=False, style="dim")
    console.print(result.conclusion, markup=False, style="bold", soft_wrap=True)


def new_table(title: str) -> Table:
    """An empty table in this script's looks."""
    return Table(
        title=title,
        title_justify="left",
        title_style="bold",
        box=box.SIMPLE_HEAD,
        show_edge=False,
        pad_edge=False,
        collapse_padding=True,
    )


def accuracy_table(rows: Sequence[Row], is_mean: bool, wide: bool, settings: Settings) -> Table:
    """Strategies by accuracy metrics, where there is room with half the normal interval."""
    found = {(row["k"], row["strategy"], row["metric"]): row for row in everybody(rows)}
    title = f"Accuracy{', mean over cutoffs' if is_mean else ''}"
    if wide:
        title += f" (± half the {settings.confidence * 100:g} % normal interval)"
    table = new_table(title)
    table.add_column("K", justify="right")
    table.add_column("strategy")
    for metric in TABLE_METRICS:
        table.add_column(metric, justify="right", no_wrap=True)
    table.add_column("users", justify="right")
    for k in settings.ks:
        names = [name for (at, name, metric) in found if at == k and metric == "ndcg"]
        names.sort(key=lambda name: -found[k, name, "ndcg"]["value"])
        for name in names:
            cells = [
                with_half(found[k, name, metric])
                if wide
                else f"{found[k, name, metric]['value']:.4f}"
                for metric in TABLE_METRICS
            ]
            table.add_row(str(k), name, *cells, f"{found[k, name, 'ndcg']['n']:,}")
        table.add_section()
    return table


def cutoff_table(result: Evaluation, cutoffs: Sequence[str]) -> Table:
    """Strategies by cutoffs, for the primary metric."""
    metric, k = result.settings.primary_metric, result.settings.sentence_k
    found = {
        (row["strategy"], row["cutoff"]): row
        for row in everybody(result.metrics)
        if row["metric"] == metric and row["k"] == k
    }
    table = new_table(f"{metric}@{k} by cutoff")
    table.add_column("strategy")
    for cutoff in cutoffs:
        users = max((row["n"] for (_, at), row in found.items() if at == cutoff), default=0)
        table.add_column(f"{cutoff}\n{users:,} users", justify="right")
    for name in dict.fromkeys(name for name, _ in found):
        cells = [
            with_half(found[name, cutoff]) if (name, cutoff) in found else "-" for cutoff in cutoffs
        ]
        table.add_row(name, *cells)
    return table


def shape_table(rows: Sequence[Row], wanted: Sequence[str], title: str) -> Table | None:
    """Strategies by metrics that do not need the truth, as far as they were computed."""
    found = {(row["k"], row["strategy"], row["metric"]): row for row in everybody(rows)}
    there = {metric for _, _, metric in found}
    metrics = [metric for metric in wanted if metric in there]
    if not metrics:
        return None
    table = new_table(title)
    table.add_column("K", justify="right")
    table.add_column("strategy", no_wrap=True)
    for metric in metrics:
        table.add_column(HEADINGS[metric], justify="right", no_wrap=True)
    for k in sorted({k for k, _, _ in found}):
        for name in sorted({name for at, name, _ in found if at == k}):
            cells = [
                shortened(found[k, name, metric]["value"]) if (k, name, metric) in found else "-"
                for metric in metrics
            ]
            table.add_row(str(k), name, *cells)
        table.add_section()
    return table


def segment_table(rows: Sequence[Row], settings: Settings) -> Table | None:
    """Segments by strategies, for the primary metric."""
    metric, k = settings.primary_metric, settings.sentence_k
    found = {
        (row["segment"], row["strategy"]): row
        for row in rows
        if row["metric"] == metric and row["k"] == k
    }
    first = [EVERYTHING, "new", "existing"]
    last = ["warm_items", "cold_items"]
    there = {segment for segment, _ in found}
    segments = [segment for segment in first if segment in there]
    segments += sorted(there - {*first, *last}, key=activity_order)
    segments += [segment for segment in last if segment in there]
    if len(segments) < 2:
        return None
    names = sorted({name for _, name in found})
    table = new_table(f"{metric}@{k} by segment")
    table.add_column("segment", no_wrap=True)
    table.add_column("users", justify="right", no_wrap=True)
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    for segment in segments:
        users = max(row["n"] for (at, _), row in found.items() if at == segment)
        cells = [
            f"{found[segment, name]['value']:.4f}" if (segment, name) in found else "-"
            for name in names
        ]
        table.add_row(segment.replace("_", " "), f"{users:,}", *cells)
    return table


def activity_order(segment: str) -> tuple[float, str]:
    """Buckets such as activity_5_to_19 by their number, other labels by the alphabet."""
    number = segment.removeprefix("activity_").split("_")[0]
    return (float(number) if number.isdecimal() else math.inf, segment)


def comparison_table(result: Evaluation) -> Table:
    """Paired differences for the primary metric, over all cutoffs where there are several."""
    settings = result.settings
    rows = [
        row
        for row in result.comparisons
        if row["metric"] == settings.primary_metric and row["k"] == settings.sentence_k
    ]
    if any(row["cutoff"] == EVERYTHING for row in rows):
        rows = [row for row in rows if row["cutoff"] == EVERYTHING]
    table = new_table(
        f"Paired differences in {settings.primary_metric}@{settings.sentence_k}, sign-flip test, "
        "Holm-adjusted over strategies (* the best baseline)"
    )
    for column in ("strategy", "against"):
        table.add_column(column)
    for column in ("difference", "low", "high", "p", "p (Holm)"):
        table.add_column(column, justify="right")
    table.add_column("verdict")
    for row in rows:
        low, high = row["low"], row["high"]
        if row["bootstrap_low"] is not None:
            low, high = row["bootstrap_low"], row["bootstrap_high"]
        table.add_row(
            row["strategy"],
            row["baseline"] + ("*" if row["is_best_baseline"] else ""),
            f"{row['difference']:+.4f}",
            "-" if low is None else f"{low:+.4f}",
            "-" if high is None else f"{high:+.4f}",
            f"{row['p_value']:.4f}",
            f"{row['p_holm']:.4f}",
            row["verdict"],
        )
    return table


def count_table(result: Evaluation) -> Table:
    """Who was evaluated, who was not and why, by cutoff."""
    cutoffs = list(dict.fromkeys(row["cutoff"] for row in result.counts))
    found: dict[str, dict[str, int]] = {}
    for row in result.counts:
        what = {
            "evaluated": "evaluated",
            "left_out": f"left out: {row['reason']}",
            "without_list": f"evaluated without a list of {row['strategy']} (score 0)",
            "lists": f"lists of {row['strategy']}",
        }[row["what"]]
        if row["what"] != "without_list" or row["users"]:
            found.setdefault(what, {})[row["cutoff"]] = row["users"]
    table = new_table("Users")
    table.add_column("")
    for cutoff in cutoffs:
        table.add_column("users" if cutoff == EVERYTHING else cutoff, justify="right")
    for what, users in found.items():
        table.add_row(
            what, *(f"{users[cutoff]:,}" if cutoff in users else "-" for cutoff in cutoffs)
        )
    return table


def everybody(rows: Sequence[Row]) -> list[Row]:
    """The rows that are about all users."""
    return [row for row in rows if row["segment"] == EVERYTHING]


def with_half(row: Row) -> str:
    """A mean and half of its interval."""
    if row["high"] is None:
        return f"{row['value']:.4f}"
    return f"{row['value']:.4f} ±{row['high'] - row['value']:.4f}"


def shortened(value: float) -> str:
    """Four decimal places below 10, fewer above."""
    if math.isclose(value, round(value), abs_tol=1e-12):
        return f"{value:,.0f}"
    return f"{value:.4f}" if abs(value) < 10 else f"{value:,.2f}"


def exit_with(code: int) -> NoReturn:
    """Leave without a traceback where the reader of our output has gone."""
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    sys.exit(code)


if __name__ == "__main__":
    exit_with(main())
