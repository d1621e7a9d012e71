"""Taking turns: with another run of this program, and with whoever else holds the warehouse."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from common import InputError, InUseError, open_database, sentence_of
from operations import BusyError

PAUSE = 0.5  # seconds between two looks


@dataclass
class Patience:
    """How long all waits of a run may take together, and how a wait is told."""

    seconds: float
    say: Callable[[str], None]
    waited: float = 0.0
    told: str | None = None

    def wait(self, reason: str) -> None:
        """Wait a moment. reason: a sentence without its full stop, for when it was too long."""
        if self.waited >= self.seconds:
            raise BusyError(f"{reason}; it still was after {self.seconds:g} seconds: try again.")
        if reason != self.told:
            self.say(f"waiting up to {self.seconds - self.waited:.0f} s: {reason}")
            self.told = reason
        pause = min(PAUSE, self.seconds - self.waited)
        time.sleep(pause)
        self.waited += pause


@contextmanager
def turn(path: Path, patience: Patience) -> Iterator[None]:
    """Have the lock file to oneself. The system drops the lock of a process that was killed."""
    try:
        file = path.open("a+")
    except OSError as error:
        raise InputError(sentence_of(error)) from error
    with file:
        while True:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                file.seek(0)
                holder = file.read().strip()
                other = f"process {holder}" if holder else "another process"
                patience.wait(f"another run (operate.py, {other}) is at work")
        file.truncate(0)
        file.write(str(os.getpid()))
        file.flush()
        try:
            yield
        finally:
            file.truncate(0)


def wait_for_warehouse(database: Path, patience: Patience) -> None:
    """Wait until nobody has the warehouse open, where there is one."""
    while database.exists():
        try:
            open_database(database, read_only=False).close()
            return
        except InUseError as error:
            patience.wait(str(error).split(": ")[0])
