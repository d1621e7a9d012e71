"""A raw folder that grows, a warehouse that is built on it, and what a build took."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb
import yaml

from benchmarks.log_parts import INTERACTIONS, copy_the_rest
from benchmarks.measuring import Usage, measure
from benchmarks.programs import dbt_environment, dbt_places
from common import SCRIPTS, named_rows

MODELS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")
OUTCOMES = ("rows", "accepted", "rejected")
INTAKE_COLUMNS = {"source_table", "batch_number", *OUTCOMES}
NO_BATCH = -1


@dataclass(frozen=True)
class NodeBuild:
    """One `dbt build` without tests."""

    usage: Usage
    model_cpu: dict[str, float]
    other_cpu: float  # of seeds and whatever else is no model
    database_bytes: int
    # By raw table: raw rows of the files that this build was the first to read, and what became of
    # them; null where the warehouse does not record it.
    rows_read: dict[str, dict[str, int]] | None


def selectors(project: Path) -> set[str]:
    """The names of the project's selectors."""
    path = project / "selectors.yml"
    found = yaml.safe_load(path.read_text()) if path.exists() else None
    return {selector["name"] for selector in (found or {}).get("selectors", [])}


def rows_since(database: Path, batch: int) -> tuple[dict[str, dict[str, int]] | None, int]:
    """By raw table the rows of the files read after a batch, and the number of the last batch.

    The rows are null where the warehouse does not record them.
    """
    # Not read only: what a build left in the write-ahead log goes into the file.
    with duckdb.connect(str(database)) as connection:
        columns = connection.execute(
            "select column_name from information_schema.columns"
            " where table_schema = 'main' and table_name = 'intake_files'"
        ).fetchall()
        if not {row[0] for row in columns} >= INTAKE_COLUMNS:
            return None, NO_BATCH
        sums = ", ".join(f"sum({name})::bigint as {name}" for name in OUTCOMES)
        found = named_rows(
            connection.execute(
                f"select source_table, max(batch_number) as batch_number, {sums} from intake_files"
                " where batch_number > ? group by source_table order by source_table",
                [batch],
            )
        )
    last = max((row["batch_number"] for row in found), default=batch)
    return {row["source_table"]: {name: row[name] for name in OUTCOMES} for row in found}, last


class Site:
    """Where builds take place.

    Every build finds the same paths, so that dbt parses the project in the first one only, as it
    does where a warehouse is built night after night.
    """

    def __init__(self, log: Path, work: Path, project: Path, settings: dict[str, str]) -> None:
        """Make the raw folder, without interactions as yet."""
        self.work, self.project, self.settings = work, project, settings
        self.raw, self.database = work / "raw", work / "pingtop.duckdb"
        (self.raw / INTERACTIONS).mkdir(parents=True)
        copy_the_rest(log, self.raw)
        self._batch = NO_BATCH

    def add(self, parts: Sequence[Path]) -> None:
        """More files of interactions come in."""
        for part in parts:
            shutil.copyfile(part, self.raw / INTERACTIONS / part.name)

    def empty(self) -> None:
        """No warehouse and no interactions."""
        self.drop()
        for path in (self.raw / INTERACTIONS).iterdir():
            path.unlink()

    def drop(self) -> None:
        """No warehouse."""
        self.database.unlink(missing_ok=True)
        self._batch = NO_BATCH

    def keep(self, copy: Path) -> None:
        """Keep the warehouse as it is now."""
        shutil.copyfile(self.database, copy)

    def restore(self, copy: Path) -> None:
        """The warehouse is again what it was."""
        shutil.copyfile(copy, self.database)
        _, self._batch = rows_since(self.database, NO_BATCH)

    def build(self, name: str, *arguments: str) -> NodeBuild:
        """Build the models on what is there."""
        nodes = self.work / "nodes.json"
        command = [sys.executable, str(SCRIPTS / "benchmark_nodes.py"), str(nodes), "build"]
        command += [*MODELS_ONLY, *arguments, *dbt_places(self.project, self.work)]
        environment = dbt_environment(self.raw, self.database, self.work / "spill", self.settings)
        log = self.work / f"{name}.log"
        usage = measure(f"the {name} build", command, log, environment, self.project)
        models: dict[str, float] = {}
        other = 0.0
        for node, seconds in json.loads(nodes.read_text()).items():
            kind, _, model = node.split(".", 2)
            if kind == "model":
                models[model] = seconds
            else:
                other += seconds
        rows, self._batch = rows_since(self.database, self._batch)
        return NodeBuild(
            usage=usage,
            model_cpu=models,
            other_cpu=other,
            database_bytes=self.database.stat().st_size,
            rows_read=rows,
        )
