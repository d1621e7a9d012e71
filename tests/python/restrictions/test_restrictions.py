"""No strategy recommends what a region or a blocklist keeps from a user, and lists stay exact."""

from __future__ import annotations

import json
from dataclasses import dataclass

import duckdb
import numpy as np
import pandas as pd
import pytest
from brute_force import BRUTE_FORCE, NEEDED, Case, blocked_pairs, write_raw
from dbt_runs import run_all
from random_logs import Tables
from topk_logs import crowded_log
from warehouse import PROJECT

AS_OF = "2024-02-20 20:00:00"  # nine tenths of the crowded log are before it
STRATEGIES = ["heuristic", "popular", "trending", "random"]
CASES = {
    "ten": Case("crowded", 10),
    "three-by-creator": Case("crowded", 3, popularity=0.25, category=0.5, creator=2.0),
    "six-by-interest": Case("crowded", 6, declared=0.4),
}
SELECTED = [*NEEDED, "strategy_lists", "declared_affinities", "intake_summary"]
SELECTED = [f"+{name}" for name in [*SELECTED, "intake_nulled_values", "rejected_rows"]]

# --- declared interests: one line and what becomes of it
AFFINITIES: list[tuple[str, str]] = [
    ("u1,a,0.5", "accepted"),
    (" u1 , a ,0.75", "duplicate"),
    ("u1,b,0", "accepted"),
    ("u2,a,1", "accepted"),
    ("nobody,no category,1e-1", "accepted"),
    ("u3,a,1.01", "affinity outside 0 to 1"),
    ("u3,a,-0.01", "affinity outside 0 to 1"),
    ("u3,a,nan", "affinity outside 0 to 1"),
    ("u3,a,much", "affinity outside 0 to 1"),
    ("u3,a,", "affinity outside 0 to 1"),
    ("u3,a,0.25", "accepted"),
    (",a,2", "missing id"),
    ("u4,  ,2", "missing category"),
    ("u4,a", "malformed line: too few fields"),
]


def restricted_log() -> Tables:
    """The crowded log, in which few users may be recommended everything.

    Users 0 to 39 have seen much and are cut off in all ways; u200 to u209 may see next to nothing.
    The best pings are the ones that are restricted most, so that lists begin far down.
    """
    users, pings, interactions = crowded_log(2)
    rng = np.random.default_rng(20_240_220)
    n_users, n_pings = len(users), len(pings)
    shares = interactions[interactions["event_type"] == "share"]["ping_id"].value_counts()
    is_best = pings["ping_id"].map(shares).fillna(0) >= 4
    regions = rng.choice(["NG", "ZA", "US", " NG", "nowhere", ""], n_users)
    entries = np.array([*"abcde", *(f"c{number}" for number in range(40))])
    blocklists = [
        " | ".join(rng.choice(entries, rng.choice([0, 1, 2, 5]), replace=False))
        for _ in range(n_users)
    ]
    regions[200:205], blocklists[200:205] = "", ["|".join(entries)] * 5
    regions[205:210], blocklists[205:210] = "US", ["|".join(entries[:5])] * 5
    restrictions = rng.choice(["NG", "ZA|US", "US | NG", "elsewhere", "", "|"], n_pings)
    restrictions = np.where(is_best | (rng.random(n_pings) < 0.3), restrictions, None)
    # what no blocklist names is for US alone: u200 to u204 are left with nothing
    is_unnamed = pings["creator_id"].isna() & pings["category"].isna()
    restrictions = np.where(is_unnamed, "US", restrictions)
    users = users.assign(region=regions, blocklist=blocklists)
    return users, pings.assign(region_restriction=restrictions), interactions


@dataclass(frozen=True)
class Built:
    case: Case
    connection: duckdb.DuckDBPyConnection

    def rows(self, sql: str) -> list[tuple]:
        return self.connection.execute(sql).fetchall()


@pytest.fixture(scope="module")
def all_built(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Built]:
    """Each case built and rewound to AS_OF, with all users × pings that are left beside it."""
    base = tmp_path_factory.mktemp("restrictions")
    users, pings, interactions = restricted_log()
    write_raw(base / "raw", (users, pings, interactions))
    lines = ["ouser_id,Topic,affinity", *(line for line, _ in AFFINITIES)]
    (base / "raw" / "topic_affinities.csv").write_text("\n".join(lines))
    paths, runs = {}, []
    for name, case in CASES.items():
        (base / name).mkdir()
        paths[name] = base / name / "pingtop.duckdb"
        variables = json.dumps(json.loads(case.variables) | {"as_of": AS_OF})
        arguments = ["build", "--exclude-resource-type", "unit_test", "--vars", variables]
        arguments += ["--indirect-selection", "cautious", "--select", *SELECTED]
        environment = {"PINGTOP_DATABASE": str(paths[name])}
        environment |= {"PINGTOP_RAW_LOCATION": str(base / "raw")}
        runs.append({"arguments": arguments, "environment": environment})
    for outcome in run_all(runs, base / "runs", PROJECT, runs[0]["environment"]):
        assert outcome["exit_code"] == 0, outcome["output"][-4000:]
    built = {}
    for name, path in paths.items():
        connection = duckdb.connect(str(path), read_only=True)
        connection.execute(BRUTE_FORCE, CASES[name].weights)
        everyone = connection.execute("select distinct user_id from brute_force").fetchall()
        blocked = blocked_pairs(users, pings, [user_id for (user_id,) in everyone])
        connection.register("blocked", blocked)
        connection.execute(
            """
            create temporary table available as
            select brute_force.* replace (
                row_number() over (partition by user_id order by score desc, ping_id) as rank
            )
            from brute_force
            anti join blocked using (user_id, ping_id)
            """
        )
        built[name] = Built(CASES[name], connection)
    return built


