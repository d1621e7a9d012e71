"""Experiments: who counts, from when on, and what tea-tasting says of the users themselves."""

from __future__ import annotations

import math
import shutil
from itertools import combinations_with_replacement
from typing import Any

import experiment as command
import generate_data
import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import scipy.stats
import tea_tasting as tt
from experiment_reference import RATIOS, RETENTION, TOTALS, Reference
from tea_tasting.multiplicity import adjust_fwer
from warehouse import Warehouse

from dashboard.views import experiments as views
from experiments import inference, results, splits
from experiments.adjustment import holm
from experiments.metrics import METRICS
from experiments.moments import moments_of
from experiments.tables import RESULTS, table_of

TOLERANCE = 1e-9
START = pd.Timestamp("2025-01-09")
ENDED = pd.Timestamp("2025-01-15 12:00:00")  # of the experiment "given"
PARTS = ("numerator", "denominator", "pre_numerator", "pre_denominator")
PUBLIC = (
    "experiment_users",
    "experiment_moments",
    "experiment_splits",
    "experiment_results",
    "experiment_results_daily",
)
ODD_ARM = "[bold]x=y|z[/x]"
DIRTY = [
    # experiment_id, user_id, arm, assigned_at, reason
    ("shelf", "u1", "", "2025-01-09", "missing arm"),
    ("shelf", None, "control", "2025-01-09", "missing id"),
    ("", "u2", "control", "2025-01-09", "missing id"),
    ("shelf", "u3", "control", "soon", "unparseable or missing assignment time"),
    ("shelf", "u4", "control", None, "unparseable or missing assignment time"),
]


def assignments(users: list[str]) -> pd.DataFrame:
    """Assignments to experiments of every kind, good and bad, the dirty rows left out."""
    rng = np.random.default_rng(5)
    rows: list[tuple[str, str, str, str]] = []
    for number, user in enumerate(users):
        moment = START + pd.Timedelta(minutes=float(rng.integers(0, 4 * 24 * 60)))
        arm = str(rng.choice(["control", "treatment"]))
        rows.append(("shelf", user, arm, str(moment)))
        if number % 17 == 0:  # assigned once more: later to the same arm, or to the other one
            rows.append(("shelf", user, arm, str(moment + pd.Timedelta(days=2))))
        if number % 13 == 0:
            other = "treatment" if arm == "control" else "control"
            rows.append(("shelf", user, other, str(moment + pd.Timedelta(hours=1))))
        rows.append(("given", user, str(rng.choice(["a", "b", "c"])), str(moment)))
        rows.append(("unsound", user, "control" if number % 5 else "treatment", str(moment)))
        rows.append(("one arm", user, "control", str(moment)))
        rows.append(("no control", user, str(rng.choice(["blue", "green"])), str(moment)))
        rows.append(("alone", user, "treatment" if number == 40 else "control", str(moment)))
        rows.append(("late", user, arm, "2031-01-01 00:00:00"))
        rows.append(("renamed", user, arm, str(moment)))
        rows.append(("odd = names", user, "control" if arm == "control" else ODD_ARM, str(moment)))
    rows.append(("renamed", users[3], "a first name", str(START - pd.Timedelta(days=1))))
    rows += [("never seen", f"stranger {number}", "control", "2025-01-09") for number in range(9)]
    return pd.DataFrame(rows, columns=["experiment_id", "user_id", "arm", "assigned_at"])


