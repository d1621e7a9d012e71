"""`--selector hourly` takes in what is new and leaves the lists; `--selector daily` does all."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from forked_builds import DATABASE, MODELS_ONLY, ForkedBuilds
from random_logs import SEEDS
from warehouse import PROJECT
from warehouse_differences import Side, differences

HOURLY = {
    *("interactions", "users", "pings", "user_ping_engagement", "ping_global_scores", "top_pings"),
    *("trending_pings", "ping_features", "recommender_health_daily"),
    *("intake_files", "intake_summary", "intake_nulled_values", "rejected_rows"),
}


@pytest.fixture(scope="module")
def builds(tmp_path_factory: pytest.TempPathFactory) -> ForkedBuilds:
    return ForkedBuilds(tmp_path_factory.mktemp("selectors"), PROJECT)


def build(builds: ForkedBuilds, database: Path, raw: Path, *arguments: str) -> None:
    database.parent.mkdir(exist_ok=True)
    outcome = builds.build(database, str(raw), {}, *arguments)
    assert outcome.exit_code == 0, outcome.output


def different_tables(left: Side, right: Side) -> set[str]:
    return {text.split(":")[0] for text in differences(left, right)}


def test_hourly_then_daily(builds: ForkedBuilds, tmp_path: Path) -> None:
    raw = tmp_path / "raw"
    (raw / "interactions").mkdir(parents=True)
    for name in ("users", "pings"):
        shutil.copy(SEEDS / f"raw_{name}.csv", raw / f"{name}.csv")
    header, *lines = (SEEDS / "raw_interactions.csv").read_text().splitlines()
    parts = [lines[:500], lines[500:] + lines[:20]]

    def deliver(number: int) -> None:
        text = "\n".join([header, *parts[number]]) + "\n"
        (raw / "interactions" / f"{number}.csv").write_text(text)

    growing, before, whole = (tmp_path / name / DATABASE for name in ("growing", "before", "whole"))
    deliver(0)
    build(builds, growing, raw, *MODELS_ONLY)
    before.parent.mkdir()
    shutil.copy(growing, before)
    deliver(1)
    build(builds, whole, raw, *MODELS_ONLY)
    build(builds, growing, raw, "--selector", "hourly")
    now = Side("the growing one", growing)
    assert not different_tables(now, Side("the whole one", whole)) & HOURLY
    changed = different_tables(now, Side("the one before", before))
    assert changed >= HOURLY - {"users", "pings", "intake_nulled_values"}
    assert not {"recommendations", "user_sessions"} & changed

    build(builds, growing, raw, "--selector", "daily")
    assert differences(now, Side("the whole one", whole)) == []
