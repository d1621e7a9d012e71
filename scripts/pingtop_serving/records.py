"""What the records of a store are: their keys, and how their values are packed.

    manifest          what a generation is made of: weights, event types, arms, counts
    d|2|country|region  the list of users who are not known
    f|user            what the trees of stage 2 look at of a user and of the user's candidates
    g|ping            what they look at of a ping
    h                 the first pings of the catalogue by their base, ids only
    hc|category       the same of a category
    hr|creator        the same of a creator
    p|ping            what a ping adds to any score, and who may not see it
    s|user            the pings that a user has any event on
    t                 what the trees are made of (tree_records.py)
    t|number          a piece of their model
    u|user            candidates, affinities, restrictions and arm of a user

Values are msgpack, and zstd over it where that makes them smaller (docs/serving.md has the bytes).
What is packed is in a fixed order, so that what has not changed packs to the same bytes.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgpack
import zstandard

from pingtop_serving.errors import StoreDownError

FORMAT = 1  # of the records; a reader refuses another
MANIFEST = "manifest"
OVERALL_HEAD = "h"
TREES = "t"
USER, SEEN, TREE_USER = "u", "s", "f"  # how the keys of a user's records begin
HASHED = "~"  # before the hash of a name, where others have |
MOST_PLAIN_BYTES = 900  # of a name that is a part of its key as it is; DynamoDB has room for 2,048
WORTH_ZSTD = 64  # bytes from which on compression is tried
ZSTD_LEVEL = 3
ZSTD_MAGIC = b"\x28\xb5\x2f\xfd"  # no packed map or list begins so


def _key(kind: str, name: str) -> str:
    """The key of a record. A name that is too long stands there by its hash, after all others."""
    plain = f"{kind}|{name}"
    data = plain.encode("utf-8", "surrogatepass")
    if len(data) <= MOST_PLAIN_BYTES and data == plain.encode("utf-8", "ignore"):
        return plain
    return f"{kind}{HASHED}{hashlib.sha256(data).hexdigest()}"


def is_hashed(key: str) -> bool:
    """Whether a key has the hash of a name."""
    return HASHED in key.split("|", 1)[0]


def is_of_user(key: str) -> bool:
    """Whether a record is one user's."""
    return re.split(rf"[|{HASHED}]", key, maxsplit=1)[0] in (USER, SEEN, TREE_USER)


def tree_user_key(user_id: str) -> str:
    return _key(TREE_USER, user_id)


def tree_ping_key(ping_id: str) -> str:
    return _key("g", ping_id)


def tree_piece_key(number: int) -> str:
    return _key("t", str(number))


def user_key(user_id: str) -> str:
    return _key(USER, user_id)


def seen_key(user_id: str) -> str:
    return _key(SEEN, user_id)


def ping_key(ping_id: str) -> str:
    return _key("p", ping_id)


def category_key(category: str) -> str:
    return _key("hc", category)


def creator_key(creator_id: str) -> str:
    return _key("hr", creator_id)


def default_key(country: str, region: str) -> str:
    """Both may be empty: any country, and no region that a restriction names."""
    return _key("d", f"{len(country)}|{country}|{region}")


def pack(value: object) -> bytes:
    """The bytes of a record."""
    data: bytes = msgpack.packb(value, use_bin_type=True)
    if len(data) < WORTH_ZSTD:
        return data
    # without the size and checksum, which are eight bytes: msgpack knows where it ends
    small = zstandard.ZstdCompressor(
        level=ZSTD_LEVEL, write_checksum=False, write_content_size=True
    ).compress(data)
    return small if len(small) < len(data) else data


def unpack(data: bytes) -> Any:  # noqa: ANN401, what was packed
    """What a record holds."""
    try:
        if data[:4] == ZSTD_MAGIC:
            data = zstandard.ZstdDecompressor().decompress(data)
        return msgpack.unpackb(data, raw=False, strict_map_key=False)
    except (ValueError, zstandard.ZstdError, msgpack.exceptions.UnpackException) as error:
        raise StoreDownError(
            "A record of the store cannot be read: export a release into it anew, whole "
            "(scripts/serve.py export --full)."
        ) from error


