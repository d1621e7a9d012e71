"""The values of one record, packed into one: its cell.

A cell has a head, which says which generations have a value and what their digests are, and then
the values. So every store keeps one thing for a key, a reader gets it in one go, and who compares
reads heads alone.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from hashlib import blake2b
from typing import NamedTuple

VERSION = struct.Struct(">QQI")  # generation, digest, bytes of the value
MOST_VERSIONS = 16  # more than ever are in use at a time
HEAD_BYTES = 1 + MOST_VERSIONS * VERSION.size

REMOVED = 0  # the digest of an empty value: the record is not there


class DamagedCellError(ValueError):
    """A cell that we have not written, or not so."""


class Version(NamedTuple):
    """One value of a record. The digest says what it is, as far as one compares."""

    generation: int
    digest: int
    size: int


def digest(value: bytes) -> int:
    """64 bits of a value, and REMOVED of an empty one."""
    if not value:
        return REMOVED
    return int.from_bytes(blake2b(value, digest_size=8).digest()) or 1


def head(cell: bytes) -> list[Version]:
    """The values of a cell, oldest first; the cell may be cut after HEAD_BYTES."""
    try:
        return [
            Version(*VERSION.unpack_from(cell, 1 + number * VERSION.size))
            for number in range(cell[0])
        ]
    except (IndexError, struct.error) as error:
        raise DamagedCellError from error


def newest(cell: bytes | None, generation: int) -> bytes | None:
    """What a reader of a generation gets; None where the record is not there."""
    if cell is None:
        return None
    value, end = None, len(cell)
    is_found = False
    try:
        count = cell[0]
        for number in range(count - 1, -1, -1):
            found, _, size = VERSION.unpack_from(cell, 1 + number * VERSION.size)
            if found <= generation and not is_found:
                value, is_found = cell[end - size : end] or None, True
            end -= size
    except (IndexError, struct.error) as error:
        raise DamagedCellError from error
    if end != 1 + count * VERSION.size:  # it is shorter or longer than its values
        raise DamagedCellError
    return value


def with_value(cell: bytes | None, generation: int, value: bytes, oldest_read: int) -> bytes:
    """The cell with a value of a generation, and without those that nobody reads.

    oldest_read: the oldest generation that anybody reads.
    """
    values = [one for one in _unpacked(cell) if one[0] != generation]
    values.append((generation, digest(value), value))
    return _packed(sorted(_readable(values, oldest_read)))


def without(cell: bytes, generation: int) -> bytes | None:
    """The cell without the value of a generation; None where nothing is left."""
    return _packed([one for one in _unpacked(cell) if one[0] != generation]) or None


def pruned(cell: bytes, oldest_read: int) -> bytes | None:
    """The cell without the values that nobody reads; None where nothing is left."""
    kept = _readable(_unpacked(cell), oldest_read)
    if kept and kept[0][0] <= oldest_read and not kept[0][2]:
        kept = kept[1:]  # that it is not there is said by nothing, too
    return _packed(kept) or None


def needs_pruning(versions: list[Version], oldest_read: int) -> bool:
    """Whether a cell with such a head holds what nobody reads."""
    read = [one for one in versions if one.generation <= oldest_read]
    return len(read) > 1 or any(one.digest == REMOVED for one in read)


def _readable(
    values: Iterable[tuple[int, int, bytes]], oldest_read: int
) -> list[tuple[int, int, bytes]]:
    """Of the values that are not newer than the oldest that is read, the newest; and the rest."""
    values = sorted(values)
    old = [one for one in values if one[0] <= oldest_read]
    return old[-1:] + [one for one in values if one[0] > oldest_read]


def _unpacked(cell: bytes | None) -> list[tuple[int, int, bytes]]:
    """The values; none of a cell that is damaged, as who writes puts another in its place."""
    if cell is None:
        return []
    try:
        versions = head(cell)
    except DamagedCellError:
        return []
    if len(cell) != 1 + len(versions) * VERSION.size + sum(one.size for one in versions):
        return []
    place = 1 + len(versions) * VERSION.size
    values = []
    for generation, found, size in versions:
        values.append((generation, found, cell[place : place + size]))
        place += size
    return values


def _packed(values: list[tuple[int, int, bytes]]) -> bytes:
    if not values:
        return b""
    if len(values) > MOST_VERSIONS:
        raise ValueError(f"a record has {len(values)} values: prune the store")
    heads = [VERSION.pack(generation, found, len(value)) for generation, found, value in values]
    return bytes([len(values)]) + b"".join(heads) + b"".join(value for *_, value in values)
