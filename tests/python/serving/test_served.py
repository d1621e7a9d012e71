"""What is served by default; tests/python/ranking has the same of a trained stage."""

from __future__ import annotations

import pytest
from publishing import recorded_hitrate
from served_lists import assert_tables_are_about_what_is_served
from warehouse import Warehouse

HITRATES = """
    select distinct hitrate_strategy, hitrate_at_10
    from recommender_health
    where segment = 'all'
"""


def test_tables_about_lists_are_about_what_is_served(demo: Warehouse) -> None:
    assert_tables_are_about_what_is_served(demo)


def test_by_default_the_hitrate_is_the_heuristics(demo: Warehouse, evaluated: Warehouse) -> None:
    assert demo.rows(HITRATES) == [("heuristic", None)]
    [(strategy, hitrate)] = evaluated.rows(HITRATES)
    assert strategy == "heuristic"
    assert hitrate == pytest.approx(recorded_hitrate("heuristic"))
