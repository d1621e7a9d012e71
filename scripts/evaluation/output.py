"""The files of an evaluation: numbers, users and the chart."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path

import duckdb

from common import InputError, literal
from evaluation import Evaluation, write_per_user
from evaluation.chart import draw

CHART_NAME = "metrics.svg"


def check_output(output: Path) -> None:
    """Stop before any work where the results could not be written."""
    if output.exists() and not output.is_dir():
        raise InputError(f"--output {output} is a file: name a folder.")


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
    connection.execute(f"copy (from metric_rows) to {literal(path)} (format parquet)")


def write_json(result: Evaluation, path: Path) -> None:
    """metrics.json: everything but the rows per user."""
    settings = result.settings
    content = {
        "conclusion": result.conclusion,
        "settings": {
            "task": settings.task,
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
