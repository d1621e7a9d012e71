"""A store in Redis: one text key a record, all under one prefix.

What writes is one script, which looks at the lock first, so that a writer that has lost it changes
nothing. The switch is one SET. A writer needs one Redis with all keys (no cluster); readers may
read a replica, which gets writes in their order.
"""

from __future__ import annotations

import struct
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from pingtop_serving.errors import ServingError, StoreDownError, UnusableStoreError
from pingtop_serving.stores.cells import HEAD_BYTES
from pingtop_serving.stores.store import (
    KEEP_EVENTS_SECONDS,
    MOST_EVENTS,
    State,
    Store,
    name_of_user,
)

PREFIX = "pingtop:"  # of every key; keep two stores in two databases of a Redis
RECORD, EVENTS = f"{PREFIX}record:", f"{PREFIX}events:"
STATE, LOCK = f"{PREFIX}state", f"{PREFIX}lock"
PAGE = 1_000
CONNECT_SECONDS, ANSWER_SECONDS = 2.0, 10.0
ARRIVED = struct.Struct(">d")

# KEYS: the lock, then those that are written; ARGV: who holds the lock, for how many milliseconds
# more, then the values, an empty one for a key that is removed.
WRITE = """
if redis.call('get', KEYS[1]) ~= ARGV[1] then return 0 end
for i = 2, #KEYS do
  if ARGV[i + 1] == '' then redis.call('del', KEYS[i])
  else redis.call('set', KEYS[i], ARGV[i + 1]) end
end
redis.call('pexpire', KEYS[1], ARGV[2])
return 1 -- the lock was held
"""
RELEASE = "if redis.call('get', KEYS[1]) == ARGV[1] then redis.call('del', KEYS[1]) end"


def _without_password(url: str) -> str:
    """The address as it may be shown."""
    scheme, _, rest = url.partition("://")
    user, found, place = rest.rpartition("@")
    if _is_ambiguous(rest):
        return f"{scheme}://***"
    hidden = f"{user.partition(':')[0]}:***@" if found else ""
    return f"{scheme}://{hidden}{place.partition('?')[0]}"


def _is_ambiguous(rest: str) -> bool:
    """Whether it cannot be told where a password ends: it has what ends a host."""
    user, _, _ = rest.rpartition("@")
    return bool(set("/?#") & set(user))


