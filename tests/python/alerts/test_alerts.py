"""What is odd about a day: the tables equal a reference, and a past day depends on no later one."""

from __future__ import annotations

import json
from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
import watch
from alert_log import (
    AGAIN,
    BOT,
    CLOCK,
    CUT,
    FIRST_DAY,
    MILLISECONDS,
    MISSING_TYPE,
    alert_log,
    write_alert_log,
)
from alert_reference import Settings, reference_baselines
from warehouse import MODELS_ONLY, Warehouse

from common import BAD_INPUT, OK

# the log is small, and its days are to be judged all the same
SETTINGS = Settings(least_events=20, least_days=10, user_least_events=50)
VARIABLES: dict[str, Any] = {
    "alert_width": SETTINGS.width,
    "alert_least_events": SETTINGS.least_events,
    "alert_least_days": SETTINGS.least_days,
    "warn_user_least_events": SETTINGS.user_least_events,
}
BUILD = ["build", *MODELS_ONLY, "--select", "+metric_alerts"]
KEY = ["day", "metric", "segment"]
FAULTS = {
    MISSING_TYPE: ("events", "share", "low"),
    BOT: ("busiest_user_share", "all", "high"),
    AGAIN: ("rejected_share", "duplicate", "high"),
    MILLISECONDS: ("views_above_length_share", "all", "high"),
    CLOCK: ("rejected_share", "timestamp in the future", "high"),
    CUT: ("events", "all", "low"),
}


def day_of(number: int) -> str:
    return str(FIRST_DAY + timedelta(days=number))


def built(warehouse: Warehouse, variables: dict[str, Any]) -> None:
    warehouse.database.unlink(missing_ok=True)
    done = warehouse.dbt(*BUILD, variables=variables)
    assert done.returncode == 0, done.stdout[-6000:]


@pytest.fixture(scope="module")
def log() -> pd.DataFrame:
    return alert_log()


@pytest.fixture(scope="module")
def warehouse(log: pd.DataFrame, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    made = Warehouse(tmp_path_factory.mktemp("alerts"))
    write_alert_log(made.raw, log)
    built(made, VARIABLES)
    return made


def comparable(table: pd.DataFrame) -> pd.DataFrame:
    columns = {name: table[name] for name in table.columns}
    columns["day"] = pd.to_datetime(table["day"]).astype("datetime64[us]")
    for name in ("expected", "expected_low", "expected_high"):
        columns[name] = pd.to_numeric(table[name]).astype("float64")
    columns["judged_by"] = (
        table["judged_by"].astype("object").where(table["judged_by"].notna(), None)
    )
    return pd.DataFrame(columns).sort_values(KEY, ignore_index=True)


def test_the_baselines_equal_the_reference(log: pd.DataFrame, warehouse: Warehouse) -> None:
    wanted = comparable(reference_baselines(log, SETTINGS))
    found = warehouse.table("metric_baselines")
    found = comparable(found[~(found["segment"] == "dwell_time")])
    assert list(found.columns) == list(wanted.columns)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-9, atol=1e-9)
    assert set(found["judged_by"]) == {"band", "bound", "silence", "clock", None}
    assert found["is_alert"].sum() >= len(FAULTS)
    # the alerts are its rows, each with a sentence that says the value and the band
    alerts = warehouse.table("metric_alerts")
    odd = found[found["is_alert"]]
    assert sorted(map(tuple, alerts[KEY].to_numpy())) == sorted(map(tuple, odd[KEY].to_numpy()))
    assert alerts["why"].str.match(r"On 2024-\d\d-\d\d, .+\.$").all()


def test_what_was_planted_is_found_on_its_day(warehouse: Warehouse) -> None:
    alerts = warehouse.rows(
        "select cast(day as varchar), metric, segment, direction from metric_alerts"
    )
    for day, what in FAULTS.items():
        assert (day_of(day), *what) in alerts
    quiet = [row for row in alerts if row[0] not in map(day_of, FAULTS)]
    assert len(quiet) <= 3, quiet


def test_a_past_day_is_judged_by_what_was_known_then(
    log: pd.DataFrame, warehouse: Warehouse, tmp_path_factory: pytest.TempPathFactory
) -> None:
    # an hour later, as the log reaches the next day only then
    day, end = day_of(AGAIN), f"{day_of(AGAIN + 1)} 01:00:00"
    asked = f"from metric_baselines where day = '{day}' and metric <> 'no_view_24h_rate'"
    wanted = warehouse.query(asked).sort_values(KEY, ignore_index=True)
    assert wanted["is_alert"].any()
    past = Warehouse(tmp_path_factory.mktemp("past"))
    # what came later is absurd, and half of the days before do not tell when they arrived
    later = log[log["file"] > AGAIN].assign(event_type="view", watch_time_sec=1e6)
    write_alert_log(past.raw, pd.concat([log[log["file"] <= AGAIN], later, later]))
    known = f"{day_of(AGAIN + 2)} 00:00:00"
    built(past, VARIABLES | {"as_of": end, "known_as_of": known})
    found = past.query(asked).sort_values(KEY, ignore_index=True)
    last = past.rows(
        "select max(day) from metric_baselines where is_newest_day and metric = 'events'"
    )
    assert [str(value) for (value,) in last] == [day]
    here = ["is_newest_day", "is_provisional"]
    assert found["is_newest_day"].all()
    assert not wanted["is_newest_day"].any()
    pd.testing.assert_frame_equal(found.drop(columns=here), wanted.drop(columns=here))


def test_watch_says_what_is_odd(warehouse: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    here = ["--database", str(warehouse.database), "--releases", str(warehouse.raw / "none")]
    assert watch.main(here) == OK
    assert capsys.readouterr().out.startswith(f"{day_of(59)}: nothing is odd, of ")
    assert watch.main([*here, "--day", day_of(BOT)]) == watch.ALERTS
    said = capsys.readouterr().out.splitlines()
    assert said[0].startswith(f"{day_of(BOT)}: 1 thing is odd, of ")
    assert said[1].startswith(f"- On {day_of(BOT)}, events of one user are 3")
    assert watch.main([*here, "--day", day_of(BOT), "--json"]) == watch.ALERTS
    found = json.loads(capsys.readouterr().out)
    [alert] = found["alerts"]
    assert (alert["day"], alert["metric"], alert["direction"]) == (
        day_of(BOT), "busiest_user_share", "high",
    )  # fmt: skip
    assert (found["source"], found["unfinished_day"]) == ("warehouse", None)
    assert found["judged"] > 20
    assert watch.main([*here, "--day", "2031-01-01"]) == BAD_INPUT
    assert "is not in the log: name a day from 2024-01-01 to 2024-02-29" in capsys.readouterr().err
    with pytest.raises(SystemExit) as stopped:
        watch.main([*here, "--day", "yesterday"])
    assert stopped.value.code == BAD_INPUT
    gone = ["--database", str(warehouse.raw / "gone.duckdb"), *here[2:]]
    assert watch.main(gone) == BAD_INPUT
