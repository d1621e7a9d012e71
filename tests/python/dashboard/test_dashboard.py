"""The dashboard shows the numbers of the marts, to everybody, and asks nobody else."""

from __future__ import annotations

import json
import re
import shutil
import time
from datetime import timedelta
from pathlib import Path

import duckdb
import pytest
from publishing import STRATEGIES
from warehouse import Warehouse

from common import Row
from dashboard import age, formats
from dashboard.blocks import Block, Cards, Figure, Note, Table
from dashboard.views import (
    catalogue,
    data,
    engagement,
    evaluation,
    experiments,
    health,
    recommendations,
    top_pings,
    users,
)
from releases.release import Release, ReleaseError, open_release

PAGES = {
    "": "Health",
    "engagement": "Engagement",
    "catalogue": "Catalogue",
    "top-pings": "Top pings",
    "users": "New and existing users",
    "recommendations": "Recommendations",
    "evaluation": "Evaluation",
    "experiments": "Experiments",
    "data": "Data",
}


def all_pages(release: Release, user: str) -> dict[str, list[Block]]:
    return {
        "health": health.blocks(release),
        "engagement": engagement.blocks(release),
        "catalogue": catalogue.blocks(release),
        "top pings": top_pings.blocks(release),
        "users": users.blocks(release),
        "recommendations": recommendations.blocks(release, user),
        "evaluation": evaluation.blocks(release),
        "experiments": experiments.nothing(release),
        "data": [*data.blocks(release), *data.definition_blocks(release, "users")],
    }


# --- numbers, without a browser ------------------------------------------------------------------


def values_of(blocks: list[Block]) -> dict[str, str]:
    return {
        card.label: card.value
        for block in blocks
        if isinstance(block, Cards)
        for card in block.cards
    }


@pytest.mark.parametrize("segment", ["all", "new", "existing"])
@pytest.mark.parametrize("window", ["all", "28d", "7d", "1d"])
def test_the_headline_numbers_are_those_of_the_mart(
    evaluated: Warehouse, release: Release, segment: str, window: str
) -> None:
    [mart] = evaluated.query(
        f"from recommender_health where segment = '{segment}' and time_window = '{window}'"
    ).to_dict("records")
    shown = values_of(health.blocks(release, segment, window))
    assert shown["Watch-through rate"] == f"{mart['watch_through_rate']:.1%}"
    assert shown["Engagements per impression"] == f"{mart['engagement_per_impression']:.2f}"
    assert shown["Median time to first engagement"] == (
        f"{mart['median_seconds_to_first_engagement']:.1f} s"
    )
    assert shown["No view within 24 h"] == f"{mart['no_view_24h_rate']:.1%}"
    assert shown["Catalogue recommended"] == f"{mart['item_coverage']:.1%}"
    hitrate = mart["hitrate_at_10"]
    assert shown["HitRate@10"] == (f"{hitrate:.1%}" if segment == "all" else "–")


def test_pages_say_whose_the_hitrate_is(release: Release, tmp_path: Path) -> None:
    def details(shown: Release, segment: str = "all") -> list[str]:
        blocks = health.blocks(shown, segment)
        [cards] = [block for block in blocks if isinstance(block, Cards)]
        return [card.detail for card in cards.cards if card.label == "HitRate@10"]

    assert details(release) == ["of heuristic, evaluated as of 2024-02-19 00:00"]
    assert details(release, "new") == ["no evaluation of heuristic recorded yet"]
    [note, *_] = evaluation.blocks(release)
    assert isinstance(note, Note)
    assert note.text.endswith("The lists that are served are made by heuristic.")
    older = tmp_path / "older"
    shutil.copytree(release.path, older)
    with duckdb.connect(str(older / "pingtop.duckdb")) as connection:
        connection.execute("alter table recommender_health drop hitrate_strategy")
    with pytest.raises(ReleaseError, match="lacks a table or column"):
        health.blocks(Release(older, release.manifest))


def test_a_change_is_against_the_window_before(release: Release) -> None:
    [now] = release.rows(health.NOW, ["all", "7d"])
    [before] = release.rows(health.BEFORE, ["all", "7d"])
    [cards] = [block for block in health.blocks(release, "all", "7d") if isinstance(block, Cards)]
    rate, *_, no_view = cards.cards[:4]
    points = 100 * (now["watch_through_rate"] - before["watch_through_rate"])
    assert points > 0
    assert (rate.change, rate.is_good) == (f"up {points:.1f} points", True)
    points = 100 * (now["no_view_24h_rate"] - before["no_view_24h_rate"])
    assert points < 0
    assert (no_view.change, no_view.is_good) == (f"down {-points:.1f} points", True)
    # the log is shorter than twice 28 days: nothing to compare with
    [cards] = [block for block in health.blocks(release, "all", "28d") if isinstance(block, Cards)]
    assert [card.change for card in cards.cards] == [None] * 6


