"""Runs dbt for tests in processes that start in no time; a program of its own (see dbt_client.py).

Importing dbt and parsing the project take longer than a build of a small log. This program does
both once; every run is a copy of it with an environment, arguments and output of its own, goes
through dbt's own command line, checks and messages, and leaves nothing behind.

    python dbt_server.py    a run a line of its input, its exit code a line of its output, as JSON
"""

from __future__ import annotations

import functools
import gc
import json
import multiprocessing
import os
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import dbt_shortcuts
from dbt_runs import FLAGS, exit_code
from parsed_projects import kept_or_parsed, parsed_by

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

MANIFESTS_AT_MOST = 3  # kept in memory, of 100 MB each


class Server:
    """The program: manifests by what they depend on."""

    def __init__(self) -> None:
        self.manifests: dict[str, Manifest] = {}

    def run(self, request: dict[str, Any]) -> int | None:
        """Runs dbt. Returns its exit code; none where the project cannot be parsed."""
        take_place(request)
        arguments = request["parse_arguments"]
        key = parsed_by(Path(request["project"]), request["environment"], arguments)
        if key not in self.manifests:
            manifest = kept_or_parsed(key, functools.partial(parsed, arguments))
            if manifest is None:
                return None
            while len(self.manifests) >= MANIFESTS_AT_MOST:
                del self.manifests[next(iter(self.manifests))]
            self.manifests[key] = manifest
            dbt_shortcuts.prepare(manifest)
        run = multiprocessing.get_context("fork").Process(
            target=run_here,
            args=(self.manifests[key], request),
        )
        run.start()
        run.join()
        return run.exitcode


def parsed(arguments: list[str]) -> Manifest | None:
    from dbt.cli.main import dbtRunner

    with tempfile.TemporaryDirectory() as folder:
        places = ["--target-path", folder, "--log-path", folder]
        result = dbtRunner().invoke([*FLAGS, "--quiet", "parse", *arguments, *places])
    return result.result if result.success else None


def take_place(request: dict[str, Any]) -> None:
    os.environ.clear()
    os.environ.update(request["environment"])
    os.chdir(request["project"])


def run_here(manifest: Manifest, request: dict[str, Any]) -> None:
    """What the new process does: it ends with the exit code of dbt."""
    from dbt.adapters.duckdb.connections import DuckDBConnectionManager
    from dbt.cli.main import dbtRunner

    gc.disable()
    take_place(request)
    # a copy ends without what Python does at its end: what it leaves goes with its output
    os.environ.setdefault("TMPDIR", str(Path(request["stdout"]).parent))
    for number, name in ((1, "stdout"), (2, "stderr")):
        with open(request[name], "w") as output:
            os.dup2(output.fileno(), number)
    dbt_shortcuts.begin_run()
    result = dbtRunner(manifest=manifest).invoke([*FLAGS, *request["arguments"]])
    # as at the end of dbt itself: the log of the file's last changes is written into the file
    if DuckDBConnectionManager._ENV is not None:
        DuckDBConnectionManager.env().close()
    sys.exit(exit_code(result))


def main() -> None:
    """Answers until its input ends."""
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(2, 1)  # nothing that dbt prints is among them
    server = Server()
    for line in sys.stdin:
        print(json.dumps(server.run(json.loads(line))), file=answers, flush=True)


if __name__ == "__main__":
    main()
