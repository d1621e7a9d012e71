"""Whether what somebody has begun goes on: by the machine that it was begun on, and its process."""

from __future__ import annotations

import os
import socket
from pathlib import Path

BOOT = Path("/proc/sys/kernel/random/boot_id")


def machine() -> str:
    """This machine, since it was started: two may have one name."""
    boot = BOOT.read_text().strip() if BOOT.is_file() else ""
    return f"{socket.gethostname()} {boot}".strip()


def is_alive(process: int) -> bool:
    """Whether there is such a process on this machine; our own number was another's before."""
    if process == os.getpid():
        return False
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True
