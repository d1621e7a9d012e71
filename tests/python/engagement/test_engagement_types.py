"""What counts as an engagement is a column of event_weights, from which every number follows."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest
from mart_comparison import assert_marts_equal
from random_logs import Tables, random_log
from reference import DEFAULT_EVENT_WEIGHTS, EVENT_WEIGHTS, Parameters, engaged_types_of
from reference import reference_marts as marts_of
from warehouse import Warehouse, copied_project

ENGAGEMENT_NUMBERS = {
    "cohort_metrics": ["avg_pings_interacted"],
    "recommender_health": [
        "engagements",
        "engagement_per_impression",
        "engaged_impressions",
        "median_seconds_to_first_engagement",
    ],
    "recommender_health_previous": ["engagements", "engagement_per_impression"],
    "recommender_health_daily": [
        "engagements",
        "engagement_per_impression",
        "engaged_impressions",
        "median_seconds_to_first_engagement",
    ],
    "first_engagement_delays": [
        "impressions_in_group",
        "impressions_engaged_by_then",
        "engaged_by_then_rate",
    ],
}

ANALYSES = ("engagement_per_impression", "median_time_to_first_engagement")


def log_with_saves() -> Tables:
    """A log in which every other click is a save, often the first sign of interest."""
    users, pings, interactions = random_log(9)
    clicks = interactions.index[interactions["event_type"] == "click"][::2]
    interactions.loc[clicks, "event_type"] = "save"
    return users, pings, interactions


LOG = log_with_saves()


def reference_of(seed: Path) -> Parameters:
    return replace(
        Parameters(),
        event_weights={**DEFAULT_EVENT_WEIGHTS, "save": 2.5},
        engaged_types=engaged_types_of(seed),
    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse of the log, with a project whose seed the tests change."""
    folder = tmp_path_factory.mktemp("engagements")
    warehouse = Warehouse(folder, copied_project(folder / "project"))
    warehouse.write_raw(*LOG)
    return warehouse


def test_the_demo_counts_these_four() -> None:
    assert engaged_types_of(EVENT_WEIGHTS) == {"view", "like", "comment", "share"}


def test_a_new_type_is_an_engagement_by_one_row(warehouse: Warehouse) -> None:
    """Every mart, every analysis and the semantic layer's source count it."""
    seed = warehouse.project / "seeds" / "event_weights.csv"
    seed.write_text(EVENT_WEIGHTS.read_text() + "save,2.5,event,true,\n")
    warehouse.build(tests=True)
    parameters = reference_of(seed)
    assert parameters.engaged_types == {"view", "like", "comment", "share", "save"}
    assert_marts_equal(warehouse, LOG, parameters)

    # the comparison is worth its name: each of these numbers is another without the saves
    with_saves = marts_of(*LOG, parameters)
    without = marts_of(*LOG, replace(parameters, engaged_types=engaged_types_of(EVENT_WEIGHTS)))
    for mart, columns in ENGAGEMENT_NUMBERS.items():
        for column in columns:
            assert not with_saves[mart][column].equals(without[mart][column]), (mart, column)

    done = warehouse.dbt("compile", "--select", "resource_type:analysis")
    assert done.returncode == 0, done.stdout
    compiled = warehouse.target / "compiled" / "pingtop" / "analyses"
    health = warehouse.query(
        "from recommender_health where segment = 'all' and time_window = 'all'"
    )
    for name in ANALYSES:
        answer = warehouse.query((compiled / f"{name}.sql").read_text())
        pd.testing.assert_frame_equal(
            answer, health[list(answer.columns)], check_dtype=False, rtol=1e-12
        )

    [(engagements,)] = warehouse.rows("select sum(engagements) from intermediate.int_cohort_days")
    assert engagements == health["engagements"].item()


def test_a_view_need_not_be_an_engagement(warehouse: Warehouse) -> None:
    """Views are told by themselves then: whether one follows an impression does not change."""
    seed = warehouse.project / "seeds" / "event_weights.csv"
    rows = EVENT_WEIGHTS.read_text().replace("watch_time_ratio,true", "watch_time_ratio,")
    seed.write_text(rows + "save,2.5,event,FALSE,\n")
    warehouse.build()
    parameters = reference_of(seed)
    assert parameters.engaged_types == {"like", "comment", "share"}
    assert_marts_equal(warehouse, LOG, parameters)
