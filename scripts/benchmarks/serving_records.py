"""Records as those of a release, made up: what an export is measured with where there is none."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random
from zlib import crc32

from pingtop_serving.records import Ping, User, pack, pack_ids, ping_key, seen_key, user_key

POOL = 2_000  # different users: the others repeat them
CANDIDATES, HEAD, SEEN = 200, 4_000, 60
CATEGORIES, CREATORS = 20, 2_500


@dataclass(frozen=True)
class MadeUp:
    """Releases of so many users and pings. Each night a share of the users has new records."""

    users: int
    pings: int
    changed: float = 0.1
    seed: int = 1

    def _ping_id(self, number: int) -> str:
        return f"p{10_000_000 + number}"

    def _pool(self) -> list[tuple[bytes, bytes]]:
        """What some users have seen, and what is known of them."""
        random = Random(self.seed)
        pool = []
        for _ in range(POOL):
            drawn = random.sample(range(min(HEAD, self.pings)), min(CANDIDATES, self.pings))
            seen = random.sample(range(self.pings), min(SEEN, self.pings))
            user = User(
                candidates=[self._ping_id(number) for number in sorted(drawn)],
                n_events=SEEN,
                categories={f"category {random.randrange(CATEGORIES)}": 9 for _ in range(6)},
                creators={f"c{random.randrange(CREATORS):05d}": 2 for _ in range(30)},
            )
            pool.append((pack_ids([self._ping_id(one) for one in sorted(seen)]), user.pack()))
        return pool

    def records(self, night: int) -> Iterator[tuple[str, bytes]]:
        """The records of a night, by key: all pings are scored anew, a few users come and go."""
        yield "manifest", pack({"night": night})
        for number in range(self.pings):
            score = 1 / (1 + number + night / 10)
            yield ping_key(self._ping_id(number)), Ping(
                score, score, score / 7, f"category {number % CATEGORIES}",
                f"c{number % CREATORS:05d}", False, False,
            ).pack()  # fmt: skip
        pool = self._pool()
        moved = night * max(1, self.users // 1_000)
        for place, key in ((0, seen_key), (1, user_key)):
            for number in range(moved, moved + self.users):
                name = f"u{10_000_000 + number}"
                since = next((one for one in range(night, 0, -1) if self._is_changed(name, one)), 0)
                yield key(name), pool[(number * 31 + since * 977) % POOL][place]

    def _is_changed(self, name: str, night: int) -> bool:
        return crc32(f"{name} {night} {self.seed}".encode()) % 1_000 < 1_000 * self.changed