EXPERIMENTS = pd.DataFrame(
    [
        ("given", "b", "2025-01-11", str(ENDED), "a=1 | b=1|c=1", "likes_per_user"),
        ("no control", "red", None, "soon", "blue=half", "likes"),
        ("alone", None, None, None, "control=299|treatment=1", None),
        ("ghost", None, None, None, None, None),
        ("one arm", None, "2025-01-15", "2025-01-10", "control=1|never=0", None),
        ("late", None, "2031-01-01", None, None, None),
        ("renamed", None, None, None, "control=0.5|control=0.9|treatment=0.5", None),
    ],
    columns=["experiment_id", "control_arm", "started_at", "ended_at", "shares", "primary_metric"],
)


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A log with experiments of every kind: read only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("experiments"))
    shutil.rmtree(warehouse.raw)
    size = "--users 300 --pings 80 --events 16000 --days 18 --quiet --output"
    assert generate_data.main([*size.split(), str(warehouse.raw)]) == 0
    users = pd.read_parquet(warehouse.raw / "users.parquet")
    users["region"] = np.where(np.arange(len(users)) % 3, "north", None)
    users.to_parquet(warehouse.raw / "users.parquet", index=False)
    table = assignments(users["user_id"].tolist()).rename(columns={"arm": "variant"})
    dirty = pd.DataFrame([row[:4] for row in DIRTY], columns=table.columns)
    pd.concat([table, dirty]).to_csv(warehouse.raw / "experiment_assignments.csv", index=False)
    EXPERIMENTS.to_json(warehouse.raw / "experiments.jsonl", orient="records", lines=True)
    selected = ["path:models/experiments", "path:models/marts/log", "users", "pings"]
    selected += ["interactions", "declared_affinities"]
    done = warehouse.dbt(
        *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *("--select", *(f"+{name}" for name in selected)),
        variables={"experiments_enabled": True},
    )
    assert done.returncode == 0, done.stdout[-6000:]
    (warehouse.target / "said.txt").write_text(done.stdout)
    return warehouse


@pytest.fixture(scope="module")
def reference(built: Warehouse) -> Reference:
    return Reference(built)


def described(experiment: str) -> tuple[pd.Timestamp | None, pd.Timestamp | None]:
    return (pd.Timestamp("2025-01-11"), ENDED) if experiment == "given" else (None, None)


def wanted_users(reference: Reference, experiment: str, until: Any = None) -> pd.DataFrame:  # noqa: ANN401
    """Every user of an experiment with all that counts, by brute force."""
    # the generator's users, in its order
    table = assignments([f"u{number}" for number in range(len(reference.users))])
    started, ended = described(experiment)
    rows = []
    for user, group in table[table["experiment_id"] == experiment].groupby("user_id"):
        ordered = group.assign(moment=pd.to_datetime(group["assigned_at"])).sort_values(
            ["moment", "arm"]
        )
        assigned = ordered["moment"].iloc[0]
        entered = max(assigned, started) if started is not None else assigned
        found = reference.user(user, entered, ended, until)
        rows.append(
            {
                "user_id": user,
                "arm": ordered["arm"].iloc[0],
                "n_arms": ordered["arm"].nunique(),
                "assigned_at": assigned,
                **(found or {"first_exposure_at": None}),
            }
        )
    return pd.DataFrame(rows)


@pytest.fixture(scope="module")
def analysed(reference: Reference) -> dict[str, pd.DataFrame]:
    """Of two experiments the users who are analysed, a row for each."""
    tables = {name: wanted_users(reference, name) for name in ("shelf", "given")}
    return {
        name: table[(table["n_arms"] == 1) & table["first_exposure_at"].notna()]
        for name, table in tables.items()
    }


# --- who counts -----------------------------------------------------------------------------------


def test_every_raw_row_is_somewhere(built: Warehouse) -> None:
    counts = built.rows(
        "select outcome, reject_reason, row_count from intake_summary"
        " where source_table = 'experiment_assignments'"
    )
    table = assignments([f"u{number}" for number in range(300)])
    kept = table.drop_duplicates(["experiment_id", "user_id", "arm"])
    reasons = pd.Series([row[4] for row in DIRTY]).value_counts().to_dict()
    reasons["duplicate"] = len(table) - len(kept)
    wanted = {("accepted", None, len(kept))}
    wanted |= {("rejected", reason, count) for reason, count in reasons.items()}
    assert set(counts) == wanted
    assert built.rows(
        "select row_count from intake_nulled_values where column_name = 'ended_at'"
    ) == [(1,)]


@pytest.mark.parametrize("experiment", ["shelf", "given"])
def test_users_are_those_of_brute_force(
    built: Warehouse, reference: Reference, experiment: str
) -> None:
    wanted = wanted_users(reference, experiment).set_index("user_id")
    found = built.query(f"from experiment_users where experiment_id = '{experiment}'")
    found = found.set_index("user_id").loc[wanted.index]
    assert len(found) == 300
    assert found["arm"].tolist() == wanted["arm"].tolist()
    assert found["n_arms"].tolist() == wanted["n_arms"].tolist()
    for name in ("assigned_at", "first_exposure_at"):
        assert found[name].astype("datetime64[us]").equals(wanted[name].astype("datetime64[us]"))
    np.testing.assert_allclose(found["days_observed"], wanted["days_observed"].astype(float))
    is_analysed = wanted["first_exposure_at"].notna() & (wanted["n_arms"] == 1)
    assert found["is_analysed"].tolist() == is_analysed.tolist()
    assert 50 < is_analysed.sum() < 290
    for metric in METRICS:
        above, below = (wanted[f"{metric}:pre_{part}"] for part in PARTS[:2])
        values = (above / below.where(below != 0)).where(is_analysed).astype(float)
        np.testing.assert_allclose(found[f"pre_{metric}"].astype(float), values, err_msg=metric)
        assert values.std() > 0, metric


