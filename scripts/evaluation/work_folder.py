"""The folder that an evaluation works in: gone when it ends, however it ends.

A process that is killed outright cannot remove anything, so the next evaluation does it for it.
What says that a folder is in use is a lock on a file in it, which ends with its processes.
"""

from __future__ import annotations

import fcntl
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import TextIO

from common import end_process

PREFIX = "pingtop_evaluation_"
LOCK = "in_use"


@contextmanager
def work_folder() -> Iterator[Path]:
    """A new folder for temporary files, after those of evaluations that were killed are gone."""
    sweep(Path(tempfile.gettempdir()))
    with tempfile.TemporaryDirectory(prefix=PREFIX) as name:
        folder = Path(name)
        # the file has its name only once it is locked: before that, no sweep looks at the folder
        made = folder / f".{LOCK}"
        made.touch()
        with held(made):
            made.rename(folder / LOCK)
            yield folder


@contextmanager
def held(lock: Path) -> Iterator[TextIO]:
    """A share of the lock, which others may have, too."""
    with lock.open() as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        yield file


def sweep(place: Path) -> None:
    """Remove the folders that nobody uses any more."""
    for lock in place.glob(f"{PREFIX}*/{LOCK}"):
        with suppress(OSError), lock.open() as file:  # of another user, in use, or just gone
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(lock.parent, ignore_errors=True)


def run_in(
    folder: Path, command: Sequence[str], environment: Mapping[str, str], cwd: Path
) -> tuple[int, str]:
    """Run a command that works in the folder: its exit code, and all that it printed.

    It ends with this process. Where that is killed outright, it goes on, and holds the folder.
    """
    with held(folder / LOCK) as lock:
        child = subprocess.Popen(
            command,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
            pass_fds=[lock.fileno()],
        )
        try:
            printed = child.communicate()
        except BaseException:
            end_process(child)
            raise
        return child.returncode, "".join(printed)
