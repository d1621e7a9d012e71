#!/usr/bin/env python3
"""Write what the dashboard shows into one HTML file that needs nothing else.

The file has no script and asks nobody for anything, which its content security policy also
forbids: it can be mailed, or kept beside each evaluation. Charts are drawn beforehand, once for
wide and once for narrow screens. The lists of single users are left out.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from common import (
    BAD_INPUT,
    PROJECT,
    Ending,
    exit_with,
    releases_folder,
    releases_place,
    run_command,
    sentence_of,
)
from dashboard.report import page
from releases.release import open_release


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="report.py", description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    command.add_argument(
        "--release",
        type=releases_place,
        default=releases_folder(),
        help="a release, or the folder of releases (or s3://bucket/prefix) for the newest "
        "(default: PINGTOP_RELEASES, else releases)",
    )
    command.add_argument(
        "--output",
        type=Path,
        default=PROJECT / "report.html",
        help="the file to write (default: report.html)",
    )
    return command


def write(given: argparse.Namespace) -> None:
    """Write the report as the command line asks for."""
    release = open_release(given.release)
    written = page(release)
    given.output.write_text(written, encoding="utf-8")
    print(f"Wrote {given.output} ({len(written.encode()) / 1e6:.1f} MB) from {release.name}.")


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("report.py", lambda: write(given), Ending(OSError, BAD_INPUT, sentence_of))


if __name__ == "__main__":
    exit_with(main())
