"""What a store holds for trees: the model in pieces, and the features in three parts.

What is a ping's alone is stored once a ping, what is a user's alone once a user; with a candidate
stands the rest, and what follows from both is put together at the request (trees.py).
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256

import zstandard

from pingtop_serving.errors import StoreDownError
from pingtop_serving.records import TREES, pack, tree_piece_key, unpack

PIECE_BYTES = 200_000  # DynamoDB takes records of 400,000
MODEL_LEVEL = 19  # of zstd: the model is packed once and read often
UNREADABLE = (
    "The trees of the store cannot be read: export a release into it anew, whole "
    "(scripts/serve.py export --full)."
)


@dataclass(frozen=True)
class Trees:
    """What a model is made of.

    digest: of its text. features: name, family (a part of scores) and what a reason calls it, in
    the order of the model. ping, user, pair: the features that are stored of each.
    """

    digest: str
    pieces: int
    features: Sequence[tuple[str, str, str]]
    ping: Sequence[str]
    user: Sequence[str]
    pair: Sequence[str]
    sources: Sequence[str]  # every combination of them that a candidate comes from

    def pack(self) -> bytes:
        return pack(
            [
                *(self.digest, self.pieces, [list(feature) for feature in self.features]),
                *(list(self.ping), list(self.user), list(self.pair), list(self.sources)),
            ]
        )

    @classmethod
    def unpack(cls, data: bytes) -> Trees:
        digest, pieces, features, *names = unpack(data)
        return cls(
            digest, pieces, [(name, family, said) for name, family, said in features], *names
        )


def model_pieces(text: bytes) -> list[bytes]:
    """A model as it is stored."""
    small = zstandard.ZstdCompressor(level=MODEL_LEVEL).compress(text)
    return [small[start : start + PIECE_BYTES] for start in range(0, len(small), PIECE_BYTES)]


def model_text(trees: Trees, pieces: Sequence[bytes | None]) -> str:
    """The model of its pieces, which is what was exported."""
    try:
        text = zstandard.ZstdDecompressor().decompress(b"".join(piece or b"" for piece in pieces))
    except zstandard.ZstdError as error:
        raise StoreDownError(UNREADABLE) from error
    if sha256(text).hexdigest() != trees.digest:
        raise StoreDownError(UNREADABLE)
    return text.decode()


def model_records(trees: Trees, pieces: Sequence[bytes]) -> Iterator[tuple[str, bytes]]:
    """Keys and values of a model, by key."""
    yield TREES, trees.pack()
    yield from sorted((tree_piece_key(number), piece) for number, piece in enumerate(pieces))


@dataclass(frozen=True)
class TreeUser:
    """A user's candidates, the best of the build first, and the features that are no ping's.

    sources: places in Trees.sources. features: doubles. pairs: floats of 32 bits, feature by
    feature.
    """

    ping_ids: Sequence[str]
    sources: Sequence[int]
    features: bytes
    pairs: bytes

    def pack(self) -> bytes:
        return pack([list(self.ping_ids), list(self.sources), self.features, self.pairs])

    @classmethod
    def unpack(cls, data: bytes) -> TreeUser:
        return cls(*unpack(data))


def pack_ping(features: Sequence[float]) -> bytes:
    """The features of a ping: doubles, which nothing makes smaller."""
    return struct.pack(f"<{len(features)}d", *features)
