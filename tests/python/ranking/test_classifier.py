"""The engagement classifier: its numbers, what it may know, and its lists of short logs."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest
import ranking_report
from rich.console import Console
from sklearn import metrics
from sklearn.calibration import calibration_curve
from warehouse import PROJECT, Warehouse

from dashboard.blocks import Block, Figure, Note
from dashboard.views import classification as view
from ranking import classification as numbers
from ranking import classifier
from ranking.data import Skip, sigmoid
from ranking.encoding import Encoding, with_own
from ranking.explained import pushed_by
from ranking.short_lists import phrase, reordered
from ranking.told import Classification
from releases.release import Release

SMALL = PROJECT / "examples" / "compound_label"
VARIABLES = {
    "ranking_enabled": True,
    "serving_strategy": "neural",
    "ranking_user_features": "all",
    "ranking_ping_features": "all",
}
FEATURES = """
    select users.user_id, pings.ping_id, rows.* exclude (user_key, ping_key, tie_order)
    from intermediate.int_ranking_label_features as rows
    inner join intermediate.int_users as users using (user_key)
    inner join intermediate.int_pings as pings using (ping_key)
    where not is_candidate
    order by all
"""
PREDICTIONS = """
    select model, slice, user_id, ping_id, predicted.label, chance
    from intermediate.int_ranking_classifier_predictions as predicted
    inner join intermediate.int_users as users using (user_key)
    inner join intermediate.int_pings as pings using (ping_key)
    order by all
