"""What ends an evaluation before it is done: a disk, or a memory limit, without space."""

from __future__ import annotations

from pathlib import Path

import duckdb

from common import first_line, is_full_disk


class FullDiskError(Exception):
    """There was no space left for what was to be written."""


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
