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
    FIRST_DAY,
    CUT,
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
    columns["judged_by"] = table["judged_by"].astype("object").where(table["judged_by"].notna(), None)
    return pd.DataFrame(columns).sort_values(KEY, ignore_index=True)


def test_the_baselines_equal_the_reference(log: pd.DataFrame, warehouse: Warehouse) -> None:
    wanted = comparable(reference_baselines(log, SETTINGS))
    found = warehouse.table("metric_baselines")
    found = comparable(found[~((found["segment"] == "dwell_time"))])
    assert list(found.columns) == list(wanted.columns)
    pd.testing.assert_frame_equal(found, wanted, check_dtype=False, rtol=1e-9, atol=1e-9)
    assert set(found["judged_by"]) == {"band", "bound", "silence", None}
    assert found["is_alert"].sum() >= len(FAULTS)
    # the alerts are its rows, each with a sentence that says the value and the band
    alerts = warehouse.table("metric_alerts")
    odd = found[found["is_alert"]]
    assert sorted(map(tuple, alerts[KEY].to_numpy())) == sorted(map(tuple, odd[KEY].to_numpy()))
    assert alerts["why"].str.match(r"On 2024-\d\d-\d\d, .+\.$").all()


def test_what_was_planted_is_found_on_its_day(warehouse: Warehouse) -> None:
    alerts = warehouse.rows("select cast(day as varchar), metric, segment, direction from metric_alerts")
    for day, what in FAULTS.items():
        assert (day_of(day), *what) in alerts
    quiet = [row for row in alerts if row[0] not in map(day_of, FAULTS)]
    assert len(quiet) <= 3, quiet
