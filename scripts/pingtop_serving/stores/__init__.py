"""Key-value stores: what one must do to hold what is served.

A store holds *records*: a text key, and one value (bytes) for each *generation* that changed it. A
generation is a whole number; the pointer says which one is served. A reader takes the pointer once
and then, of every record, the newest value that is not newer: so it sees one generation, whole,
while the next one is being written beside it. An empty value means that the record is removed from
that generation on.

    reading: Store.snapshot, Store.read    pingtop_serving.stores.store
    writing, one at a time                 pingtop_serving.stores.writing
    the values of a record, in one cell    pingtop_serving.stores.cells
"""

from __future__ import annotations

from pingtop_serving.errors import UnusableStoreError
from pingtop_serving.stores.store import Snapshot, Store

__all__ = ["Snapshot", "Store", "open_store"]

KINDS = "sqlite:///FILE, redis://HOST:PORT/NUMBER or dynamodb://TABLE"


def open_store(url: str) -> Store:
    """The store at an address. Nothing is asked of it yet, and nothing made."""
    scheme, found, rest = url.partition("://")
    if scheme == "sqlite" and rest.startswith("/") and rest != "/":
        from pingtop_serving.stores.sqlite import SqliteStore

        return SqliteStore(rest[1:])
    if scheme in ("redis", "rediss"):
        from pingtop_serving.stores.redis import RedisStore

        return RedisStore(url)
    if scheme == "dynamodb" and rest:
        from pingtop_serving.stores.dynamodb import DynamodbStore

        return DynamodbStore(rest)
    if scheme == "memory":
        from pingtop_serving.stores.memory import MemoryStore

        return MemoryStore()
    # The rest may hold a password.
    begins = f"begins with {scheme[:20]}://" if found else "has no ://" if url else "is empty"
    raise UnusableStoreError(f"the address of the store {begins}: give one such as {KINDS}.")
