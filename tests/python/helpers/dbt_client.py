"""Runs dbt by a server of this process of tests, which has parsed the project already."""

from __future__ import annotations

import atexit
import json
import subprocess
import sys
import tempfile
from pathlib import Path


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
