"""The pruned Top-K equals the brute-force ranking of every user × ping, row for row."""

from __future__ import annotations

from pathlib import Path

import duckdb
import pytest
from brute_force import BRUTE_FORCE, NEEDED, Case, random_case, write_raw
from dbt_runs import run_all
from random_logs import ties_log
from topk_logs import crowded_log, even_log, past_log, random_interests
from warehouse import PROJECT

LOGS = {
    "ties": ties_log(11),
    "even": even_log(1),
    "crowded": crowded_log(1),
    "past": past_log(1),
}
CASES = {
    "ties-1": Case("ties", 1),
    "ties-10": Case("ties", 10),
    "ties-all": Case("ties", 50),
    "even-both": Case("even", 3, category=0.25, creator=0.25, freshness=0.0),
    "even-creators": Case("even", 3, category=0.0, creator=0.25, freshness=0.0),
    "even-categories": Case("even", 5, category=0.25, creator=0.0, freshness=0.0),
    "crowded-10": Case("crowded", 10),
    "crowded-all": Case("crowded", 1_000),
    "crowded-creators": Case("crowded", 10, popularity=0.25, category=0.0, creator=2.0),
    "crowded-categories": Case("crowded", 7, popularity=0.125, category=1.0, freshness=0.5),
    "ties-declared": Case("ties", 5, declared=0.3),
    "even-declared": Case("even", 3, category=0.25, creator=0.25, freshness=0.0, declared=0.25),
    "crowded-declared": Case("crowded", 10, declared=0.3),
    "crowded-only-declared": Case("crowded", 4, popularity=0.25, creator=2.0, declared=1.7),
    "past-declared": Case("past", 10, declared=0.3, window_days=20),
    "ties-random": random_case("ties", 1),
    "crowded-random": random_case("crowded", 2),
}

COLUMNS = "user_id, rank, ping_id, score, popularity_part, category_part, creator_part"
COLUMNS += ", freshness_part, declared_part"


