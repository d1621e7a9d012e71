"""With known_as_of, a warehouse is what would have been built from what had arrived by then."""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import pandas as pd
from random_logs import Tables, random_log, restricted
from test_time_machine import AS_OF, assert_same_tables, public_tables
from warehouse import Warehouse

KNOWN_AS_OF = "2024-02-07 06:00:00"
SETTINGS = {"as_of": AS_OF, "holdout_days": 1, "known_as_of": KNOWN_AS_OF}
MAY_CHANGE = {"intake_summary", "intake_files", "build_history"}


def arrived(tables: Tables) -> Tables:
    """The same rows with an arrival before KNOWN_AS_OF, or without one, under any of its names."""
    rng = np.random.default_rng(5)
    end = datetime.fromisoformat(KNOWN_AS_OF)
    named = []
    names = ("loaded_at", "ingested_at", "received_at")
    for table, name in zip(tables, names, strict=True):
        moments = [
            None if rng.random() < 0.2 else str(end - timedelta(seconds=int(seconds)))
            for seconds in rng.integers(1, 86_400, len(table))
        ]
        named.append(table.assign(**{name: moments}))
    return named[0], named[1], named[2]


def late_arrivals(tables: Tables) -> Tables:
    """With rows dated before and after as_of, absurd ones and copies, that had not come yet."""
    users, pings, interactions = tables
    late = [KNOWN_AS_OF, "2024-02-07T08:00:00+02:00", "2024-03-01 00:00:00", "2031-01-01"]
    new_users = users.head(8).assign(country="XX", region="XX", blocklist="dance")
    new_users.loc[new_users.index[:4], "user_id"] = [f"late {number}" for number in range(4)]
    new_pings = pings.head(8).assign(duration_sec="1", category="late", creator_id="late")
    new_pings.loc[new_pings.index[:4], "ping_id"] = [f"late {number}" for number in range(4)]
    copies = interactions.sample(frac=0.3, random_state=2)
    earlier = copies.assign(event_timestamp="2024-01-01 00:00:00", watch_time_sec="9e9")
    strange = copies.head(20).assign(user_id="late 0", ping_id="late 1", event_type="unheard_of")
    held_out = copies.assign(event_timestamp="2024-02-05 18:00:00")
    new_events = pd.concat([copies, earlier, strange, held_out])
    return tuple(
        pd.concat([old, new.assign(**{name: (late * len(new))[: len(new)]})], ignore_index=True)
        for old, new, name in (
            (users, new_users, "loaded_at"),
            (pings, new_pings, "ingested_at"),
            (interactions, new_events, "received_at"),
        )
    )


def test_what_arrived_later_changes_nothing(random_warehouse: Warehouse) -> None:
    tables = arrived(restricted(random_log(11), 11))
    random_warehouse.write_raw(*tables)
    random_warehouse.build(SETTINGS, tests=True)
    before = public_tables(random_warehouse)
    assert len(before["holdout_interactions"]) > 0
    later = late_arrivals(tables)
    random_warehouse.write_raw(*later)
    random_warehouse.build(SETTINGS, tests=True)
    assert_same_tables(before, public_tables(random_warehouse), MAY_CHANGE)
    hidden = random_warehouse.rows(
        "select source_table, row_count from intake_summary where outcome = 'after_known_as_of'"
    )
    assert dict(hidden) == {
        name: len(new) - len(old)
        for name, new, old in zip(("users", "pings", "interactions"), later, tables, strict=True)
    }


