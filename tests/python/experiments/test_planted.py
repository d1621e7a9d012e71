"""A planted experiment is found, said in sentences, and shown; by one build of a generated log."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import duckdb
import experiment
import generate_data
import numpy as np
import pyarrow as pa
import pytest
import tea_tasting as tt
from browser import CHART, Visit, assert_sound, chromium_path, serious
from dashboard_server import serving
from playwright.sync_api import sync_playwright
from rich.console import Console
from warehouse import MODELS_ONLY, Warehouse

from benchmarks.experiment_lifts import LIFTS, coverage, plan_of, values_of
from benchmarks.experiment_splits import false_positives, in_arms, peeks
from common import open_database
from dashboard.blocks import Figure, Note
from dashboard.report import document
from dashboard.views import experiments as views
from experiments.inference import differences
from experiments.metrics import METRICS
from experiments.power import (
    SPAN,
    Aim,
    detectable_difference,
    left_by_cuped,
    moments_of_values,
    power_of,
)
from experiments.report import found_in, interval_line, show
from experiments.splits import LEAST_P, chi_square_of, p_value_of
from experiments.user_values import Span, metric_values, user_values
from experiments.warehouse import WarehouseTables
from releases.release import DATABASE, MANIFEST, Release

SEED, USERS, EVENTS, DAYS = 7, 1_500, 60_000, 12
NAME = "planted"
TOLERANCE = 1e-9
# Others besides the planted one, for what a report must be able to say.
OTHERS = """
    select * from planted
    union all
    select 'lopsided', user_id, if(n % 3 = 0, 'treatment', 'control'), assigned_at from users
    union all select 'alone', user_id, 'control', assigned_at from users
    union all select 'late', user_id, if(n % 2 = 0, 'a', 'b'), timestamp '2031-01-01' from users
    union all select 'three', user_id, ['a', 'b', 'c'][n % 3 + 1], assigned_at from users
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("planted"))
    given = f"--seed {SEED} --users {USERS} --pings 300 --events {EVENTS} --days {DAYS} --dirt 0"
    given += f" --repeats 0 --missing 0 --creators 40 --quiet --experiment {NAME}"
    lifts = [f"--lift={metric}={lift}" for metric, lift in LIFTS.items()]
    made = generate_data.main([*given.split(), *lifts, "--overwrite", f"--output={warehouse.raw}"])
    assert made == 0
    file = warehouse.raw / "experiment_assignments.parquet"
    with duckdb.connect() as connection:
        connection.execute(f"create table planted as from '{file}'")
        connection.execute(
            "create view users as select user_id, min(assigned_at) as assigned_at, "
            "substr(user_id, 2)::int as n from planted group by user_id"
        )
        connection.execute(f"copy ({OTHERS}) to '{file}' (format parquet)")
    done = warehouse.dbt(
        "build", *MODELS_ONLY, "--select", "+path:models/experiments/public",
        variables={"experiments_enabled": True},
    )  # fmt: skip
    assert done.returncode == 0, done.stdout[-6000:]
    return warehouse


@pytest.fixture(scope="module")
def connection(built: Warehouse) -> Iterator[duckdb.DuckDBPyConnection]:
    with open_database(built.database, read_only=True) as connection:
        yield connection


def said(built: Warehouse, name: str, segment: str = "all") -> str:
    """What the report prints."""
    console = Console(width=150, record=True, file=(built.raw / "said").open("w"))
    show(found_in(built.database, name, segment), console)
    return console.export_text()


def run(*arguments: object) -> int:
    """Run the command in this process; the result is its exit code."""
    try:
        return experiment.main([str(argument) for argument in arguments])
    except SystemExit as leaving:
        return int(str(leaving.code))


# --- what is planted is found ---------------------------------------------------------------------


def test_the_build_sees_what_the_cheap_counts_see(built: Warehouse) -> None:
    """The proof by 500 logs counts in memory: here its numbers are those of a whole build."""
    values, treated = values_of(plan_of(SEED, USERS, EVENTS, DAYS))
    for metric, lift in LIFTS.items():
        [(arm, control)] = in_arms(values[metric], treated[None, :])
        wanted = differences(arm, control)
        [row] = WarehouseTables(built.database).rows(
            "select * from experiment_results where experiment_id = ? and metric = ? "
            "and segment = 'all'",
            [NAME, metric],
        )
        assert wanted
        for column, value in wanted.items():
            assert row[column] == pytest.approx(value, rel=TOLERANCE, abs=TOLERANCE), column
        assert row["lift_low"] <= lift <= row["lift_high"]
    assert row["users"] + row["control_users"] == len(treated)


