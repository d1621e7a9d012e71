"""Whether the build and pandas found the same in the same files."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd

SCORE_TOLERANCE = 1e-9


def count_different_lists(built: pd.DataFrame, expected: pd.DataFrame) -> int:
    """Users whose lists differ in a ping, a rank or (beyond rounding) a score."""
    both = expected.merge(built, on=["user_id", "rank"], how="outer", suffixes=("", "_built"))
    far = (both["score"] - both["score_built"]).abs() > SCORE_TOLERANCE
    different = (both["ping_id"] != both["ping_id_built"]) | far | both["score_built"].isna()
    return int(both.loc[different, "user_id"].nunique())


def compare(work: Path, report: Mapping[str, Any]) -> dict[str, Any] | None:
    """What the build and pandas found in the same files; None where the build has no lists."""
    lists = pd.read_parquet(work / "lists.parquet", columns=["user_id", "rank", "ping_id", "score"])
    with duckdb.connect(str(work / "pingtop.duckdb"), read_only=True) as connection:
        tables = {row[0] for row in connection.execute("show tables").fetchall()}
        if not {"recommendations", "interactions", "user_ping_engagement"} <= tables:
            return None
        connection.register("sampled", lists[["user_id"]].drop_duplicates())
        built = connection.execute(
            'select user_id, "rank", ping_id, score from recommendations'
            " where user_id in (select user_id from sampled)"
        ).df()
        accepted, pairs = (
            connection.execute(f"select count(*) from {name}").fetchall()[0][0]
            for name in ("interactions", "user_ping_engagement")
        )
    return {
        "accepted_events": {"build": accepted, "pandas": report["outcomes"]["accepted"]},
        "pairs": {"build": pairs, "pandas": report["pairs"]},
        "lists_compared": int(lists["user_id"].nunique()),
        "lists_different": count_different_lists(built, lists),
    }


def agrees(comparison: Mapping[str, Any]) -> bool:
    """Whether the build and pandas found the same."""
    counts = (comparison["accepted_events"], comparison["pairs"])
    same = all(count["build"] == count["pandas"] for count in counts)
    return same and not comparison["lists_different"]
