"""The synthetic log: reproducible, of the asked size, and shaped like a real one."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import duckdb
import generate_data
import pyarrow.parquet as pq
import pytest

from log.plan import EVENT_TYPES, SHAPES

SCRIPT = Path(generate_data.__file__)

EVENTS = 200_000
USERS = 3_000
PINGS = 2_000
DAYS = 20
DIRT = 0.01
REPEATS = 0.02


def run(output: Path, *arguments: object) -> int:
    """Run the script in this process, without its progress bar."""
    given = ["--output", output, "--quiet", *arguments]
    return generate_data.main([str(argument) for argument in given])


def contents(folder: Path) -> dict[str, bytes]:
    """Every file of a folder by its name."""
    files = [path for path in folder.rglob("*") if path.is_file()]
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> duckdb.DuckDBPyConnection:
    """A log of some size, as views named as in the contract."""
    folder = tmp_path_factory.mktemp("log") / "data"
    sizes = ("--events", EVENTS, "--users", USERS, "--pings", PINGS, "--days", DAYS)
    assert run(folder, *sizes, "--dirt", DIRT, "--repeats", REPEATS) == 0
    connection = duckdb.connect()
    connection.execute(f"create view users as from '{folder}/users.parquet'")
    connection.execute(f"create view pings as from '{folder}/pings.parquet'")
    connection.execute(f"create view interactions as from '{folder}/interactions/*.parquet'")
    return connection


@pytest.fixture(scope="module")
def value(log: duckdb.DuckDBPyConnection) -> Callable[[str], float]:
    """The one number that a query gives."""

    def ask(query: str) -> float:
        row = log.execute(query).fetchone()
        assert row is not None
        return float(row[0])

    return ask


@pytest.mark.parametrize("shape", SHAPES)
def test_same_arguments_same_bytes_whatever_the_jobs(tmp_path: Path, shape: str) -> None:
    sizes = ("--events", 60_000, "--users", 500, "--pings", 300, "--rows-per-file", 9_000)
    sizes += ("--shape", shape)
    assert run(tmp_path / "one", *sizes, "--jobs", 1) == 0
    assert run(tmp_path / "three", *sizes, "--jobs", 3) == 0
    one = contents(tmp_path / "one")
    assert len(one) > 5
    assert one == contents(tmp_path / "three")


@pytest.mark.parametrize("shape", SHAPES)
def test_files_do_not_change_the_rows(tmp_path: Path, shape: str) -> None:
    sizes = ("--events", 60_000, "--users", 500, "--pings", 300, "--shape", shape)
    run(tmp_path / "few", *sizes)
    run(tmp_path / "many", *sizes, "--rows-per-file", 7_000)
    few, many = (pq.read_table(tmp_path / name / "interactions") for name in ("few", "many"))
    assert few.equals(many)


@pytest.mark.parametrize("shape", SHAPES)
def test_another_seed_gives_other_data(tmp_path: Path, shape: str) -> None:
    sizes = ("--events", 5_000, "--users", 100, "--pings", 100, "--shape", shape)
    run(tmp_path / "one", *sizes, "--seed", 1)
    run(tmp_path / "two", *sizes, "--seed", 2)
    one, two = contents(tmp_path / "one"), contents(tmp_path / "two")
    assert one.keys() == two.keys()
    assert all(one[name] != two[name] for name in one)


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize(
    ("events", "users", "pings", "days"),
    [(1, 1, 1, 1), (7, 3, 2, 3), (2_001, 1, 1, 400), (30_011, 5_000, 3, 2), (9_999, 2, 4_000, 31)],
)
def test_exact_counts(
    tmp_path: Path, events: int, users: int, pings: int, days: int, shape: str
) -> None:
    sizes = ("--events", events, "--users", users, "--pings", pings, "--days", days)
    sizes += ("--shape", shape)
    assert run(tmp_path / "data", *sizes, "--dirt", 0.1, "--repeats", 0.3) == 0
    data = tmp_path / "data"
    assert pq.read_table(data / "interactions").num_rows == events
    assert pq.read_table(data / "users.parquet").num_rows == users
    assert pq.read_table(data / "pings.parquet").num_rows == pings


def test_columns_of_the_contract(log: duckdb.DuckDBPyConnection) -> None:
    columns = {
        name: {row[0]: row[1] for row in log.execute(f"describe {name}").fetchall()}
        for name in ("users", "pings", "interactions")
    }
    assert columns == {
        "users": {
            "user_id": "VARCHAR",
            "country": "VARCHAR",
            "signup_date": "DATE",
            "age": "INTEGER",
        },
        "pings": {
            "ping_id": "VARCHAR",
            "creator_id": "VARCHAR",
            "main_hashtag": "VARCHAR",
            "category": "VARCHAR",
            "duration_sec": "DOUBLE",
            "created_at": "TIMESTAMP",
        },
        "interactions": {
            "user_id": "VARCHAR",
            "ping_id": "VARCHAR",
            "event_type": "VARCHAR",
            "watch_time_sec": "DOUBLE",
            "event_timestamp": "TIMESTAMP",
        },
    }


def test_shares_of_dirt_and_repeats(value: Callable[[str], float]) -> None:
    of_each_kind = EVENTS * DIRT / 5
    known = ", ".join(f"'{name}'" for name in EVENT_TYPES)
    of_interactions = "select count(*) from interactions where"
    assert value(f"{of_interactions} event_type not in ({known})") == of_each_kind
    assert value(f"{of_interactions} user_id is null or ping_id is null") == of_each_kind
    assert value(f"{of_interactions} watch_time_sec < 0") == of_each_kind
    assert value(f"{of_interactions} event_timestamp is null") == of_each_kind
    assert value(f"{of_interactions} ping_id not in (from pings select ping_id)") == of_each_kind
    # Repeats are repeats of clean rows, and nothing else is.
    clean = (
        f"(select * from interactions where event_type in ({known}) and user_id is not null"
        " and ping_id in (from pings select ping_id) and coalesce(watch_time_sec, 0) >= 0"
        " and event_timestamp is not null)"
    )
    rows = value(f"select count(*) from {clean}")
    distinct = value(f"select count(*) from (select distinct * from {clean})")
    assert rows - distinct == EVENTS * REPEATS


def test_ids_are_unique_and_refer_to_something(value: Callable[[str], float]) -> None:
    assert value("select count(distinct user_id) from users") == USERS
    assert value("select count(distinct ping_id) from pings") == PINGS
    strangers = "select count(*) from interactions where user_id not in (from users select user_id)"
    assert value(strangers) == 0


def test_a_clean_log_has_no_dirt_at_all(tmp_path: Path) -> None:
    run(tmp_path / "data", "--events", 20_000, "--dirt", 0, "--repeats", 0, "--missing", 0)
    for name in ("users.parquet", "pings.parquet"):
        table = pq.read_table(tmp_path / "data" / name)
        assert all(column.null_count == 0 for column in table.columns)
    events = pq.read_table(tmp_path / "data" / "interactions")
    assert all(
        events[name].null_count == 0
        for name in ("user_id", "ping_id", "event_type", "event_timestamp")
    )
    assert events.group_by(events.column_names).aggregate([]).num_rows == 20_000


def test_missing_attributes(value: Callable[[str], float]) -> None:
    for column in ("country", "signup_date", "age"):
        assert 0.01 < value(f"select avg(({column} is null)::int) from users") < 0.03
    for column in ("category", "main_hashtag", "created_at"):
        assert 0.01 < value(f"select avg(({column} is null)::int) from pings") < 0.03
    assert 0.01 < value("select avg((coalesce(duration_sec, 0) = 0)::int) from pings") < 0.03


def test_heavy_tails(value: Callable[[str], float]) -> None:
    for key, ids in (("user_id", USERS), ("ping_id", PINGS)):
        events = f"(select count(*) as n from interactions where {key} is not null group by {key})"
        top = f"(select n from {events} order by n desc limit {ids // 100})"
        top_share = value(f"select sum(n) from {top}") / EVENTS
        assert 0.08 < top_share < 0.6, key
        assert value(f"select max(n) / median(n) from {events}") > 15, key


def test_impressions_come_before_everything_else(value: Callable[[str], float]) -> None:
    clean = "event_type <> 'impression' and coalesce(watch_time_sec, 0) >= 0"
    known = "ping_id in (from pings select ping_id)"
    firsts = (
        "(select user_id, ping_id, min(event_timestamp) as first_shown from interactions"
        " where event_type = 'impression' group by user_id, ping_id)"
    )
    others = f"(select * from interactions where {clean} and {known} and user_id is not null)"
    unshown = value(
        f"select count(*) from {others} left join {firsts} using (user_id, ping_id)"
        " where event_timestamp is not null"
        " and (first_shown is null or event_timestamp < first_shown)"
    )
    assert unshown == 0


def test_events_respect_time(value: Callable[[str], float]) -> None:
    assert value("select count(*) from interactions where event_timestamp < '2025-01-01'") == 0
    late = "select count(*) from interactions where event_timestamp >= '2025-01-21'"
    assert value(late) == 0
    days = "select count(distinct cast(event_timestamp as date)) from interactions"
    assert value(days) == DAYS
    for table, key, begin in (
        ("users", "user_id", "signup_date"),
        ("pings", "ping_id", "created_at"),
    ):
        early = f"from interactions join {table} using ({key}) where event_timestamp < {begin}"
        assert value(f"select count(*) {early}") == 0
    # Some users and pings appear during the log, and are met.
    met = "from interactions join pings using (ping_id) where created_at > '2025-01-02'"
    assert value(f"select count(*) {met}") > 0.05 * EVENTS
    met = "from interactions join users using (user_id) where signup_date > '2025-01-02'"
    assert value(f"select count(*) {met}") > 0.01 * EVENTS


def test_rates_of_event_types(value: Callable[[str], float]) -> None:
    def share(kind: str) -> float:
        return value(f"select avg((event_type = '{kind}')::int) from interactions")

    assert 0.45 < share("impression") < 0.55
    assert 0.40 < share("view") < share("impression")
    assert 0.01 < share("like") < 0.05
    rare = ("share", "comment", "follow_creator", "hide", "click")
    assert all(0 < share(kind) < 0.03 for kind in rare)
    assert share("comment") < share("like")


def test_watch_ratios_skim_and_loop(value: Callable[[str], float]) -> None:
    views = (
        "from interactions join pings using (ping_id)"
        " where event_type = 'view' and duration_sec > 0 and watch_time_sec >= 0"
    )
    ratio = "watch_time_sec / duration_sec"
    assert 0.2 < value(f"select avg(({ratio} < 0.2)::int) {views}") < 0.5
    assert 0.1 < value(f"select avg(({ratio} > 1.0)::int) {views}") < 0.4
    assert 1.5 < value(f"select max({ratio}) {views}") < 10
    watched = "select count(*) from interactions where watch_time_sec > 0 and event_type in"
    assert value(f"{watched} ('impression', 'like', 'click', 'share')") == 0


@pytest.mark.parametrize("attribute", ["category", "creator_id"])
def test_users_have_tastes(value: Callable[[str], float], attribute: str) -> None:
    """The favourite of a user takes more of the user's impressions than it takes of everyone's."""
    shown = (
        f"(select user_id, {attribute} as liked, count(*) as n"
        " from interactions join pings using (ping_id)"
        f" where event_type = 'impression' and {attribute} is not null group by all)"
    )
    everyone = (
        f"(select liked, sum(n) / (select sum(n) from {shown}) as share from {shown} group by 1)"
    )
    favourites = (
        f"(select liked, n / sum(n) over (partition by user_id) as share, n from {shown}"
        " qualify row_number() over (partition by user_id order by n desc, liked) = 1"
        " and sum(n) over (partition by user_id) >= 50)"
    )
    lift = value(
        f"select median(favourites.share / everyone.share) from {favourites} as favourites"
        f" join {everyone} as everyone using (liked)"
    )
    assert lift > 1.5


FLAT_USERS, FLAT_PINGS = 400, 500


@pytest.fixture(scope="module")
def flat(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], float]:
    """The one number that a query gives of a flat log with half of all pairs."""
    folder = tmp_path_factory.mktemp("flat") / "data"
    sizes = ("--users", FLAT_USERS, "--pings", FLAT_PINGS, "--events", FLAT_USERS * FLAT_PINGS // 2)
    assert run(folder, "--shape", "flat", *sizes, "--days", DAYS, "--dirt", DIRT) == 0
    connection = duckdb.connect()
    for name in ("users", "pings"):
        connection.execute(f"create view {name} as from '{folder}/{name}.parquet'")
    connection.execute(
        f"create view interactions as select distinct * from '{folder}/interactions/*.parquet'"
        " where event_type in (" + ", ".join(f"'{name}'" for name in EVENT_TYPES) + ")"
        " and user_id is not null and ping_id in (from pings select ping_id)"
        " and coalesce(watch_time_sec, 0) >= 0 and event_timestamp is not null"
    )

    def ask(query: str) -> float:
        row = connection.execute(query).fetchone()
        assert row is not None
        return float(row[0])

    return ask


def test_flat_meets_every_pair_once_before_any_again(
    flat: Callable[[str], float], tmp_path: Path
) -> None:
    clean = FLAT_USERS * FLAT_PINGS // 2 * (1 - DIRT - 0.01)
    assert flat("select count(*) from interactions") == clean
    assert flat("select count(distinct (user_id, ping_id)) from interactions") == clean
    given = ("--users", 30, "--pings", 70, "--events", 7_000, "--dirt", 0, "--repeats", 0)
    run(tmp_path / "data", "--shape", "flat", *given)
    events = pq.read_table(tmp_path / "data" / "interactions")
    pairs = events.group_by(["user_id", "ping_id"]).aggregate([([], "count_all")])
    assert pairs.num_rows == 30 * 70
    assert set(pairs["count_all"].to_pylist()) == {3, 4}


def test_flat_has_no_favourites_and_no_sessions(flat: Callable[[str], float]) -> None:
    # As if half of all pairs had been drawn: the variances are about half of the means.
    for key, mean in (("user_id", FLAT_PINGS / 2), ("ping_id", FLAT_USERS / 2)):
        counts = f"(select count(*) as n from interactions group by {key})"
        assert 0.3 * mean < flat(f"select var_samp(n) from {counts}") < 0.7 * mean, key
    halves = "floor(substr({}, 2)::int * 2 / {})".format
    both = f"{halves('user_id', FLAT_USERS)} = {halves('ping_id', FLAT_PINGS)}"
    assert 0.49 < flat(f"select avg(({both})::int) from interactions") < 0.51
    of_an_hour = "(select count(*) as n from interactions group by date_trunc('hour', {}))".format
    hours = of_an_hour("event_timestamp")
    assert flat(f"select count(*) from {hours}") == 24 * DAYS
    assert flat(f"select var_samp(n) / avg(n) from {hours}") < 1.5


def test_flat_has_everybody_there_before_it_begins(flat: Callable[[str], float]) -> None:
    assert flat("select count(*) from users where signup_date >= '2025-01-01'") == 0
    assert flat("select count(*) from pings where created_at >= '2025-01-01'") == 0
    assert flat("select count(*) from interactions where event_timestamp < '2025-01-01'") == 0
    assert flat("select count(*) from interactions where event_timestamp >= '2025-01-21'") == 0
    # A power law of creators, 20 pings each on average.
    by_creator = (
        "(select count(*) as n from pings where creator_id is not null group by creator_id)"
    )
    assert flat(f"select count(*) from {by_creator}") <= FLAT_PINGS / 20
    assert flat(f"select max(n) / median(n) from {by_creator}") > 5


def test_flat_has_the_types_and_watch_times_of_a_feed(flat: Callable[[str], float]) -> None:
    def share(kind: str) -> float:
        return flat(f"select avg((event_type = '{kind}')::int) from interactions")

    assert 0.45 < share("view") < share("impression") < 0.55
    assert all(0 < share(kind) < 0.03 for kind in EVENT_TYPES[2:])
    odd = "coalesce(watch_time_sec > 0, false) <> (event_type = 'view')"
    assert flat(f"select count(*) from interactions where {odd}") == 0


@pytest.mark.parametrize(
    "arguments",
    [
        ["--events", "abc"],
        ["--events", "0"],
        ["--users", "-5"],
        ["--pings", "0"],
        ["--days", "0"],
        ["--days", "1e3"],
        ["--seed", "-1"],
        ["--dirt", "0.51"],
        ["--dirt", "nan"],
        ["--dirt", "some"],
        ["--repeats", "-0.1"],
        ["--dirt", "0.3", "--repeats", "0.3"],
        ["--start", "2025-02-30"],
        ["--start", "0001-01-01"],
        ["--jobs", "0"],
        ["--shape", "round"],
        ["--unheard-of", "1"],
    ],
)
def test_bad_arguments(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], arguments: list[str]
) -> None:
    try:
        code = run(tmp_path / "data", *arguments)
    except SystemExit as leaving:
        code = int(str(leaving.code))
    captured = capsys.readouterr()
    assert code == 2
    assert captured.out == ""
    assert captured.err.startswith("generate_data: ")
    assert captured.err.count("\n") == 1
    assert not (tmp_path / "data").exists()


def test_data_is_replaced_only_when_asked(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(tmp_path, "--events", 8_000, "--rows-per-file", 2_000) == 0
    before = contents(tmp_path)
    assert run(tmp_path, "--events", 3_000) == 2
    assert "--overwrite" in capsys.readouterr().err
    assert contents(tmp_path) == before
    assert run(tmp_path, "--events", 3_000, "--overwrite") == 0
    assert pq.read_table(tmp_path / "interactions").num_rows == 3_000


def test_command_line(tmp_path: Path) -> None:
    command = [sys.executable, str(SCRIPT), "--events", "3,000", "--output", str(tmp_path / "data")]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.startswith("3,000 events of 2,000 users on 1,000 pings over 30 days")
    help_text = subprocess.run([*command, "--help"], capture_output=True, text=True, check=True)
    assert "--repeats SHARE" in help_text.stdout


# A process starts with the peak of the one that started it, so a small one stands between.
PEAK = """
import resource, subprocess, sys
subprocess.run(sys.argv[1:], check=True)
print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
"""


def peak_bytes(output: Path, events: int) -> int:
    """Peak memory of the script in a process of its own."""
    command = [sys.executable, str(SCRIPT), "--quiet", "--jobs", "1", "--output", str(output)]
    done = subprocess.run(
        [sys.executable, "-c", PEAK, *command, "--events", str(events)],
        check=True,
        capture_output=True,
        text=True,
    )
    return int(done.stdout) * (1 if sys.platform == "darwin" else 1024)


def test_memory_does_not_grow_with_the_log(tmp_path: Path) -> None:
    small = peak_bytes(tmp_path / "small", 500_000)
    large = peak_bytes(tmp_path / "large", 1_500_000)
    assert large < small * 1.25 + 50e6
    assert large < 1e9
