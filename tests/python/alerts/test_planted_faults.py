"""Alerts on made logs: nothing without a fault, and every fault on its day."""

from __future__ import annotations

import benchmark_alerts
import duckdb
import pytest
from alerts.watching import sentences, watched

from benchmarks.alert_logs import FAULTS, load_log, made_log
from benchmarks.alert_trials import FAULTY_DAYS, Found, alerts_of
from benchmarks.memory import memory_with_schemas, run_models
from common import FAILED, OK, named_rows
from project.compiled_models import Compiled, compile_models


@pytest.fixture(scope="module")
def compiled() -> Compiled:
    return compile_models(benchmark_alerts.MODELS)


def test_a_year_is_quiet_and_faults_are_found(
    compiled: Compiled, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(benchmark_alerts, "compile_models", lambda *_: compiled)
    asked = ["--years", "1", "--logs", "2", "--events", "1000", "--quiet"]
    assert benchmark_alerts.main(asked) == OK
    said = capsys.readouterr().out
    assert all(fault.name in said for fault in FAULTS)


@pytest.mark.parametrize(("alerts", "n_found"), [(13, len(FAULTS)), (0, len(FAULTS) - 1)])
def test_the_command_can_say_no(monkeypatch: pytest.MonkeyPatch, alerts: int, n_found: int) -> None:
    names = tuple(fault.name for fault in FAULTS)
    monkeypatch.setattr(benchmark_alerts, "compile_models", lambda *_: {})
    monkeypatch.setattr(benchmark_alerts, "try_year", lambda *_: Found(alerts, 365, 20, ()))
    monkeypatch.setattr(benchmark_alerts, "try_faults", lambda *_: Found(0, 9, 20, names[:n_found]))
    asked = ["--years", "1", "--logs", "1", "--quiet"]
    assert benchmark_alerts.main(asked) == FAILED


def test_an_unfinished_day_is_not_judged(compiled: Compiled) -> None:
    days = max(FAULTY_DAYS)  # the last day is without a fault
    with alerts_of(compiled, 3, days, 500, {}) as connection:
        [newest] = newest_day(connection)
        connection.execute(
            "update intermediate.int_log_span set newest_event_timestamp = "
            "cast(cast(newest_event_timestamp as date) as timestamp) + interval 10 hours"
        )
        run_models(connection, compiled)
        [judged] = newest_day(connection)
        assert (newest - judged).days == 1
        rows = connection.execute(
            "select distinct judged_by, is_alert, is_newest_day from metric_baselines where "
            "is_provisional and metric <> 'no_view_24h_rate'"
        ).fetchall()
        assert rows == [(None, False, False)]
        ask = lambda sql, given: named_rows(connection.execute(sql, given))  # noqa: E731
        said = sentences(watched("warehouse", ask, None))
        assert said[0] == f"{newest} is not over: {judged} is the newest whole day."
        assert said[1].startswith(f"{judged}: nothing is odd")


def newest_day(connection: duckdb.DuckDBPyConnection) -> tuple:
    return connection.execute(
        "select max(day) from metric_baselines where is_newest_day"
    ).fetchall()[0]


def test_a_day_without_any_event_is_odd_and_a_pause_is_not(compiled: Compiled) -> None:
    """The day is there, with 0; after a week without any the log has paused."""
    log = made_log(4, 100, 500, {})
    gap = log[(log["day"] < 60) | (log["day"] >= 80)]
    with memory_with_schemas() as connection:
        load_log(connection, gap)
        run_models(connection, compiled)
        days = connection.execute(
            "select day - date '2024-01-01', is_alert, value from metric_baselines "
            "where metric = 'events' and segment = 'all' and day >= date '2024-01-01' + 58"
        ).fetchall()
    odd = {int(day) for day, is_alert, _ in days if is_alert}
    assert {60, 61, 62} <= odd
    assert not odd & set(range(64, 100))
    assert sorted(int(day) for day, _, value in days if value == 0) == list(range(60, 67))
