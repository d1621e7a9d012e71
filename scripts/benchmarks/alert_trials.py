"""What the models of alerts say of made logs."""

from __future__ import annotations

from dataclasses import dataclass

import duckdb
import numpy as np

from benchmarks.alert_logs import FAULTS, FIRST_DAY, Fault, load_log, made_log
from benchmarks.memory import memory_with_schemas, run_models
from project.compiled_models import Compiled

YEAR = 365
# Faults come one after the other, as in life: the days before them are not all without one.
FIRST_FAULT, BETWEEN = 60, 10
FAULTY_DAYS = {FIRST_FAULT + BETWEEN * place: fault for place, fault in enumerate(FAULTS)}


@dataclass(frozen=True)
class Found:
    """What was found in a log."""

    alerts: int  # on days without a fault
    days: int  # that have none, and are judged
    metrics: int  # metrics and segments that are looked at
    faults: tuple[str, ...]  # found on their day


def alerts_of(
    compiled: Compiled,
    seed: int,
    days: int,
    events: int,
    faults: dict[int, Fault],
    *,
    is_nightly: bool = False,
) -> duckdb.DuckDBPyConnection:
    """The tables of a made log, alerts included."""
    connection = memory_with_schemas()
    load_log(connection, made_log(seed, days, events, faults, is_nightly=is_nightly))
    run_models(connection, compiled)
    return connection


def found_in(connection: duckdb.DuckDBPyConnection, faults: dict[int, Fault]) -> Found:
    """What the alerts say."""
    rows = connection.execute(
        "select day, metric, segment, direction from metric_alerts"
    ).fetchall()
    alerts = {(int((np.datetime64(day) - FIRST_DAY).astype(int)), *rest) for day, *rest in rows}
    days, metrics = connection.execute(
        "select count(distinct day), count(distinct (metric, segment)) from metric_baselines "
        "where judged_by = 'band'"
    ).fetchall()[0]
    return Found(
        sum(alert[0] not in faults for alert in alerts),
        days - len(faults),
        metrics,
        tuple(
            fault.name
            for day, fault in faults.items()
            if (day, fault.metric, fault.segment, fault.direction) in alerts
        ),
    )


def try_year(compiled: Compiled, seed: int, events: int) -> Found:
    """A year without faults."""
    with alerts_of(compiled, seed, YEAR, events, {}) as connection:
        return found_in(connection, {})


def try_faults(compiled: Compiled, seed: int, events: int) -> Found:
    """A log with one day of every fault."""
    days = max(FAULTY_DAYS) + 1
    with alerts_of(compiled, seed, days, events, FAULTY_DAYS) as connection:
        return found_in(connection, FAULTY_DAYS)
