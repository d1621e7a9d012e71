"""Runs dbt many times in one process; a program of its own, so that tests run it like dbt itself.

Starting dbt and parsing the project take longer than a run on a small log. Here both happen once;
every run still goes through dbt's own command line, checks and error messages.

    python dbt_runs.py runs.json outcomes.json

`runs.json` is a list of {"arguments": [...], "environment": {...}, "files": {path: text},
"modified": {path: seconds since 1970}}; the files are written before the run, or removed where they
have no text. "parse" of the first run has arguments to parse the project with, where they decide
which models there are. `outcomes.json` becomes a list of {"exit_code", "output"}.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dbt_shortcuts
from parsed_projects import kept_or_parsed, parsed_by

if TYPE_CHECKING:
    from dbt.cli.main import dbtRunnerResult
    from dbt.contracts.graph.manifest import Manifest

# what a run would write beside the warehouse takes longer than a run that stops
FLAGS = ["--no-use-colors", "--no-write-json", "--log-level-file", "none"]
FILES = ("runs", "outcomes")


def run_all(
    runs: list[dict[str, Any]], folder: Path, project: Path, environment: dict[str, str]
) -> list[dict[str, Any]]:
    """Runs them on the project, in one process with this environment, by files in the folder."""
    done = subprocess.run(**process_of(runs, folder, project, environment), check=False)
    if done.returncode != 0:
        raise AssertionError(f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return json.loads((folder / "outcomes.json").read_text())


def process_of(
    runs: list[dict[str, Any]], folder: Path, project: Path, environment: dict[str, str]
) -> dict[str, Any]:
    """That process, as subprocess takes it."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "runs.json").write_text(json.dumps(runs))
    own = {"DBT_TARGET_PATH": str(folder / "target"), "PINGTOP_TEMP_DIRECTORY": ""}
    return {
        "args": [sys.executable, __file__, *(f"{folder}/{name}.json" for name in FILES)],
        "cwd": project,
        "env": os.environ | own | environment,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.PIPE,
        "text": True,
    }


def exit_code(result: dbtRunnerResult) -> int:
    """What the program `dbt` would exit with: 1 where a node failed, 2 where the run stopped."""
    if result.success:
        return 0
    return 1 if result.exception is None else 2


def run(manifest: Manifest | None, arguments: list[str]) -> tuple[dbtRunnerResult, str]:
    from dbt.cli.main import dbtRunner

    flags = [flag for flag in FLAGS if flag.replace("--no-", "--") not in arguments]
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        result = dbtRunner(manifest=manifest).invoke([*flags, *arguments])
    return result, printed.getvalue()


def parsed(arguments: list[str]) -> Manifest:
    done, output = run(None, ["parse", *arguments])
    if not done.success:
        raise SystemExit(f"dbt parse failed:\n{output}")
    return done.result


def outcomes_of(runs: list[dict[str, Any]]) -> list[dict[str, Any]]:
    arguments = runs[0].get("parse", [])
    manifest = kept_or_parsed(
        parsed_by(Path.cwd(), dict(os.environ), arguments), lambda: parsed(arguments)
    )
    dbt_shortcuts.prepare(manifest)
    outcomes = []
    for one in runs:
        for path, text in one.get("files", {}).items():
            Path(path).unlink() if text is None else Path(path).write_text(text)
        for path, moment in one.get("modified", {}).items():
            os.utime(path, (moment, moment))
        os.environ.update(one.get("environment", {}))
        dbt_shortcuts.begin_run()
        result, output = run(manifest, one["arguments"])
        outcomes.append({"exit_code": exit_code(result), "output": output})
    return outcomes


if __name__ == "__main__":
    given_runs, given_outcomes = map(Path, sys.argv[1:3])
    given_outcomes.write_text(json.dumps(outcomes_of(json.loads(given_runs.read_text()))))
