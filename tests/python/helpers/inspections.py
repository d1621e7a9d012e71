"""Runs make inspect, and builds, many times, with a project that is parsed once.

A program of its own. Each run is a copy of it: the real command line, the real dbt, own memory.

    python inspections.py jobs.json outcomes.json

`jobs.json` is a list of {"inspect": [...]} and {"dbt": [...]}, the arguments of either, each with
"environment"; `outcomes.json` becomes a list of {"exit_code", "output"}.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dbt_shortcuts
from dbt_runs import FLAGS, exit_code
from parsed_projects import kept_or_parsed, parsed_by
from warehouse import PROJECT

DATABASE = "trial.duckdb"

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest


def run_jobs(jobs: list[dict[str, Any]], folder: Path) -> list[dict[str, Any]]:
    """Runs them in one process, by files in the folder."""
    folder.mkdir(parents=True, exist_ok=True)
    given, made = folder / "jobs.json", folder / "outcomes.json"
    given.write_text(json.dumps(jobs))
    environment = {
        "DBT_TARGET_PATH": str(folder / "target"),
        "PINGTOP_DATABASE": str(folder / DATABASE),  # its name is in the parsed project
        "PINGTOP_RAW_LOCATION": "",
        "PYTHONPATH": str(PROJECT / "scripts"),
    }
    done = subprocess.run(
        [sys.executable, __file__, str(given), str(made)],
        cwd=PROJECT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise AssertionError(f"{done.stdout[-2000:]}{done.stderr[-4000:]}")
    return json.loads(made.read_text())


def invoke(manifest: Manifest | None, arguments: list[str]) -> Any:  # noqa: ANN401, dbt's own result
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    dbt_shortcuts.begin_run()
    result = dbtRunner(manifest=manifest).invoke([*FLAGS, *arguments])
    if DuckDBConnectionManager._ENV is not None:
        # as at the end of dbt itself: the log of the file's last changes is written into the file
        DuckDBConnectionManager.env().close()
    return result


def do_job(manifest: Manifest, job: dict[str, Any], output: Path) -> None:
    """What the new process does: it ends with the exit code of the command."""
    gc.disable()
    os.environ.update(job.get("environment", {}))
    with output.open("w") as printed:
        os.dup2(printed.fileno(), 1)
        os.dup2(printed.fileno(), 2)
    if "dbt" in job:
        sys.exit(exit_code(invoke(manifest, job["dbt"])))
    import inspect_log

    from intake import trial

    said = output.with_suffix(".dbt")

    def run_dbt(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
        os.environ.update(environment)
        kept = os.dup(1)
        with said.open("w") as printed:
            os.dup2(printed.fileno(), 1)
            result = invoke(manifest, arguments)
            sys.stdout.flush()
            os.dup2(kept, 1)
        return exit_code(result), said.read_text()

    trial.run_dbt = run_dbt
    code = inspect_log.main(job["inspect"])
    sys.stdout.flush()
    sys.exit(code)


def main(given: Path, made: Path) -> None:
    name = parsed_by(PROJECT, dict(os.environ), [])
    manifest = kept_or_parsed(name, lambda: invoke(None, ["--quiet", "parse"]).result)
    dbt_shortcuts.prepare(manifest)
    outcomes = []
    output = given.with_name("output.txt")
    for job in json.loads(given.read_text()):
        process = multiprocessing.get_context("fork").Process(
            target=do_job, args=(manifest, job, output)
        )
        process.start()
        process.join()
        outcomes.append({"exit_code": process.exitcode, "output": output.read_text()})
    made.write_text(json.dumps(outcomes))


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:3]))
