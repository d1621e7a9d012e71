"""What dbt left behind of its last run, and whether that may be published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from common import InputError

GREEN = {"success", "pass", "warn", "no-op"}
PUBLIC_SCHEMA = "main"


class PublishError(InputError):
    """Nothing is published. The message says why, in one sentence."""


class PublishBusyError(PublishError):
    """Somebody else is at work: later, the same may be published."""


@dataclass(frozen=True)
class Build:
    """What dbt wrote about its last run into its target folder."""

    results: dict[str, Any]
    manifest: dict[str, Any]

    @property
    def invocation_id(self) -> str:
        return self.results["metadata"]["invocation_id"]

    @property
    def variables(self) -> dict[str, Any]:
        """The variables given to the run."""
        return self.results["args"].get("vars") or {}


def read_build(target: Path) -> Build:
    documents = {}
    for name in ("run_results.json", "manifest.json"):
        try:
            documents[name] = json.loads((target / name).read_text())
        except FileNotFoundError as error:
            raise PublishError(
                f"there is no {target / name}, so nobody can tell whether the build was green: "
                "make build."
            ) from error
        except ValueError as error:
            raise PublishError(f"{target / name} is not whole: make build.") from error
    return Build(documents["run_results.json"], documents["manifest.json"])


def public_models(build: Build) -> dict[str, dict[str, Any]]:
    """The nodes of the public tables, by table name."""
    return {
        node["alias"]: node
        for _, node in sorted(build.manifest["nodes"].items())
        if node["resource_type"] == "model"
        and node["schema"] == PUBLIC_SCHEMA
        and node["config"]["materialized"] != "ephemeral"
    }


def check_last_run(build: Build, connection: duckdb.DuckDBPyConnection, database: Path) -> None:
    """Stop where the last run on this warehouse was refused, or stopped, or red elsewhere.

    None of these leaves its results here: those in the target folder are of a run before it.
    """
    found = None
    with suppress(duckdb.CatalogException):
        found = connection.execute(
            "select invocation_id, status, strftime(started_at, '%Y-%m-%d %H:%M:%S'), first_failed "
            "from raw.builds where invocation_id in (select invocation_id from raw.last_run)"
        ).fetchone()
    if found is None or found[0] == build.invocation_id:
        return
    endings = {
        "refused": "was refused before it built anything: correct what it said, and build again.",
        "not ended": "was stopped before its end: build again (make build).",
        "red": f"is red ({found[3]}): correct it and build again.",
    }
    if found[1] in endings:
        raise PublishError(f"the last build of {database}, of {found[2]} UTC, {endings[found[1]]}")


def check_whole(build: Build) -> None:
    """Stop after a run that was to build a part only, by the name of the part."""
    if build.results["args"].get("selector") == "hourly":
        raise PublishError(
            "the last build was an hourly one, which leaves lists, affinities and sessions as they "
            "were before it: publish after the next daily one (make daily does both)."
        )


def red_gates(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """What the gates of the last build say of what is red."""
    with suppress(duckdb.CatalogException):
        return [
            sentence
            for (sentence,) in connection.execute(
                f"select sentence from {PUBLIC_SCHEMA}.build_gates where verdict = 'error' "
                "order by gate, about"
            ).fetchall()
        ]
    return []


def check_green(build: Build, gates: Sequence[str] = ()) -> None:
    """Stop unless every public table was built and every data test passed, in one run.

    gates: sentences on what they found, for the message.
    """
    statuses = {result["unique_id"]: result["status"] for result in build.results["results"]}
    # dbt writes the results in the order in which they came about: what failed first is the cause
    red = [name for name, status in statuses.items() if status not in GREEN]
    red.sort(key=lambda name: statuses[name] == "skipped")
    if red:
        more = f" and {len(red) - 1} more" if len(red) > 1 else ""
        said = "".join(f" {sentence}" for sentence in gates)
        raise PublishError(f"the build is red ({red[0]}{more}): correct it and build again.{said}")
    models = [node["unique_id"] for node in public_models(build).values()]
    tests = [
        name
        for name, node in build.manifest["nodes"].items()
        if node["resource_type"] == "test" and node["config"]["enabled"]
    ]
    for kind, names in (("public tables", models), ("data tests", tests)):
        left_out = sorted(set(names) - set(statuses))
        if left_out or not names:
            raise PublishError(
                f"the last run of dbt left out {len(left_out)} of {len(names)} {kind}: run a whole "
                "dbt build (make build)."
            )


def check_same_run(
    build: Build, target: Path, connection: duckdb.DuckDBPyConnection, database: Path
) -> None:
    """Stop unless the results are those of the last run on this warehouse (macro mark_build)."""
    found = None
    with suppress(duckdb.CatalogException):
        found = connection.execute("select invocation_id from raw.last_run").fetchone()
    if found is None or found[0] != build.invocation_id:
        raise PublishError(
            f"the results in {target} are not of the last run of dbt on {database}, but "
            f"{_origin(build, database)}; build {database} again (make build), or name the folder "
            "of its own results (--target)."
        )


def _origin(build: Build, database: Path) -> str:
    """What results are of, as far as they tell: they name their database, not its file."""
    named = {node["database"] for node in public_models(build).values()} - {None}
    own = database.name.lstrip(".").split(".")[0]
    if named and own not in named:
        return f"of one on another file, whose name is {sorted(named)[0]}"
    return "of one on another file, or of an earlier one, after which one was stopped"
