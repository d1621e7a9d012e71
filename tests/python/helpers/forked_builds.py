"""Builds warehouses many times with a project that is parsed once.

Each build is a copy of this process, so that it starts in no time, leaves nothing behind, and can
be killed like dbt itself. It still goes through dbt's own command line and checks.
"""

from __future__ import annotations

import gc
import json
import multiprocessing
import os
import signal
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dbt_shortcuts
from dbt_runs import FLAGS, exit_code
from parsed_projects import kept_or_parsed, parsed_by
from warehouse import MODELS_ONLY, copied_project

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

DATABASE = "pingtop.duckdb"
SECONDS_AT_MOST = 300
WITHOUT_UNIT_TESTS = ("--exclude-resource-type", "unit_test")


@dataclass(frozen=True)
class KillAt:
    """When a build is killed: so many seconds after it has begun its n-th statement."""

    statement: int
    seconds: float = 0.0


@dataclass(frozen=True)
class Outcome:
    exit_code: int  # that of dbt; negative: ended by this signal
    output: str
    statements: int  # that the build sent to the database; 0 where it was killed

    @property
    def is_killed(self) -> bool:
        return self.exit_code == -signal.SIGKILL


class ForkedBuilds:
    """Builds by a project; without one, by a copy of the real one, whose seeds may be changed."""

    def __init__(self, folder: Path, project: Path | None = None) -> None:
        self.folder = folder
        self.project = project or copied_project(folder / "project")
        self.environment = {
            "DBT_TARGET_PATH": str(folder / "target"),
            "PINGTOP_TEMP_DIRECTORY": "",
            # its name is in the parsed project, its folder is not
            "PINGTOP_DATABASE": str(folder / "parsed" / DATABASE),
            # of the semaphores that a killed build has left behind, which are cleared away
            "PYTHONWARNINGS": "ignore::UserWarning:multiprocessing.resource_tracker",
        }
        # for a while only: other tests of this process have an environment of their own
        before = dict(os.environ)
        os.environ.update(self.environment)
        try:
            name = parsed_by(self.project, dict(os.environ), [])
            self.manifest = kept_or_parsed(name, self.parsed)
        finally:
            os.environ.clear()
            os.environ.update(before)
        dbt_shortcuts.prepare(self.manifest)

    def parsed(self) -> Manifest:
        result = self.invoke(None, ["--quiet", "parse"])
        if not result.success:
            raise RuntimeError(f"dbt parse failed: {result.exception}")
        return result.result

    def invoke(self, manifest: Manifest | None, arguments: list[str]) -> Any:  # noqa: ANN401, dbt's own
        from dbt.cli.main import dbtRunner

        folders = ["--project-dir", str(self.project), "--profiles-dir", str(self.project)]
        return dbtRunner(manifest=manifest).invoke([*FLAGS, *arguments, *folders])

    def build(
        self,
        database: Path,
        raw: Path,
        variables: dict[str, Any],
        *arguments: str,
        kill: KillAt | None = None,
    ) -> Outcome:
        """Runs dbt build, in a process of its own. database: a file of the name DATABASE."""
        database.parent.mkdir(parents=True, exist_ok=True)
        output, counted = self.folder / "output.txt", self.folder / "statements.txt"
        for path in (output, counted):
            path.write_text("")
        settings = {"PINGTOP_DATABASE": str(database), "PINGTOP_RAW_LOCATION": str(raw)}
        all_arguments = ["build", *arguments, "--vars", json.dumps(variables)]
        build = multiprocessing.get_context("fork").Process(
            target=self.build_here, args=(settings, all_arguments, output, counted, kill)
        )
        build.start()
        build.join(SECONDS_AT_MOST)
        if build.exitcode is None:
            build.kill()
            build.join()
            raise RuntimeError(f"dbt build took more than {SECONDS_AT_MOST} seconds")
        return Outcome(build.exitcode or 0, output.read_text(), int(counted.read_text() or 0))

    def build_here(
        self,
        settings: dict[str, str],
        arguments: list[str],
        output: Path,
        counted: Path,
        kill: KillAt | None,
    ) -> None:
        """What the new process does: it ends with the exit code of dbt."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager

        gc.disable()
        # a copy ends without what Python does at its end: what it leaves goes with its output
        os.environ.update(self.environment | settings | {"TMPDIR": str(output.parent)})
        with output.open("w") as printed:
            os.dup2(printed.fileno(), 1)
            os.dup2(printed.fileno(), 2)
        statements = Statements(kill)
        statements.count()
        dbt_shortcuts.begin_run()
        result = self.invoke(self.manifest, arguments)
        counted.write_text(str(statements.n_begun))
        # as at the end of dbt itself: the log of the file's last changes is written into the file
        DuckDBConnectionManager.env().close()
        sys.exit(exit_code(result))


class Statements:
    """Counts what a build sends to the database, and ends the process where it is told."""

    def __init__(self, kill: KillAt | None) -> None:
        self.n_begun = 0
        self.kill = kill

    def count(self) -> None:
        """All that this process sends from here on."""
        from dbt.adapters.sql import SQLConnectionManager

        send = SQLConnectionManager.add_query

        def count_and_send(*arguments: Any, **options: Any) -> Any:  # noqa: ANN401, dbt's own
            self.begin_one()
            return send(*arguments, **options)

        SQLConnectionManager.add_query = count_and_send

    def begin_one(self) -> None:
        self.n_begun += 1
        if self.kill and self.n_begun == self.kill.statement:
            if self.kill.seconds:
                threading.Timer(self.kill.seconds, end_this_process).start()
            else:
                end_this_process()


def end_this_process() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


__all__ = ["MODELS_ONLY", "WITHOUT_UNIT_TESTS", "ForkedBuilds", "KillAt", "Outcome"]
