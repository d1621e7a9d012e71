"""A type of event_weights may take back another one: an unlike, a like."""

from __future__ import annotations

from pathlib import Path

import pytest
from warehouse import MODELS_ONLY, PROJECT, Warehouse, copied_project

USERS = "user_id\nu1\nu2\n"
PINGS = "ping_id,duration_sec\np1,10\np2,10\n"
LOG = """user_id,ping_id,event_type,event_timestamp
u1,p1,like,2024-02-01 10:00:00
u1,p1,unlike,2024-02-01 11:00:00
u1,p2,like,2024-02-01 10:00:00
u1,p2,unlike,2024-02-01 10:30:00
u1,p2,like,2024-02-02 10:00:00
u2,p1,like,2024-02-01 10:00:00
u2,p1,un-share,2024-02-01 11:00:00
"""
LATER = """user_id,ping_id,event_type,event_timestamp
u1,p2,Unlike,2024-02-05 10:00:00
u2,p2,like,2024-02-05 10:00:00
u2,p1,unlike,2024-02-06 10:00:00
"""
PAIRS = "select user_id, ping_id, engagement_score from user_ping_engagement order by all"


def weights_with(*rows: str) -> str:
    """The project's seed with the column takes_back, and some types more."""
    header, *types = (PROJECT / "seeds" / "event_weights.csv").read_text().splitlines()
    return "\n".join([f"{header},takes_back", *(f"{line}," for line in types), *rows]) + "\n"


@pytest.fixture
def warehouse(tmp_path: Path) -> Warehouse:
    project = copied_project(tmp_path / "project")
    warehouse = Warehouse(tmp_path / "log", project)
    (warehouse.raw / "users.csv").write_text(USERS)
    (warehouse.raw / "pings.csv").write_text(PINGS)
    (warehouse.raw / "interactions").mkdir()
    (warehouse.raw / "interactions" / "1.csv").write_text(LOG)
    return warehouse


def build(warehouse: Warehouse, **variables: str) -> None:
    select = ["--select", "+user_ping_engagement", "+holdout_relevance"]
    done = warehouse.dbt("build", *MODELS_ONLY, *select, variables=variables)
    assert done.returncode == 0, done.stdout[-3000:]


def test_what_is_taken_back_counts_no_more(warehouse: Warehouse) -> None:
    """In scores, on a warehouse that grows, and in the grades of the holdout."""
    seed = warehouse.project / "seeds" / "event_weights.csv"
    seed.write_text(weights_with("unlike,0,event,false,,Like", "unshare,-0.5,event,false,,share"))
    build(warehouse, as_of="")
    assert warehouse.rows(PAIRS) == [("u1", "p1", 0.0), ("u1", "p2", 2.0), ("u2", "p1", 1.5)]
    (warehouse.raw / "interactions" / "2.csv").write_text(LATER)
    build(warehouse, as_of="")
    grown = warehouse.rows(PAIRS)
    assert grown == [("u1", "p1", 0.0), ("u1", "p2", 0.0), ("u2", "p1", -0.5), ("u2", "p2", 2.0)]
    warehouse.database.unlink()
    build(warehouse, as_of="")
    assert warehouse.rows(PAIRS) == grown
    # before the second like was there, and taken back, it was relevant to nobody
    warehouse.database.unlink()
    build(warehouse, as_of="2024-02-02 00:00:00")
    relevant = warehouse.rows("select user_id, ping_id, relevance from holdout_relevance")
    assert relevant == [("u2", "p2", 2.0)]


def test_a_type_that_takes_back_what_it_cannot_is_refused(warehouse: Warehouse) -> None:
    seed = warehouse.project / "seeds" / "event_weights.csv"
    for wrong in ("view", "unlike", "nothing"):
        seed.write_text(weights_with(f"unlike,0,event,false,,{wrong}"))
        done = warehouse.dbt("build", "--select", "stg_event_weights")
        assert done.returncode == 2
        assert (
            "In seeds/event_weights.csv, the takes_back of unlike must be another type of the "
            f"basis event that takes back none, but is '{wrong}': correct it there." in done.stdout
        )
