#!/usr/bin/env python3
"""Measure how long a list is waited for, over HTTP or in this process.

    http     requests at a steady rate against a running server (serve.py http), each timed from
             when it was due; its memory, from /metrics
    score    read and score in this process, one request after the other

Users are those of the store. With --events, each has so many posted events first, which makes a
request score all candidates anew; the store keeps them for a while, so name one for trying.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Sequence

from benchmarks.serving_waits import measured_http, measured_score
from common import FAILED, Ending, InputError, run_command
from pingtop_serving.errors import ServingError
from serving.http_server import add_store

MOST_SECONDS, MOST_RATE = 600, 5000


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="benchmark_serving.py", description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )  # fmt: skip
    kinds = command.add_subparsers(required=True, dest="kind", metavar="http or score")
    for name in ("http", "score"):
        kind = kinds.add_parser(name)
        add_store(kind)
        kind.add_argument("--users", type=int, default=1000, metavar="N", help="%(default)s")
        kind.add_argument("--k", type=int, default=10, metavar="N", help="places (%(default)s)")
        kind.add_argument(
            "--events", type=int, default=0, metavar="N", help="of a user, posted before"
        )
        kind.add_argument("--seed", type=int, default=0, metavar="N", help="%(default)s")
        kind.add_argument("--json", action="store_true", help="print one JSON object")
    http = kinds.choices["http"]
    http.add_argument("--url", default="http://127.0.0.1:8080", help="%(default)s")
    http.add_argument("--rate", type=float, default=200.0, help="requests a second (%(default)s)")
    http.add_argument("--seconds", type=float, default=60.0, help="%(default)s")
    http.add_argument("--token-from", metavar="VARIABLE", help="environment variable of the token")
    http.add_argument(
        "--random", action="store_true", help="requests at random moments, not evenly"
    )
    score = kinds.choices["score"]
    score.add_argument("--requests", type=int, default=2000, metavar="N", help="%(default)s")
    score.add_argument("--cold", action="store_true", help="ask the store for every ping anew")
    return command


def check(given: argparse.Namespace) -> None:
    """Stop where it would measure nothing, or for long."""
    for name in ("users", "k", "requests", "rate", "seconds"):
        if getattr(given, name, 1) <= 0:
            raise InputError(f"--{name} must be above 0.")
    if given.kind == "http" and (given.seconds > MOST_SECONDS or given.rate > MOST_RATE):
        raise InputError(f"at most {MOST_SECONDS} seconds at {MOST_RATE} requests a second.")


def measure(given: argparse.Namespace) -> None:
    """Measure and print."""
    check(given)
    before = os.getloadavg()[0]
    found = measured_http(given) if given.kind == "http" else measured_score(given)
    found |= {"load_before": round(before, 2), "load_after": round(os.getloadavg()[0], 2)}
    if given.json:
        print(json.dumps(found))
    else:
        print("\n".join(f"{name:15} {value}" for name, value in found.items()))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)
    return run_command("benchmark_serving.py", lambda: measure(given), Ending(ServingError, FAILED))


if __name__ == "__main__":
    sys.exit(main())
