"""A store in memory, for tests and to try things out."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Mapping, Sequence

from pingtop_serving.stores.cells import HEAD_BYTES
from pingtop_serving.stores.store import KEEP_EVENTS_SECONDS, MOST_EVENTS, State, Store


class MemoryStore(Store):
    """A store that is gone with its process."""

    def __init__(self) -> None:
        """Begin empty."""
        super().__init__("memory://")
        self._guard = threading.Lock()
        self._records: dict[str, bytes] = {}
        self._state: bytes | None = None
        self._lock: tuple[str, float] = ("", 0.0)
        self._events: dict[str, list[tuple[float, bytes]]] = {}

    def read_state(self) -> bytes | None:
        """See Store."""
        return self._state

    def cells(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See Store."""
        with self._guard:
            return {key: self._records[key] for key in keys if key in self._records}

    def scan(self) -> Iterator[list[tuple[str, bytes]]]:
        """See Store."""
        with self._guard:
            found = [(key, cell[:HEAD_BYTES]) for key, cell in self._records.items()]
        yield found

    def prepare(self) -> str | None:
        """See Store."""
        return None

    def acquire(self, holder: str, seconds: float) -> str | None:
        """See Store."""
        with self._guard:
            other, until = self._lock
            if other not in ("", holder) and until > time.monotonic():
                return other
            self._lock = (holder, time.monotonic() + seconds)
        return None

    def release(self, holder: str) -> None:
        """See Store."""
        with self._guard:
            if self._lock[0] == holder:
                self._lock = ("", 0.0)

    def put(
        self,
        holder: str,
        seconds: float,
        cells: Mapping[str, bytes | None],
        state: State | None = None,
    ) -> bool:
        """See Store."""
        with self._guard:
            if self._lock[0] != holder or self._lock[1] <= time.monotonic():
                return False
            self._lock = (holder, time.monotonic() + seconds)
            for key, cell in cells.items():
                if cell is None:
                    self._records.pop(key, None)
                else:
                    self._records[key] = cell
            if state is not None:
                self._state = state.packed()
        return True

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """See Store."""
        with self._guard:
            kept = self._events.setdefault(user_id, [])
            kept.extend((time.time(), event) for event in events)
            del kept[:-MOST_EVENTS]

    def events(self, user_id: str) -> list[bytes]:
        """See Store."""
        since = time.time() - KEEP_EVENTS_SECONDS
        with self._guard:
            return [event for at, event in self._events.get(user_id, []) if at > since]