def test_curves_belong_to_their_marts(evaluated: Warehouse, release: Release) -> None:
    """The histogram, the curve and the rate are of the same views."""
    curve = release.rows("from watch_through_curve where segment = 'all' order by watch_time_ratio")
    histogram = evaluated.rows(
        "select bin_start, view_count from watch_time_ratio_histogram order by bin_start"
    )
    assert [(row["watch_time_ratio"], row["views_in_bin"]) for row in curve] == histogram
    [watched] = [row for row in curve if row["watch_time_ratio"] == 0.8]
    [rate] = evaluated.rows(
        "select watch_through_rate from recommender_health "
        "where segment = 'all' and time_window = 'all'"
    )
    assert watched["share_reaching"] == pytest.approx(rate[0], rel=1e-12)


def test_plain_reasons() -> None:
    plain = recommendations.plain_reason
    assert plain("prefers cat=dance; engaged this creator; globally popular; recent") == (
        "Has an interest in dance; engaged with this creator before; popular with everyone; "
        "published recently."
    )
    assert plain("popular/new") == "A mix of popular and new."
    assert plain("declared interest in dance") == "Has declared an interest in dance."
    assert plain("prefers cat=a; b; recent") == "Has an interest in a; b; published recently."


def test_every_block_of_every_page_is_complete(release: Release) -> None:
    """Charts are valid, descriptions are there, tables have the numbers that charts show."""
    for name, blocks in all_pages(release, "u1").items():
        for block in blocks:
            if isinstance(block, Figure):
                specification = block.chart.to_dict()
                assert specification["height"] > 0
                assert len(block.description) > 40, name
                assert block.table.rows, name
            table = block.table if isinstance(block, Figure) else block
            if isinstance(table, Table):
                for row in table.rows:
                    for column in table.columns:
                        assert isinstance(column.format(row[column.key]), str)


def test_every_strategy_that_is_recorded_is_shown(release: Release) -> None:
    figures = [block for block in evaluation.blocks(release) if isinstance(block, Figure)]
    assert [figure.title for figure in figures] == ["NDCG@10", "HitRate@10"]
    for figure in figures:
        assert [row["strategy"] for row in figure.table.rows] == list(STRATEGIES)
    found = release.rows(evaluation.METRICS, [evaluation.choices(release).cutoffs[1], "all", 5])
    assert {row["value"] for row in found if row["strategy"] == "popular"} == {
        value - 0.03125 + 5 / 512 + 13 / 1024 for value in (0.2, 0.5, 3.0)
    }


def test_pages_of_an_empty_release_say_so(release: Release, tmp_path: Path) -> None:
    """No user, ping or event: tables that always have their rows have counts of 0."""
    path = tmp_path / "current"
    shutil.copytree(release.path, path)
    always_there = {
        "recommender_health": ("views", "impressions"),
        "watch_through_curve": ("views", "views_in_bin"),
        "recommendation_coverage": ("catalogue_pings", "recommended_slots"),
    }
    with duckdb.connect(str(path / "pingtop.duckdb")) as connection:
        for name in release.manifest["tables"]:
            if name in always_there:
                zeros = ", ".join(f"{column} = 0" for column in always_there[name])
                connection.execute(f"update {name} set {zeros}")
            elif name not in ("watch_time_ratio_stats", "cohort_metrics"):
                connection.execute(f"delete from {name}")
    manifest = release.manifest | {"data_from": None, "data_to": None, "git_commit": None}
    pages = all_pages(Release(path, manifest), "u1")
    for name in set(pages) - {"data"}:
        assert any(isinstance(block, Note) and block.kind == "empty" for block in pages[name]), name


def test_a_release_that_is_gone_or_old_is_one_sentence(release: Release, tmp_path: Path) -> None:
    with pytest.raises(ReleaseError, match="can no longer be read"):
        Release(tmp_path / "gone", {}).rows("select 1")
    with pytest.raises(ReleaseError, match="was published by another version"):
        release.rows("from a_table_of_tomorrow")
    with pytest.raises(ReleaseError, match="There is no release in"):
        open_release(tmp_path)


@pytest.mark.parametrize(("given", "limit"), [(None, 48), ("", 48), ("1.5", 1.5)])
def test_stale_data_is_announced_from_the_hour_that_is_set(
    release: Release, given: str | None, limit: float
) -> None:
    newest = formats.parse_moment(release.manifest["data_to"])
    assert newest is not None
    at_the_limit = newest + timedelta(hours=limit)
    assert age.warnings(release, at_the_limit, given) == []
    (note,) = age.warnings(release, at_the_limit + timedelta(seconds=1), given)
    assert note.text.startswith("Stale data: the newest event is of ")


@pytest.mark.parametrize("given", ["many", "0", "-1", "nan", "inf", "1e300"])
def test_an_unusable_age_is_told_and_the_default_counts(release: Release, given: str) -> None:
    newest = formats.parse_moment(release.manifest["data_to"])
    assert newest is not None
    (told,) = age.warnings(release, newest + timedelta(hours=48), given)
    assert f"PINGTOP_STALE_HOURS must be a number of hours above 0, but is '{given}'" in told.text
    assert len(age.warnings(release, newest + timedelta(hours=49), given)) == 2


class Recorder(Release):
    """A release that remembers what it was asked."""

    queries: list[tuple[str, tuple[object, ...]]]

    def rows(self, sql: str, parameters: object = ()) -> list[Row]:
        self.queries.append((sql, tuple(parameters)))
        return super().rows(sql, parameters)


