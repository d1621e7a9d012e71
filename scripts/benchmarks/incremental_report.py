"""Builds on an existing warehouse, beside a full one, as tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.incremental import DAILY, FULL, HOURLY
from benchmarks.report import GIB, machine_line

MIB = 2**20
MODELS_SHOWN = 25
MEASURES = (
    ("CPU s in models", "models_cpu_seconds", 1, 1),
    ("CPU s in all", "cpu_seconds", 1, 1),
    ("wall s", "wall_seconds", 1, 1),
    ("peak GiB", "peak_bytes", GIB, 2),
    ("file MiB", "database_bytes", MIB, 1),
)


def rows_read(build: Mapping[str, Any]) -> int | None:
    """How many rows of interactions a build has read that none before it had."""
    if build["rows_read"] is None:
        return None
    return int(build["rows_read"].get("interactions", {}).get("rows", 0))


def builds_table(report: Mapping[str, Any]) -> Table:
    """What each build took, and which share of the full one that is."""
    builds = report["builds"]
    table = Table()
    table.add_column("", no_wrap=True)
    table.add_column(FULL, justify="right")
    later = [kind for kind in (DAILY, HOURLY) if kind in builds]
    for kind in later:
        table.add_column(kind, justify="right")
        table.add_column("/ full", justify="right")
    for label, name, unit, digits in MEASURES:
        row = [f"{builds[FULL][name] / unit:,.{digits}f}"]
        for kind in later:
            row.append(f"{builds[kind][name] / unit:,.{digits}f}")
            row.append(f"{report['ratios'][kind][name]:.3f}")
        table.add_row(label, *row)
    full_rows = rows_read(builds[FULL])
    if full_rows:
        row = [f"{full_rows:,}"]
        for kind in later:
            rows = rows_read(builds[kind]) or 0
            row += [f"{rows:,}", f"{rows / full_rows:.3f}"]
        table.add_row("raw rows read", *row)
    return table


def models_table(builds: Mapping[str, Mapping[str, Any]]) -> Table:
    """The CPU seconds of the models, those that take most in the full build first."""
    kinds = [kind for kind in (FULL, DAILY, HOURLY) if kind in builds]
    by_kind = {kind: builds[kind]["cpu_seconds_by_model"] for kind in kinds}
    # A model that the full build does not have comes after those that it has.
    names = list(dict.fromkeys(name for kind in kinds for name in by_kind[kind]))
    shown, rest = names[:MODELS_SHOWN], names[MODELS_SHOWN:]
    table = Table(title="CPU seconds by model", title_justify="left")
    table.add_column("model", no_wrap=True)
    for kind in kinds:
        table.add_column(kind, justify="right")
    for name in shown:
        found = [by_kind[kind].get(name) for kind in kinds]
        table.add_row(name, *("" if seconds is None else f"{seconds:,.2f}" for seconds in found))
    if rest:
        sums = [sum(by_kind[kind].get(name, 0) for name in rest) for kind in kinds]
        table.add_row(f"{len(rest)} more", *(f"{seconds:,.2f}" for seconds in sums))
    table.add_section()
    totals = [builds[kind]["models_cpu_seconds"] for kind in kinds]
    table.add_row("all models", *(f"{seconds:,.2f}" for seconds in totals))
    table.add_row("/ full", *(f"{seconds / totals[0]:.3f}" for seconds in totals))
    others = [builds[kind]["other_cpu_seconds"] for kind in kinds]
    table.add_row("seeds, hooks and others", *(f"{seconds:,.2f}" for seconds in others))
    return table


def growth_line(growth: Mapping[str, Any]) -> str:
    """In words, how the file has grown."""
    sizes = [f"{size / MIB:,.1f}" for size in growth["database_bytes"]]
    return (
        f"The file after the first build and after each of {len(sizes) - 1} daily builds, in MiB: "
        f"{', '.join(sizes)}; after a full build of the same files: "
        f"{growth['fresh_database_bytes'] / MIB:,.1f}, so it has {growth['ratio']:.2f} times the "
        "size of a fresh one."
    )


def print_incremental(report: Mapping[str, Any], console: Console) -> None:
    """Show the report as tables."""
    console.print(machine_line(report))
    data = report["data"]
    console.print(
        f"{data['events']:,} events, {data['users']:,} users, {data['pings']:,} pings; daily and "
        f"hourly builds add the last of {data['parts']} parts, {data['new_events']:,} events."
    )
    console.print(builds_table(report))
    if rows_read(report["builds"][FULL]) is None:
        console.print("The project has no table intake_files: raw rows read are not known.")
    if HOURLY not in report["builds"]:
        console.print("The project has no selector hourly: no hourly build was measured.")
    console.print(models_table(report["builds"]))
    if "growth" in report:
        console.print(growth_line(report["growth"]))
