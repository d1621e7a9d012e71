"""Models as SQL, to run on small tables in memory: dbt compiles them once, and builds nothing."""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

import duckdb

from benchmarks.programs import dbt_environment, find_dbt
from common import PROJECT, InputError, dbt_reason, identifier

SCHEMAS = ("main", "intermediate", "staging", "raw")

Compiled = dict[tuple[str, str], str]  # (schema, name): the query, each after what it reads


def compile_models(*folders: str) -> Compiled:
    """The queries of the models in some folders, or files, with dbt_project.yml's variables."""
    with tempfile.TemporaryDirectory(prefix="pingtop_compile_") as folder:
        work = Path(folder)
        environment = dbt_environment(Path(), work / "empty.duckdb", work, {})
        environment["PINGTOP_RAW_LOCATION"] = ""
        command = [find_dbt(), "compile", "--quiet", "--target-path", folder, "--log-path", folder]
        command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command += ["--select", *folders]
        done = subprocess.run(
            command, env=environment, cwd=PROJECT, capture_output=True, text=True, check=False
        )
        if done.returncode != 0:
            raise InputError(f"dbt cannot compile: {dbt_reason(done.stdout)}")
        return queries_of(json.loads((work / "manifest.json").read_text()), folders)


def queries_of(manifest: dict, folders: Sequence[str]) -> Compiled:
    """Each query after those that it reads."""
    nodes = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and any(f"{node['original_file_path']}/".startswith(f"{folder}/") for folder in folders)
    }
    ordered: Compiled = {}
    waiting = dict(nodes)
    while waiting:
        ready = [
            key
            for key, node in waiting.items()
            if not any(other in waiting for other in node["depends_on"]["nodes"])
        ]
        for key in sorted(ready):
            node = waiting.pop(key)
            ordered[node["schema"], node["name"]] = node["compiled_code"]
    return ordered


def memory_with_schemas() -> duckdb.DuckDBPyConnection:
    """An empty database in memory, with the schemas of a warehouse."""
    connection = duckdb.connect(config={"threads": 1})  # the tables are small
    for schema in SCHEMAS:
        connection.execute(f"create schema if not exists {schema}")
    return connection


def run_models(connection: duckdb.DuckDBPyConnection, compiled: Compiled) -> None:
    """Build the tables anew from what stands in the others."""
    for (schema, name), query in compiled.items():
        place = f"{identifier(schema)}.{identifier(name)}"
        connection.execute(f"create or replace table {place} as {query}")
