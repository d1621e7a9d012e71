#!/usr/bin/env python3
"""Serve lists: export them into a key-value store, and answer requests from it."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence

from common import BAD_INPUT, FAILED, TERMINATED, TRY_AGAIN, Ending, TerminatedError, run_command
from pingtop_serving.errors import (
    BadRequestError,
    BusyStoreError,
    EmptyStoreError,
    ServingError,
    StoreDownError,
    UnusableStoreError,
)
from serving.export_command import add_export
from serving.http_server import add_http
from serving.refresh_command import add_refresh


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(prog="serve.py", description=__doc__)
    commands = command.add_subparsers(required=True, metavar="command")
    add_export(commands)
    add_refresh(commands)
    add_http(commands)
    return command


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command(
        "serve.py",
        lambda: given.run(given),
        Ending((BadRequestError, EmptyStoreError, UnusableStoreError), BAD_INPUT),
        Ending((BusyStoreError, StoreDownError), TRY_AGAIN),
        Ending(ServingError, FAILED),
        Ending(
            TerminatedError,
            TERMINATED,
            lambda _: "ended by a signal; the same export goes on from what was sent.",
        ),
    )


if __name__ == "__main__":
    sys.exit(main())