def test_of_a_repeated_id_the_newest_row_counts(random_warehouse: Warehouse) -> None:
    random_warehouse.clear_raw()
    raw = random_warehouse.raw
    (raw / "users.csv").write_text(
        "user_id,country,updated_at\n"
        "u1,first,\nu1,last,\n"
        "u2,newest,2024-02-02\nu2,older,2024-02-01\nu2,undated,\n"
        "u3,one,2024-02-01\nu3,two,2024-02-01 00:00:00\n"
    )
    (raw / "pings.csv").write_text(
        "ping_id,category,updated_at\np1,new,2024-02-02 10:00:00\np1,old,2024-02-02\np2,a,\np2,b,\n"
    )
    (raw / "interactions.csv").write_text(
        "user_id,ping_id,event_type,watch_time_sec,event_timestamp\nu1,p1,view,1,2024-02-02\n"
    )
    random_warehouse.build()
    assert random_warehouse.rows("select user_id, country from users order by 1") == [
        *(("u1", "last"), ("u2", "newest"), ("u3", "two")),
    ]
    assert random_warehouse.rows("select ping_id, category from pings order by 1") == [
        *(("p1", "new"), ("p2", "b")),
    ]
    duplicates = "select count(*) from rejected_rows where reject_reason = 'duplicate'"
    assert random_warehouse.rows(duplicates) == [(6,)]


def test_of_copies_the_first_that_arrived_counts(random_warehouse: Warehouse) -> None:
    random_warehouse.write_raw(*random_log(3))
    (random_warehouse.raw / "interactions.csv").write_text(
        "event_id,user_id,ping_id,event_type,watch_time_sec,event_timestamp,loaded_at\n"
        "e1,a,p,view,1,2024-02-02,2024-02-04\n"
        "e1,z,p,view,2,2024-02-02,2024-02-03\n"
        "e1,b,p,view,3,2024-02-02,\n"
    )
    random_warehouse.build()
    assert random_warehouse.rows("select user_id from interactions") == [("z",)]


def test_lateness_and_what_it_moved(random_warehouse: Warehouse) -> None:
    random_warehouse.write_raw(*random_log(3))
    raw = random_warehouse.raw
    (raw / "pings.csv").write_text("ping_id,duration_sec\np,10\n")
    (raw / "interactions.csv").write_text(
        "user_id,ping_id,event_type,watch_time_sec,event_timestamp,collector_tstamp\n"
        "a,p,view,9,2024-02-02 10:00:00,2024-02-02 11:00:00\n"
        "a,p,view,1,2024-02-02 10:00:01,2024-02-02 11:00:02\n"
        "a,p,like,,2024-02-02 12:00:00,\n"
        "b,p,view,8,2024-02-02 23:59:00,2024-02-03 00:00:00\n"
        "c,p,view,8,2024-02-02 12:00:00,2024-02-09 12:00:01\n"
        "a,p,click,,2024-02-04 12:00:00,\n"
    )
    (raw / "exposures.csv").write_text(
        "user_id,ping_id,event_timestamp,dwell_time,loaded_at\n"
        "d,p,2024-02-03 10:00:00,5,2024-02-04 10:00:01\n"
    )
    random_warehouse.build()
    found = random_warehouse.query("from lateness_daily order by date").set_index("date")
    found = found.astype("object").where(found.notna(), None)
    day = dict(found.iloc[0])
    assert day == {
        **{"events_with_arrival": 4, "events_over_1h_late": 2, "share_over_1h_late": 0.5},
        **{"events_over_24h_late": 1, "share_over_24h_late": 0.25},
        **{"events_over_7d_late": 1, "share_over_7d_late": 0.25},
        **{"events_then": 3, "events": 5, "events_change": 2},
        **{"views_then": 2, "views": 4, "views_change": 2},
        **{"active_users_then": 1, "active_users": 3, "active_users_change": 2},
        **{"watch_through_rate_then": 0.5, "watch_through_rate": 0.75},
        "watch_through_rate_change": 0.25,
        "is_provisional": False,
    }
    exposed = dict(found.iloc[1])
    assert (exposed["events_over_24h_late"], exposed["events"], exposed["events_then"]) == (2, 2, 0)
    assert exposed["watch_through_rate_then"] is None
    assert found.iloc[2]["share_over_1h_late"] is None
    assert found.iloc[2]["events_change"] == 0
    # the newest day ends at noon
    assert list(found["is_provisional"]) == [False, False, True]