def recording(release: Release) -> Recorder:
    recorder = Recorder(release.path, release.manifest)
    object.__setattr__(recorder, "queries", [])
    return recorder


class Answering(Release):
    """A release that has other rows for some queries."""

    answers: dict[str, list[Row]]

    def rows(self, sql: str, parameters: object = ()) -> list[Row]:
        return self.answers[sql] if sql in self.answers else super().rows(sql, parameters)


def test_what_is_odd_and_judged_is_on_the_data_page(release: Release) -> None:
    """A rejected row as it came may name a user: it is on the page, and not in a report."""
    odd = {"kind": "unknown ids", "source_table": "interactions", "column_name": "user_id"}
    odd |= {"warning_count": 3, "share": 0.5, "advice": "Compare the ids."}
    gate = {"gate": "rejected rows", "verdict": "warning", "sentence": "interactions: 9 of 90."}
    rejected = {"source_table": "interactions", "outcome": "rejected", "row_count": 9}
    rejected["reject_reason"] = "missing user id"
    answering = Answering(release.path, release.manifest)
    answers = {
        data.WARNINGS: [odd],
        data.GATES: [gate],
        data.INTAKE: [rejected],
        data.EXAMPLES: [{"raw_row": "u1 came as it is"}],
    }
    object.__setattr__(answering, "answers", answers)
    for with_raw_rows in (True, False):
        shown = str(data.blocks(answering, with_raw_rows=with_raw_rows))
        for text in ("Compare the ids.", "unknown ids", "interactions: 9 of 90."):
            assert text in shown
        assert ("u1 came as it is" in shown) == with_raw_rows


def test_a_page_says_which_table_the_release_lacks(release: Release) -> None:
    """As one from another engine does, where rows are as many as events."""
    lacking = Answering(release.path, release.manifest | {"left_out": ["rejected_rows"]})
    rejected = {"source_table": "interactions", "outcome": "rejected", "row_count": 9}
    rejected["reject_reason"] = "missing user id"
    object.__setattr__(lacking, "answers", {data.INTAKE: [rejected]})
    told = [one.text for one in data.blocks(lacking) if isinstance(one, Note)]
    wanted = f"The release {release.name} was published without rejected_rows, which has a row per "
    assert any(text.startswith(wanted) for text in told)
    assert "published without" not in str(data.blocks(lacking, with_raw_rows=False))


def tables_asked(recorder: Recorder) -> set[str]:
    named = {
        name for sql, _ in recorder.queries for name in re.findall(r"\b(?:from|join) (\w+)", sql)
    }
    return named & set(recorder.manifest["tables"])


def test_exposures_name_the_tables_that_are_read(demo: Warehouse, release: Release) -> None:
    from dashboard import report

    manifest = json.loads((demo.target / "manifest.json").read_text())
    dashboard, offline = recording(release), recording(release)
    all_pages(dashboard, recommendations.first_users(dashboard)[0])
    report.sections(offline)
    for name, recorder in (("dashboard", dashboard), ("report", offline)):
        exposed = manifest["exposures"][f"exposure.pingtop.{name}"]["depends_on"]["nodes"]
        # what was rejected is looked up for each reason, and the demo has none
        assert {node.rsplit(".", 1)[1] for node in exposed} - tables_asked(recorder) <= {
            "rejected_rows"
        }, name
        assert tables_asked(recorder) <= {node.rsplit(".", 1)[1] for node in exposed}, name


def test_no_page_reads_a_large_table_as_a_whole(large: Path) -> None:
    """Of the tables with a row per user and ping or slot, a page reads a few blocks of rows."""
    release = open_release(large)
    recorder = recording(release)
    user = "u1123456"
    started = time.process_time()
    pages = all_pages(recorder, user)
    assert recommendations.first_users(recorder)
    spent = time.process_time() - started
    [figure] = [block for block in pages["recommendations"] if isinstance(block, Figure)]
    assert len(figure.table.rows) == 10
    rows = {name: table["row_count"] for name, table in release.manifest["tables"].items()}
    assert rows["user_ping_engagement"] == 9_000_000
    large_tables = {name for name, count in rows.items() if count >= 500_000}
    assert large_tables == {
        "recommendations",
        "rejected_rows",
        "user_category_affinity",
        "user_ping_engagement",
    }
    assert large_tables <= tables_asked(recorder)
    with duckdb.connect(str(release.path / "pingtop.duckdb"), read_only=True) as connection:
        connection.execute("pragma enable_profiling = 'no_output'")
        for sql, parameters in recorder.queries:
            asked = large_tables & set(re.findall(r"\b(?:from|join) (\w+)", sql))
            if asked:
                connection.execute(sql, list(parameters)).fetchall()
                profile = json.loads(connection.get_profiling_information(format="json"))
                scanned = profile["cumulative_rows_scanned"]
                # one or two groups of rows, and the catalogue of 50,000 pings
                assert 0 < scanned <= 2 * 122_880 + 50_000, sql
    assert spent < 5, "CPU seconds of all pages without a cache"
