"""Writing a generation: one writer at a time, nothing seen before the switch, nothing left behind.

A writer writes beside what is served, as the generation after it; `switch` makes that the served
one by a single write of the state. A writer that is killed leaves values of a generation that
nobody reads; the next one goes on from them (what it would write as well stays) or takes them
back.

The lock of a writer expires unless it is renewed, which a thread does; every write is refused where
the lock has gone to another one.
"""

from __future__ import annotations

import os
import secrets
import socket
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import NamedTuple, TypeVar

from pingtop_serving.errors import BusyStoreError, ServingError
from pingtop_serving.stores import cells
from pingtop_serving.stores.store import State, Store

LOCK_SECONDS = 60.0
DAMAGED = 1  # the digest of what cannot be read: that of no value, as good as certainly

Thing = TypeVar("Thing")


class Stored(NamedTuple):
    """What a store has of a key: digests; REMOVED where the record is not there."""

    key: str
    current: int  # of what is served
    pending: int | None  # of what a writer that was stopped left; None where it left nothing


class Writer:
    """The one writer of a store. `generation` is what it writes."""

    def __init__(self, store: Store, holder: str, seconds: float) -> None:
        """Whoever has the lock is the writer (see writing)."""
        self._store, self._holder, self._seconds = store, holder, seconds
        self._state = store.state()
        self.generation = self._state.generation + 1
        self.left = self._state.pending  # by a writer that was stopped, where one was
        self._is_behind = self._state.pruned < self._state.generation

    @property
    def state(self) -> State:
        """The state as this writer has left it."""
        return self._state

    def begin(self, what: str) -> None:
        """Say what is being written. What a stopped writer has left is as it was."""
        # a writer that was stopped after its switch has waited for nobody
        self._put({}, self._state.changed(pending=what, floor=self._state.generation))

    def stored(self) -> Iterator[Stored]:
        """What the store has of every key, in any order; a key may come twice."""
        for page in self._store.scan():
            for key, begin in page:
                yield self._stored(key, begin)

    def _stored(self, key: str, begin: bytes) -> Stored:
        current, pending = cells.REMOVED, None
        try:
            versions = cells.head(begin)
        except cells.DamagedCellError:
            return Stored(key, DAMAGED, None)
        for version in versions:
            if version.generation < self.generation:
                current = version.digest
            else:
                pending = version.digest
        return Stored(key, current, pending)

    def write(self, changes: Mapping[str, bytes]) -> None:
        """Write records of this generation; an empty value removes the record from it on."""
        found = self._store.cells(list(changes))
        floor = self._state.floor
        self._put(
            {
                key: cells.with_value(found.get(key), self.generation, value, floor)
                for key, value in changes.items()
            }
        )

    def take_back(self, keys: Iterable[str]) -> None:
        """Remove what was written of this generation, as if it never had been."""
        found = self._store.cells(list(keys))
        self._put({key: cells.without(cell, self.generation) for key, cell in found.items()})

    def give_up(self) -> None:
        """End without a new generation, where none of it is in the store."""
        self._put({}, self._state.changed(pending=""))

    def switch(self) -> None:
        """Serve this generation: one write. The writer then writes the one after it."""
        self._is_behind |= self._state.pruned < self._state.generation
        self._put({}, self._state.changed(generation=self.generation, pending=""))
        self.generation += 1

    def prune(self, keys: Iterable[str] | None = None) -> None:
        """Remove what no reader of the served generation reads; readers of older ones begin anew.

        keys: where it is known what was written since the last time; else all are looked at.
        """
        served = self._state.generation
        if self._is_behind:  # a stopped writer has left more than these
            keys = None
        self._put({}, self._state.changed(floor=served))
        for some in in_batches(self._to_prune() if keys is None else keys, self._store.batch_keys):
            found = self._store.cells(some)
            self._put({key: cells.pruned(cell, served) for key, cell in found.items()})
        self._put({}, self._state.changed(pruned=served))
        self._is_behind = False

    def _to_prune(self) -> Iterator[str]:
        served = self._state.generation
        for page in self._store.scan():
            for key, begin in page:
                # one that is damaged is left to the next export, which sends it
                with suppress(cells.DamagedCellError):
                    if cells.needs_pruning(cells.head(begin), served):
                        yield key

    def renew(self) -> None:
        """Keep the lock."""
        self._put({})

    def _put(self, records: Mapping[str, bytes | None], state: State | None = None) -> None:
        if not self._store.put(self._holder, self._seconds, records, state):
            raise BusyStoreError(
                f"the lock of {self._store.name} expired, as this process stood still for longer "
                f"than {self._seconds:g} s: start again."
            )
        if state is not None:
            self._state = state


@contextmanager
def writing(store: Store, seconds: float = LOCK_SECONDS) -> Iterator[Writer]:
    """Be the writer of a store; BusyStoreError where somebody else is.

    seconds: after which the lock of a writer that stands still is free.
    """
    holder = f"{_place()} {os.getpid()} {secrets.token_hex(8)}"
    other = store.acquire(holder, seconds)
    if other is not None and _has_ended(other):
        store.release(other)
        other = store.acquire(holder, seconds)
    if other is not None:
        raise BusyStoreError(
            f"another process ({_named(other)}) writes into {store.name}: try again when it is "
            f"done; where it was killed, its lock ends within {seconds:g} s."
        )
    stopped = threading.Event()
    try:
        writer = Writer(store, holder, seconds)

        def keep() -> None:
            while not stopped.wait(seconds / 4):
                with suppress(ServingError):  # the next write says it
                    writer.renew()

        thread = threading.Thread(target=keep, daemon=True)
        thread.start()
        try:
            yield writer
        finally:
            stopped.set()
            thread.join()
    finally:
        with suppress(ServingError):
            store.release(holder)


def in_batches(things: Iterable[Thing], size: int) -> Iterator[list[Thing]]:
    """The things, so many at a time."""
    some = []
    for thing in things:
        some.append(thing)
        if len(some) == size:
            yield some
            some = []
    if some:
        yield some


def _place() -> str:
    """Where the numbers of processes are of one kind: a machine, since its start; a container."""
    parts = [socket.gethostname()]
    with suppress(OSError):
        parts.append(Path("/proc/sys/kernel/random/boot_id").read_text().strip()[:8])
        parts.append(Path("/proc/self/ns/pid").readlink().name.strip("pid:[]"))
    return "/".join("".join(part.split()) for part in parts)


def _has_ended(holder: str) -> bool:
    """Whether a holder is known to have ended: killed before it could give the lock back."""
    place, process, *_ = [*holder.split(" "), ""]  # a lock that we have not written has no number
    if place != _place():
        return False
    try:
        os.kill(int(process), 0)
    except ProcessLookupError:
        return True
    except (OSError, ValueError):
        return False
    return False


def _named(holder: str) -> str:
    """A holder as a person knows it."""
    place, process, *_ = [*holder.split(" "), ""]
    return f"process {process} on {place.split('/')[0]}"
