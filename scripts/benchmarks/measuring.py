"""What a program takes: seconds and memory of its whole tree of processes."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from threading import Event, Thread
from typing import Any

SAMPLE_SECONDS = 0.1
LAST_LINES = 25


class RunError(Exception):
    """A measured program that failed; the text ends with its last lines."""


@dataclass(frozen=True)
class Usage:
    """What a program took, its children included."""

    wall_seconds: float
    user_seconds: float
    system_seconds: float
    # Highest sum of resident memory over the tree, sampled; null where there is no /proc. Memory
    # that processes share counts once for each.
    peak_tree_bytes: int | None
    # Highest resident memory of any one process of the tree, as the system reports it.
    max_rss_bytes: int

    @property
    def cpu_seconds(self) -> float:
        """User and system time together."""
        return self.user_seconds + self.system_seconds

    @property
    def peak_bytes(self) -> int:
        """The higher of both: short peaks fall between two samples."""
        return max(self.peak_tree_bytes or 0, self.max_rss_bytes)

    def as_record(self) -> dict[str, Any]:
        """Everything, for the report."""
        return asdict(self) | {"cpu_seconds": self.cpu_seconds, "peak_bytes": self.peak_bytes}


def processes() -> Iterator[tuple[int, int]]:
    """Every process of this machine with its parent."""
    for entry in os.scandir("/proc"):
        if entry.name.isdigit():
            try:
                stat = Path(entry.path, "stat").read_text(errors="replace")
            except OSError:
                continue  # it has just ended
            # The name, in brackets, may hold anything; the state and the parent follow it.
            yield int(entry.name), int(stat.rpartition(")")[2].split()[1])


def tree(root: int, parents: Mapping[int, int]) -> set[int]:
    """A process and all that descend from it."""
    children: dict[int, list[int]] = {}
    for process, parent in parents.items():
        children.setdefault(parent, []).append(process)
    found, waiting = set(), [root]
    while waiting:
        process = waiting.pop()
        found.add(process)
        waiting += children.get(process, [])
    return found


def resident_bytes(process: int) -> int:
    """Resident memory of a process; 0 where it has ended."""
    try:
        pages = Path(f"/proc/{process}/statm").read_text().split()[1]
    except (OSError, IndexError):
        return 0
    return int(pages) * os.sysconf("SC_PAGE_SIZE")


class TreeSampler:
    """Watches the memory of a tree of processes from a thread."""

    def __init__(self, root: int) -> None:
        """Begin to watch at once."""
        self.root = root
        self.peak_bytes = 0
        self._done = Event()
        self._thread = Thread(target=self._watch, daemon=True)
        self._thread.start()

    def _watch(self) -> None:
        while not self._done.is_set():
            members = tree(self.root, dict(processes()))
            self.peak_bytes = max(self.peak_bytes, sum(map(resident_bytes, members)))
            self._done.wait(SAMPLE_SECONDS)

    def stop(self) -> int:
        """End watching; the result is the highest sum seen."""
        self._done.set()
        self._thread.join()
        return self.peak_bytes


def measure(
    name: str, command: Sequence[str], log: Path, environment: Mapping[str, str], folder: Path
) -> Usage:
    """Run a program with its output in a file; its failure is a RunError."""
    began = time.perf_counter()
    with log.open("w") as output:
        # A session of its own, so that a stop reaches its children too.
        child = subprocess.Popen(
            command, stdout=output, stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL,
            env=dict(environment), cwd=folder, start_new_session=True,
        )  # fmt: skip
    sampler = TreeSampler(child.pid) if Path("/proc/self/statm").exists() else None
    try:
        _, status, usage = os.wait4(child.pid, 0)
    except BaseException:
        os.killpg(child.pid, signal.SIGKILL)
        child.wait()
        raise
    finally:
        peak = sampler.stop() if sampler else None
    wall = time.perf_counter() - began
    child.returncode = os.waitstatus_to_exitcode(status)
    if child.returncode:
        lines = log.read_text(errors="replace").rstrip().splitlines()[-LAST_LINES:]
        failure = f"{name} failed with exit code {child.returncode}; its last lines:"
        raise RunError("\n".join([failure, *lines]))
    return Usage(
        wall_seconds=wall,
        user_seconds=usage.ru_utime,
        system_seconds=usage.ru_stime,
        peak_tree_bytes=peak,
        # Linux counts in KiB, macOS in bytes.
        max_rss_bytes=usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024),
    )
