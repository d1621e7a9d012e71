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
import asyncio
import json
import os
import sys
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.serving_load import Connections, Load, load, percentile
from common import FAILED, Ending, InputError, run_command
from pingtop_serving.errors import ServingError
from serving.http_server import add_store, store_url, token_of

MOST_SECONDS, MOST_RATE = 600, 5000
WARM = 50  # requests that are not counted


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


def measured_http(given: argparse.Namespace) -> dict[str, object]:
    """Numbers of a running server."""
    from benchmarks.serving_users import events_of, some_pings, some_users
    from pingtop_serving.stores import open_store

    store = open_store(store_url(given.store))
    users, pings = some_users(store, given.users, given.seed), some_pings(store, 500)
    found = Load(given.rate, given.seconds)

    async def run() -> None:
        connections = Connections(given.url, token_of(given.token_from))
        random = Random(given.seed)
        for user in users if given.events else ():
            body = json.dumps(events_of(store, user, given.events, pings, random)).encode()
            status, answer = await connections.ask("POST", "/events", body)
            if status != "202":
                raise InputError(f"{given.url} did not take events: {answer.decode()}")
        await load(connections, users, found, given.k, given.seed if given.random else None)
        connections.close()

    try:
        asyncio.run(run())
    except OSError as error:
        raise InputError(f"{given.url} does not answer: {error.strerror or error}.") from error
    half = max(1, len(found.memory) // 2)
    return {
        "requests": len(found.milliseconds), "errors": found.errors,
        "statuses": dict(found.statuses), **times(found.milliseconds),
        "sent_late_ms": round(found.late_milliseconds, 1),
        "server_cpu_ms": round(found.cpu_seconds * 1000 / len(found.milliseconds), 2),
        "memory_mb": [round(found.memory[at] / 1e6, 1) for at in (0, half - 1, -1)],
    }  # fmt: skip


def measured_score(given: argparse.Namespace) -> dict[str, object]:
    """Numbers of reading and scoring in this process."""
    from benchmarks.serving_users import events_of, some_pings, some_users
    from pingtop_serving.recommend import recommend
    from pingtop_serving.remembered import RememberedStore
    from pingtop_serving.stores import open_store

    store: Any = open_store(store_url(given.store))
    users, pings = some_users(store, given.users, given.seed), some_pings(store, 500)
    random = Random(given.seed)
    events = {user: events_of(store, user, given.events, pings, random) for user in users}
    if not given.cold:
        store = RememberedStore(store)
    for user in users[:WARM]:
        recommend(store, user, given.k, events=events[user])
    milliseconds, cpu = [], time.process_time()
    for number in range(given.requests):
        user = users[number % len(users)]
        begun = time.perf_counter()
        recommend(store, user, given.k, events=events[user])
        milliseconds.append((time.perf_counter() - begun) * 1000)
    cpu = time.process_time() - cpu
    return {
        "requests": given.requests, **times(milliseconds),
        "cpu_ms": round(cpu * 1000 / given.requests, 3),
    }  # fmt: skip


def times(milliseconds: Sequence[float]) -> dict[str, float]:
    """The usual ones."""
    shares = {"p50_ms": 0.5, "p90_ms": 0.9, "p99_ms": 0.99, "p999_ms": 0.999, "max_ms": 1.0}
    return {name: round(percentile(milliseconds, share), 2) for name, share in shares.items()}


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
