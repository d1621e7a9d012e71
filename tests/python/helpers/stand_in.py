"""A small warehouse that is built anew in a moment, and a reader of its releases."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from pathlib import Path

import duckdb
from warehouse import Warehouse

from releases.models import GBDT, read_model
from releases.release import Release, open_release


class Reader(threading.Thread):
    """Reads the current release in a loop with a check that returns what is wrong, or None."""

    def __init__(self, releases: Path | str, check: Callable[[Path], str | None]) -> None:
        super().__init__()
        self.releases, self.check = releases, check
        self.stopped = threading.Event()
        self.reads = 0
        self.names: list[str] = []
        self.wrong: list[str] = []

    def run(self) -> None:
        while not self.stopped.is_set():
            try:
                path = open_release(self.releases).path
                problem = self.check(path)
            except Exception as error:  # whatever a reader meets is what this test is about
                problem = repr(error)
            else:
                if not self.names or self.names[-1] != path.name:
                    self.names.append(path.name)
            if problem is not None:
                self.wrong.append(problem)
            self.reads += 1

    def __enter__(self) -> Reader:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stopped.set()
        self.join()


class StandIn(Warehouse):
    """A small warehouse with dbt's files beside it, built anew in a moment.

    Every value of every table is the number of the build, so that a mixed release shows.
    """

    table_count = 12

    def build_number(self, number: int) -> None:
        identity = f"{number:08d}-0000-0000-0000-000000000000"
        names = ["interactions", *(f"table_{n}" for n in range(1, self.table_count))]
        self.target.mkdir(exist_ok=True)
        with duckdb.connect(str(self.database)) as connection:
            connection.execute("create schema if not exists raw")
            connection.execute(
                f"create or replace table raw.last_run as select '{identity}' as invocation_id"
            )
            for name in names:
                connection.execute(
                    f"""
                    create or replace table {name} as
                    select
                        'u' || range as user_id, {number} as build,
                        timestamp '2024-01-01' + to_days({number}) as event_timestamp
                    from range(5000)
                    """
                )
            connection.execute("create schema if not exists intermediate")
            connection.execute(
                f"""
                create or replace table intermediate.int_ranking_gbdt as
                from (values
                    ('model', 'model', '{identity}'),
                    ('model', 'earlier_model', 'another'),
                    ('model', 'own', '{{}}'),
                    ('status', 'trained', 'trained.')
                ) as facts(kind, name, content)
                """
            )
        self.database.with_suffix(".gbdt.txt").write_text("of any build")
        nodes = {
            f"model.pingtop.{name}": {
                "unique_id": f"model.pingtop.{name}",
                "resource_type": "model",
                "alias": name,
                "schema": "main",
                "config": {"materialized": "table"},
                "description": "One row per user.",
                "columns": {},
            }
            for name in names
        } | {
            "model.pingtop.int_ranking_gbdt": {
                "unique_id": "model.pingtop.int_ranking_gbdt",
                "name": "int_ranking_gbdt",
                "resource_type": "model",
                "alias": "int_ranking_gbdt",
                "schema": "intermediate",
                "config": {"materialized": "table"},
            },
            "test.pingtop.one": {
                "unique_id": "test.pingtop.one",
                "resource_type": "test",
                "config": {"enabled": True},
            },
        }
        metadata = {
            "invocation_id": identity,
            "generated_at": "2024-01-01T00:00:00Z",
            "dbt_version": "1",
        }
        results = [{"unique_id": name, "status": "success"} for name in nodes]
        (self.target / "manifest.json").write_text(json.dumps({"metadata": {}, "nodes": nodes}))
        (self.target / "run_results.json").write_text(
            json.dumps({"metadata": metadata, "args": {}, "results": results})
        )


def mixed(path: Path) -> str | None:
    """What is wrong with a release of the stand-in: all of it must be of one build, and whole.

    The Parquet files are looked at where they are: a copy of a release in S3 has none.
    """
    manifest = json.loads((path / "manifest.json").read_text())
    model = read_model(Release(path, manifest), GBDT).decode()
    if model != manifest["invocation_id"]:
        return f"{path.name}: the model of {model}"
    names = list(manifest["tables"])
    wanted = [(int(manifest["invocation_id"][:8]), 5000)] * len(names)
    queries = [f"select max(build), count(*) from {name}" for name in names]
    with duckdb.connect(str(path / "pingtop.duckdb"), read_only=True) as connection:
        found = connection.execute(" union all ".join(queries)).fetchall()
    if not (path / "tables").is_dir():
        return None if found == wanted else f"{path.name}: {found}, expected {wanted}"
    parquet = [
        f"select max(build), count(*) from '{path / 'tables' / name}.parquet'" for name in names
    ]
    with duckdb.connect() as connection:
        found_parquet = connection.execute(" union all ".join(parquet)).fetchall()
    if found == wanted == found_parquet:
        return None
    return f"{path.name}: {found} {found_parquet}, expected {wanted}"
