"""What ends an evaluation before it is done: a signal, or a disk without space."""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import duckdb

from common import first_line, is_full_disk


class TerminatedError(BaseException):
    """The process was asked to end."""


class FullDiskError(Exception):
    """There was no space left for what was to be written."""


@contextmanager
def ended_by_signal() -> Iterator[None]:
    """Let SIGTERM end the block like an error: what it has begun is cleared away."""

    def terminate(_number: int, _frame: FrameType | None) -> None:
        signal.signal(signal.SIGTERM, signal.SIG_IGN)  # once is enough
        raise TerminatedError

    before = signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


def full_disk(output: Path) -> str:
    """What to do about it."""
    return (
        f"a disk is full: free some space, or name another folder for the results (now {output}) "
        "with --output, or for temporary files with the environment variable TMPDIR."
    )


def duckdb_stopped(error: duckdb.Error, output: Path) -> str:
    """Why DuckDB gave up."""
    if is_full_disk(error):
        return full_disk(output)
    if isinstance(error, duckdb.OutOfMemoryException):
        return "the memory limit is too small for this input: raise --memory-limit."
    return f"DuckDB stopped: {first_line(error)}."
