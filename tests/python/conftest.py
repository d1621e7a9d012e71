from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from large_release import write_large_release
from publishing import copied, publish, record_evaluation
from warehouse import Warehouse

from releases.release import Release, open_release


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
