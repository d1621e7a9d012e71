"""What every store does alike, and what each must do in its own way."""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from hashlib import sha256
from typing import TypeVar

from pingtop_serving.errors import (
    EmptyStoreError,
    GenerationGoneError,
    StoreDownError,
    UnusableStoreError,
)
from pingtop_serving.stores.cells import DamagedCellError, newest

Result = TypeVar("Result")

LAYOUT = 1  # of what is stored: raised where another version could not read it
KEEP_EVENTS_SECONDS = 3 * 86_400
MOST_EVENTS = 500  # of one user


@dataclass(frozen=True)
class State:
    """What a store says of itself, in one value: the pointer and what goes with it."""

    layout: int = LAYOUT
    generation: int = 0  # what is served; 0: nothing was exported yet
    floor: int = 0  # the oldest generation that can still be read whole
    pruned: int = 0  # what nobody reads is removed up to this generation
    pending: str = ""  # what is being written as the next generation, where something is

    def changed(self, **facts: int | str) -> State:
        """The state with some facts changed."""
        return replace(self, **facts)

    def packed(self) -> bytes:
        """The state as it is stored."""
        return json.dumps(asdict(self)).encode()


DEFAULTS = asdict(State())


class Snapshot:
    """One generation of a store, for as long as it is kept."""

    def __init__(self, store: Store, generation: int) -> None:
        """Read a generation that is served."""
        self.generation = generation
        self._store = store

    def get(self, keys: Sequence[str]) -> list[bytes | None]:
        """The values of the keys; None where there is no such record in this generation.

        GenerationGoneError where the generation is not kept any more: begin anew, as
        Store.read does.
        """
        cells, state = self._store.cells_then_state(_known_texts(keys))
        if not state.floor <= self.generation <= state.generation:
            raise GenerationGoneError(
                f"generation {self.generation} of {self._store.name} is not kept any more: ask "
                "again."
            )
        try:
            return [newest(cells.get(key), self.generation) for key in keys]
        except DamagedCellError as error:
            raise StoreDownError(
                f"{self._store.name} holds what cannot be read: export with --full."
            ) from error


def name_of_user(user_id: str) -> str:
    """What the events of a user are kept under: of one length, whatever the id is."""
    return sha256(user_id.encode(errors="surrogatepass")).hexdigest()


def _known_texts(keys: Sequence[str]) -> list[str]:
    """The keys that can be in a store: what is no UTF-8 is not."""
    try:
        "".join(keys).encode()
    except UnicodeEncodeError:
        return [key for key in keys if key == key.encode(errors="ignore").decode()]
    return list(keys)


class Store(ABC):
    """A key-value store. It may be used by several threads; each process opens its own.

    name: the address, without a password. batch_keys: how many records are written at a time.
    """

    batch_keys = 500

    def __init__(self, name: str) -> None:
        """Name the store: nothing is asked of it yet."""
        self.name = name

    # --- reading ---------------------------------------------------------------------------------

    def state(self) -> State:
        """What the store says of itself; generation 0 where nothing was exported yet."""
        return self.state_of(self.read_state())

    def snapshot(self) -> Snapshot:
        """The generation that is served, for one request."""
        state = self.state()
        if not state.generation:
            raise EmptyStoreError(
                f"nothing was exported into {self.name} yet: scripts/serve.py export --to "
                f"{self.name}."
            )
        return Snapshot(self, state.generation)

    def read(self, work: Callable[[Snapshot], Result]) -> Result:
        """What work makes of a snapshot; once more where its generation was removed meanwhile."""
        try:
            return work(self.snapshot())
        except GenerationGoneError:
            return work(self.snapshot())

    def state_of(self, found: bytes | None) -> State:
        """A state as it is stored."""
        if found is None:
            return State()
        try:
            facts = json.loads(found)
            layout = int(facts["layout"])
            state = State(**facts) if layout == LAYOUT else State()
            good = all(type(value) is type(facts.get(n, value)) for n, value in DEFAULTS.items())
        except (ValueError, TypeError, KeyError) as error:
            raise self._of_another() from error
        if layout != LAYOUT:
            raise UnusableStoreError(
                f"{self.name} was written by another version of Pingtop (layout {layout}, this one "
                f"has {LAYOUT}): export into an empty store, then remove this one."
            )
        if not good:
            raise self._of_another()
        return state

    def _of_another(self) -> UnusableStoreError:
        return UnusableStoreError(
            f"{self.name} holds what Pingtop has not written: name another store."
        )

    @abstractmethod
    def read_state(self) -> bytes | None:
        """The state as it is stored; None where there is none."""

    @abstractmethod
    def cells(self, keys: Sequence[str]) -> dict[str, bytes]:
        """The cells of the keys that there are."""

    def cells_then_state(self, keys: Sequence[str]) -> tuple[dict[str, bytes], State]:
        """The cells, and the state as it is after they were read. Stores may do it in one go."""
        found = self.cells(keys)
        return found, self.state()

    @abstractmethod
    def scan(self) -> Iterator[list[tuple[str, bytes]]]:
        """Every key with the head of its cell, in any order; one may come twice."""

    # --- writing: who writes holds the lock (see writing) ----------------------------------------

    @abstractmethod
    def prepare(self) -> str | None:
        """Make what the store needs where it is not there. Returns what was made, to be said."""

    @abstractmethod
    def acquire(self, holder: str, seconds: float) -> str | None:
        """Take the lock, for so long. Returns who holds it, where that is somebody else."""

    @abstractmethod
    def release(self, holder: str) -> None:
        """Give the lock back, where it is still this holder's."""

    @abstractmethod
    def put(
        self,
        holder: str,
        seconds: float,
        cells: Mapping[str, bytes | None],
        state: State | None = None,
    ) -> bool:
        """Write cells (None: remove the record) or the state, and renew the lock.

        Returns whether the lock was still this holder's: where not, nothing is written.
        """

    def close(self) -> None:  # noqa: B027, most have nothing to do
        """Let go of files and connections."""

    # --- posted events: beside the generations ----------------------------------------------------

    @abstractmethod
    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """Keep events of a user: for KEEP_EVENTS_SECONDS, of one user the last MOST_EVENTS."""

    @abstractmethod
    def events(self, user_id: str) -> list[bytes]:
        """The kept events of a user, oldest first."""