@dataclass(frozen=True)
class Manifest:
    """What a generation is made of."""

    release: str
    built_at: str
    data_to: str | None  # the newest event, UTC, ISO 8601
    strategy: str  # that serves: heuristic, gbdt or neural
    is_reranked: bool
    top_k: int
    candidates: int  # of a user at most
    weight_category: float
    weight_creator: float
    weight_declared: float
    event_types: Mapping[str, str]  # plain name -> name
    experiment: str | None  # whose arms decide
    arms: Mapping[str, str]  # arm -> heuristic or served
    counts: Mapping[str, int]
    # after an hourly refresh candidates are older than the parts of pings, and heads are looked at
    is_refreshed: bool = False
    new_pings: Sequence[str] = ()  # that came since the candidates were made, the best by base

    def pack(self) -> bytes:
        return pack({"format": FORMAT, **self.__dict__})

    @classmethod
    def unpack(cls, data: bytes) -> Manifest:
        values = unpack(data)
        if not isinstance(values, dict) or values.pop("format", None) != FORMAT:
            raise StoreDownError(
                "The store was written by another version of Pingtop: export a release into it "
                "anew, whole (scripts/serve.py export --full)."
            )
        return cls(**values)


@dataclass(frozen=True)
class Ping:
    """What a ping adds to any score, and who may not see it."""

    base_score: float  # popularity and freshness, rounded as the lists are ordered by
    popularity_part: float
    freshness_part: float
    category: str | None
    creator_id: str | None
    is_popular: bool
    is_recent: bool
    regions: Sequence[str] | None = None  # that it is restricted to; none: shown everywhere
    entries: Sequence[str] = ()  # of blocklists that name it

    def pack(self) -> bytes:
        flags = self.is_popular | self.is_recent << 1
        values: list[object] = [
            *(self.base_score, self.popularity_part, self.freshness_part),
            *(self.category, self.creator_id, flags),
        ]
        if self.regions is not None or self.entries:
            values += [
                None if self.regions is None else list(self.regions),
                list(self.entries),
            ]
        return pack(values)

    @classmethod
    def unpack(cls, data: bytes) -> Ping:
        base, popularity, freshness, category, creator, flags, *restrictions = unpack(data)
        return cls(
            *(base, popularity, freshness, category, creator, bool(flags & 1), bool(flags & 2)),
            *restrictions,
        )


@dataclass(frozen=True)
class Listed:
    """A place of a list that is kept as it was made."""

    ping_id: str
    score: float
    popularity_part: float
    category_part: float
    creator_part: float
    freshness_part: float
    declared_part: float
    rerank_part: float
    reason: str

    def values(self) -> list[object]:
        return list(self.__dict__.values())


@dataclass(frozen=True)
class User:
    """What is known of a user."""

    candidates: Sequence[str] = ()  # ping ids, ordered by id: a list that moves changes no record
    n_events: int = 0  # that affinities are shares of
    categories: Mapping[str, int] = field(default_factory=dict)  # events by category
    creators: Mapping[str, int] = field(default_factory=dict)
    declared: Mapping[str, float] = field(default_factory=dict)  # part by category
    region: str = ""  # as restrictions name it; empty: none that they name
    entries: Sequence[str] = ()  # of the blocklist, those that name any ping
    arm: str | None = None
    strategy: str = "heuristic"  # of the list that is kept
    listed: Sequence[Listed] = ()  # none: the list is what scoring makes of the candidates
    # touched since the candidates were made, where a refresh says so
    new_categories: Sequence[str] = ()
    new_creators: Sequence[str] = ()

    def pack(self) -> bytes:
        values: dict[str, object] = {
            "c": list(self.candidates),
            "n": self.n_events,
            "k": dict(sorted(self.categories.items())),
            "r": dict(sorted(self.creators.items())),
            "d": dict(sorted(self.declared.items())),
            "g": self.region,
            "b": sorted(self.entries),
            "a": self.arm,
            "s": self.strategy if self.listed else None,
            "l": [place.values() for place in self.listed],
            "x": sorted(self.new_categories),
            "y": sorted(self.new_creators),
        }
        return pack({name: value for name, value in values.items() if value})

    @classmethod
    def unpack(cls, data: bytes) -> User:
        values = unpack(data)
        return cls(
            candidates=values.get("c", ()),
            n_events=values.get("n", 0),
            categories=values.get("k", {}),
            creators=values.get("r", {}),
            declared=values.get("d", {}),
            region=values.get("g", ""),
            entries=values.get("b", ()),
            arm=values.get("a"),
            strategy=values.get("s", "heuristic"),
            listed=[Listed(*place) for place in values.get("l", ())],
            new_categories=values.get("x", ()),
            new_creators=values.get("y", ()),
        )


def pack_ids(ping_ids: Sequence[str]) -> bytes:
    """A head, by its order, or what a user has seen."""
    return pack(list(ping_ids))


def unpack_ids(data: bytes | None) -> list[str]:
    return [] if data is None else list(unpack(data))


def pack_list(places: Sequence[Listed]) -> bytes:
    """A list of users who are not known."""
    return pack([place.values() for place in places])


def unpack_list(data: bytes) -> list[Listed]:
    return [Listed(*place) for place in unpack(data)]
