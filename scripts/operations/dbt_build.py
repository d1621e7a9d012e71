"""dbt in a process of its own: its whole log in our file, its progress in a bar."""

from __future__ import annotations

import ctypes
import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from common import PROJECT, InputError, dbt_program, end_process
from operations.run_log import RunLog

RESULTS = {"LogModelResult", "LogTestResult", "LogSeedResult", "LogSnapshotResult"}
BAD = {"error", "fail", "runtime error"}
DIE_WITH_PARENT = 1  # PR_SET_PDEATHSIG of Linux
# found here, since little may be done between the fork and the new program
LIBRARY = ctypes.CDLL(None) if sys.platform == "linux" else None

OnNode = Callable[[str, int, int], None]


@dataclass
class Outcome:
    """What a run of dbt came to."""

    exit_code: int = 0
    failed: list[str] = field(default_factory=list)
    warned: list[str] = field(default_factory=list)
    refusal: str = ""  # dbt's whole message, where it stopped before it built anything
    usage: str = ""  # what it says of a command line that it does not take


def _end_with_parent() -> None:
    """In the new process: end where this program is killed, so that nothing goes on unseen."""
    if LIBRARY is not None:
        LIBRARY.prctl(DIE_WITH_PARENT, signal.SIGTERM)


def dbt_command(selector: str, target: Path, more: Sequence[str]) -> list[str]:
    """The command line. more: options of dbt that were given beside."""
    dbt = dbt_program()
    if dbt is None:
        raise InputError("dbt is not installed: make setup.")
    places = ["--target-path", str(target)]
    # said where it is needed only: dbt reads the whole project anew where these were others
    if Path.cwd() != PROJECT:
        places += ["--project-dir", str(PROJECT)]
        if "DBT_PROFILES_DIR" not in os.environ:
            places += ["--profiles-dir", str(PROJECT)]
    # dbt's own log file is left out: its lines come to us, and all of them into our file
    speech = ["--no-use-colors", "--log-format", "json", "--log-level", "debug"]
    speech += ["--log-level-file", "none"]
    return [dbt, *speech, "build", "--selector", selector, *places, *more]


def run_dbt(
    command: Sequence[str], environment: dict[str, str], log: RunLog, on_node: OnNode
) -> Outcome:
    """Run it to its end. Where we are ended, it is ended first."""
    outcome = Outcome()
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
        start_new_session=True,
        preexec_fn=_end_with_parent,
    )
    try:
        assert process.stdout
        for line in process.stdout:
            _take(line.rstrip("\n"), outcome, log, on_node)
        outcome.exit_code = process.wait()
    except BaseException:
        end_process(process)
        raise
    return outcome


def _take(line: str, outcome: Outcome, log: RunLog, on_node: OnNode) -> None:
    """Note a line of dbt, and what it says of the run."""
    event: dict[str, Any] = {}
    try:
        event = json.loads(line)
        info, data = event["info"], event["data"]
    except (ValueError, KeyError, TypeError):
        log.note("", "dbt", line)  # of a library beneath it
        if line.startswith("Error: "):
            outcome.usage = line.removeprefix("Error: ")
        return
    log.note(info["ts"], info["level"], info["msg"])
    if info["name"] in RESULTS:
        name, status = data["node_info"]["node_name"], data["status"].lower()
        on_node(name, data["index"], data.get("total") or data["num_models"])
        if status in BAD:
            outcome.failed.append(name)
        elif status == "warn":
            outcome.warned.append(name)
    elif info["name"] == "PrintEvent" and info["msg"].strip():
        log.say(info["msg"])
    elif info["name"] == "MainEncounteredError":
        outcome.refusal = info["msg"]
