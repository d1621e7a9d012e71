"""Models as SQL, which dbt compiles once, and builds nothing."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from common import PROJECT, InputError, dbt_program, dbt_reason

Compiled = dict[tuple[str, str], str]  # (schema, name): the query, each after what it reads


def compile_models(
    selection: Iterable[str], variables: Mapping[str, Any] | None = None
) -> Compiled:
    """The queries of models, for DuckDB, in some seconds; no warehouse and no raw file is opened.

    selection: names of models, and folders of them. variables: other than those of the project.
    """
    selection = list(selection)
    dbt = dbt_program()
    if dbt is None:
        raise InputError("dbt is not installed: make setup.")
    with tempfile.TemporaryDirectory(prefix="pingtop_compile_") as folder:
        command = [dbt, "--no-use-colors", "--log-level", "error", "compile", "--quiet"]
        command += ["--target", "duckdb", "--vars", json.dumps(dict(variables or {}), default=str)]
        command += ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        command += ["--target-path", folder, "--log-path", folder, "--select", *selection]
        environment = os.environ | {
            "PINGTOP_DATABASE": str(Path(folder) / "compile.duckdb"),
            "PINGTOP_RAW_LOCATION": "",
            "PINGTOP_TEMP_DIRECTORY": folder,
            "DBT_SEND_ANONYMOUS_USAGE_STATS": "false",
        }
        done = subprocess.run(
            command, cwd=PROJECT, env=environment, capture_output=True, text=True, check=False
        )
        if done.returncode:
            raise InputError(f"dbt does not compile the models: {dbt_reason(done.stdout)}")
        return compiled_in(Path(folder), selection)


def compiled_in(target: Path, selection: Iterable[str]) -> Compiled:
    """The queries of models in a target folder, where a run of dbt has compiled them."""
    selection = list(selection)
    manifest = json.loads((target / "manifest.json").read_text(encoding="utf-8"))
    waiting = {
        key: node
        for key, node in manifest["nodes"].items()
        if node["resource_type"] == "model"
        and any(
            node["name"] == one or node["original_file_path"].startswith(f"{one}/")
            for one in selection
        )
    }
    ordered: Compiled = {}
    while waiting:
        ready = [
            key
            for key, node in waiting.items()
            if not any(other in waiting for other in node["depends_on"]["nodes"])
        ]
        for key in sorted(ready):
            node = waiting.pop(key)
            # not from the manifest: a later run writes that anew, without what it did not compile
            file = target / "compiled" / node["package_name"] / node["original_file_path"]
            query = file.read_text(encoding="utf-8").rstrip().rstrip(";")
            ordered[node["schema"], node["name"]] = query
    return ordered
