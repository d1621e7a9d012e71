"""Requests at a steady rate against a running server, and how long each was waited for.

A request begins when it is due, whether those before it were answered or not, and is timed from
then: a server that stalls is charged with all that waited meanwhile.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from random import Random
from urllib.parse import quote, urlsplit

SAMPLE_SECONDS = 5.0  # between two looks at the server's memory
MEMORY = re.compile(rb"^process_resident_memory_bytes (\S+)", re.M)
CPU = re.compile(rb"^process_cpu_seconds_total (\S+)", re.M)


@dataclass
class Load:
    """What came of the requests."""

    rate: float
    seconds: float
    milliseconds: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    late_milliseconds: float = 0.0  # the latest that a request began, which is not the server's
    memory: list[float] = field(default_factory=list)  # bytes of the server, over time
    cpu_seconds: float = 0.0  # of the server

    @property
    def errors(self) -> int:
        """Requests without a list."""
        return sum(count for status, count in self.statuses.items() if status != "200")


class Connections:
    """Connections to one server that are kept; one more where all are in use."""

    def __init__(self, address: str, token: str | None) -> None:
        """address: such as http://127.0.0.1:8080."""
        parts = urlsplit(address)
        self.host, self.port = parts.hostname or "127.0.0.1", parts.port or 80
        own = f"Host: {self.host}:{self.port}\r\n"
        self.head = own + (f"Authorization: Bearer {token}\r\n" if token else "")
        self.free: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def ask(self, method: str, path: str, body: bytes = b"") -> tuple[str, bytes]:
        """The status and the body of an answer."""
        reader, writer = (
            self.free.pop() if self.free else await asyncio.open_connection(self.host, self.port)
        )
        kind = f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n" if body else ""
        writer.write(f"{method} {path} HTTP/1.1\r\n{self.head}{kind}\r\n".encode() + body)
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
        answer = await reader.readexactly(length)
        self.free.append((reader, writer))
        return head.split(" ", 2)[1], answer

    def close(self) -> None:
        """End them all."""
        for _, writer in self.free:
            writer.close()


def moments(rate: float, seconds: float, seed: int | None) -> Iterator[float]:
    """When requests are due: evenly, or with a seed at random, as of users who do not know."""
    random, due = Random(seed), 0.0
    while due < seconds:
        yield due
        due += 1 / rate if seed is None else random.expovariate(rate)


async def load(
    connections: Connections, users: Sequence[str], found: Load, k: int, seed: int | None
) -> None:
    """Ask for lists of the users, one after the other, at the rate."""

    async def one(user_id: str, due: float) -> None:
        try:
            status, _ = await connections.ask(
                "GET", f"/recommendations/{quote(user_id, safe='')}?k={k}"
            )
        except (OSError, asyncio.IncompleteReadError, ValueError) as error:
            status = type(error).__name__
        found.statuses[status] += 1
        found.milliseconds.append((time.perf_counter() - due) * 1000)

    begun = time.perf_counter()
    async with asyncio.TaskGroup() as tasks:
        watch = tasks.create_task(watch_memory(connections, found))
        running = []
        for number, after in enumerate(moments(found.rate, found.seconds, seed)):
            due = begun + after
            await asyncio.sleep(max(0.0, due - time.perf_counter()))
            late = (time.perf_counter() - due) * 1000
            found.late_milliseconds = max(found.late_milliseconds, late)
            running.append(tasks.create_task(one(users[number % len(users)], due)))
        await asyncio.gather(*running)
        watch.cancel()


async def watch_memory(connections: Connections, found: Load) -> None:
    """Note the server's memory until stopped, and its CPU seconds."""
    begun = None
    while True:
        _, text = await connections.ask("GET", "/metrics")
        memory, cpu = MEMORY.search(text), CPU.search(text)
        if memory and cpu:
            found.memory.append(float(memory[1]))
            begun = float(cpu[1]) if begun is None else begun
            found.cpu_seconds = float(cpu[1]) - begun
        await asyncio.sleep(SAMPLE_SECONDS)


def percentile(values: Sequence[float], share: float) -> float:
    """The value that so many are not above."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]