def sums(table: pd.DataFrame, metric: str) -> dict[str, float]:
    """The sums of a metric over users, as experiment_moments names them."""
    values = table.loc[table[f"{metric}:numerator"].notna()]
    columns = {part: values[f"{metric}:{part}"].astype(float) for part in PARTS}
    wanted = {"users": float(len(values))}
    wanted |= {f"sum_{part}": columns[part].sum() for part in PARTS}
    for one, other in combinations_with_replacement(PARTS, 2):
        name = f"sum_{one}_squared" if one == other else f"sum_{one}_{other}"
        wanted[name] = (columns[one] * columns[other]).sum()
    return wanted


def test_moments_are_the_sums_of_brute_force(
    built: Warehouse, analysed: dict[str, pd.DataFrame]
) -> None:
    n_compared = 0
    for experiment, users in analysed.items():
        moments = built.query(f"from experiment_moments where experiment_id = '{experiment}'")
        by_key = moments.set_index(["arm", "metric", "segment"]).drop(columns="experiment_id")
        exploded = users.explode("segments")
        for (arm, segment), group in exploded.groupby(["arm", "segments"]):
            for metric in METRICS:
                wanted = sums(group, metric)
                if not wanted["users"]:
                    assert (arm, metric, segment) not in by_key.index
                    continue
                found = by_key.loc[(arm, metric, segment)]
                for name, value in wanted.items():
                    assert found[name] == pytest.approx(value, rel=1e-12, abs=1e-9), (metric, name)
                n_compared += 1
        assert len(moments) <= exploded.groupby(["arm", "segments"]).ngroups * len(METRICS)
    assert n_compared > 600


def test_a_day_is_what_was_known_at_its_end(built: Warehouse, reference: Reference) -> None:
    day = pd.Timestamp("2025-01-13")
    users = wanted_users(reference, "shelf", until=day + pd.Timedelta(days=1))
    users = users[(users["n_arms"] == 1) & users["first_exposure_at"].notna()]
    moments = built.query(
        "from intermediate.int_experiment_daily_moments"
        f" where experiment_id = 'shelf' and event_date = '{day.date()}'"
    ).set_index(["arm", "metric"])
    for arm, group in users.groupby("arm"):
        for metric in METRICS:
            wanted = sums(group, metric)
            found = moments.loc[(arm, metric)] if wanted["users"] else dict.fromkeys(wanted, 0.0)
            for name, value in wanted.items():
                assert found[name] == pytest.approx(value, rel=1e-9, abs=1e-6), (metric, name)


def test_the_last_day_is_the_result(built: Warehouse) -> None:
    columns = [name for name in built.table("experiment_results").columns if name != "segment"]
    listed = ", ".join(columns)
    last, whole = (
        built.query(sql).set_index(["experiment_id", "metric", "arm"]).sort_index()
        for sql in (
            f"select {listed} from experiment_results_daily"
            " qualify date = max(date) over (partition by experiment_id)",
            f"select {listed} from experiment_results where segment = 'all'",
        )
    )
    pd.testing.assert_frame_equal(last, whole, rtol=1e-7, atol=1e-7)


# --- what is said of the difference -------------------------------------------------------------

THEIRS = {
    "difference": "effect_size",
    "difference_low": "effect_size_ci_lower",
    "difference_high": "effect_size_ci_upper",
    "lift": "rel_effect_size",
    "lift_low": "rel_effect_size_ci_lower",
    "lift_high": "rel_effect_size_ci_upper",
    "p_value": "pvalue",
}


