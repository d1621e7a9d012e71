from __future__ import annotations

import pytest
from warehouse import Warehouse


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
