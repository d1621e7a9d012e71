"""What dbt left behind of its last run, and whether that may be published."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import InputError

if TYPE_CHECKING:
    from releases.sources import Source

GREEN = {"success", "pass", "warn", "no-op"}
PUBLIC_SCHEMA = "main"
TWO_RUNS = "two runs at once"  # instead of the id of a run (macro record_build)
AT_WORK = "run_at_work_"  # what the name of the view of a run that is building begins with


class PublishError(InputError):
    """Nothing is published. The message says why, in one sentence."""


class PublishBusyError(PublishError):
    """Somebody else is at work: later, the same may be published."""


@dataclass(frozen=True)
class Build:
    """What dbt wrote about its last run into its target folder.

    schema: of the public tables. command: that builds them.
    """

    results: dict[str, Any]
    manifest: dict[str, Any]
    schema: str = PUBLIC_SCHEMA
    command: str = "make build"

    @property
    def invocation_id(self) -> str:
        return self.results["metadata"]["invocation_id"]

    @property
    def variables(self) -> dict[str, Any]:
        """The variables given to the run."""
        return self.results["args"].get("vars") or {}


def build_command(engine: str | None) -> str:
    """What builds the warehouse: of an engine, by the name of its target, or the file."""
    return Build.command if engine is None else f"dbt build --target {engine}"


def read_build(target: Path, command: str = Build.command) -> Build:
    documents = {}
    for name in ("run_results.json", "manifest.json"):
        try:
            documents[name] = json.loads((target / name).read_text())
        except FileNotFoundError as error:
            raise PublishError(
                f"there is no {target / name}, so nobody can tell whether the build was green: "
                f"{command}."
            ) from error
        except ValueError as error:
            raise PublishError(f"{target / name} is not whole: {command}.") from error
    return Build(documents["run_results.json"], documents["manifest.json"], command=command)


ROW_PER_EVENT = "row_per_event"  # in the meta of a model


def public_models(build: Build) -> dict[str, dict[str, Any]]:
    """The nodes of the public tables, by table name."""
    return {
        node["alias"]: node
        for _, node in sorted(build.manifest["nodes"].items())
        if node["resource_type"] == "model"
        and node["schema"] == build.schema
        and node["config"]["materialized"] != "ephemeral"
    }


def check_last_run(build: Build, source: Source) -> None:
    """Stop where the last run on this warehouse was refused, or stopped, or red elsewhere.

    None of these leaves its results here: those in the target folder are of a run before it.
    Other engines than DuckDB record no run: there, check_same_run says it in fewer words.
    """
    rows = source.rows(
        "select invocation_id, status, substr(cast(started_at as varchar(26)), 1, 19), first_failed"
        " from raw.builds where invocation_id in (select invocation_id from raw.last_run)"
    )
    if not rows or rows[0][0] == build.invocation_id:
        return
    found = rows[0]
    endings = {
        "refused": "was refused before it built anything: correct what it said, and build again.",
        "not ended": "was stopped before its end: build again (make build).",
        "red": f"is red ({found[3]}): correct it and build again.",
    }
    if found[1] in endings:
        raise PublishError(
            f"the last build of {source.place}, of {found[2]} UTC, {endings[found[1]]}"
        )


def check_whole(build: Build) -> None:
    """Stop after a run that was to build a part only, by the name of the part."""
    if build.results["args"].get("selector") == "hourly":
        raise PublishError(
            "the last build was an hourly one, which leaves lists, affinities and sessions as they "
            "were before it: publish after the next daily one (make daily does both)."
        )


def red_gates(source: Source) -> list[str]:
    """What the gates of the last build say of what is red."""
    rows = source.rows(
        f"select sentence from {source.table('build_gates')} where verdict = 'error' "
        "order by gate, about"
    )
    return [sentence for (sentence,) in rows]


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
                f"dbt build ({build.command})."
            )


def check_same_run(build: Build, target: Path, source: Source) -> None:
    """Stop unless the results are those of the last run on this warehouse (macro mark_build)."""
    found = [mark for (mark,) in source.rows("select invocation_id from raw.last_run")]
    if found == [build.invocation_id]:
        source.check_alone(build)
        return
    if found == [TWO_RUNS]:
        raise PublishError(
            f"two runs of dbt were at work in {source.place} at once, so that its tables may be of "
            f"both: build it again ({build.command}), one run at a time."
        )
    raise PublishError(
        f"the results in {target} are not of the last run of dbt on {source.place}, but "
        f"{_origin(build, source)}; build {source.place} again ({build.command}), or name the "
        "folder of its own results (--target)."
    )


def _origin(build: Build, source: Source) -> str:
    """What results are of, as far as they tell: they name their database, not its file."""
    adapter = build.manifest.get("metadata", {}).get("adapter_type", source.adapter)
    if adapter != source.adapter:
        return f"of one on the engine {adapter}"
    named = {node["database"] for node in public_models(build).values()} - {None}
    if named and source.database not in named:
        return f"of one on another file, whose name is {sorted(named)[0]}"
    return "of one on another file, or of an earlier one, after which one was stopped"