def told_by_tea_tasting(
    metric: str, users: pd.DataFrame, control: str, arm: str, cuped: bool
) -> Any:  # noqa: ANN401
    """What tea-tasting says of a metric, given a row for each user."""
    values = users[users[f"{metric}:numerator"].notna()]
    data = pa.table(
        {
            "variant": pa.array([str(value) for value in values["arm"]]),
            **{
                part: pa.array(values[f"{metric}:{part}"].astype(float).to_numpy())
                for part in PARTS
            },
        }
    )
    if metric in RATIOS:
        covariates = ("pre_numerator", "pre_denominator") if cuped else ()
        method = tt.RatioOfMeans("numerator", "denominator", *covariates)
    else:
        method = tt.Mean("numerator", *(("pre_numerator",) if cuped else ()))
    return method.analyze(data, control, arm, variant="variant")


@pytest.mark.parametrize("cuped", [False, True], ids=["plain", "cuped"])
@pytest.mark.parametrize(
    ("experiment", "control", "arm"),
    [("shelf", "control", "treatment"), ("given", "b", "a"), ("given", "b", "c")],
)
def test_it_is_what_tea_tasting_says_of_the_users(
    built: Warehouse,
    analysed: dict[str, pd.DataFrame],
    experiment: str,
    control: str,
    arm: str,
    cuped: bool,
) -> None:
    found = built.query(
        f"from experiment_results where experiment_id = '{experiment}' and arm = '{arm}'"
    ).set_index(["metric", "segment"])
    exploded = analysed[experiment].explode("segments")
    prefix, n_compared = "cuped_" if cuped else "", 0
    for metric in METRICS:
        for segment in ("all", "existing", "region_north"):
            row = found.loc[(metric, segment)]
            assert row["control_arm"] == control
            if pd.isna(row[f"{prefix}difference"]):
                continue
            n_compared += 1
            users = exploded[exploded["segments"] == segment]
            wanted = told_by_tea_tasting(metric, users, control, arm, cuped)
            for ours, theirs in THEIRS.items():
                value = row[f"{prefix}{ours}"]
                told = (metric, segment, ours)
                if ours.startswith("lift") and pd.isna(value):
                    assert (
                        not wanted.control
                        or not wanted.treatment
                        or not math.isfinite(getattr(wanted, theirs))
                    ), told
                    continue
                assert value == pytest.approx(getattr(wanted, theirs), abs=TOLERANCE), told
    assert n_compared > 30


def test_p_values_are_adjusted_by_holm(built: Warehouse) -> None:
    found = built.query(
        "from experiment_results where experiment_id = 'given' and segment = 'all'"
    ).dropna(subset="p_value")
    assert found["arm"].nunique() == 2
    one = {
        f"{row.metric}:{row.arm}": {"pvalue": row.p_value} for row in found.itertuples(index=False)
    }
    wanted = adjust_fwer(
        tt.experiment.ExperimentResult(one), arbitrary_dependence=True, method="bonferroni"
    ).to_dicts()
    by_name = {row["metric"]: row["pvalue_adj"] for row in wanted}
    for row in found.itertuples(index=False):
        expected = by_name[f"{row.metric}:{row.arm}"]
        assert row.p_value_adjusted == pytest.approx(min(expected, 1), abs=TOLERANCE)
    assert holm([None, 0.04, 0.01, None, 0.03]) == pytest.approx([None, 0.06, 0.03, None, 0.06])


def test_cuped_narrows_what_the_past_tells(built: Warehouse) -> None:
    rows = built.query(
        "from experiment_results where p_value is not null and cuped_p_value is not null"
    )
    widths = [rows[f"{p}difference_high"] - rows[f"{p}difference_low"] for p in ("", "cuped_")]
    np.testing.assert_allclose(rows["cuped_narrowing"], 1 - widths[1] / widths[0])
    told = rows[(rows["segment"] == "all") & (rows["metric"] == "distinct_pings_per_user")]
    assert (told["cuped_narrowing"] > 0.05).all()


def test_the_always_valid_interval_is_the_wider_one(built: Warehouse) -> None:
    """Its numbers are compared with gbstats in test_sequential_oracle.py."""
    rows = built.query("from experiment_results where p_value is not null")
    assert (rows["always_valid_low"] < rows["difference_low"]).all()
    assert (rows["always_valid_high"] > rows["difference_high"]).all()


# --- the split ------------------------------------------------------------------------------------


