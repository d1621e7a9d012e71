from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from large_release import write_large_release
from publishing import copied, publish, record_evaluation
from warehouse import Warehouse

from releases.release import Release, open_release

# The files that take longest, first: one that begins last would keep one process busy alone.
LONGEST = [
    *("test_incremental", "test_ten_days", "test_engines", "test_rewind", "test_warnings"),
    *("test_dashboard_browser", "test_ranking", "test_readme", "test_time_machine", "test_intake"),
    *("test_inspect", "test_gates", "test_topk", "test_memory", "test_raw_tables", "test_any_log"),
]


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """In this order, which `make test` keeps (--no-loadscope-reorder)."""
    places = {name: place for place, name in enumerate(LONGEST)}
    items.sort(key=lambda item: places.get(item.path.stem, len(places)))


@pytest.fixture(scope="session")
def random_warehouse(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """A warehouse that tests fill with logs of their own and build anew."""
    return Warehouse(tmp_path_factory.mktemp("random"))


@pytest.fixture(scope="session")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo, built once with every dbt test: read only."""
    warehouse = Warehouse(tmp_path_factory.mktemp("demo"))
    warehouse.build(demo=True, tests=True)
    return warehouse


@pytest.fixture(scope="session")
def evaluated(demo: Warehouse, tmp_path_factory: pytest.TempPathFactory) -> Warehouse:
    """The demo with a recorded evaluation: read only."""
    warehouse = copied(demo, tmp_path_factory.mktemp("evaluated"))
    record_evaluation(warehouse)
    return warehouse


@pytest.fixture(scope="session")
def releases(evaluated: Warehouse) -> Path:
    """A folder of releases with one of the evaluated demo."""
    folder = evaluated.database.parent / "releases"
    done = publish(evaluated, folder)
    assert done.returncode == 0, done.stderr
    return folder


@pytest.fixture(scope="session")
def release(releases: Path) -> Release:
    return open_release(releases)


@pytest.fixture(scope="session")
def large(release: Release, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder of releases with one as large as that of 10,000,000 events."""
    folder = tmp_path_factory.mktemp("large")
    write_large_release(release.path, folder)
    yield folder
    shutil.rmtree(folder)
