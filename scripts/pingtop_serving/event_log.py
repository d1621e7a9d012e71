"""A folder of the log: posted events as JSON lines, a file an hour, for the next build.

While its hour lasts, a file begins with `_`, which a build leaves alone; then it gets its name and
never changes again, as the intake asks of a file that was read. Several processes of one machine
may write: a lock on the folder makes each call's lines follow one another, whole.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

HOUR = "%Y%m%dT%H"
OPEN = "_events-"
DONE = "events-"
SUFFIX = ".jsonl"
BLOCK = 64 * 1024  # bytes that are read at a time, from the end of a file


def utc_now() -> datetime:
    """The moment, in UTC."""
    return datetime.now(UTC)


class EventLog:
    """Where posted events are kept for the warehouse."""

    def __init__(self, folder: Path, clock: Callable[[], datetime] = utc_now) -> None:
        """folder: made where it is not there; files of past hours are finished at once."""
        self.folder = folder
        self.clock = clock
        self.hour = ""  # up to which this process knows that all is finished
        folder.mkdir(parents=True, exist_ok=True)
        self.finish()

    def append(self, lines: Sequence[bytes]) -> None:
        """Write lines behind those of the hour: all of them, or none and an OSError."""
        data = b"".join(line + b"\n" for line in lines)
        with self._locked():
            hour = self._finish_past()
            path = self.folder / f"{OPEN}{hour}{SUFFIX}"
            file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o644)
            try:
                size = _whole_lines(file)
                try:
                    written = 0
                    while written < len(data):
                        written += os.write(file, data[written:])
                except BaseException:
                    os.ftruncate(file, size)
                    raise
            finally:
                os.close(file)

    def finish(self) -> None:
        """Give the files of past hours the names by which a build reads them."""
        with self._locked():
            self._finish_past()

    def finish_quietly(self) -> OSError | None:
        """The same from time to time; the error where it could not be done."""
        try:
            self.finish()
        except OSError as error:
            return error
        return None

    @contextmanager
    def _locked(self) -> Iterator[None]:
        # opened by each call, so that threads of one process wait for each other too
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            fcntl.flock(folder, fcntl.LOCK_EX)
            yield
        finally:
            os.close(folder)

    def _finish_past(self) -> str:
        """Rename what is older than the hour, which it gives; the lock is held."""
        hour = self.clock().astimezone(UTC).strftime(HOUR)
        if hour != self.hour:
            for path in sorted(self.folder.glob(f"{OPEN}*{SUFFIX}")):
                past = path.name[len(OPEN) : -len(SUFFIX)]
                if past < hour:
                    self._finish_file(path, past)
            self.hour = hour
        return hour

    def _finish_file(self, path: Path, hour: str) -> None:
        file = os.open(path, os.O_RDWR)
        try:
            size = _whole_lines(file)
        finally:
            os.close(file)
        if not size:
            path.unlink()
            return
        # where the clock went back, the hour has a file already
        name, number = f"{DONE}{hour}{SUFFIX}", 1
        while (self.folder / name).exists():
            number += 1
            name = f"{DONE}{hour}-{number}{SUFFIX}"
        path.rename(self.folder / name)


def _whole_lines(file: int) -> int:
    """Cut off what a process that was killed left of a line; the size that is left."""
    size = end = os.fstat(file).st_size
    while end:
        start = max(0, end - BLOCK)
        found = os.pread(file, end - start, start).rfind(b"\n")
        if found >= 0:
            end = start + found + 1
            break
        end = start
    if end < size:
        os.ftruncate(file, end)
    return end
