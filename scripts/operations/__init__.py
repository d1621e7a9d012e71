"""A build that one can schedule: wait, build, check, publish, each said in a line.

`waiting` takes turns, `dbt_build` runs dbt, `run_log` keeps all that was said, and `run` does one
after the other.
"""

from __future__ import annotations

from common import InputError


class BusyError(InputError):
    """Somebody else is at work, and was still when the wait was over."""


class RedError(InputError):
    """The build is red, or could not be published. The message names what failed, and the log."""
