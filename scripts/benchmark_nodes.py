#!/usr/bin/env python3
"""Run dbt in this process, and write what CPU each of its nodes took as JSON.

DuckDB works in the process of dbt, so this process's CPU time between the start and the end of a
node is the node's: as long as dbt runs one node at a time, as the profile says.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.node_cpu import run_dbt
from common import FAILED, OK, SCRIPTS


def main() -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("output", type=Path, help="JSON file to write")
    parser.add_argument("arguments", nargs=argparse.REMAINDER, help="of dbt")
    given = parser.parse_args()
    # The Python models of the project that is measured import its modules, not the ones here.
    sys.path.remove(str(SCRIPTS))
    is_done, seconds = run_dbt(given.arguments)
    given.output.write_text(json.dumps(seconds, indent=2) + "\n")
    return OK if is_done else FAILED


if __name__ == "__main__":
    sys.exit(main())
