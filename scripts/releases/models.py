"""The trained models of a release.

    models/gbdt.txt        stage 2, as LightGBM writes it
    models/gbdt.own.json   how its own features become numbers (ranking.own.Own)

They are the rows that the build has kept of them: the files beside a warehouse may be of any build.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import literal
from releases.build import Build
from releases.release import Release, ReleaseError

if TYPE_CHECKING:
    from releases.sources import Source

MODELS = "models"
GBDT, GBDT_OWN = "gbdt.txt", "gbdt.own.json"
# the model of dbt whose rows have it, and the names of the rows
SOURCES = {GBDT: ("int_ranking_gbdt", "model"), GBDT_OWN: ("int_ranking_gbdt", "own")}


def write_models(source: Source, build: Build, folder: Path) -> dict[str, dict[str, Any]]:
    """Write the models that the build has trained. Returns bytes and checksum by file."""
    nodes = {
        node.get("name"): node
        for node in build.manifest["nodes"].values()
        if node["resource_type"] == "model"
    }
    written: dict[str, dict[str, Any]] = {}
    for file, (model, name) in SOURCES.items():
        if model not in nodes:
            continue
        table = source.table(nodes[model]["alias"], nodes[model]["schema"])
        found = source.rows(
            f"select content from {table} where kind = 'model' and name = {literal(name)}"
        )
        if not found:  # the stage was skipped
            continue
        (folder / MODELS).mkdir(exist_ok=True)
        content = found[0][0].encode()
        (folder / MODELS / file).write_bytes(content)
        written[file] = {"bytes": len(content), "sha256": sha256(content).hexdigest()}
    return written


def read_model(release: Release, file: str) -> bytes:
    """A model of a release, which is what was published."""
    facts: Mapping[str, Any] = release.manifest["models"][file]
    path = release.path / MODELS / file
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ReleaseError(
            f"The release {release.name} lacks {MODELS}/{file}, which its manifest names: publish "
            "anew (make build publish)."
        ) from error
    if sha256(content).hexdigest() != facts["sha256"]:
        raise ReleaseError(f"{path} is not what was published: publish anew (make build publish).")
    return content
