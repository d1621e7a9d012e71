"""Brings a store to the records of a release, and sends no more than it must.

The store itself says what it has: the digest of every record, of what is served and of what a
stopped export has written already. Both lists, sorted, are gone through side by side. So an export
that was killed goes on where it stopped, what another release has left is taken back, and what the
hourly job has changed is compared like anything else; no file of the release before is needed.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain, islice

from pingtop_serving.stores.cells import REMOVED, digest
from pingtop_serving.stores.store import Store
from pingtop_serving.stores.writing import LOCK_SECONDS, Stored, Writer, writing

Records = Iterable[tuple[str, bytes]]
OnRecords = Callable[[int], None]

BATCH_BYTES = 4_000_000
LOOKED_AT = 1_000  # records between two steps of the progress bar


@dataclass
class Sent:
    """What an export came to."""

    generation: int = 0  # that is served after it
    is_new: bool = False  # whether that is a generation of this export
    went_on: str = ""  # what a stopped writer was writing, where one was
    records: int = 0  # of the release
    changed: int = 0  # records that were sent, new ones among them
    removed: int = 0
    there_already: int = 0  # sent by an export that was stopped
    taken_back: int = 0  # of what such a one had sent and this release does not have
    sent_bytes: int = 0  # of keys and values
    seconds: float = 0.0
    made: str | None = None  # what the store needed

    def sentence(self, release: str, name: str) -> str:
        """What is said when the readers have it."""
        if not self.is_new:
            return (
                f"Nothing to send: generation {self.generation} of {name} is {release} already "
                f"({self.records:,} records, {self.seconds:.1f} s)."
            )
        already = f", {self.there_already:,} were there already" if self.there_already else ""
        back = f", {self.taken_back:,} were taken back" if self.taken_back else ""
        return (
            f"Generation {self.generation} of {name} is {release}: {self.changed:,} of "
            f"{self.records:,} records sent ({self.sent_bytes:,} bytes), {self.removed:,} "
            f"removed{already}{back}, {self.seconds:.1f} s."
        )


@dataclass
class _Batch:
    """What is to be written, kept until it is worth a request."""

    writer: Writer
    most: int
    noted: sqlite3.Connection  # of what has a value of this generation
    changes: dict[str, bytes] = field(default_factory=dict)
    back: list[str] = field(default_factory=list)
    there: list[str] = field(default_factory=list)
    size: int = 0

    def write(self, key: str, value: bytes) -> None:
        self.changes[key] = value
        self.size += len(key) + len(value)
        if len(self.changes) >= self.most or self.size >= BATCH_BYTES:
            self.flush()

    def take_back(self, key: str) -> None:
        self.back.append(key)
        if len(self.back) >= self.most:
            self.flush()

    def note(self, key: str) -> None:
        self.there.append(key)
        if len(self.there) >= self.most:
            self.flush()

    def flush(self) -> None:
        keys = [(key,) for key in (*self.changes, *self.there)]
        self.noted.executemany("insert into noted values (?)", keys)
        if self.changes:
            self.writer.write(self.changes)
        if self.back:
            self.writer.take_back(self.back)
        self.changes, self.back, self.there, self.size = {}, [], [], 0


def export(
    store: Store,
    release: str,
    records: Records,
    *,
    full: bool = False,
    grace: float = 0.0,
    lock_seconds: float = LOCK_SECONDS,
    on_records: OnRecords = lambda count: None,
    on_sent: Callable[[Sent], None] = lambda sent: None,
    check: Callable[[], None] = lambda: None,
) -> Sent:
    """Make the records of a release what the store serves.

    records: sorted by key. full: send all of them, not only what differs. grace: seconds from the
    switch until what only older generations need is removed. on_sent: called after the switch.
    check: called once nobody else writes, before anything is written.
    """
    began = time.monotonic()
    records = iter(records)
    first = list(islice(records, 1))  # a release that cannot be read leaves the store alone
    made = store.prepare()
    with writing(store, lock_seconds) as writer, _on_disk("noted (key text)") as noted:
        check()
        sent = Sent(made=made, went_on=writer.left)
        writer.begin(release)
        batch = _Batch(writer, store.batch_keys, noted)
        _bring_to(writer, batch, chain(first, records), full, sent, on_records)
        sent.is_new = bool(sent.changed or sent.removed or sent.there_already)
        if sent.is_new:
            writer.switch()
        else:
            writer.give_up()
        state = writer.state
        sent.generation = state.generation
        sent.seconds = time.monotonic() - began
        on_sent(sent)
        if state.pruned < state.generation:
            time.sleep(grace)
            writer.prune(key for (key,) in noted.execute("select key from noted"))
    return sent


def _bring_to(
    writer: Writer, batch: _Batch, records: Records, full: bool, sent: Sent, on_records: OnRecords
) -> None:
    """Make the generation that is written what the records are."""
    for key, value, stored in _side_by_side(records, writer):
        wanted = REMOVED if value is None else digest(value)
        if value is not None:
            sent.records += 1
            if sent.records % LOOKED_AT == 0:
                on_records(LOOKED_AT)
        if wanted == stored.current and not (full and value is not None):
            if stored.pending is not None:
                sent.taken_back += 1
                batch.take_back(key)
        elif wanted == stored.pending:
            sent.there_already += 1
            batch.note(key)
        else:
            if value is None:
                sent.removed += 1
            else:
                sent.changed += 1
            sent.sent_bytes += len(key.encode()) + len(value or b"")
            batch.write(key, value or b"")
    batch.flush()


def _side_by_side(records: Records, writer: Writer) -> Iterator[tuple[str, bytes | None, Stored]]:
    """Every key of the records and of the store, with its value and what the store has."""
    with _sorted(writer.stored()) as listed:
        stored = next(listed, None)
        last = ""
        for key, value in records:
            if not value or key <= last:
                raise ValueError(f"the records are not sorted, or one is empty: {key!r}")
            last = key
            while stored is not None and stored.key < key:
                yield stored.key, None, stored
                stored = next(listed, None)
            if stored is not None and stored.key == key:
                yield key, value, stored
                stored = next(listed, None)
            else:
                yield key, value, Stored(key, REMOVED, None)
        while stored is not None:
            yield stored.key, None, stored
            stored = next(listed, None)


@contextmanager
def _on_disk(table: str) -> Iterator[sqlite3.Connection]:
    """A table for as long as it is needed: there may be more keys than fit into memory."""
    connection = sqlite3.connect("", isolation_level=None)  # a file that goes with it
    try:
        connection.execute("pragma journal_mode = off")
        connection.execute("pragma synchronous = off")
        connection.execute(f"create table {table}")
        connection.execute("begin")
        yield connection
    finally:
        connection.close()


@contextmanager
def _sorted(stored: Iterable[Stored]) -> Iterator[Iterator[Stored]]:
    """What the store has, by key, once each."""
    # digests have 64 bits without a sign, numbers of SQLite one
    table = "stored (key text primary key, current blob, pending blob) without rowid"
    with _on_disk(table) as connection:
        connection.executemany(
            "insert or replace into stored values (?, ?, ?)",
            ((one.key, _blob(one.current), _blob(one.pending)) for one in stored),
        )
        found = connection.execute("select key, current, pending from stored order by key")
        yield (Stored(key, _number(now) or REMOVED, _number(left)) for key, now, left in found)


def _blob(number: int | None) -> bytes | None:
    return None if number is None else number.to_bytes(8)


def _number(blob: bytes | None) -> int | None:
    return None if blob is None else int.from_bytes(blob)
