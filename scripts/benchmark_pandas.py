#!/usr/bin/env python3
"""The benchmark's second yardstick: the core of the pipeline in vectorised pandas.

Intake, event scores, engagement of every user and ping, popularity, affinities, and the Top-K
lists by brute force for a sample of the users: scoring every ping for each user is what such a
script does, and the cost for all users follows from the sample. Sessions, retention and health
are left out, so the whole pipeline would cost more.
"""

from __future__ import annotations

import argparse
import json
import sys
from pathlib import Path

from benchmarks.pandas_pipeline import pipeline


def main() -> int:
    """Run the command; the result is its exit code."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("location", type=Path, help="folder with the raw data as Parquet")
    parser.add_argument("--sample", type=int, default=1_000, help="users listed: %(default)s")
    parser.add_argument("--top-k", type=int, default=10, help="length of a list: %(default)s")
    parser.add_argument("--lists", type=Path, help="Parquet file for the sample's lists")
    given = parser.parse_args()
    if given.sample < 1 or given.top_k < 1:
        parser.error("--sample and --top-k must be 1 or more")
    report, lists = pipeline(given.location, given.sample, given.top_k)
    if given.lists:
        lists.to_parquet(given.lists, index=False)
    print(json.dumps(report, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
