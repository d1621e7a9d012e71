"""A store in one file: SQLite, of the standard library.

Readers are never in the way of the writer, nor it in theirs (write-ahead log). The switch is the
update of one row.
"""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pingtop_serving.errors import (
    EmptyStoreError,
    ServingError,
    StoreDownError,
    UnusableStoreError,
)
from pingtop_serving.stores.cells import HEAD_BYTES
from pingtop_serving.stores.store import (
    KEEP_EVENTS_SECONDS,
    MOST_EVENTS,
    State,
    Store,
    name_of_user,
)

WAIT_SECONDS = 10.0  # for another one's write
PAGE = 5_000
FILE_NUMBER = 0x50494E47  # says of a file that it is a store: PING
TABLES = f"""
    pragma application_id = {FILE_NUMBER};
    create table if not exists records (key text primary key, cell blob not null);
    create table if not exists facts (name text primary key, value blob not null) without rowid;
    create table if not exists lock (one integer primary key, holder text, until real);
    create table if not exists events (user_id text, arrived real, event blob);
    create index if not exists events_of_user on events (user_id, arrived);
    create index if not exists events_arrived on events (arrived);
"""


class SqliteStore(Store):
    """A store in a file."""

    def __init__(self, file: str) -> None:
        """Name the file; a relative path counts from where the process is started."""
        super().__init__(f"sqlite:///{file}")
        self._path = Path(file).absolute()
        self._of_thread = threading.local()
        self._connections: list[sqlite3.Connection] = []

    # --- connections -----------------------------------------------------------------------------

    def _error(self, error: sqlite3.Error) -> ServingError:
        said = str(error)
        if "not a database" in said or "no such table" in said:
            return UnusableStoreError(f"{self._path} is no store of Pingtop: name another file.")
        if "malformed" in said:
            return UnusableStoreError(f"{self._path} is damaged: remove it, and export again.")
        if "locked" in said:
            return StoreDownError(f"{self._path} is in use for longer than {WAIT_SECONDS:g} s.")
        if "unable to open" in said or "readonly" in said:
            return UnusableStoreError(
                f"{self._path} cannot be opened: name a file in a folder that there is and that "
                "may be written."
            )
        return StoreDownError(f"{self._path} cannot be read or written: {said}.")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except sqlite3.Error as error:
            raise self._error(error) from error

    def _connection(self) -> sqlite3.Connection:
        """The connection of this thread; the file must be there."""
        found = getattr(self._of_thread, "connection", None)
        if found is not None and self._of_thread.file != self._file():
            # removed, or replaced: what is open would be read, and written, for ever
            self._connections.remove(found)
            found.close()
            found = self._of_thread.connection = None
        if found is None:
            if not self._path.is_file():
                raise self._nothing_yet()
            found = self._opened()
            if not self._is_made(found):
                found.close()
                raise self._nothing_yet()
            self._keep(found)
        return found

    def _nothing_yet(self) -> EmptyStoreError:
        return EmptyStoreError(
            f"nothing was exported into {self._path} yet: scripts/serve.py export --to {self.name}."
        )

    def _is_made(self, connection: sqlite3.Connection) -> bool:
        """Whether a file has the tables of a store; an error where it is something else."""
        if connection.execute("pragma application_id").fetchone() == (FILE_NUMBER,):
            return True
        if connection.execute("select count(*) from sqlite_schema").fetchone() == (0,):
            return False
        connection.close()
        raise UnusableStoreError(f"{self._path} is no store of Pingtop: name another file.")

    def _opened(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, timeout=WAIT_SECONDS, isolation_level=None, check_same_thread=False
        )
        connection.execute("pragma synchronous = normal")
        return connection

    def _file(self) -> tuple[int, int] | None:
        """Which file has the name: numbers that no other one has for as long as it is open."""
        try:
            found = self._path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    def _keep(self, connection: sqlite3.Connection) -> None:
        self._of_thread.connection, self._of_thread.file = connection, self._file()
        self._connections.append(connection)

    def close(self) -> None:
        """Close the file in all threads; what was written is then all in the one file."""
        for connection in self._connections:
            with suppress(sqlite3.Error):
                connection.close()
        self._connections.clear()
        self._of_thread = threading.local()

    # --- reading ---------------------------------------------------------------------------------

    def read_state(self) -> bytes | None:
        """See Store."""
        with self._said():
            try:
                connection = self._connection()
            except EmptyStoreError:
                return None
            return _state(connection)

    def cells(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See Store."""
        with self._said():
            return _cells(self._connection(), keys)

    def cells_then_state(self, keys: Sequence[str]) -> tuple[dict[str, bytes], State]:
        """See Store."""
        with self._said():
            connection = self._connection()
            connection.execute("begin")
            try:
                found = _cells(connection, keys)
                state = _state(connection)
            finally:
                connection.execute("commit")
        return found, self.state_of(state)

    def scan(self) -> Iterator[list[tuple[str, bytes]]]:
        """See Store. By pages, so that no reader holds the log back while it is written."""
        query = (
            f"select key, substr(cell, 1, {HEAD_BYTES}) from records where key > ? "
            f"order by key limit {PAGE}"
        )
        last = ""
        while True:
            with self._said():
                page = self._connection().execute(query, [last]).fetchall()
            if not page:
                return
            yield page
            last = page[-1][0]

    # --- writing ---------------------------------------------------------------------------------

    def prepare(self) -> str | None:
        """See Store."""
        with self._said():
            connection = self._opened()
            if self._is_made(connection):
                self._keep(connection)
                return None
            connection.execute("pragma journal_mode = wal")
            connection.executescript(f"begin immediate; {TABLES} commit;")
            self._keep(connection)
        return f"made {self._path}"

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        with self._said():
            connection = self._connection()
            connection.execute("begin immediate")
            try:
                yield connection
            except BaseException:
                connection.execute("rollback")
                raise
            connection.execute("commit")

    def acquire(self, holder: str, seconds: float) -> str | None:
        """See Store."""
        with self._writing() as connection:
            found = connection.execute("select holder, until from lock").fetchone()
            if found and found[0] != holder and found[1] > time.time():
                return str(found[0])
            _lock(connection, holder, seconds)
        return None

    def release(self, holder: str) -> None:
        """See Store."""
        with self._writing() as connection:
            connection.execute("delete from lock where holder = ?", [holder])

    def put(
        self,
        holder: str,
        seconds: float,
        cells: Mapping[str, bytes | None],
        state: State | None = None,
    ) -> bool:
        """See Store."""
        with self._writing() as connection:
            found = connection.execute("select holder, until from lock").fetchone()
            if not found or found[0] != holder or found[1] <= time.time():
                return False
            _lock(connection, holder, seconds)
            connection.executemany(
                "insert into records values (?, ?) "
                "on conflict (key) do update set cell = excluded.cell",
                [(key, cell) for key, cell in cells.items() if cell is not None],
            )
            connection.executemany(
                "delete from records where key = ?",
                [(key,) for key, cell in cells.items() if cell is None],
            )
            if state is not None:
                connection.execute(
                    "insert or replace into facts values ('state', ?)", [state.packed()]
                )
                # users who do not come back would leave theirs for ever
                connection.execute(
                    "delete from events where arrived <= ?", [time.time() - KEEP_EVENTS_SECONDS]
                )
        return True

    # --- posted events ---------------------------------------------------------------------------

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """See Store."""
        at, user = time.time(), name_of_user(user_id)
        with self._writing() as connection:
            connection.executemany(
                "insert into events values (?, ?, ?)", [(user, at, event) for event in events]
            )
            connection.execute(
                "delete from events where user_id = ?1 and rowid <= (select rowid from events "
                "where user_id = ?1 order by rowid desc limit 1 offset ?2)",
                [user, MOST_EVENTS],
            )

    def events(self, user_id: str) -> list[bytes]:
        """See Store."""
        query = "select event from events where user_id = ? and arrived > ? order by rowid"
        with self._said():
            since = time.time() - KEEP_EVENTS_SECONDS
            found = self._connection().execute(query, [name_of_user(user_id), since])
            return [event for (event,) in found]


def _cells(connection: sqlite3.Connection, keys: Sequence[str]) -> dict[str, bytes]:
    found = {}
    for key in keys:
        row = connection.execute("select cell from records where key = ?", [key]).fetchone()
        if row is not None:
            found[key] = row[0]
    return found


def _state(connection: sqlite3.Connection) -> bytes | None:
    row = connection.execute("select value from facts where name = 'state'").fetchone()
    return row and row[0]


def _lock(connection: sqlite3.Connection, holder: str, seconds: float) -> None:
    connection.execute(
        "insert or replace into lock values (1, ?, ?)", [holder, time.time() + seconds]
    )
