"""The dashboard questions in analyses/ give the numbers of their marts."""

from __future__ import annotations

import pandas as pd
import pytest
from publishing import copied
from warehouse import PROJECT, Warehouse

HEALTH = "from recommender_health where segment = 'all' and time_window = 'all'"

MARTS = {
    "watch_through_rate": HEALTH,
    "engagement_per_impression": HEALTH,
    "median_time_to_first_engagement": HEALTH,
    "impressions_without_view": HEALTH,
    "item_coverage": "from recommendation_coverage",
    "watch_through_change": "from metric_changes where metric = 'watch_through_rate' and "
    "time_window = '7d' and dimension = 'category' order by abs(effect) desc, value",
}
MANY_ROWS = ("watch_through_change",)


@pytest.fixture(scope="module")
def compiled(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    """The SQL of each analysis, as dbt compiles it: beside the results of the demo's build."""
    copy = copied(demo, tmp_path_factory.mktemp("analyses"))
    done = copy.dbt("compile", "--select", "resource_type:analysis", demo=True)
    assert done.returncode == 0, done.stdout
    folder = copy.target / "compiled" / "pingtop" / "analyses"
    return {path.stem: path.read_text() for path in folder.glob("*.sql")}


def test_every_question_is_there(compiled: dict[str, str]) -> None:
    assert set(compiled) == set(MARTS) | {"hitrate_at_10"}
    assert {path.stem for path in (PROJECT / "analyses").glob("*.sql")} == set(compiled)


@pytest.mark.parametrize("name", sorted(MARTS))
def test_an_analysis_gives_the_number_of_its_mart(
    demo: Warehouse, compiled: dict[str, str], name: str
) -> None:
    answer = demo.query(compiled[name])
    mart = demo.query(MARTS[name])
    assert len(answer) == len(mart)
    assert (len(mart) > 1) == (name in MANY_ROWS)
    assert answer.notna().all(axis=None)
    pd.testing.assert_frame_equal(answer, mart[list(answer.columns)], check_dtype=False, rtol=1e-12)