"""


TABLES = (
    *("+ranking_stages", "+ranking_classification", "+ranking_status", "+recommendations"),
    *("+ranking_feature_importance", "+strategy_lists", "+interactions", "pings", "users"),
    "user_ping_engagement",
)


def build(folder: Path, tables: Sequence[str], raw: Path = SMALL) -> tuple[Warehouse, str]:
    """A warehouse of the log with these tables and their data tests, and what the build printed."""
    warehouse = Warehouse(folder)
    done = warehouse.dbt(
        *("--log-level", "warn"),  # as make does: what a build says is said by it, too
        *("build", "--exclude-resource-type", "unit_test", "--indirect-selection", "cautious"),
        *("--select", *tables),
        variables=VARIABLES,
        environment={"PINGTOP_RAW_LOCATION": str(raw)},
    )
    assert done.returncode == 0, done.stdout[-4000:]
    return warehouse, done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> tuple[Warehouse, str]:
    """The example of a hundred rows: read only."""
    return build(tmp_path_factory.mktemp("classifier"), TABLES)


@pytest.fixture(scope="module")
def small(built: tuple[Warehouse, str]) -> Warehouse:
    return built[0]


# --- the example --------------------------------------------------------------------------------


def test_a_hundred_rows_are_learned_from_and_say_how_little_they_tell(
    built: tuple[Warehouse, str], capsys: pytest.CaptureFixture[str]
) -> None:
    warehouse, said = built
    assert "the classifier makes the lists of gbdt and neural" in said
    assert dict(warehouse.rows("select stage, status from ranking_status")) == {
        "gbdt": "skipped",
        "neural": "skipped",
        "response": "skipped",
        "classifier_trees": "trained",
        "classifier_network": "trained",
    }
    areas = warehouse.rows(
        "select value, low, high from ranking_classification"
        " where metric = 'auc' and slice = 'test' and model <> 'prior'"
    )
    assert len(areas) == 2
    for value, low, high in areas:
        assert 0 <= low <= value <= high <= 1
        assert high - low > 0.4
    assert ranking_report.main(["--database", str(warehouse.database)]) == 0
    printed = capsys.readouterr().out
    assert "On 21 test rows" in printed
    assert "tell little" in printed
    assert "precision of class 1: No row is called 1." in " ".join(printed.split())
    used = {name for (name,) in warehouse.rows("select feature from ranking_feature_importance")}
    assert {"own_user_device_type", "own_user_avg_session_length", "quality_score"} <= used
    assert not used & {"clicks", "dwell_time", "shares", "comments", "hides", "label_score"}


def test_the_table_equals_scikit_learn(small: Warehouse) -> None:
    found = {
        (row.model, row.slice, row.metric, row.part): row.value
        for row in small.table("ranking_classification").itertuples()
    }
    predicted = small.query(PREDICTIONS).groupby(["model", "slice"])
    assert set(predicted.groups) == {
        (model, part) for model in ("trees", "network", "prior") for part in classifier.SLICES
    }
    for key, rows in predicted:
        check_against_scikit_learn(
            {name[2:]: value for name, value in found.items() if name[:2] == key},
            rows["label"].to_numpy(),
            rows["chance"].to_numpy(),
        )
    for model, epochs in (("trees", classifier.FEW_TREES), ("network", classifier.FEW_EPOCHS)):
        last = found[model, "train", "loss_by_epoch", str(epochs)]
        assert last == pytest.approx(found[model, "train", "log_loss", "all"], abs=1e-6)


def test_each_stage_changes_the_lists_of_the_one_before(small: Warehouse) -> None:
    stages = small.table("ranking_stages").sort_values(["stage", "user_id", "rank"])
    assert set(stages["learned_by"]) == {"classifier"}
    lists = {name: rows.set_index("user_id") for name, rows in stages.groupby("stage")}
    assert {len(rows) for rows in lists.values()} == {len(small.table("users")) * 20}
    moved = 0
    for user in lists["gbdt"].index.unique():
        candidates, trees, network = (
            lists[name].loc[user] for name in ("candidates", "gbdt", "neural")
        )
        assert set(candidates["ping_id"]) == set(trees["ping_id"]) == set(network["ping_id"])
        assert set(trees["ping_id"][:5]) == set(network["ping_id"][:5])
        assert trees["ping_id"][5:].tolist() == network["ping_id"][5:].tolist()
        for rows in (candidates, trees, network):
            assert rows["rank"].tolist() == list(range(1, 21))
            assert (rows["score"].diff().dropna() <= 0).all()
        moved += trees["ping_id"].tolist() != network["ping_id"].tolist()
    assert moved > 50
    served = small.table("recommendations")
    assert set(served["strategy"]) == {"neural"}
    best = stages[(stages["stage"] == "neural") & (stages["rank"] <= 10)]
    both = served.merge(best, on=["user_id", "rank", "ping_id"], suffixes=("", "_of_stage"))
    assert len(both) == len(served) == 1000
    np.testing.assert_array_equal(both["score"], both["score_of_stage"])
    parts = [name for name in served.columns if name.endswith("_part")]
    np.testing.assert_allclose(served[parts].sum(axis=1), served["score"], atol=1e-8)
    seen = "select count(*) from ranking_stages join user_ping_engagement using (user_id, ping_id)"
    assert small.rows(seen) == [(0,)]


def test_a_row_knows_what_happened_before_it(small: Warehouse) -> None:
    """Brute force over the events of the log."""
    rows = small.query(FEATURES)
    events = small.query(
        "select user_id, ping_id, category, event_score, epoch(event_timestamp)::bigint as second"
        " from interactions inner join pings using (ping_id)"
    )
    assert len(rows) == small.rows("select count(*) from ranking_labels")[0][0]
    assert (rows["past_user_pings"] > 0).sum() > 20
    for row in rows.itertuples():
        before = events[events["second"] < row.first_second]
        of_user = before[before["user_id"] == row.user_id]
        for past, score, some in (
            (row.past_user_pings, row.past_user_score, of_user),
            (
                row.past_category_pings,
                row.past_category_score,
                of_user[of_user["category"] == row.category],
            ),
        ):
            pings = some["ping_id"].nunique()
            assert past == pytest.approx(np.log1p(pings))
            assert (
                pd.isna(score)
                if pings == 0
                else score == pytest.approx(some["event_score"].sum() / pings)
            )
        on_ping = before[before["ping_id"] == row.ping_id]
        assert row.past_ping_users == pytest.approx(np.log1p(on_ping["user_id"].nunique()))


def test_later_labels_change_no_earlier_row_and_no_model(small: Warehouse, tmp_path: Path) -> None:
    """The responses of the test rows are dealt anew: what was known before them stays the same."""
    raw = tmp_path / "other"
    raw.mkdir()
    for file in SMALL.iterdir():
        (raw / file.name).write_bytes(file.read_bytes())
    log = pd.read_csv(raw / "Interaction.csv", dtype=str)
    [(first,)] = small.rows(
        """
        select min(first_second) from intermediate.int_ranking_label_features
        inner join intermediate.int_ranking_classifier_predictions using (user_key, ping_key)
        where slice = 'test'
        """
    )
    seconds = (pd.to_datetime(log["event_timestamp"]) - pd.Timestamp(0)) // pd.Timedelta("1s")
    rows = log.index[seconds >= first]
    responses = ["click", "dwell_time", "share", "comment", "hide"]
    dealt = np.random.default_rng(1).permutation(rows)
    log.loc[rows, responses] = log.loc[dealt, responses].to_numpy()
    log.to_csv(raw / "Interaction.csv", index=False)
    other, _ = build(tmp_path, ["+int_ranking_classifier"], raw)
    ours, theirs = (one.query(FEATURES) for one in (small, other))
    assert (ours["label"] != theirs["label"]).sum() > 0
    before, known = ours["first_second"] <= first, ours["last_second"] < first
    assert before.sum() > known.sum() > 60  # one pair began before and is responded to later
    pd.testing.assert_frame_equal(ours[known], theirs[known], check_exact=True)
    features = [name for name in ours if name != "label"]
    pd.testing.assert_frame_equal(
        ours.loc[before, features], theirs.loc[before, features], check_exact=True
    )
    learned = """
        select stage, kind, name, value, content from intermediate.int_ranking_classifier
        where name = 'earlier_model' or kind like 'loss%' order by all
    """
    # the same twice, too
    assert small.rows(learned) == other.rows(learned)


def test_the_dashboard_shows_it(small: Warehouse) -> None:
    folder = small.database.parent
    assert view.blocks(Release(folder, {"tables": {}})) == []
    page: list[Block] = view.blocks(Release(folder, {"tables": {"ranking_classification": {}}}))
    figures = [block for block in page if isinstance(block, Figure)]
    assert [figure.title for figure in figures] == [
        "AUC",
        "Calibration",
        "Log loss by number of trees",
        "Log loss by number of epochs",
    ]
    for figure in figures:
        assert figure.chart.to_dict()["height"] > 0
        assert figure.table.rows
    notes = " ".join(block.text for block in page if isinstance(block, Note))
    assert "On 21 test rows" in notes
    assert "precision of class 1: No row is called 1." in notes


# --- the numbers --------------------------------------------------------------------------------


def check_against_scikit_learn(
    found: dict[tuple[str, str], float | None], labels: np.ndarray, chances: np.ndarray
) -> None:
    """found: values by metric and part."""

    def check(metric: str, part: str, expected: float) -> None:
        value = found[metric, part]
        value = np.nan if value is None else value
        np.testing.assert_allclose(value, expected, rtol=0, atol=1e-9, err_msg=f"{metric} {part}")

    called = (chances > 0.5).astype(int)
    both = {"labels": [0, 1], "zero_division": np.nan}
    check("accuracy", "all", metrics.accuracy_score(labels, called))
    check("log_loss", "all", metrics.log_loss(labels, chances, labels=[0, 1]))
    by_class = metrics.precision_recall_fscore_support(labels, called, **both)
    for metric, values in zip(("precision", "recall", "f1"), by_class, strict=False):
        for name in (0, 1):
            check(metric, str(name), values[name])
    for average in ("macro", "weighted"):
        with np.errstate(invalid="ignore"):
            mean = metrics.precision_recall_fscore_support(labels, called, average=average, **both)
        for metric, value in zip(("precision", "recall", "f1"), mean, strict=False):
            check(metric, average, value)
    for (actual, call), count in np.ndenumerate(
        metrics.confusion_matrix(labels, called, labels=[0, 1])
    ):
        check("confusion", f"is {actual}, called {call}", count)
    if len(set(labels)) == 2:
        check("auc", "all", metrics.roc_auc_score(labels, chances))
    else:
        check("auc", "all", np.nan)
    actual, predicted = calibration_curve(labels, chances, n_bins=10, strategy="uniform")
    bins = sorted(part for metric, part in found if metric == "calibration_actual")
    filled = [name for name in bins if not pd.isna(found["calibration_actual", name])]
    for place, name in enumerate(filled):
        check("calibration_actual", name, actual[place])
        check("calibration_predicted", name, predicted[place])
    counts = np.histogram(np.maximum(np.ceil(np.round(chances * 10, 9)), 1), np.arange(1, 12))[0]
    error = np.sum(counts[counts > 0] * np.abs(actual - predicted)) / len(labels)
    check("expected_calibration_error", "all", error)


@pytest.mark.parametrize("case", ["plain", "ties", "one class", "all called", "certain"])
def test_every_number_equals_scikit_learn(case: str) -> None:
    rng = np.random.default_rng(11)
    labels = (rng.random(400) < 0.3).astype(int)
    chances = np.clip(rng.random(400) * 0.7 + 0.3 * labels, 0.001, 0.999)
    if case == "ties":
        chances = np.round(chances, 1)
    if case == "one class":
        labels[:] = 0
    if case == "all called":
        chances = 0.6 + 0.3 * chances
    if case == "certain":
        chances = np.where(rng.random(400) < 0.9, labels, 1 - labels).astype(float)
    found = numbers.numbers(labels, chances, 0.5)
    check_against_scikit_learn(
        {(number.metric, number.part): number.value for number in found}, labels, chances
    )
    for number in found:
        assert (number.value is None) == (number.explanation is not None), number


def test_the_order_of_rows_changes_no_bit() -> None:
    rng = np.random.default_rng(7)
    labels, chances = (rng.random(5000) < 0.3).astype(int), rng.random(5000)
    shuffled = rng.permutation(5000)
    assert numbers.numbers(labels, chances, 0.5) == numbers.numbers(
        labels[shuffled], chances[shuffled], 0.5
    )


def test_the_interval_holds_the_true_area_as_often_as_it_says() -> None:
    """Few rows of one class, as on the example; and for many, it is that of DeLong et al."""
    rng = np.random.default_rng(4)
    shift = 0.9538725524  # of normal scores with an AUC of 0.75
    hits = 0
    for _ in range(1000):
        scores = np.r_[rng.normal(shift, size=5), rng.normal(size=16)]
        labels = np.r_[np.ones(5), np.zeros(16)].astype(int)
        area = numbers.area(labels, scores)
        hits += area.low <= 0.75 <= area.high
    assert 0.92 <= hits / 1000 <= 0.995
    assert numbers.auc_interval(1.0, 5, 16)[1] == 1.0
    assert numbers.auc_interval(1.0, 5, 16)[0] < 0.85
    scores = np.r_[rng.normal(shift, size=800), rng.normal(size=1600)]
    labels = np.r_[np.ones(800), np.zeros(1600)].astype(int)
    found = numbers.area(labels, scores)
    above = (scores[:800, None] > scores[None, 800:]).astype(float)
    variance = above.mean(1).var(ddof=1) / 800 + above.mean(0).var(ddof=1) / 1600
    np.testing.assert_allclose(
        [found.low, found.high],
        found.value + np.array([-1, 1]) * 1.96 * np.sqrt(variance),
        atol=0.004,
    )


# --- the parts ----------------------------------------------------------------------------------


def rows(count: int = 600, seed: int = 2) -> pa.Table:
    """Labelled rows: a number and a text tell the label, another text is new in every row."""
    rng = np.random.default_rng(seed)
    taste, kind = rng.normal(size=count), rng.choice(["a", "b", "c"], count)
    chance = sigmoid(1.5 * taste + np.where(kind == "a", 1.5, -0.5))
    texts = np.where(rng.random(count) < 0.1, None, kind)
    return pa.table(
        {
            "is_candidate": np.zeros(count, bool),
            "user_key": pa.array(np.arange(count), pa.int32()),
            "ping_key": pa.array(np.arange(count), pa.int32()),
            "first_second": np.arange(count) * 10,
            "last_second": np.arange(count) * 10,
            "label": pa.array((rng.random(count) < chance).astype(int), pa.int32()),
            "taste": pa.array(np.where(rng.random(count) < 0.1, np.nan, taste), from_pandas=True),
            "kind": pa.array(texts, pa.string()),
            "unique": pa.array([f"x{number}" for number in range(count)]),
        }
    )


def test_slices_are_by_time_and_what_was_not_known_is_left_out() -> None:
    table = rows(100)
    parts = classifier.split(table, "time", 0.2, 0.2)
    assert {name: len(found) for name, found in parts.rows.items()} == {
        "train": 60,
        "validation": 20,
        "test": 20,
    }
    late = table["last_second"].to_numpy().copy()
    late[[0, 59]] = [605, 599]  # the first is not known when validation begins
    parts = classifier.split(table.set_column(4, "last_second", pa.array(late)), "time", 0.2, 0.2)
    assert parts.left_out == 1
    assert parts.rows["train"].tolist() == list(range(1, 60))
    drawn = classifier.split(table, "random", 0.2, 0.2)
    assert sorted(np.concatenate(list(drawn.rows.values()))) == list(range(100))
    assert drawn.rows["test"].min() < 60
    same = table.set_column(3, "first_second", pa.array(np.full(100, 7)))
    assert len(classifier.split(same, "time", 0.2, 0.2).rows["train"]) == 0


@pytest.mark.parametrize("name", [classifier.TREES, classifier.NETWORK])
def test_models_learn_the_same_twice_and_are_kept_whole(name: str) -> None:
    table = rows()
    parts = classifier.split(table, "time", 0.35, 0.3)
    found, again = (classifier.train(name, table, parts) for _ in range(2))
    assert found == again
    texts = {row[1]: row[3] for row in found if row[0] == "model"}
    model = classifier.READ[name].from_json(texts["earlier_model"])
    later = table.take(parts.rows["test"])
    unseen = later.set_column(7, "kind", pa.array(["never met"] * later.num_rows))
    assert np.isfinite(model.log_odds(unseen)).all()
    assert metrics.roc_auc_score(later["label"].to_numpy(), model.log_odds(later)) > 0.7
    losses = [row for row in found if row[0] == "loss_validation"]
    assert losses
    [stopped] = [row[2] for row in found if row[:2] == ("parameter", classifier.UNITS[name])]
    best = min(losses, key=lambda row: row[2])
    assert int(best[1]) == stopped  # 210 rows are enough to stop by


@pytest.mark.parametrize("name", [classifier.TREES, classifier.NETWORK])
def test_too_little_to_learn_from_is_one_sentence(name: str) -> None:
    few, full = rows(20), rows(100)
    of_one = full.set_column(5, "label", pa.array(np.ones(100, int), pa.int32()))
    for table, sentence in (
        (few, "there are 12 labelled rows to learn from, and 30 are the least"),
        (of_one, "one class only to learn from: all 60 rows have the label 1"),
        (full.slice(0, 0), "there are 0 labelled rows"),
    ):
        with pytest.raises(Skip, match=sentence):
            classifier.train(name, table, classifier.split(table, "time", 0.2, 0.2))


def test_texts_that_are_rare_unseen_or_missing_have_places_of_their_own() -> None:
    encoding = Encoding.of(rows())
    assert set(encoding.texts["kind"]) == {"a", "b", "c"}
    assert encoding.texts["unique"] == []
    column = pa.chunked_array([pa.array(["a", None, "z"])])
    places = encoding.codes(column, "kind").tolist()
    assert places == [encoding.texts["kind"].index("a"), -1, 3]
    again = Encoding.from_dict(json.loads(json.dumps(encoding.to_dict())))
    np.testing.assert_array_equal(again.for_network(rows()), encoding.for_network(rows()))


def test_own_columns_count_from_when_they_arrived() -> None:
    table = rows(4)
    own = pa.table(
        {
            "user_key": pa.array([2, 0, 3], pa.int64()),
            "user_plan": ["free", "paid", "paid"],
            "user_age": [1.0, 2.0, 3.0],
            "loaded_at": pa.array([None, 5_000_000, 30_000_000], pa.timestamp("us")),
        }
    )
    found = with_own(table, {"user": own})
    assert found["own_user_plan"].to_pylist() == [None, None, "free", None]  # 0 s, no row, -, 30 s
    assert "own_user_age" not in found.column_names
    place = table.column_names.index("is_candidate")
    served = table.set_column(place, "is_candidate", pa.array([True] * 4))
    plans = with_own(served, {"user": own})["own_user_plan"].to_pylist()
    assert plans == ["paid", None, "free", "paid"], "lists are made of all that is known"


def test_texts_that_users_and_pings_share_are_crossed() -> None:
    table = rows(6)
    for name, values in (
        ("region", ["NG", "ZA", "US", None, "NG", "ZA"]),
        ("own_ping_regions", ["NG|US", "NG", "us", "ZA", None, "ZA"]),
    ):
        table = table.append_column(name, pa.array(values, pa.string()))
    encoding = Encoding.of(table)
    assert encoding.crosses == {"own_match_region__regions": ("region", "own_ping_regions")}
    for found in (encoding, Encoding.from_dict(json.loads(json.dumps(encoding.to_dict())))):
        place = found.names.index("own_match_region__regions")
        np.testing.assert_array_equal(
            found.for_trees(table)[:, place], [1, 0, 1, np.nan, np.nan, 1]
        )


def test_reasons_of_short_lists_are_words_of_the_other_stages() -> None:
    crosses = {
        "own_match_language__language": ("own_user_language", "own_ping_language"),
        "own_match_region__regions": ("region", "own_ping_regions"),
    }
    assert [phrase(name, crosses) for name in crosses] == [
        "same language",
        "region is in regions",
    ]
    assert phrase("own_ping_plan", crosses) == "plan fits"
    assert phrase("quality_score", crosses) == "quality score"
    called = [phrase(name, {}) for name in ("own_user_plan", "own_ping_plan", "age")]
    assert pushed_by(called, np.array([[3.0, 2, 1], [1, 2, 0]])) == [
        "plan fits, own age",
        "plan fits",
    ], "nothing is said twice"


def test_the_network_reorders_the_first_and_no_other() -> None:
    users = np.array([1, 1, 1, 2, 2])
    scores = np.array([3.0, 2.0, 1.0, 5.0, 4.0])
    chances = np.array([0.1, 0.9, 0.99, 0.2, 0.3])
    found = reordered(users, np.arange(5), scores, chances, 2)
    np.testing.assert_allclose(found, [1.1, 1.9, 1.0, 4.2, 4.3])


def test_a_number_that_is_not_known_is_told() -> None:
    labels, chances = np.zeros(5, int), np.linspace(0.1, 0.3, 5)
    rows_of = numbers.table({("trees", "test"): numbers.numbers(labels, chances, 0.5)})
    found = Classification(rows_of.to_pylist())
    [sentence] = found.verdicts()
    assert sentence == (
        "On 5 test rows, 0 of them with the label 1, the trees cannot be judged: an AUC needs both "
        "classes, and every row has the label 0."
    )
    labels, chances = np.arange(5) % 2, np.full(5, 0.3)
    rows_of = numbers.table({("network", "test"): numbers.numbers(labels, chances, 0.5)})
    printed = Console(record=True, width=200)
    ranking_report.print_classification(printed, Classification(rows_of.to_pylist()))
    told = printed.export_text()
    assert told.endswith(
        "On 5 test rows, 2 of them with the label 1, the network cannot be judged: the same chance "
        "is given to every row.\n"
    )
    assert "Log loss while learning" not in told, "there is none"
