"""What the pages name exists, and the map has every model."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from compile_elsewhere import missing_macros
from warehouse import PROJECT
from write_map import MAP, described_models, written

PAGES = [
    PROJECT / "README.md",
    PROJECT / "CONTRIBUTING.md",
    *sorted((PROJECT / "docs").glob("*.md")),
]
ROOTS = ("analyses", "docs", "macros", "models", "requirements", "scripts", "seeds", "tests")
MODELS = {path.stem for kind in ("sql", "py") for path in (PROJECT / "models").rglob(f"*.{kind}")}
LAYERS = ("base_", "stg_", "int_")


def prose(page: Path) -> str:
    """The page without its code blocks."""
    return re.sub(r"^```.*?^```", "", page.read_text(), flags=re.M | re.S)


def anchors(page: Path) -> set[str]:
    """The places of a page that links can name: its headings, as GitHub writes them."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.M)
    return {re.sub(r"[^\w\- ]", "", text.lower()).strip().replace(" ", "-") for text in headings}


def quoted(page: Path) -> Iterator[str]:
    """What stands in backticks, without patterns and placeholders."""
    for text in re.findall(r"`([^`\n]+)`", prose(page)):
        if not re.search(r"[<>*…{} ]", text):
            yield text


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", prose(page)):
        if link.startswith(("http:", "https:")):
            continue
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not target.exists() or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert broken == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_paths_exist(page: Path) -> None:
    paths = [
        text for text in quoted(page) if "/" in text and text.partition("/")[0].rstrip("/") in ROOTS
    ]
    assert [path for path in paths if not (PROJECT / path).exists()] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_models_exist(page: Path) -> None:
    names = {text for text in quoted(page) if re.fullmatch(r"[a-z0-9_]+", text)}
    inner = {name for name in names if name.startswith(LAYERS)}
    assert inner - MODELS == set()


def test_every_public_table_is_in_the_readme() -> None:
    public = {name for _, is_public, name, _ in described_models() if is_public}
    assert public - set(quoted(PROJECT / "README.md")) == set()


def test_readme_is_read_in_one_go() -> None:
    assert len((PROJECT / "README.md").read_text().splitlines()) < 200


def test_macros_that_other_platforms_lack_are_named() -> None:
    page = (PROJECT / "docs" / "spark.md").read_text()
    missing = missing_macros("trino")
    assert missing
    assert missing == missing_macros("snowflake") == missing_macros("bigquery")
    assert {name for name in missing if f"`{name}`" not in page} == set()
    assert not missing_macros("databricks")


def test_the_map_has_every_model_and_no_other() -> None:
    named = re.findall(r"^- \**`([a-z0-9_]+)`", MAP.read_text(), re.M)
    assert len(named) == len(set(named))
    assert set(named) == MODELS


def test_the_map_is_as_make_map_writes_it() -> None:
    assert MAP.read_text() == written(MAP.read_text()), "run make map"


def test_the_rooms_of_the_map_are_folders_and_drawn() -> None:
    text = MAP.read_text()
    rooms = re.findall(r"<!-- models: (\S+) -->", text)
    places = ("models", "models/intermediate", "models/marts", "macros")
    missing = [room for room in rooms if not any((PROJECT / p / room).is_dir() for p in places)]
    assert missing == []
    drawing = re.search(r"^```mermaid\n(.*?)^```", text, re.M | re.S)
    assert drawing is not None
    assert [room for room in rooms if f"[{room}]" not in drawing[1]] == []
