"""The example of docs/topk.md: its little log is built, and every number on the page compared."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pandas as pd
import pytest
from warehouse import MODELS_ONLY, PROJECT, Warehouse

TOLERANCE = 1e-12
TABLES = ["recommendations", "ping_features", "user_category_affinity", "user_creator_affinity"]
WEIGHTS = {"category": 0.25, "creator": 0.15}

Rows = list[dict[str, str]]


def tables_of_page() -> Iterator[tuple[str, Rows]]:
    """Every table of the page, by the header of its first column and of its last."""
    for table in re.findall(r"(?:^\|.*\|\n)+", (PROJECT / "docs" / "topk.md").read_text(), re.M):
        header, _, *rows = (
            [cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()
        )
        yield (
            f"{header[0]} … {header[-1]}",
            [dict(zip(header, row, strict=True)) for row in rows],
        )


PAGE = dict(tables_of_page())
CATALOGUE, LOG = PAGE["ping … base"], PAGE["user … how often"]
TOUCHED, CANDIDATES = PAGE["u1 has touched … adds to the score"], PAGE["candidate of u1 … score"]
LISTS = PAGE["user … reason"]


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    warehouse = Warehouse(tmp_path_factory.mktemp("worked_example"))
    events = [row for row in LOG for _ in range(int(row["how often"]))]
    warehouse.write_raw(
        users=pd.DataFrame({"user_id": ["u1", "u2", "u3", "u4"]}),
        pings=pd.DataFrame(
            {
                "ping_id": row["ping"],
                "category": row["category"],
                "creator_id": row["creator"],
                "created_at": row["created"],
            }
            for row in CATALOGUE
        ),
        interactions=pd.DataFrame(
            {
                "user_id": row["user"],
                "ping_id": row["ping"],
                "event_type": row["event"],
                "event_timestamp": f"2024-02-11 12:{minute:02}:00",
            }
            for minute, row in enumerate(events)
        ),
    )
    selected = ("--select", *(f"+{table}" for table in TABLES))
    done = warehouse.dbt("build", *selected, *MODELS_ONLY, variables={"top_k": 3})
    assert done.returncode == 0, done.stdout[-4000:]
    return warehouse


def close(value: float | str) -> object:
    return pytest.approx(float(value), abs=TOLERANCE)


def test_catalogue(built: Warehouse) -> None:
    features = built.table("ping_features").set_index("ping_id")
    assert len(features) == len(CATALOGUE) == 12
    for row in CATALOGUE:
        ping = features.loc[row["ping"]]
        assert ping["global_engagement"] == close(row["global engagement"])
        assert ping["popularity"] == close(row["popularity"])
        assert ping["freshness"] == close(row["freshness"])
        assert 0.5 * ping["popularity"] + 0.1 * ping["freshness"] == close(row["base"])
    bases = [float(row["base"]) for row in CATALOGUE]
    assert bases == sorted(bases, reverse=True)


def test_affinities(built: Warehouse) -> None:
    stated = {row["u1 has touched"]: row for row in TOUCHED}
    affinities = {}
    for kind, key in (("category", "category"), ("creator", "creator_id")):
        sql = f"from user_{kind}_affinity where user_id = 'u1'"
        for row in built.query(sql).to_dict("records"):
            affinities[row[key]] = row["affinity"]
            assert WEIGHTS[kind] * row["affinity"] == close(stated[row[key]]["adds to the score"])
    assert affinities == {name: close(row["affinity"]) for name, row in stated.items()}


def test_candidates() -> None:
    """The page's own arithmetic: each candidate's parts are those of its ping and of u1."""
    pings = {row["ping"]: row for row in CATALOGUE}
    parts = {row["u1 has touched"]: float(row["adds to the score"]) for row in TOUCHED}
    for row in CANDIDATES:
        ping = pings[row["candidate of u1"]]
        assert row["base"] == ping["base"]
        assert float(row["category"]) == close(parts.get(ping["category"], 0))
        assert float(row["creator"]) == close(parts.get(ping["creator"], 0))
        total = float(row["base"]) + float(row["category"]) + float(row["creator"])
        assert float(row["score"]) == close(total)
    seen = {row["ping"] for row in LOG if row["user"] == "u1"}
    assert {row["candidate of u1"] for row in CANDIDATES} == pings.keys() - seen
    scores = [float(row["score"]) for row in CANDIDATES]
    assert scores == sorted(scores, reverse=True)


def test_lists(built: Warehouse) -> None:
    sql = "from recommendations where user_id in ('u1', 'u4') order by user_id, rank"
    lists = built.query(sql).to_dict("records")
    assert len(lists) == len(LISTS) == 6
    for row, stated in zip(lists, LISTS, strict=True):
        assert [row["user_id"], str(row["rank"]), row["ping_id"], row["reason"]] == [
            stated[name] for name in ("user", "rank", "ping", "reason")
        ]
        for part in ("popularity", "category", "creator", "freshness"):
            assert row[f"{part}_part"] == close(stated[part])
        assert row["score"] == close(stated["score"])
