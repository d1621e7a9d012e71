"""The record of evaluations in the user's warehouse."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from common import InUseError, Row, open_database
from evaluation.rewind import MOMENT


def check_warehouse(warehouse: Path) -> None:
    """Stop before any work where a later record would find no warehouse but something else.

    One that is in use now may be free by then.
    """
    if warehouse.exists():
        with suppress(InUseError):
            open_database(warehouse, read_only=True).close()


def record(metrics: Sequence[Row], horizon: timedelta, warehouse: Path, log_source: str) -> str:
    """Add the metrics of each cutoff to the evaluations recorded in the warehouse.

    log_source: the log that was evaluated; a warehouse of another one does not show them.

    Returns a sentence on what was done: a warehouse that is not there, or not built yet, or in
    use by another program is no reason to lose an evaluation whose files are written.
    """
    if not warehouse.exists():
        return f"nothing was recorded: there is no warehouse at {warehouse} (make build)."
    columns = ("strategy", "segment", "k", "metric", "value", "low", "high", "n")
    kinds = ("varchar", "varchar", "bigint", "varchar", "double", "double", "double", "bigint")
    folds = [row for row in metrics if row["cutoff"] not in (None, "all")]
    unnested = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in kinds)
    try:
        with open_database(warehouse, read_only=False) as connection:
            connection.execute(
                f"""
                insert into intermediate.int_recorded_evaluations (
                    log_source, recorded_at, as_of, horizon_end, {", ".join(columns)}
                )
                select
                    cast(? as varchar),
                    cast(? as timestamp),
                    unnest(cast(? as timestamp[])),
                    unnest(cast(? as timestamp[])),
                    {unnested}
                """,
                [
                    log_source,
                    datetime.now(UTC).replace(tzinfo=None),
                    [row["cutoff"] for row in folds],
                    [datetime.strptime(row["cutoff"], MOMENT) + horizon for row in folds],
                    *([row[name] for row in folds] for name in columns),
                ],
            )
    except duckdb.CatalogException:
        return (
            f"nothing was recorded: {warehouse} has no int_recorded_evaluations yet (make build)."
        )
    except InUseError as error:
        return f"nothing was recorded: {error}"
    return f"recorded in {warehouse}: see evaluation_metrics and recommender_health."
