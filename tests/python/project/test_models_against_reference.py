"""Every mart equals the independent reference on random, dirty logs."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from changes_reference import assert_changes_equal, assert_totals_are_those_of_health
from mart_comparison import assert_marts_equal
from random_logs import Tables, random_log, restricted, ties_log
from reference import Parameters, reference_marts
from warehouse import Warehouse

# name of a reference parameter -> name of the project's variable
VARIABLES = {
    "as_of": "as_of",
    "top_k": "top_k",
    "weight_popularity": "weight_popularity",
    "weight_category": "weight_category",
    "weight_creator": "weight_creator",
    "weight_freshness": "weight_freshness",
    "affinity_window_days": "affinity_window_days",
    "watch_time_ratio_cap": "watch_time_ratio_cap",
    "ratio_without_watch_time": "ratio_without_watch_time",
    "new_user_days": "new_user_days",
    "few_below": "few_below",
}

DEFAULTS = Parameters()
CHANGED = replace(
    DEFAULTS,
    top_k=7,
    weight_popularity=0.2,
    weight_category=1.5,
    weight_creator=0.0,
    weight_freshness=0.4,
    affinity_window_days=9,
    watch_time_ratio_cap=1.25,
    ratio_without_watch_time=0.5,
    new_user_days=30,
    few_below=4,
)


def variables_of(parameters: Parameters) -> dict[str, Any] | None:
    changed = {
        variable: getattr(parameters, name)
        for name, variable in VARIABLES.items()
        if getattr(parameters, name) != getattr(DEFAULTS, name)
    }
    return changed or None


@pytest.mark.parametrize(
    ("log", "suffix", "parameters"),
    [
        pytest.param(random_log(1), ".csv", DEFAULTS, id="csv"),
        pytest.param(random_log(2), ".parquet", DEFAULTS, id="parquet"),
        pytest.param(random_log(3), ".csv.gz", DEFAULTS, id="event-ids-gz"),
        pytest.param(
            restricted(random_log(4, 30, 300, 2000), 4), ".csv", DEFAULTS, id="wide-restricted"
        ),
        pytest.param(restricted(random_log(5), 5), ".csv", CHANGED, id="other-variables"),
        pytest.param(
            random_log(6), ".csv", replace(DEFAULTS, as_of="2024-02-05 12:00:00"), id="as-of"
        ),
        pytest.param(ties_log(7), ".csv", DEFAULTS, id="ties"),
        pytest.param(
            restricted(ties_log(8), 8), ".csv", replace(DEFAULTS, top_k=3), id="ties-short-lists"
        ),
    ],
)
def test_every_mart_equals_the_reference(
    random_warehouse: Warehouse, log: Tables, suffix: str, parameters: Parameters
) -> None:
    random_warehouse.write_raw(*log, suffix=suffix)
    random_warehouse.build(variables_of(parameters))
    [(kept,)] = random_warehouse.rows("select variables from raw.builds")
    assert json.loads(kept) == (variables_of(parameters) or {})
    assert_marts_equal(random_warehouse, log, parameters)
    assert_changes_equal(random_warehouse, few_below=parameters.few_below)
    if parameters is CHANGED:  # nothing stands out of a few users, which the other logs have
        found = random_warehouse.rows("select count(*) filter (concentration > 0), bool_or(is_few) "
                                      "from metric_change_summary")  # fmt: skip
        assert found[0][0] > 20
        assert found[0][1]
    assert_totals_are_those_of_health(random_warehouse)


def test_the_random_logs_reach_the_hard_cases() -> None:
    """The logs above are worth their name: each kind of dirt is in them."""
    marts = reference_marts(*random_log(1))
    reasons = set(marts["rejected_rows"]["reject_reason"])
    assert reasons >= {"missing id", "unknown event type", "duplicate"}
    assert len(reasons) == 5
    catalogue = set(marts["pings"]["ping_id"])
    assert not set(marts["interactions"]["ping_id"]) <= catalogue
    assert set(marts["users"]["user_id"]) - set(marts["interactions"]["user_id"])
    lists = reference_marts(*ties_log(7))["recommendations"]
    assert lists.groupby("user_id").size().min() < 10
    tied = np.isclose(lists.groupby("user_id")["score"].diff(), 0)
    assert tied.sum() > 20
