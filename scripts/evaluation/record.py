"""The record of evaluations in the user's warehouse."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from common import InUseError, Row, first_line, is_full_disk, open_database
from evaluation.rewind import MOMENT
from other_engines import EngineError, NoTableError, open_engine

SECONDS_BETWEEN = 0.5  # two tries


def check_warehouse(warehouse: Path) -> None:
    """Stop before any work where a later record would find no warehouse but something else.

    One that is in use now may be free by then.
    """
    if warehouse.exists():
        with suppress(InUseError):
            open_database(warehouse, read_only=True).close()


class NotRecordedError(Exception):
    """The metrics are in the files of the evaluation, but not in the warehouse."""


class HeldError(NotRecordedError):
    """They are not, as another process has the warehouse open: later, it may be free."""


def open_when_free(
    warehouse: Path, seconds: float, on_wait: Callable[[str], None]
) -> duckdb.DuckDBPyConnection:
    """The warehouse, to be written; waits for as long while another process has it open."""
    until = time.monotonic() + seconds
    is_told = False
    while True:
        try:
            return open_database(warehouse, read_only=False)
        except InUseError as error:
            if time.monotonic() >= until:
                raise HeldError(f"nothing was recorded: {error}") from error
            if not is_told:
                on_wait(f"waiting for up to {seconds:g} s to record the results: {error}")
                is_told = True
            time.sleep(min(SECONDS_BETWEEN, max(0.0, until - time.monotonic())))


def end_of(cutoff: str, horizon: timedelta) -> datetime:
    """The end of what the lists of a cutoff are compared with."""
    return datetime.strptime(cutoff, MOMENT) + horizon


# columns of what is recorded for every metric, and their types in DuckDB
COLUMNS = {
    "strategy": "varchar",
    "segment": "varchar",
    "k": "bigint",
    "metric": "varchar",
    "value": "double",
    "low": "double",
    "high": "double",
    "n": "bigint",
}
EVALUATIONS, PROMOTIONS = "int_recorded_evaluations", "int_recorded_promotions"


def of_folds(metrics: Sequence[Row]) -> list[Row]:
    """What is recorded: the metrics of each cutoff, not those of all together."""
    return [row for row in metrics if row["cutoff"] not in (None, "all")]


def record(
    metrics: Sequence[Row],
    horizon: timedelta,
    warehouse: Path,
    log_source: str,
    seconds: float,
    on_wait: Callable[[str], None],
    promotions: Sequence[Row] = (),
) -> str:
    """Add the metrics of each cutoff to the evaluations recorded in the warehouse.

    log_source: the log that was evaluated; a warehouse of another one does not show them.
    seconds, on_wait: how long to wait for a warehouse in use, and who is told so.
    promotions: whether the trained strategies won at each cutoff (ranking.promotion).

    Returns a sentence on what was done. Raises NotRecordedError where it could not be.
    """
    if not warehouse.exists():
        raise NotRecordedError(
            f"nothing was recorded: there is no warehouse at {warehouse} (make build, or "
            "--no-record)."
        )
    folds = of_folds(metrics)
    unnested = ", ".join(f"unnest(cast(? as {kind}[]))" for kind in COLUMNS.values())
    moment = datetime.now(UTC).replace(tzinfo=None)
    try:
        with open_when_free(warehouse, seconds, on_wait) as connection:
            connection.begin()
            connection.execute(
                f"""
                insert into intermediate.{EVALUATIONS} (
                    log_source, recorded_at, as_of, horizon_end, {", ".join(COLUMNS)}
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
                    moment,
                    [row["cutoff"] for row in folds],
                    [end_of(row["cutoff"], horizon) for row in folds],
                    *([row[name] for row in folds] for name in COLUMNS),
                ],
            )
            for row in promotions:
                cutoff, *found = row.values()
                connection.execute(
                    f"""
                    insert into intermediate.{PROMOTIONS} (
                        log_source, recorded_at, as_of, horizon_end, {", ".join(list(row)[1:])}
                    )
                    values (?, ?, ?, ?, {", ".join("?" * len(found))})
                    """,
                    [log_source, moment, cutoff, end_of(cutoff, horizon), *found],
                )
            connection.commit()
    except duckdb.CatalogException as error:
        raise NotRecordedError(
            f"nothing was recorded: {warehouse} has no {EVALUATIONS} or {PROMOTIONS} yet "
            "(make build)."
        ) from error
    except duckdb.Error as error:
        reason = "its disk is full" if is_full_disk(error) else first_line(error)
        raise NotRecordedError(f"nothing was recorded in {warehouse}: {reason}.") from error
    return f"recorded in {warehouse}: see evaluation_metrics and recommender_health."


def record_elsewhere(
    metrics: Sequence[Row],
    horizon: timedelta,
    target: str,
    log_source: str,
    promotions: Sequence[Row] = (),
) -> str:
    """The same in the warehouse of another engine, by a target of profiles.yml."""
    moment = datetime.now(UTC).replace(tzinfo=None, microsecond=0)

    def described(row: Row, cutoff: str) -> Row:
        end = end_of(cutoff, horizon)
        as_of = end - horizon
        return {
            "log_source": log_source,
            "recorded_at": moment,
            "as_of": as_of,
            "horizon_end": end,
        } | {name: value for name, value in row.items() if name != "cutoff"}

    kept = ("cutoff", *COLUMNS)
    rows = {
        EVALUATIONS: [
            described({name: row[name] for name in kept}, row["cutoff"])
            for row in of_folds(metrics)
        ],
        PROMOTIONS: [described(row, next(iter(row.values()))) for row in promotions],
    }
    try:
        with open_engine(target) as engine:
            for table, found in rows.items():
                if found:
                    engine.insert("intermediate", table, found)
            place = engine.place
    except NoTableError as error:
        raise NotRecordedError(
            f"nothing was recorded: {target} has no {EVALUATIONS} or {PROMOTIONS} yet "
            f"(dbt build --target {target})."
        ) from error
    except EngineError as error:
        raise NotRecordedError(f"nothing was recorded: {error}") from error
    return f"recorded in {place}: see evaluation_metrics and recommender_health."
