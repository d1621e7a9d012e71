"""What a wrong clock dates into the future changes nothing, and counts once it proves right."""

from __future__ import annotations

import shutil
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from warehouse import MODELS_ONLY, Warehouse
from warehouse_differences import Side, differences

START = datetime(2024, 3, 1)
HEADER = "user_id,ping_id,event_type,watch_time_sec,event_timestamp\n"
KINDS = ["impression", "view", "view", "like", "share", "impression", "view", "click"]
RESTART = 4  # day on which the log goes on
FUTURE = "timestamp in the future"

# what says of the log's rows what became of them
ABOUT_ROWS = dict.fromkeys(
    ["rejected_rows", "intake_summary", "intake_files", "intake_warnings", "intake_nulled_values"],
    "false",
) | {
    "build_gates": "gate <> 'intake warnings'",
    "metric_alerts": "metric <> 'rejected_share'",
    "metric_baselines": "metric <> 'rejected_share'",
}


def events(day: int, first: int, last: int) -> list[str]:
    """Lines of a day of the log, all of them different."""
    return [
        f"u{n % 6},p{n % 7},{KINDS[n % 8]},{n % 12 if KINDS[n % 8] == 'view' else ''},"
        f"{START + timedelta(days=day, minutes=9 * n)}"
        for n in range(first, last)
    ]


class Log:
    """A warehouse that grows, and files of its log."""

    def __init__(self, folder: Path) -> None:
        self.warehouse = Warehouse(folder)
        self.tables(None, None)

    def tables(self, signup: str | None, created: str | None) -> None:
        """Users and pings, of which one has the given date."""
        write = self.warehouse.raw.joinpath
        write("users.csv").write_text(
            "user_id,country,signup_date\n"
            + "".join(
                f"u{n},DE,{(signup or '') if n == 3 else f'2024-02-{20 + n}'}\n" for n in range(6)
            )
            + "".join(f"x{n},FR,2024-02-{1 + n % 20:02}\n" for n in range(30))
        )
        write("pings.csv").write_text(
            "ping_id,creator_id,category,duration_sec,created_at\n"
            + "".join(
                f"p{n},c{n % 3},k{n % 2},10,{(created or '') if n == 3 else f'2024-02-{20 + n}'}\n"
                for n in range(7)
            )
            + "".join(f"y{n},c4,k1,10,2024-02-{1 + n % 20:02}\n" for n in range(30))
        )

    def deliver(self, name: str, *lines: str) -> None:
        path = self.warehouse.raw / "interactions" / f"{name}.csv"
        path.parent.mkdir(exist_ok=True)
        path.write_text(HEADER + "".join(f"{line}\n" for line in lines))

    def build(self, *arguments: str, **variables: object) -> str:
        done = self.warehouse.dbt(
            "build", *MODELS_ONLY, *arguments, variables={"max_unknown_share": 1, **variables}
        )
        assert done.returncode == 0, done.stdout[-4000:]
        return done.stdout

    def whole(self) -> Path:
        """A build of the same files from nothing."""
        database = self.warehouse.database
        kept = database.with_name("grown") / database.name
        kept.parent.mkdir(exist_ok=True)
        shutil.move(database, kept)
        self.build()
        whole = database.with_name("whole") / database.name
        whole.parent.mkdir(exist_ok=True)
        shutil.move(database, whole)
        shutil.move(kept, database)
        return whole

    def alerts(self) -> list[datetime]:
        """The days with an alert of dates in the future."""
        rows = self.warehouse.rows(
            "select cast(day as timestamp) from metric_alerts "
            f"where segment = '{FUTURE}' order by day"
        )
        return [row[0] for row in rows]

    def set_aside(self) -> list[str]:
        rows = self.warehouse.rows(
            f"select raw_row from rejected_rows where reject_reason = '{FUTURE}' order by all"
        )
        return [row[0] for row in rows]


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Log:
    return Log(tmp_path_factory.mktemp("clock"))


def compare(log: Log, whole: Path) -> None:
    found = differences(Side("grown", log.warehouse.database), Side("whole", whole))
    assert found == []