@pytest.fixture(scope="module")
def databases(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The warehouse of each case."""
    base = tmp_path_factory.mktemp("topk")
    for name, log in LOGS.items():
        write_raw(base / name, log, random_interests(log, 1))
    paths = {name: base / f"built-{name}" / "pingtop.duckdb" for name in CASES}
    runs = []
    for name, case in CASES.items():
        paths[name].parent.mkdir()
        selected = [f"+{table}" for table in NEEDED]
        arguments = ["build", "--exclude-resource-type", "test", "unit_test"]
        arguments += ["--vars", case.variables, "--select", *selected]
        environment = {
            "PINGTOP_DATABASE": str(paths[name]),
            "PINGTOP_RAW_LOCATION": str(base / case.log),
        }
        runs.append({"arguments": arguments, "environment": environment})
    for outcome in run_all(runs, base / "runs", PROJECT, runs[0]["environment"]):
        assert outcome["exit_code"] == 0, outcome["output"]
    return paths


def brute_force(path: Path, case: Case) -> duckdb.DuckDBPyConnection:
    """A built warehouse with the full ranking beside it."""
    connection = duckdb.connect(str(path), read_only=True)
    connection.execute(BRUTE_FORCE, case.weights)
    return connection


@pytest.fixture(scope="module", params=CASES)
def case(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture(scope="module")
def warehouse(case: str, databases: dict[str, Path]) -> duckdb.DuckDBPyConnection:
    return brute_force(databases[case], CASES[case])


def rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[tuple]:
    return connection.execute(sql).fetchall()


def test_equals_brute_force_to_the_last_digit(
    case: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    wanted = f"select {COLUMNS} from brute_force where rank <= {CASES[case].top_k}"
    built = f"select {COLUMNS} from recommendations"
    assert rows(warehouse, f"({wanted}) except all ({built}) order by all limit 5") == []
    assert rows(warehouse, f"({built}) except all ({wanted}) order by all limit 5") == []


def test_every_user_has_as_many_rows_as_there_are_unseen_pings(
    case: str, warehouse: duckdb.DuckDBPyConnection
) -> None:
    wrong = rows(
        warehouse,
        f"""
        with everyone as (select user_id from users union select user_id from interactions),
        seen as (
            select user_id, count(distinct ping_id) as n_seen from interactions
            where ping_id in (select ping_id from pings)
            group by user_id
        ),
        lists as (
            select user_id, count(*) as n_rows, max(rank) as last_rank from recommendations
            group by user_id
        )
        select user_id, n_rows, last_rank, n_seen
        from everyone
        full join lists using (user_id)
        left join seen using (user_id)
        where coalesce(n_rows, 0)
            <> least({CASES[case].top_k}, (select count(*) from pings) - coalesce(n_seen, 0))
            or n_rows <> last_rank
            or user_id not in (from everyone)
        """,
    )
    assert wrong == []


def test_no_list_holds_a_ping_that_the_user_has_seen(warehouse: duckdb.DuckDBPyConnection) -> None:
    seen = "select user_id, ping_id from recommendations semi join interactions"
    assert rows(warehouse, f"{seen} using (user_id, ping_id)") == []


def test_the_parts_add_up_to_the_score(warehouse: duckdb.DuckDBPyConnection) -> None:
    furthest = """
        select max(abs(
            popularity_part + category_part + creator_part + freshness_part + declared_part - score
        ))
        from recommendations
    """
    assert rows(warehouse, furthest)[0][0] < 1e-9


def brought_by_affinity(connection: duckdb.DuckDBPyConnection) -> tuple[int, int, int]:
    """Listed pings that are not among the 10 best by base score: thanks to the category alone, the
    creator alone, and both."""
    [counts] = rows(
        connection,
        """
        with unseen as (
            select *, row_number() over (partition by user_id order by base desc, ping_id) as place
            from brute_force
        )
        select
            count(*) filter (category_part > 0 and creator_part = 0),
            count(*) filter (category_part = 0 and creator_part > 0),
            count(*) filter (category_part > 0 and creator_part > 0)
        from unseen where rank <= 10 and place > 10
        """,
    )
    return counts


def test_the_logs_are_hard(databases: dict[str, Path]) -> None:
    """What the pruning must get right does occur: ties where a list ends, lists that end early,
    and pings that only an affinity brings into a list."""
    connection = brute_force(databases["crowded-10"], CASES["crowded-10"])
    ties_at_the_end = """
        select count(*) from brute_force as inside
        inner join brute_force as outside using (user_id, score)
        where inside.rank = 10 and outside.rank = 11
    """
    assert rows(connection, ties_at_the_end)[0][0] > 50
    short = "select user_id from recommendations group by user_id having count(*) < 10"
    assert len(rows(connection, short)) >= 4
    by_category, _, by_both = brought_by_affinity(connection)
    assert min(by_category, by_both) > 100
    connection = brute_force(databases["crowded-creators"], CASES["crowded-creators"])
    assert brought_by_affinity(connection)[1] > 100


def test_declared_interests_are_hard_too(databases: dict[str, Path]) -> None:
    """Listed thanks to a declared interest alone: to categories that the user has no event on, and,
    before the window, to some whose best pings the user has seen."""
    brought = """
        select count(distinct unseen.user_id) from (
            select *, row_number() over (partition by user_id order by base desc, ping_id) as place
            from brute_force
        ) as unseen
        where rank <= 10 and place > 10 and declared_part > 0
            and category_part = 0 and creator_part = 0 and user_id {} in (
                select user_id from interactions
            )
    """
    connection = brute_force(databases["crowded-declared"], CASES["crowded-declared"])
    assert rows(connection, brought.format("not"))[0][0] >= 5
    assert rows(connection, brought.format(""))[0][0] > 5
    connection = brute_force(databases["past-declared"], CASES["past-declared"])
    assert rows(connection, brought.format(""))[0][0] > 5


def test_an_interest_is_a_reason_where_it_has_a_weight(databases: dict[str, Path]) -> None:
    reasons = """
        select count(*) filter (reason like '%declared interest in%'),
            count(*) filter (declared_part > 0),
            count(*) filter (
                (declared_part > 0) <> contains(
                    concat('; ', reason, ';'), concat('; declared interest in ', category, ';')
                )
            )
        from recommendations
    """
    connection = brute_force(databases["crowded-declared"], CASES["crowded-declared"])
    [(n_reasons, n_parts, n_wrong)] = rows(connection, reasons)
    assert n_reasons == n_parts > 100
    assert n_wrong == 0
    connection = brute_force(databases["crowded-10"], CASES["crowded-10"])
    assert rows(connection, reasons) == [(0, 0, 0)]
