"""Parsed projects, kept in files: parsing takes ten seconds, and many tests parse the same.

What a project looks like once it is parsed is a matter of its files, of the variables and of a few
environment variables: whenever one of them differs, it is parsed anew.
"""

from __future__ import annotations

import dataclasses
import gc
import hashlib
import json
import os
import pickle
import tempfile
from collections.abc import Callable
from contextlib import suppress
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

FOLDER = Path(__file__).resolve().parents[3] / "target" / "parsed_for_tests"
KEPT = 30  # files, of 4 MB each
PARSED_FOLDERS = ("models", "macros", "tests", "seeds", "analyses")
# What differs from run to run and is not in a parsed project.
UNPARSED = {
    *("PINGTOP_DATABASE", "PINGTOP_RAW_LOCATION", "PINGTOP_TEMP_DIRECTORY"),
    *("PINGTOP_MEMORY_LIMIT", "PINGTOP_THREADS", "DBT_TARGET_PATH", "DBT_LOG_PATH"),
}


def parsed_by(project: Path, given: dict[str, str], arguments: list[str]) -> str:
    """All that the parsed project depends on, as a name. given: the environment."""
    files = [*project.glob("*.yml")]
    for folder in PARSED_FOLDERS:
        files += [
            path
            for path in (project / folder).rglob("*")
            if path.suffix in (".sql", ".yml", ".py", ".md")
        ]
    environment = {
        name: value
        for name, value in given.items()
        if name.startswith(("PINGTOP_", "DBT_")) and name not in UNPARSED
    }
    # its name is in the parsed project, its folder is not
    environment["database"] = Path(given.get("PINGTOP_DATABASE", "")).name
    states = [(str(path), path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(files)]
    versions = [version("dbt-core"), version("dbt-duckdb")]
    everything = [versions, states, arguments, sorted(environment.items())]
    return hashlib.sha256(json.dumps(everything).encode()).hexdigest()


def kept_or_parsed(name: str, parse: Callable[[], Manifest | None]) -> Manifest | None:
    """The manifest of that name (parsed_by); parse makes it where no process has made it yet."""
    path = FOLDER / f"{name}.pickle"
    with suppress(FileNotFoundError):
        return read(path)
    manifest = parse()
    if manifest is not None:
        keep(manifest, path)
    return manifest


def read(path: Path) -> Manifest:
    import dbt.cli.main  # noqa: F401, it loads the classes in an order that works
    from dbt.contracts.graph.manifest import Manifest

    gc.disable()
    manifest = Manifest(**pickle.loads(path.read_bytes()))
    gc.enable()
    return manifest


def keep(manifest: Manifest, path: Path) -> None:
    FOLDER.mkdir(parents=True, exist_ok=True)
    # dbt's own way leaves out some; what it looks things up by is made again when it is needed
    values = {
        field.name: getattr(manifest, field.name)
        for field in dataclasses.fields(manifest)
        if not field.name.startswith("_")
    }
    descriptor, unfinished = tempfile.mkstemp(dir=FOLDER)
    with os.fdopen(descriptor, "wb") as file:
        pickle.dump(values, file, protocol=pickle.HIGHEST_PROTOCOL)
    os.replace(unfinished, path)
    others = sorted(FOLDER.glob("*.pickle"), key=lambda other: other.stat().st_mtime)
    for other in others[:-KEPT]:
        other.unlink(missing_ok=True)
