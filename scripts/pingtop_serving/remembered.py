"""A store that is asked but once for what many requests read: pings, heads, default lists.

What a generation holds never changes, so it is kept for as long as that is served. Of users nothing
is kept.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from pingtop_serving.errors import GenerationGoneError
from pingtop_serving.records import MANIFEST, is_of_user

MOST_RECORDS = 100_000  # that are kept; a ping has about 100 bytes

Result = TypeVar("Result")
Values = dict[str, bytes | None]


class Kept(Values):
    """What is kept of a generation. absent: how many keys of it have no record."""

    absent = 0


class RememberedSnapshot:
    """One generation, of which some is known already."""

    def __init__(self, store: RememberedStore, snapshot: Any) -> None:  # noqa: ANN401
        """Nothing is known before the manifest is read, by which a generation is told."""
        self.generation: int = snapshot.generation
        self.store = store
        self.snapshot = snapshot
        self.kept: Kept | None = None

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of the keys."""
        kept = self.kept or {}
        found: Values = {key: kept[key] for key in keys if key in kept}
        missing = [key for key in keys if key not in found]
        if missing:
            values = dict(zip(missing, self.snapshot.get(missing), strict=True))
            found |= values
            if self.kept is not None:
                self.store.keep(self.kept, values)
            elif MANIFEST in values:
                self.kept = self.store.kept_of(self.generation, values[MANIFEST])
        return [found[key] for key in keys]


class RememberedStore:
    """A store for as many requests as there are. It may be used by several threads."""

    def __init__(self, store: Any, most: int = MOST_RECORDS) -> None:  # noqa: ANN401
        """store: what is asked for the rest. most: records that are kept."""
        self.store = store
        self.most = most
        self.newest: tuple[tuple[int, bytes | None], Kept] = ((0, None), Kept())

    def kept_of(self, generation: int, manifest: bytes | None) -> Kept:
        """What is kept of a generation.

        The manifest tells it from one of the same number in a store that was made anew.
        """
        name = (generation, manifest)
        known, kept = self.newest
        if known != name:
            kept = Kept()
            self.newest = (name, kept)
        return kept

    def keep(self, kept: Kept, values: Values) -> None:
        """Keep what was read, but what is of a user, and no more than there is room for.

        Who asks for pings and countries that are not there takes a tenth of the room at most.
        """
        for key, value in values.items():
            if len(kept) >= self.most or is_of_user(key):
                continue
            if value is None:
                if kept.absent >= self.most / 10:
                    continue
                kept.absent += 1
            kept[key] = value

    def snapshot(self) -> RememberedSnapshot:
        """The generation that is served, for one request."""
        return RememberedSnapshot(self, self.store.snapshot())

    def read(self, work: Callable[[RememberedSnapshot], Result]) -> Result:
        """What work makes of a snapshot; once more where its generation was removed meanwhile."""
        try:
            return work(self.snapshot())
        except GenerationGoneError:
            return work(self.snapshot())

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """Keep events of a user."""
        self.store.append_events(user_id, events)

    def events(self, user_id: str) -> list[bytes]:
        """The kept events of a user, oldest first."""
        return list(self.store.events(user_id))