@pytest.fixture(scope="module", params=CASES)
def built(request: pytest.FixtureRequest, all_built: dict[str, Built]) -> Built:
    return all_built[request.param]


def test_recommendations_equal_brute_force_over_what_is_available(built: Built) -> None:
    parts = "popularity_part, category_part, creator_part, freshness_part, declared_part"
    wanted = built.rows(
        f"select user_id, rank, ping_id, score, {parts} from available "
        f"where rank <= {built.case.top_k} order by user_id, rank"
    )
    found = built.rows(
        f"select user_id, rank, ping_id, score, {parts} from recommendations order by user_id, rank"
    )
    assert [row[:3] for row in found] == [row[:3] for row in wanted]
    scores = np.array([row[3:] for row in found], dtype=float)
    np.testing.assert_allclose(scores, [row[3:] for row in wanted], rtol=0, atol=1e-12)


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_no_strategy_lists_a_blocked_or_a_seen_ping(built: Built, strategy: str) -> None:
    listed = f"(select user_id, ping_id from strategy_lists where strategy = '{strategy}')"
    assert built.rows(f"from {listed} semi join blocked using (user_id, ping_id)") == []
    assert built.rows(f"from {listed} semi join interactions using (user_id, ping_id)") == []
    assert len(built.rows(f"from {listed}")) > 500


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_lists_are_as_long_as_what_is_available(built: Built, strategy: str) -> None:
    wrong = built.rows(
        f"""
        with lists as (
            select user_id, count(*) as n_rows from strategy_lists where strategy = '{strategy}'
            group by user_id
        ),
        left_over as (
            select user_id, least(count(*), {built.case.top_k}) as n_rows from available
            group by user_id
        )
        select * from lists full join left_over using (user_id)
        where lists.n_rows is distinct from left_over.n_rows
        """
    )
    assert wrong == []


@pytest.mark.parametrize("strategy", ["popular", "trending"])
def test_baselines_equal_brute_force_over_what_is_available(built: Built, strategy: str) -> None:
    wanted = f"""
        with ordered as (
            select available.user_id, available.ping_id, row_number() over (
                partition by available.user_id order by orderings.ordering_rank
            ) as rank
            from available
            inner join intermediate.int_pings as pings using (ping_id)
            inner join intermediate.int_orderings as orderings using (ping_key)
            where orderings.ordering = '{strategy}'
        )
        select user_id, rank, ping_id from ordered where rank <= {built.case.top_k} order by all
    """
    found = f"select user_id, rank, ping_id from strategy_lists where strategy = '{strategy}'"
    assert built.rows(f"{found} order by all") == built.rows(wanted)


def test_the_log_is_hard(all_built: dict[str, Built]) -> None:
    """Lists that begin far down, that an affinity fills, that end early and that are empty."""
    built = all_built["ten"]
    n_users, n_lists = built.rows(
        "select (select count(distinct user_id) from brute_force), "
        "(select count(distinct user_id) from recommendations)"
    )[0]
    assert 3 <= n_users - n_lists <= 20
    short = "select user_id from recommendations group by user_id having count(*) < 10"
    assert len(built.rows(short)) > 5
    far_down = """
        select count(*) from (
            select *, row_number() over (partition by user_id order by base desc, ping_id) as place
            from brute_force
        ) semi join recommendations using (user_id, ping_id)
        where place > {} and category_part + creator_part {} 0
    """
    assert built.rows(far_down.format(20, "="))[0][0] > 25
    assert built.rows(far_down.format(20, ">"))[0][0] > 25
    blocked = "select count(distinct restriction_key), count(distinct restriction_type) from"
    assert built.rows(f"{blocked} intermediate.int_restricted_pings") == [(49, 2)]


# --- intake of the optional inputs ---------------------------------------------------------------
def test_every_declared_interest_is_accounted_for(all_built: dict[str, Built]) -> None:
    outcomes = pd.Series([outcome for _, outcome in AFFINITIES]).value_counts().to_dict()
    rows = all_built["ten"].rows(
        "select coalesce(reject_reason, outcome), row_count from intake_summary "
        "where source_table = 'topic_affinities'"
    )
    assert dict(rows) == outcomes
    rejected = "select raw_row, reject_reason from rejected_rows"
    rows = all_built["ten"].rows(f"{rejected} where source_table = 'topic_affinities'")
    assert sorted(rows) == sorted(row for row in AFFINITIES if row[1] != "accepted")


def test_declared_affinities(all_built: dict[str, Built]) -> None:
    assert all_built["ten"].rows("from declared_affinities order by all") == [
        ("nobody", "no category", 0.1),
        ("u1", "a", 0.5),
        ("u1", "b", 0.0),
        ("u2", "a", 1.0),
        ("u3", "a", 0.25),
    ]


def test_restrictions_without_a_region_are_nulled_and_counted(all_built: dict[str, Built]) -> None:
    _, pings, _ = restricted_log()
    n_nulled = int((pings["region_restriction"] == "|").sum())
    [(counted,)] = all_built["ten"].rows(
        "select row_count from intake_nulled_values where column_name = 'region_restriction'"
    )
    assert counted == n_nulled > 5
    spelled = "select distinct region_restriction from pings order by all nulls last"
    assert all_built["ten"].rows(spelled) == [
        *(("NG",), ("NG|US",), ("US",), ("US|ZA",), ("elsewhere",), (None,))
    ]
