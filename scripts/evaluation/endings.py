"""What ends an evaluation before it is done: a signal, or a disk without space."""

from __future__ import annotations

import errno
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import duckdb

from common import first_line

TERMINATED = 128 + signal.SIGTERM  # as a shell counts it
# what Python, DuckDB and a DuckDB that may spill no more say of a full disk
FULL_DISK = ("No space left on device", "Disk quota exceeded", "max_temp_directory_size")


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


def is_full_disk(error: BaseException | str) -> bool:
    """Whether a message is about a disk without space."""
    if isinstance(error, OSError) and error.errno in (errno.ENOSPC, errno.EDQUOT):
        return True
    return any(words in str(error) for words in FULL_DISK)


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