def test_a_split_is_judged_as_tea_tasting_does(built: Warehouse) -> None:
    found = built.table("experiment_splits").set_index("experiment_id")
    users = built.query("from experiment_users where not is_crossover")
    for experiment, ratio in {"shelf": 1, "unsound": 1, "alone": 1 / 299}.items():
        of_experiment = users[users["experiment_id"] == experiment]
        exposed = of_experiment[of_experiment["is_analysed"]]
        for prefix, counted in (("", of_experiment), ("exposed_", exposed)):
            if counted["arm"].nunique() < 2:
                continue
            data = pa.table({"variant": pa.array(counted["arm"].tolist())})
            wanted = tt.SampleRatio(ratio, method="norm", correction=False).analyze(
                data, "control", "treatment", variant="variant"
            )
            p_value = found.loc[experiment, f"{prefix}p_value"]
            assert p_value == pytest.approx(wanted.pvalue, abs=TOLERANCE), experiment
    counts = users[users["experiment_id"] == "given"]["arm"].value_counts()
    wanted = scipy.stats.chisquare(counts)
    assert found.loc["given", "chi_square"] == pytest.approx(wanted.statistic)
    assert found.loc["given", "p_value"] == pytest.approx(wanted.pvalue, abs=TOLERANCE)
    assert found.loc["given", "planned_users_by_arm"] == "a=100|b=100|c=100"


def test_results_of_a_broken_split_are_not_to_be_read(built: Warehouse) -> None:
    rows = built.query("from experiment_results where experiment_id = 'unsound'")
    assert set(rows["verdict"]) == {"do not read: users are not split as planned"}
    assert rows.loc[:, "difference":"p_value_adjusted"].isna().all(axis=None)
    assert len(rows) >= len(METRICS)
    assert "Experiment unsound: Do not read the results" in (built.target / "said.txt").read_text()


def test_51_to_49_of_100_000_users_is_flagged() -> None:
    for users, is_flagged in (((51_000, 49_000), True), ((50_300, 49_700), False)):
        p_value = splits.p_value_of(splits.chi_square_of(users, (1, 1)), 1)
        assert p_value is not None
        assert (p_value < splits.LEAST_P) == is_flagged


# --- bad input ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("experiment", "column", "words"),
    [
        ("ghost", "verdict", "Nobody is in it: there is nothing to compare."),
        ("one arm", "verdict", "There is one arm only: there is nothing to compare."),
        ("no control", "notes", "The control red has no users: there is nothing to compare with."),
        ("no control", "notes", "The planned shares blue=half are not such as"),
        ("no control", "notes", "The primary metric likes is not one of watch_through_rate,"),
        ("alone", "notes", "There is one user only in treatment: each arm needs two."),
        ("late", "notes", "300 users are assigned after the end of the log"),
        ("never seen", "notes", "9 users are without an event from the assignment on"),
        ("shelf", "notes", "The table experiments does not have it"),
        ("shelf", "notes", "24 users are in two arms or more, and in no result."),
        ("shelf", "notes", "d7_retention leaves out"),
        ("one arm", "notes", "It ends (2025-01-10 00:00:00) before it starts (2025-01-15"),
        ("late", "notes", "It starts (2031-01-01 00:00:00) after the newest event"),
        ("renamed", "notes", "The planned shares control=0.5|control=0.9|treatment=0.5 are not"),
        ("renamed", "planned_users_by_arm", "a first name=0|control=149.5|treatment=149.5"),
        ("renamed", "verdict", "Users are split as planned"),
    ],
)
def test_bad_input_is_told_in_a_sentence(
    built: Warehouse, experiment: str, column: str, words: str
) -> None:
    [(said,)] = built.rows(
        f"select {column} from experiment_splits where experiment_id = '{experiment}'"
    )
    assert words in said


@pytest.mark.parametrize(
    ("experiment", "verdict"),
    [
        ("no control", "nothing to compare with: nobody of the control red counts here"),
        ("alone", "too few users: each arm needs two"),
        ("one arm", None),
        ("late", None),
        ("ghost", None),
        ("never seen", None),
    ],
)
def test_where_nothing_can_be_compared_nothing_is_said(
    built: Warehouse, experiment: str, verdict: str | None
) -> None:
    rows = built.query(
        f"from experiment_results where experiment_id = '{experiment}' and segment = 'all'"
    )
    assert rows["p_value"].isna().all()
    assert set(rows["verdict"]) - {
        "too early: day 7 after the first exposure is not over for any user"
    } == ({verdict} if verdict else set())


