"""A warehouse of the first version is built on by this code, and is then as a new one."""

from __future__ import annotations

import subprocess
import tarfile
from io import BytesIO
from pathlib import Path

import duckdb
from warehouse import MODELS_ONLY, PROJECT, Warehouse
from warehouse_differences import Side, differences

FIRST_COMMIT = "3c6dd5b7e53d04071b377ba9628b91ce16193de2"
LEFT_BY_FIRST = PROJECT / "tests" / "python" / "helpers" / "first_version.ddl"

# what the first version made and this one does not
GONE = {
    ("intermediate", "int_interactions_checked"),
    ("intermediate", "int_recommendations"),
    ("intermediate", "int_repeated_interactions"),
    ("staging", "stg_interactions"),
}


def first_project(folder: Path) -> Path | None:
    """The first commit; None where git does not have it, as in a shallow clone or an archive."""
    command = ["git", "-C", str(PROJECT), "archive", FIRST_COMMIT]
    archived = subprocess.run(command, capture_output=True, check=False)
    if archived.returncode != 0:
        return None
    with tarfile.open(fileobj=BytesIO(archived.stdout)) as archive:
        archive.extractall(folder, filter="data")
    return folder


def build_first(warehouse: Warehouse, folder: Path) -> None:
    """What the first version leaves, by itself or, without it, by what it left once."""
    project = first_project(folder)
    if project is None:
        with duckdb.connect(str(warehouse.database)) as connection:
            connection.execute(LEFT_BY_FIRST.read_text())
        return
    warehouse.project = project
    done = warehouse.dbt("build", *MODELS_ONLY, demo=True)
    assert done.returncode == 0, done.stdout[-4000:]
    warehouse.project = PROJECT


def relations(warehouse: Warehouse) -> set[tuple[str, str]]:
    return set(warehouse.rows("select table_schema, table_name from information_schema.tables"))


def test_a_warehouse_of_the_first_version_is_built_on(demo: Warehouse, tmp_path: Path) -> None:
    warehouse = Warehouse(tmp_path / "upgraded")
    build_first(warehouse, tmp_path / "first")
    assert relations(warehouse) >= GONE
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("create table main.my_own as select 1 as n")
    done = warehouse.dbt("build", *MODELS_ONLY, demo=True)
    assert done.returncode == 0, done.stdout[-4000:]
    for schema, name in GONE:
        assert f"{schema}.{name}: no model makes it any more." in done.stdout
    assert done.stdout.count("Dropped the ") == len(GONE)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("drop table main.my_own")
    assert relations(warehouse) == relations(demo)
    assert differences(Side("upgraded", warehouse.database), Side("new", demo.database)) == []
    [(status, version)] = warehouse.rows("select status, pingtop_version from build_history")
    assert (status, version) == ("green", "0.2.0")
