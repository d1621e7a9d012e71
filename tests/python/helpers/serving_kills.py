"""Kills exporters at random moments while a reader reads, and looks for mixed generations.

    python tests/python/helpers/serving_kills.py --to sqlite:///killed.db --kills 100

A release is known by its number alone, so that what a reader gets is compared with all of it.
Exporters are forked by a process of their own, which has loaded everything.
"""

from __future__ import annotations

import argparse
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from zlib import crc32

if __name__ == "__main__":
    sys.path[:0] = [str(Path(__file__).resolve().parents[3] / "scripts")]

from pingtop_serving.stores import Store, open_store
from pingtop_serving.stores.cells import head
from serving.export import export

PAUSE = 0.002  # of the reader between two reads
MANIFEST = "manifest"


def records(number: int, keys: int) -> dict[str, bytes]:
    """The records of a release: some are as in the one before, some changed, some gone."""
    found = {MANIFEST: str(number).encode()}
    for place in range(keys):
        key = f"u|{place:06d}"
        if crc32(f"{key} {number // 3}".encode()) % 11:  # comes and goes
            since = number - crc32(f"{key} since {number}".encode()) % 2
            found[key] = f"{place} {since} ".encode() * (1 + place % 40)
    return dict(sorted(found.items()))


@dataclass
class Outcome:
    """What came of it."""

    kills: int = 0
    exports: int = 0  # that were left to end
    reads: int = 0
    generations: set[int] = field(default_factory=set)
    mixed: list[str] = field(default_factory=list)


class Exporters:
    """A process that forks exporters."""

    def __init__(self, url: str, keys: int) -> None:
        """Start it."""
        command = [sys.executable, __file__, "--to", url, "--keys", str(keys), "--exporter"]
        self._process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        )

    def _line(self) -> int:
        assert self._process.stdout is not None
        return int(self._process.stdout.readline())

    def run(self, number: int, seconds: float | None = None) -> int:
        """Export a release; kill that after so many seconds. Returns the exit code."""
        assert self._process.stdin is not None
        self._process.stdin.write(f"{number}\n")
        process = self._line()
        if seconds is not None:
            time.sleep(seconds)
            os.kill(process, signal.SIGKILL)  # it is there until its status was asked for
        self._process.stdin.write("\n")
        return self._line()

    def close(self) -> None:
        """End it."""
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait()


def serve_exports(url: str, keys: int) -> None:
    """Fork an exporter for every number that is read."""
    store = open_store(url)  # nothing is asked of it before the fork
    store.batch_keys = 25  # many moments to be killed at
    for line in sys.stdin:
        process = os.fork()
        if process == 0:
            code = 1
            try:
                export(store, line.strip(), records(int(line), keys).items())
                code = 0
            finally:
                os._exit(code)
        print(process, flush=True)
        sys.stdin.readline()
        print(os.waitstatus_to_exitcode(os.waitpid(process, 0)[1]), flush=True)


class Reader(threading.Thread):
    """Reads every record in a loop, in two requests, as one that serves does."""

    def __init__(self, store: Store, keys: int, outcome: Outcome) -> None:
        """Read a store into an outcome."""
        super().__init__()
        self.store, self.keys, self.outcome = store, keys, outcome
        self.stopped = threading.Event()

    def run(self) -> None:
        asked = [f"u|{place:06d}" for place in range(self.keys)]
        while not self.stopped.wait(PAUSE):
            try:
                generation, values = self.store.read(
                    lambda found: (
                        found.generation,
                        found.get([*asked[::2], MANIFEST]) + found.get(asked[1::2]),
                    )
                )
            except Exception as error:  # whatever a reader meets is what this is about
                self.outcome.mixed.append(repr(error))
                continue
            found = dict(zip([*asked[::2], MANIFEST, *asked[1::2]], values, strict=True))
            wanted = records(int(found[MANIFEST] or 0), self.keys)
            if {key: value for key, value in found.items() if value is not None} != wanted:
                self.outcome.mixed.append(f"generation {generation}")
            self.outcome.generations.add(generation)
            self.outcome.reads += 1


def differences(store: Store, wanted: dict[str, bytes]) -> Iterator[str]:
    """In what a store is not just these records."""
    found = {key: head(begin) for page in store.scan() for key, begin in page}
    yield from (f"{key} is too much" for key in found.keys() - wanted.keys())
    yield from (f"{key} has old values" for key, versions in found.items() if len(versions) > 1)
    values = store.snapshot().get(list(wanted))
    yield from (
        f"{key} differs"
        for (key, value), got in zip(wanted.items(), values, strict=True)
        if value != got
    )


def kill_exporters(url: str, kills: int, keys: int, seed: int = 1) -> Outcome:
    """Kill so many exporters, with releases that are left to end between them."""
    random_ = random.Random(seed)
    outcome, number = Outcome(), 1
    exporters, store = Exporters(url, keys), open_store(url)
    try:
        took = []
        for number in (1, 2, 3):
            began = time.monotonic()
            assert exporters.run(number) == 0
            took.append(time.monotonic() - began)
        reader = Reader(store, keys, outcome)
        reader.start()
        try:
            while outcome.kills < kills:
                # the same release again, or another one
                number += random_.random() < 0.5
                code = exporters.run(number, random_.uniform(0, 1.3 * took[-1]))
                outcome.kills += code == -signal.SIGKILL
                if random_.random() < 0.2:
                    number += random_.random() < 0.5
                    began = time.monotonic()
                    assert exporters.run(number) == 0
                    took.append(time.monotonic() - began)
                    outcome.exports += 1
                    outcome.mixed += differences(store, records(number, keys))
        finally:
            reader.stopped.set()
            reader.join()
        assert exporters.run(number) == 0
        outcome.mixed += differences(store, records(number, keys))
    finally:
        exporters.close()
        store.close()
    return outcome


def main() -> int:
    """Run the command."""
    command = argparse.ArgumentParser(description=__doc__)
    command.add_argument("--to", required=True, help="a store that may be written over")
    command.add_argument("--kills", type=int, default=100)
    command.add_argument("--keys", type=int, default=2_000)
    command.add_argument("--seed", type=int, default=1)
    command.add_argument("--exporter", action="store_true", help=argparse.SUPPRESS)
    given = command.parse_args()
    if given.exporter:
        serve_exports(given.to, given.keys)
        return 0
    outcome = kill_exporters(given.to, given.kills, given.keys, given.seed)
    print(
        f"{outcome.kills} exporters killed, {outcome.exports} left to end; {outcome.reads} reads "
        f"of {len(outcome.generations)} generations: {len(outcome.mixed)} mixed or wrong"
    )
    print("\n".join(outcome.mixed[:10]))
    return 1 if outcome.mixed else 0


if __name__ == "__main__":
    sys.exit(main())