def test_arms_may_have_any_name(built: Warehouse, capsys: pytest.CaptureFixture[str]) -> None:
    counts = dict(
        built.rows(
            "select arm, count(*) from experiment_users where experiment_id = 'odd = names'"
            " group by arm"
        )
    )
    [split] = built.query("from experiment_splits where experiment_id = 'odd = names'").to_dict(
        "records"
    )
    assert {row["arm"]: row["users"] for row in views.arm_rows(split)} == counts
    assert set(counts) == {"control", ODD_ARM}
    assert command.main(["report", "odd = names", "--database", str(built.database)]) == 0
    said = capsys.readouterr().out
    assert f"{ODD_ARM} against control" in said
    assert [line for line in said.splitlines() if line.startswith(ODD_ARM + " ")]


def test_no_number_is_none(built: Warehouse) -> None:
    for table in PUBLIC:
        columns = built.rows(
            "select column_name from information_schema.columns"
            f" where table_name = '{table}' and data_type = 'DOUBLE'"
        )
        bad = " or ".join(f"not isfinite({column})" for (column,) in columns)
        assert built.rows(f"select count(*) from {table} where {bad}") == [(0,)], table


def test_means_of_zero_have_a_difference_and_no_lift() -> None:
    def row(users: int, above: float, squared: float) -> dict[str, float]:
        of_sums = {f"sum_{one}": 0.0 for one in PARTS} | {
            f"sum_{one}_{other}": 0.0 for one in PARTS for other in PARTS
        }
        return of_sums | {f"sum_{one}_squared": 0.0 for one in PARTS} | {
            "users": users,
            "sum_numerator": above,
            "sum_numerator_squared": squared,
            "sum_denominator": users,
            "sum_denominator_squared": users,
            "sum_numerator_denominator": above,
        }  # fmt: skip

    nothing, something = row(50, 0, 0), row(50, 10, 10)
    found = inference.differences(*map(moments_of, (something, nothing)))
    assert found is not None
    assert found["difference"] == pytest.approx(0.2)
    values = [1.0] * 10 + [0.0] * 40
    wanted = scipy.stats.ttest_ind(values, [0.0] * 50, equal_var=False)
    assert found["p_value"] == pytest.approx(wanted.pvalue, abs=TOLERANCE)
    assert found["lift"] is None
    assert found["cuped_difference"] is None
    assert inference.differences(*map(moments_of, (nothing, nothing))) is None
    third = row(50, 50 * 0.1, 50 * 0.1 * 0.1)  # all alike, but for rounding
    assert inference.differences(*map(moments_of, (third, third))) is None


def test_without_the_extra_tables_are_empty_and_say_why(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(results, "HAS_LIBRARY", False)
    monkeypatch.setattr(splits, "HAS_LIBRARY", False)
    assert table_of(RESULTS, results.compared([{"experiment_id": "x"}], [], [])).schema == RESULTS
    names = ["experiment_id", "control_arm", "primary_metric", "started_at", "ended_at"]
    names += ["observed_until"]
    experiment = dict.fromkeys(
        [*names, "first_assigned_at", "last_assigned_at", "control_source", "planned_shares"]
    ) | {"experiment_id": "x", "control_arm": "a", "is_described": False}
    arm = {"experiment_id": "x", "users": 10, "crossovers": 0, "exposed_users": 10}
    arm |= {"users_after_the_end": 0, "d1_users": 10, "d7_users": 10, "plan": "equal"}
    arms = [arm | {"arm": name, "planned_weight": 1.0} for name in ("a", "b")]
    [row] = splits.checked_splits([experiment], arms)
    assert row["verdict"].startswith("Not judged: the extra `experiments` is not installed")
    assert (row["p_value"], row["is_readable"], row["chi_square"]) == (None, None, 0.0)


def test_it_is_off_by_default(demo: Warehouse) -> None:
    named = demo.rows(
        "select table_name from information_schema.tables where table_name like '%experiment%'"
    )
    assert named == []


def test_every_metric_is_computed_by_brute_force() -> None:
    assert set(METRICS) == {*RATIOS, *TOTALS, *RETENTION}


def test_a_reader_who_has_enough_is_no_error(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def gone(_: object) -> None:
        raise BrokenPipeError(32, "Broken pipe")

    monkeypatch.setitem(command.JOBS, "report", gone)
    assert command.main(["report", "any"]) == 0
    assert capsys.readouterr().err == "experiment report: the reader of the output has gone.\n"
