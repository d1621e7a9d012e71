"""Builds warehouses for the tests: raw files in, tables out, by the same `dbt` that a user runs."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pandas as pd
from dbt_client import CLIENT

PROJECT = Path(__file__).resolve().parents[3]
RAW_TABLES = ("users", "pings", "interactions")
NULL_WORDS = ("NULL", "\\N", "None", "NaN", "N/A", "null")
MODELS_ONLY = ("--exclude-resource-type", "test", "--exclude-resource-type", "unit_test")


def copied_project(folder: Path) -> Path:
    """A copy of the project to spoil, so that the real one is untouched."""
    for name in ("models", "macros", "seeds", "analyses", "tests"):
        shutil.copytree(PROJECT / name, folder / name, ignore=shutil.ignore_patterns("python"))
    for name in ("dbt_project.yml", "profiles.yml", "selectors.yml"):
        shutil.copy(PROJECT / name, folder / name)
    (folder / "scripts").symlink_to(PROJECT / "scripts")  # for the plugin of the profile
    return folder


class Warehouse:
    """A raw folder and the warehouse built from it by a project, both below `folder`.

    The paths stay the same from build to build: dbt parses anew whenever its environment changes,
    which takes longer than a build.
    """

    def __init__(self, folder: Path, project: Path = PROJECT) -> None:
        self.project = project
        self.raw = folder / "raw"
        self.database = folder / "pingtop.duckdb"
        self.target = folder / "target"
        self.raw.mkdir(parents=True, exist_ok=True)

    def clear_raw(self) -> None:
        shutil.rmtree(self.raw)
        self.raw.mkdir()

    def write_raw(
        self,
        users: pd.DataFrame,
        pings: pd.DataFrame,
        interactions: pd.DataFrame,
        suffix: str = ".csv",
    ) -> None:
        """Writes the raw tables, text as it is, as `.csv`, `.csv.gz` or `.parquet` files.

        The reference is told by the frames' attributes which words are null in CSV.
        """
        self.clear_raw()
        for name, table in zip(RAW_TABLES, (users, pings, interactions), strict=True):
            path = self.raw / f"{name}{suffix}"
            table.attrs = {} if suffix == ".parquet" else {"null_words": NULL_WORDS}
            if suffix == ".parquet":
                table.astype("string").to_parquet(path, index=False)
            else:
                table.to_csv(path, index=False)

    def dbt(
        self,
        *arguments: str,
        variables: dict[str, Any] | None = None,
        demo: bool = False,
        environment: dict[str, str] | None = None,
    ) -> subprocess.CompletedProcess[str]:
        """Runs dbt on this warehouse (demo: on the seeds) and returns what it printed.

        The demo is built by the program itself, with its files of results; a log by a copy of a
        process that has parsed the project already, which takes half the time.
        """
        given = [] if variables is None else ["--vars", json.dumps(variables)]
        all_arguments = [*arguments, *given]
        all_arguments += ["--target-path", str(self.target), "--log-path", str(self.target)]
        env = os.environ | {
            "PINGTOP_DATABASE": str(self.database),
            "PINGTOP_RAW_LOCATION": "" if demo else str(self.raw),
            "PINGTOP_TEMP_DIRECTORY": "",
            **(environment or {}),
        }
        if not demo:
            done = CLIENT.run(all_arguments, self.project, env, given)
            if done is not None:
                return done
        command = [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *all_arguments]
        return subprocess.run(
            command, cwd=self.project, env=env, capture_output=True, text=True, check=False
        )

    def build(
        self,
        variables: dict[str, Any] | None = None,
        demo: bool = False,
        tests: bool = False,
    ) -> None:
        """Builds all models into an empty database; with tests, also runs every dbt test."""
        self.database.unlink(missing_ok=True)
        arguments = () if tests else MODELS_ONLY
        done = self.dbt("build", *arguments, variables=variables, demo=demo)
        if done.returncode != 0:
            raise AssertionError(f"dbt build failed:\n{done.stdout[-6000:]}{done.stderr[-2000:]}")

    def query(self, sql: str) -> pd.DataFrame:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).df()

    def table(self, name: str) -> pd.DataFrame:
        return self.query(f'from "{name}"')

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        with duckdb.connect(str(self.database), read_only=True) as connection:
            return connection.execute(sql).fetchall()
