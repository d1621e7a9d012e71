"""Servers of the dashboard for tests, started from a folder that is not the project's."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from warehouse import PROJECT

PROGRAM = PROJECT / "scripts" / "dashboard_app.py"


def free_port() -> int:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def as_make_does(port: int) -> list[str]:
    """How `make dashboard` starts the server."""
    return [sys.executable, str(PROGRAM), "--port", str(port)]


def as_streamlit_does(port: int) -> list[str]:
    """How somebody starts the server who knows Streamlit."""
    streamlit = Path(sys.executable).with_name("streamlit")
    return [str(streamlit), "run", str(PROGRAM), "--server.port", str(port)]


@contextmanager
def serving(
    releases: Path,
    log: Path,
    start: Callable[[int], list[str]] = as_make_does,
    environment: dict[str, str] | None = None,
) -> Iterator[str]:
    """The dashboard on these releases, started from the log's folder; gives its address."""
    port = free_port()
    settings = os.environ | {"PINGTOP_RELEASES": str(releases)} | (environment or {})
    with log.open("w") as output:
        server = subprocess.Popen(
            start(port), cwd=log.parent, env=settings, stdout=output, stderr=output
        )
        try:
            wait_until_healthy(server, f"http://127.0.0.1:{port}/_stcore/health", log)
            yield f"http://localhost:{port}"
        finally:
            server.terminate()
            server.wait(30)


def wait_until_healthy(server: subprocess.Popen[bytes], url: str, log: Path) -> None:
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if server.poll() is not None:
            break
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"the dashboard does not answer:\n{log.read_text()[-3000:]}")
