"""How long lists are waited for: over HTTP, and read and scored in this process."""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import Sequence
from random import Random
from typing import Any

from benchmarks.serving_load import Connections, Load, load, percentile
from benchmarks.serving_users import events_of, some_pings, some_users
from common import InputError
from pingtop_serving.recommend import recommend
from pingtop_serving.remembered import RememberedStore
from pingtop_serving.stores import open_store
from serving.http_server import store_url, token_of

WARM = 50  # requests that are not counted


def measured_http(given: argparse.Namespace) -> dict[str, object]:
    """Numbers of a running server."""
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
