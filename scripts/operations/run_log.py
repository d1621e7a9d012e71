"""One file a run with all that was said: by dbt, down to its SQL, and by the run itself."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TextIO

STAMP = "%Y%m%dT%H%M%SZ"


class RunLog:
    """The log of one run, open for writing. What is said is printed, too."""

    def __init__(self, folder: Path, name: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.name = name
        self.path, self.file = _new_file(folder, f"{name}-{datetime.now(UTC):{STAMP}}")

    def say(self, sentence: str) -> None:
        """A line of progress."""
        print(f"{self.name}: {_writable(sentence)}", flush=True)
        self.note(datetime.now(UTC).isoformat(timespec="milliseconds"), "run", sentence)

    def note(self, moment: str, level: str, text: str) -> None:
        """A line that stands in the file only. moment: ISO 8601."""
        self.file.write(f"{moment[:23]} {level:<5} {_writable(text)}\n")
        self.file.flush()

    def close(self, keep: int) -> None:
        """Close the file, and remove all but the newest `keep` of its kind."""
        self.file.close()
        logs = sorted(self.path.parent.glob(f"{self.name}-[0-9]*T[0-9]*Z*.log"))
        for path in logs[:-keep]:
            path.unlink(missing_ok=True)


def _writable(text: str) -> str:
    """A text as UTF-8 can hold it: the name of a file may be none."""
    return text.encode("utf-8", "backslashreplace").decode("utf-8")


def _new_file(folder: Path, stem: str) -> tuple[Path, TextIO]:
    """A file that nobody else has, even where two runs begin within a second."""
    for ending in ("", *(f"-{number}" for number in range(2, 100))):
        path = folder / f"{stem}{ending}.log"
        try:
            return path, path.open("x", encoding="utf-8")
        except FileExistsError:
            continue
    raise FileExistsError(f"{folder} has 99 logs of this second")
