"""The benchmark as tables, and what it ran on."""

from __future__ import annotations

import os
import platform
from collections.abc import Mapping, Sequence
from typing import Any

import duckdb
import pandas as pd
from rich.console import Console
from rich.table import Table

from benchmarks.agreement import agrees

GIB = 2**30
MODELS_SHOWN = 12


def usage_row(
    name: str, usage: Mapping[str, float], one_pass: Mapping[str, float]
) -> tuple[str, ...]:
    """One program as a line of the table."""
    peak = usage.get("peak_bytes")
    return (
        name,
        f"{usage['wall_seconds']:,.1f}",
        f"{usage['cpu_seconds']:,.1f}",
        f"{usage['cpu_seconds'] / one_pass['cpu_seconds']:,.1f}",
        "" if peak is None else f"{peak / GIB:.2f}",
    )


def size_table(result: Mapping[str, Any]) -> Table:
    """The programs of one size."""
    data = result["data"]
    table = Table(
        title=f"{data['events']:,} events, {data['users']:,} users, {data['pings']:,} pings, "
        f"{data['distinct_pairs']:,} pairs",
        title_justify="left",
    )
    table.add_column("program", no_wrap=True)
    for heading in ("wall s", "CPU s", "x one pass", "peak GiB"):
        table.add_column(heading, justify="right")
    one_pass = result["one_pass"]
    table.add_row(*usage_row("one pass", one_pass, one_pass))
    table.add_row(*usage_row("dbt build", result["build"], one_pass))
    if "pandas" in result:
        pandas = result["pandas"]
        sampled = f"pandas, {pandas['sampled_users']:,} of {pandas['users']:,} lists"
        table.add_row(*usage_row(sampled, pandas, one_pass))
        total = pandas["extrapolated_to_all_users"]
        table.add_row(*usage_row("pandas, extrapolated to all lists", total, one_pass))
    return table


def models_table(result: Mapping[str, Any]) -> Table:
    """The slowest models of one size."""
    build = result["build"]
    models = build["seconds_by_model"]
    total = build["models_seconds"]
    table = Table(title="slowest models", title_justify="left")
    table.add_column("model", no_wrap=True)
    table.add_column("wall s", justify="right")
    table.add_column("share", justify="right")
    for name, seconds in list(models.items())[:MODELS_SHOWN]:
        table.add_row(name, f"{seconds:,.2f}", f"{seconds / total:.0%}" if total else "")
    rest = sum(list(models.values())[MODELS_SHOWN:])
    if len(models) > MODELS_SHOWN:
        table.add_row(f"{len(models) - MODELS_SHOWN} more", f"{rest:,.2f}", f"{rest / total:.0%}")
    table.add_section()
    table.add_row("all models", f"{total:,.2f}", "")
    table.add_row("all tests", f"{build['tests_seconds']:,.2f}", "")
    table.add_row("seeds, hooks and others", f"{build['other_seconds']:,.2f}", "")
    return table


def growth_table(exponents: Mapping[str, float | None], sizes: Sequence[int]) -> Table:
    """The growth exponents."""
    table = Table(
        title=f"growth of cost as events ^ exponent, {min(sizes):,} to {max(sizes):,} events",
        title_justify="left",
    )
    table.add_column("cost")
    table.add_column("exponent", justify="right")
    labels = {
        "one_pass_cpu": "one pass, CPU",
        "build_cpu": "dbt build, CPU",
        "build_models_wall": "dbt build, wall seconds inside the models",
        "pandas_extrapolated_cpu": "pandas (extrapolated), CPU",
    }
    for name, exponent in exponents.items():
        table.add_row(labels[name], "" if exponent is None else f"{exponent:.2f}")
    return table


def agreement_line(result: Mapping[str, Any]) -> str:
    """In words, whether the build and pandas found the same."""
    comparison = result.get("agreement")
    if comparison is None:
        return "The build has no lists to compare with those of pandas."
    compared = comparison["lists_compared"]
    if agrees(comparison):
        return f"The build and pandas agree: accepted events, pairs, and {compared:,} lists."
    accepted, pairs = comparison["accepted_events"], comparison["pairs"]
    return (
        f"WARNING: the build and pandas differ: {accepted['build']:,} and {accepted['pandas']:,} "
        f"accepted events, {pairs['build']:,} and {pairs['pandas']:,} pairs, "
        f"{comparison['lists_different']:,} of {compared:,} lists are not the same."
    )


def machine_line(report: Mapping[str, Any]) -> str:
    """In words, what it was measured on and how often."""
    settings = ", ".join(f"{name} {value}" for name, value in report["settings"].items())
    host = report["machine"]
    return (
        f"{host['cores']} cores, {host['memory_bytes'] / GIB:.0f} GiB of memory; "
        f"DuckDB {host['duckdb']}, {settings or 'its own settings'}; "
        + (f"medians of {report['repeat']} runs" if report["repeat"] > 1 else "one run")
    )


def print_report(report: Mapping[str, Any], console: Console) -> None:
    """Show the report as tables."""
    console.print(machine_line(report))
    for result in report["sizes"]:
        console.print(size_table(result))
        if "pandas" in result:
            console.print(agreement_line(result))
        if "pandas_failure" in result:
            console.print(result["pandas_failure"], markup=False)
    console.print(models_table(report["sizes"][-1]))
    if len(report["sizes"]) > 1:
        events = [result["data"]["events"] for result in report["sizes"]]
        console.print(growth_table(report["growth_exponents"], events))


def machine() -> dict[str, Any]:
    """What the numbers were measured on."""
    return {
        "system": platform.platform(),
        "cores": os.cpu_count(),
        "memory_bytes": os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE"),
        "load_average": os.getloadavg()[0],
        "python": platform.python_version(),
        "duckdb": duckdb.__version__,
        "pandas": pd.__version__,
    }
