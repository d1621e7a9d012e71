"""Alerts on made logs: nothing without a fault, and every fault on its day."""

from __future__ import annotations

from datetime import date

import benchmark_alerts
import duckdb
import pytest
from alerts.watching import Ask, sentences, watched

from benchmarks.alert_logs import FAULTS, load_log, made_log
from benchmarks.alert_trials import FIRST_FAULT, Found, alerts_of
from benchmarks.memory import memory_with_schemas, run_models
from common import FAILED, OK, InputError, named_rows
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
    days = FIRST_FAULT  # without a fault
    with alerts_of(compiled, 3, days, 500, {}) as connection:
        [newest] = newest_day(connection)
        # in one file, and with some clocks that run a day ahead
        connection.execute(f"""
            update intermediate.int_gate_files set holds_a_day = false;
            delete from intermediate.int_events where event_timestamp > '{newest} 22:00:00';
            insert into intermediate.int_events
            select * replace (date '{newest}' + interval 47 hours as event_timestamp)
            from intermediate.int_events limit 3
        """)
        run_models(connection, compiled)
        [judged] = newest_day(connection)
        assert (newest - judged).days == 1
        rows = connection.execute(
            "select distinct judged_by, is_alert, is_newest_day from metric_baselines where "
            "is_provisional and metric <> 'no_view_24h_rate'"
        ).fetchall()
        assert rows == [(None, False, False)]
        said = sentences(watched("warehouse", asked_of(connection), None))
        assert said[0] == f"{newest} is not over: {judged} is the newest whole day."
        assert said[1].startswith(f"{judged}: nothing is odd")


def asked_of(connection: duckdb.DuckDBPyConnection) -> Ask:
    return lambda sql, given: named_rows(connection.execute(sql, given))


def test_what_came_again_in_the_night_is_said_in_the_morning(compiled: Compiled) -> None:
    """It arrived on a day of which the log has no event yet."""
    again = next(fault for fault in FAULTS if fault.segment == "duplicate")
    with alerts_of(compiled, 5, 61, 500, {60: again}, is_nightly=True) as connection:
        [newest] = newest_day(connection)
        said = watched("warehouse", asked_of(connection), None)
    assert said.day == newest
    found = {(alert["metric"], alert["segment"], alert["direction"]) for alert in said.alerts}
    assert found == {("rejected_share", "duplicate", "high")}


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
        with pytest.raises(InputError, match="2024-03-15 has no events: the log paused"):
            watched("warehouse", asked_of(connection), date(2024, 3, 15))
    odd = {int(day) for day, is_alert, _ in days if is_alert}
    assert {60, 61, 62} <= odd
    assert not odd & set(range(64, 100))
    assert sorted(int(day) for day, _, value in days if value == 0) == list(range(60, 67))
