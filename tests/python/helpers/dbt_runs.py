"""Runs dbt as a test wants it, by a server that has parsed the project already (dbt_server.py)."""

from __future__ import annotations

import atexit
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


class Client:
    """One server for each process of tests, started when it is first needed."""

    def __init__(self) -> None:
        self.process: subprocess.Popen[str] | None = None

    def run(
        self,
        arguments: list[str],
        project: Path,
        environment: dict[str, str],
        parse_arguments: list[str],
    ) -> subprocess.CompletedProcess[str] | None:
        """What dbt printed and its exit code; none where the project cannot be parsed.

        parse_arguments: those of `dbt parse`, which are the same for many runs, or `--vars`.
        """
        if self.process is None:
            self.process = subprocess.Popen(
                [sys.executable, str(Path(__file__).with_name("dbt_server.py"))],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,  # a project that cannot be parsed: dbt itself says why
                text=True,
            )
            atexit.register(self.end)
        assert self.process.stdin
        assert self.process.stdout
        with tempfile.TemporaryDirectory() as folder:
            stdout, stderr = (Path(folder) / name for name in ("stdout", "stderr"))
            request = {
                "arguments": arguments,
                "project": str(project),
                "environment": environment,
                "parse_arguments": parse_arguments,
                "stdout": str(stdout),
                "stderr": str(stderr),
            }
            self.process.stdin.write(json.dumps(request) + "\n")
            self.process.stdin.flush()
            code = json.loads(self.process.stdout.readline())
            if code is None:
                return None
            return subprocess.CompletedProcess(
                arguments, code, stdout.read_text(), stderr.read_text()
            )

    def end(self) -> None:
        if self.process and self.process.stdin:
            self.process.stdin.close()
            self.process.wait()


CLIENT = Client()


def run_all(
    runs: list[dict[str, Any]], folder: Path, project: Path, environment: dict[str, str]
) -> list[dict[str, Any]]:
    """Runs dbt many times on a project that is parsed once, whatever the variables of a run.

    runs: {"arguments": [...], "environment": {...}, "files": {path: text}, "modified": {path:
    seconds since 1970}}; an environment stays for later runs; files are written before the run, or
    removed where they have no text. Returns {"exit_code", "output"} of each.
    """
    folder.mkdir(parents=True, exist_ok=True)
    settings = (
        os.environ
        | {"DBT_TARGET_PATH": str(folder / "target"), "PINGTOP_TEMP_DIRECTORY": ""}
        | environment
    )
    outcomes = []
    for one in runs:
        for path, text in one.get("files", {}).items():
            Path(path).unlink() if text is None else Path(path).write_text(text)
        for path, moment in one.get("modified", {}).items():
            os.utime(path, (moment, moment))
        settings |= one.get("environment", {})
        done = CLIENT.run(one["arguments"], project, settings, [])
        assert done is not None, f"dbt cannot parse {project}"
        outcomes.append({"exit_code": done.returncode, "output": done.stdout + done.stderr})
    return outcomes
