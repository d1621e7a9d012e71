"""Which state of the code is at work."""

from __future__ import annotations

import subprocess
from pathlib import Path

from common import PROJECT


def git_state() -> tuple[str | None, bool | None]:
    """The commit of the project and whether files differ from it; unknown outside a checkout."""

    def git(*arguments: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", "-C", str(PROJECT), *arguments], capture_output=True, text=True, check=True
            )
        except (OSError, subprocess.CalledProcessError):
            return None
        return done.stdout.strip()

    top = git("rev-parse", "--show-toplevel")
    if top is None or Path(top).resolve() != PROJECT:
        return None, None
    commit, changes = git("rev-parse", "HEAD"), git("status", "--porcelain")
    return commit, None if changes is None else bool(changes)