def test_the_lift_is_found_and_said(built: Warehouse) -> None:
    printed = said(built, NAME)
    assert "Users are split as planned" in printed
    assert re.search(r"treatment is better than control: watch-through rate is \+\d+\.\d%", printed)
    assert printed.count("●") >= len(METRICS) - 1
    assert "nan" not in printed.lower().replace("finance", "")


def test_a_broken_split_has_no_verdict(built: Warehouse) -> None:
    printed = said(built, "lopsided")
    assert "Do not read the results" in printed
    assert "Do not decide anything by this experiment" in printed
    assert "better" not in printed
    assert "●" not in printed


@pytest.mark.parametrize(
    ("name", "wanted"),
    [
        ("alone", "There is nothing to compare yet."),
        ("late", "assigned after the end of the log"),
        ("three", "c against a"),
    ],
)
def test_odd_experiments_are_said(built: Warehouse, name: str, wanted: str) -> None:
    printed = said(built, name)
    assert wanted in " ".join(printed.split())
    assert "None" not in printed
    page = views.blocks(
        WarehouseTables(built.database), found_in(built.database, name, "all").experiment.split
    )
    assert "nan" not in document("x", "x", "x", [("x", "x", page)]).lower().split()


def test_a_segment_is_reported(built: Warehouse) -> None:
    assert "segment new" in said(built, NAME, "new")


def test_the_page_shows_the_split_first_then_intervals_days_and_segments(built: Warehouse) -> None:
    tables = WarehouseTables(built.database)
    [split] = [one for one in views.splits(tables) if one["experiment_id"] == NAME]
    page = views.blocks(tables, split)
    assert isinstance(page[1], Note)
    assert page[1].text == split["verdict"]
    titles = [block.title for block in page if isinstance(block, Figure)]
    assert titles == [
        "Lift of treatment over control, all users",
        "Watch-through rate by day: treatment against control",
        "Watch-through rate by segment: treatment against control",
    ]
    lifts, days, segments = (block for block in page if isinstance(block, Figure))
    assert [row["metric"] for row in lifts.table.rows] == list(METRICS)
    assert [row["segment"] for row in segments.table.rows][:3] == ["all", "new", "existing"]
    last = days.table.rows[-1]
    assert last["difference"] == pytest.approx(lifts.table.rows[0]["difference"], rel=TOLERANCE)


def test_the_file_is_one_and_asks_nobody(built: Warehouse, tmp_path: Path) -> None:
    file, chart = tmp_path / "report.html", tmp_path / "forest.svg"
    given = ("--database", built.database, "--html", file, "--chart", chart)
    assert run("report", NAME, *given) == 0
    written = file.read_text()
    assert "default-src 'none'" in written
    assert "treatment is better than control" in written
    assert written.count("<svg") == 2 * 3  # wide and narrow
    assert not re.search(r'(src|href)="(?!#)', written)
    assert "<script" not in written
    assert chart.read_text().startswith("<svg")


def test_where_experiments_are_disabled_a_sentence_says_so(tmp_path: Path) -> None:
    [note] = views.nothing(Release(tmp_path, {"tables": {"users": {}}}))
    assert isinstance(note, Note)
    assert "has no experiments" in note.text
    [note] = views.nothing(Release(tmp_path, {"tables": {name: {} for name in views.TABLES}}))
    assert "No experiment has assignments yet" in note.text


def test_the_interval_is_drawn_in_letters() -> None:
    assert interval_line(None, None, None, 1.0) == ""
    line = interval_line(-0.5, 0.0, 0.5, 1.0)
    assert line.strip("─ ") == "●"
    assert interval_line(0.2, 0.5, 2.0, 1.0).endswith("►")
    assert "│" in interval_line(0.2, 0.3, 0.4, 1.0)


# --- power ----------------------------------------------------------------------------------------