def test_a_wrong_clock_changes_nothing(log: Log, tmp_path: Path) -> None:
    # three days of few events each, and one that is dated later: who is to say that it is wrong
    for day in range(3):
        log.deliver(f"0{day}", *events(day, 0, 5))
    lone = events(RESTART, 0, 1)
    log.deliver("05", *lone)
    log.build()
    assert log.set_aside() == []

    # the rest of these days comes: many agree that the log ends before. Of a file of one day an
    # alert says it of that day, in this build and in all later ones; of a file of nothing else it
    # is said in intake_warnings alone, as no day would stay the same.
    ahead = ["u1,p1,view,7,2097-01-01 00:00:00"]
    for day in range(3):
        log.deliver(f"1{day}", *events(day, 5, 150), *(ahead if day == 1 else []))
    told = log.build()
    assert "The warehouse is built whole" not in told
    assert log.set_aside() == sorted([*lone, *ahead])
    assert log.alerts() == [START + timedelta(days=1)]
    assert (
        "interactions.event_timestamp: 2 of 452 dates (0.442 %) are more than 1 day(s) after the "
        "newest day that most agree on, and do not count, such as 2097-01-01: mend the clocks"
    ) in told
    [[newest]] = log.warehouse.rows("select max(event_timestamp) from interactions")
    assert newest < START + timedelta(days=3)
    compare(log, log.whole())

    # and then the log goes on there
    log.deliver("25", *events(RESTART, 1, 40))
    log.build()
    assert log.set_aside() == ahead
    clean = shutil.copy(log.warehouse.database, tmp_path / "pingtop.duckdb")

    # far ahead, in both shapes of the log, and in its tables
    poison = [
        "u1,p1,view,5,2099-01-01 00:00:00",
        "nobody,nothing,like,,2098-01-01 00:00:00",
        "u2,p2,share,,2024-03-07 00:00:00",
    ]
    log.deliver("30", *poison)
    exposure = "u1,p2,2099-01-01 00:00:00,3,1"
    log.warehouse.raw.joinpath("exposures.csv").write_text(
        f"user_id,ping_id,event_timestamp,dwell_time,like\n{exposure}\n"
    )
    log.tables("2099-05-05", "2098-01-01 10:00:00")
    told = log.build()
    assert "The warehouse is built whole" not in told
    assert log.set_aside() == sorted([*poison, *ahead, exposure])
    sides = Side("poisoned", log.warehouse.database), Side("clean", Path(clean))
    assert differences(*sides, ABOUT_ROWS) == []
    assert log.alerts() == [START + timedelta(days=1)]
    assert log.warehouse.rows(
        "from intake_nulled_values where row_count > 0 order by source_table"
    ) == [("pings", "created_at", 1), ("users", "signup_date", 1)]
    assert log.warehouse.rows(
        "select source_table, warning_count, example from intake_warnings "
        "where kind = 'dates in the future' order by all"
    ) == [("interactions", 5, "2099-01-01"), ("pings", 1, "2098-01-01"), ("users", 1, "2099-05-05")]
    compare(log, log.whole())


def test_of_what_is_rewound_the_past_alone_says_what_is_of_the_future(log: Log) -> None:
    """As of a moment before the log went on, the lone event was of the future; the holdout has all
    but what is of the future by all that is known.
    """
    as_of = f"{START + timedelta(days=RESTART, minutes=1)}"
    log.build("--select", "+int_raw_rows", "+holdout_interactions", as_of=as_of)
    rows = log.warehouse.rows(
        "select outcome, reject_reason, count(*) from intermediate.int_raw_rows "
        "where source_table in ('interactions', 'exposures') group by all order by all"
    )
    assert rows == [
        ("accepted", None, 450),
        ("after_as_of", None, 44),
        ("rejected", FUTURE, 1),
    ]
    held_out = log.warehouse.rows("select count(*), max(event_timestamp) from holdout_interactions")
    assert held_out == [(39, START + timedelta(days=RESTART, minutes=9 * 39))]


def test_the_bound_can_be_switched_off(log: Log) -> None:
    log.build("--select", "+int_raw_rows", "+interactions", max_future_days=None)
    [[newest]] = log.warehouse.rows("select max(event_timestamp) from interactions")
    assert newest == datetime(2099, 1, 1)