class RedisStore(Store):
    """A store in a database of a Redis."""

    def __init__(self, url: str) -> None:
        """Name the Redis: redis://[[user]:password@]host[:port][/number], rediss:// for TLS."""
        super().__init__(_without_password(url))
        try:
            import redis
        except ImportError as error:
            raise UnusableStoreError(
                "redis:// needs a package that is not installed: pip install -r "
                "requirements-serving.txt."
            ) from error
        self._errors = redis.exceptions
        if _is_ambiguous(url.partition("://")[2]):
            raise UnusableStoreError(
                "the address of the store has an @ behind a /, ? or #: percent-encode these where "
                "they are of the password (%40, %2F, %3F, %23)."
            )
        try:
            self._client = redis.Redis.from_url(
                url,
                socket_connect_timeout=CONNECT_SECONDS,
                socket_timeout=ANSWER_SECONDS,
                # one more try, as a connection that was kept may have been closed since
                retry=redis.retry.Retry(redis.backoff.NoBackoff(), 1),
            )
        except ValueError as error:
            raise self._unreadable() from error
        self._write = self._client.register_script(WRITE)
        self._release = self._client.register_script(RELEASE)

    def _unreadable(self) -> UnusableStoreError:  # what Redis says may have the password in it
        return UnusableStoreError(
            f"the address of the store {self.name} cannot be read: give one such as "
            "redis://localhost:6379/0."
        )

    def _error(self, error: Exception) -> ServingError:
        errors = self._errors
        said = str(error).strip().rstrip(".")
        if isinstance(error, (errors.AuthenticationError, errors.NoPermissionError)) or (
            "NOAUTH" in said
        ):
            return UnusableStoreError(
                f"{self.name} refuses the user or the password: correct the address."
            )
        if "Name or service not known" in said or "nodename nor servname" in said:
            return UnusableStoreError(f"there is no host such as that of {self.name}: correct it.")
        if isinstance(error, errors.OutOfMemoryError) or said.startswith("OOM"):
            return StoreDownError(f"{self.name} has no memory left (maxmemory): give it more.")
        if isinstance(error, (errors.ConnectionError, errors.TimeoutError)):
            return StoreDownError(f"{self.name} does not answer: {said}.")
        if "WRONGTYPE" in said or "DB index is out of range" in said:
            return UnusableStoreError(f"{self.name} is no store of Pingtop: {said}.")
        return StoreDownError(f"{self.name} answers with an error: {said}.")

    @contextmanager
    def _said(self) -> Iterator[None]:
        try:
            yield
        except TypeError as error:  # an option in the address that there is not
            raise self._unreadable() from error
        except (self._errors.RedisError, OSError) as error:
            raise self._error(error) from error

    # --- reading ---------------------------------------------------------------------------------

    def read_state(self) -> bytes | None:
        """See Store."""
        with self._said():
            return self._client.get(STATE)

    def cells(self, keys: Sequence[str]) -> dict[str, bytes]:
        """See Store."""
        if not keys:
            return {}
        with self._said():
            found = self._client.mget([RECORD + key for key in keys])
        return _named(keys, found)

    def cells_then_state(self, keys: Sequence[str]) -> tuple[dict[str, bytes], State]:
        """See Store. One command, which Redis does in one go."""
        with self._said():
            *found, state = self._client.mget([*(RECORD + key for key in keys), STATE])
        return _named(keys, found), self.state_of(state)

    def scan(self) -> Iterator[list[tuple[str, bytes]]]:
        """See Store."""
        cursor = 0
        while True:
            with self._said():
                cursor, names = self._client.scan(cursor, match=f"{RECORD}*", count=PAGE)
                pipeline = self._client.pipeline(transaction=False)
                for name in names:
                    pipeline.getrange(name, 0, HEAD_BYTES - 1)
                heads = pipeline.execute()
            yield [
                (key[len(RECORD) :], begin)
                for name, begin in zip(names, heads, strict=True)
                # a name that is no UTF-8 is not ours
                if begin and (key := name.decode(errors="ignore")).encode() == name
            ]
            if not cursor:
                return

    # --- writing ---------------------------------------------------------------------------------

    def prepare(self) -> str | None:
        """See Store. A Redis that may throw records away would serve lists that are not whole."""
        with self._said():
            memory: dict[str, Any] = self._client.info("memory")
        policy = str(memory.get("maxmemory_policy", ""))
        if policy.startswith("allkeys") and memory.get("maxmemory"):
            raise UnusableStoreError(
                f"{self.name} throws any key away where memory is short (maxmemory-policy "
                f"{policy}): set it to noeviction or to a volatile one."
            )
        return None

    def acquire(self, holder: str, seconds: float) -> str | None:
        """See Store."""
        with self._said():
            if self._client.set(LOCK, holder, nx=True, px=int(seconds * 1000)):
                return None
            other = self._client.get(LOCK)
        if other is None:  # it has just gone
            return self.acquire(holder, seconds)
        return None if other.decode() == holder else other.decode()

    def release(self, holder: str) -> None:
        """See Store."""
        with self._said():
            self._release(keys=[LOCK], args=[holder])

    def put(
        self,
        holder: str,
        seconds: float,
        cells: Mapping[str, bytes | None],
        state: State | None = None,
    ) -> bool:
        """See Store."""
        values = {RECORD + key: cell or b"" for key, cell in cells.items()}
        if state is not None:
            values[STATE] = state.packed()
        with self._said():
            done = self._write(
                keys=[LOCK, *values], args=[holder, int(seconds * 1000), *values.values()]
            )
        return bool(done)

    def close(self) -> None:
        """Let go of the connections."""
        self._client.close()

    # --- posted events ---------------------------------------------------------------------------

    def append_events(self, user_id: str, events: Sequence[bytes]) -> None:
        """See Store."""
        if not events:
            return
        name, at = EVENTS + name_of_user(user_id), ARRIVED.pack(time.time())
        with self._said():
            pipeline = self._client.pipeline(transaction=True)
            pipeline.rpush(name, *(at + event for event in events))
            pipeline.ltrim(name, -MOST_EVENTS, -1)
            pipeline.expire(name, KEEP_EVENTS_SECONDS)
            pipeline.execute()

    def events(self, user_id: str) -> list[bytes]:
        """See Store."""
        since = time.time() - KEEP_EVENTS_SECONDS
        with self._said():
            found = self._client.lrange(EVENTS + name_of_user(user_id), 0, -1)
        return [one[ARRIVED.size :] for one in found if ARRIVED.unpack_from(one)[0] > since]


def _named(keys: Sequence[str], found: Sequence[bytes | None]) -> dict[str, bytes]:
    return {key: cell for key, cell in zip(keys, found, strict=True) if cell is not None}