def test_user_values_are_those_of_an_experiment(
    built: Warehouse, connection: duckdb.DuckDBPyConnection
) -> None:
    """Everybody of the experiment alone enters at the start, or at the sign-up if later."""
    [(first, newest)] = connection.execute(SPAN).fetchall()
    start = np.datetime64("2025-01-01") + np.timedelta64(DAYS // 2, "D")
    found = user_values(
        connection, Span(start.item(), newest + (newest - newest.replace(microsecond=0)), 14)
    )
    wanted = connection.execute(
        "from intermediate.int_experiment_user_totals where experiment_id = 'alone' "
        "order by user_key"
    ).fetchnumpy()
    known = np.isin(found["user_key"], wanted["user_key"])
    assert known.sum() == len(wanted["user_key"]) > 500
    for name, values in found.items():
        theirs = np.ma.filled(np.ma.asarray(wanted[name], dtype=float), np.nan)
        if name.startswith("pre_"):  # who signed up during it has another pre-period: none
            assert np.nansum(values) == pytest.approx(np.nansum(theirs), rel=TOLERANCE)
        assert np.allclose(values[known], theirs, rtol=TOLERANCE, equal_nan=True), name
    assert first < newest


def test_power_is_that_of_tea_tasting(connection: duckdb.DuckDBPyConnection) -> None:
    [(_, newest)] = connection.execute(SPAN).fetchall()
    columns = user_values(connection, Span(newest.replace(hour=0), newest, 14), METRICS)
    for metric in ("watch_through_rate", "likes_per_user", "session_length_sec"):
        values = metric_values(columns, metric)
        table = dict(zip(("a", "b", "c", "d"), values, strict=True))
        for has_covariate in (False, True):
            covariates = {"numer_covariate": "c", "denom_covariate": "d"} if has_covariate else {}
            theirs = tt.RatioOfMeans("a", "b", **covariates, use_t=False, power=0.8, ratio=3.0)
            [solved] = theirs.solve_power(pa.table(table), "effect_size")
            moments = moments_of_values(values)
            left = left_by_cuped(moments) if has_covariate else 1.0
            assert left is not None
            control = moments.users / 4
            ours = detectable_difference(moments.variance() * left, 3 * control, control)
            assert abs(solved.effect_size) == pytest.approx(ours, rel=1e-5), (metric, has_covariate)


def test_power_has_its_power() -> None:
    """By simulation: a difference of just this size is found in four of five experiments."""
    rng = np.random.default_rng(3)
    users, control_users = 300, 900
    size = detectable_difference(4.0, users, control_users)
    arm = rng.normal(size, 2.0, (4_000, users))
    control = rng.normal(0.0, 2.0, (4_000, control_users))
    error = np.sqrt(arm.var(axis=1) / users + control.var(axis=1) / control_users)
    found = abs(arm.mean(axis=1) - control.mean(axis=1)) > 1.96 * error
    assert 0.78 < found.mean() < 0.82


def test_power_grows_with_days_and_users(connection: duckdb.DuckDBPyConnection) -> None:
    def aim(share: float, metric: str = "watch_through_rate") -> Aim:
        return Aim(metric, share, share, 6, 0.1, 0.05, 0.8, 14)

    steps: list[int] = []
    whole = power_of(connection, aim(0.5), lambda done, _: steps.append(done))
    assert steps == list(range(len(whole.steps) + 1))
    lifts = [step.lift for step in whole.steps]
    assert lifts == sorted(lifts, reverse=True)
    tenth = power_of(connection, aim(0.05), lambda *_: None)
    for one, other in zip(whole.steps, tenth.steps, strict=True):
        assert other.detectable == pytest.approx(one.detectable * 10**0.5)
    assert whole.days_needed() == next(
        step.days for step in whole.steps if step.lift and step.lift <= 0.1
    )
    assert tenth.days_needed() is None or tenth.days_needed() > whole.days_needed()


def test_power_prints_and_draws(
    built: Warehouse, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chart = tmp_path / "power.svg"
    given = ("--database", built.database, "--chart", chart, "--quiet")
    assert run("power", "--metric", "likes_per_user", "--days", 5, "--lift", 3, *given) == 0
    printed = " ".join(capsys.readouterr().out.split())
    assert re.search(r"In 5 days with [\d,]+ users, a change of likes_per_user of .* %", printed)
    assert re.search(r"A change of 300 % needs \d+ days without CUPED and \d+ days with", printed)
    assert chart.read_text().startswith("<svg")


@pytest.mark.parametrize(
    ("arguments", "wanted"),
    [
        ("report nothing", "there is no experiment nothing, only"),
        (f"report {NAME} --segment moon", "has no segment moon"),
        ("report x --database nowhere.duckdb", "there is no warehouse"),
        ("power --metric joy", "there is no metric joy"),
        ("power --metric likes_per_user --days 0", "--days must be from 1"),
        ("power --metric likes_per_user --share control=0.9 treatment=0.2", "at most"),
        ("power --metric likes_per_user --alpha 1", "--alpha must be between"),
        ("power --metric likes_per_user --power nan", "--power must be between"),
        ("power --metric likes_per_user --lift 0", "--lift must be between"),
        ("power --metric likes_per_user --share a=0.3 b=0.3 c=0.3", "one arm"),
        ("power", "required: --metric"),
        ("nonsense", "invalid choice"),
    ],
)
def test_bad_input(
    built: Warehouse, capsys: pytest.CaptureFixture[str], arguments: str, wanted: str
) -> None:
    given = arguments.split()
    if "--database" not in given and given != ["nonsense"]:
        given += ["--database", str(built.database)]
    assert run(*given) == 2
    printed = capsys.readouterr()
    assert printed.out == ""
    assert printed.err.startswith("experiment")
    assert printed.err.count("\n") == 1
    assert wanted in printed.err


def test_a_warehouse_without_experiments_is_said(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "other.duckdb"
    duckdb.connect(str(database)).close()
    assert run("report", "x", "--database", database) == 2
    assert "has no results of experiments" in capsys.readouterr().err
    assert run("power", "--metric", "likes_per_user", "--database", database) == 2
    assert run("assign", "x", "--output", tmp_path / "x.csv", "--database", database) == 2
    assert capsys.readouterr().err.count("is not built") == 2


# --- proof, small: make aa-test is the large one --------------------------------------------------

FEW = ("watch_through_rate", "active_days_per_user")


def test_few_splits_in_which_nothing_differs_show_something(
    connection: duckdb.DuckDBPyConnection,
) -> None:
    for one in false_positives(connection, 200, 1, lambda: None, FEW):
        assert one.splits == 200
        # 0.05 of 200 with 4.5 standard deviations to either side
        assert 0 < one.seen < 24, one
        assert 0 < one.other < 24, one
    for one in peeks(connection, 200, 8, 1, lambda: None, FEW):
        assert one.seen <= 24, one
        assert one.other > 2 * one.seen, one  # p at each look sees far too much


def test_planted_lifts_are_inside_of_their_intervals() -> None:
    for one in coverage(30, 1_000, 20_000, lambda: None):
        assert one.covered >= 24, one  # 28.5 on average; below 24 once in 10,000 times
        assert one.cuped_covered >= 24, one


def test_a_split_of_51_to_49_is_flagged() -> None:
    wrong = p_value_of(chi_square_of([51_000, 49_000], [1.0, 1.0]), 1)
    right = p_value_of(chi_square_of([50_200, 49_800], [1.0, 1.0]), 1)
    assert wrong is not None
    assert right is not None
    assert wrong < LEAST_P < right


# --- in a browser ---------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def released(built: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The warehouse as a release, as far as the page of experiments asks for one."""
    folder = tmp_path_factory.mktemp("released")
    tables = WarehouseTables(built.database).manifest["tables"]
    manifest = {"tables": tables, "data_to": "2025-01-12T00:00:00Z", "variables": {}}
    (folder / MANIFEST).write_text(json.dumps(manifest))
    shutil.copy(built.database, folder / DATABASE)
    return folder


def test_a_release_shows_every_experiment(released: Path) -> None:
    release = Release(released, json.loads((released / MANIFEST).read_text()))
    names = {split["experiment_id"] for split in views.splits(release)}
    assert names == {NAME, "lopsided", "alone", "late", "three"}
    for split in views.splits(release):
        for metric in views.metrics_of(release, split)[:2]:
            assert views.blocks(release, split, "all", metric)


@pytest.mark.skipif(
    chromium_path() is None and not os.environ.get("PINGTOP_NEEDS_BROWSER"),
    reason="there is no chromium: make browser, or name one with PINGTOP_CHROMIUM",
)
def test_the_page_is_sound_in_a_browser(released: Path, tmp_path: Path) -> None:
    with serving(released, tmp_path / "log") as address, sync_playwright() as playwright:
        path = chromium_path() or "chromium"
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        for width in (1280, 390):
            context = browser.new_context(viewport={"width": width, "height": 900})
            visit = Visit(context, address, f"experiments?experiment={NAME}")
            assert_sound(visit, "Experiments")
            assert visit.page.locator(CHART).count() == 3
            assert "treatment is better than control" in visit.text
            main = visit.page.locator('[data-testid="stMain"]')
            assert main.evaluate("element => element.scrollWidth") <= width
            if width > 1000:
                assert serious(visit) == []
            context.close()
        browser.close()
