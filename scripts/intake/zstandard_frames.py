"""Whether a file of Zstandard is whole.

DuckDB, and the stream reader of the package zstandard, read a file that was cut short as far as it
goes, without a word. A frame says where each of its blocks ends and which is the last, so nothing
needs to be decompressed (RFC 8878, section 3.1).
"""

from __future__ import annotations

import os
from typing import BinaryIO

FRAME = 0xFD2FB528
SKIPPABLE_FRAMES = range(0x184D2A50, 0x184D2A60)
RUN_OF_ONE_BYTE = 1  # the type of a block that holds a single byte, however long it is
RESERVED = 3


def problem_of_frames(content: BinaryIO) -> str | None:
    """What is wrong with the file, as the end of a sentence; none where it is whole."""
    end = content.seek(0, os.SEEK_END)
    at = 0
    while at < end:
        magic = _number(content, at, 4)
        if magic in SKIPPABLE_FRAMES:
            at += 8 + _number(content, at + 4, 4)
        elif magic == FRAME:
            after = _end_of_frame(content, at, end)
            if after is None:
                return "is not Zstandard, or damaged"
            at = after
        else:
            return "is not Zstandard, or damaged"
    return None if at == end else "is cut short"


def _end_of_frame(content: BinaryIO, at: int, end: int) -> int | None:
    """Where a frame ends, maybe beyond the end of the file; none where it has an unknown block."""
    descriptor = _number(content, at + 4, 1)
    is_single = descriptor >> 5 & 1
    has_checksum = descriptor >> 2 & 1
    dictionary = (0, 1, 2, 4)[descriptor & 3]
    size = (1 if is_single else 0, 2, 4, 8)[descriptor >> 6]
    at += 5 + (0 if is_single else 1) + dictionary + size
    is_last = False
    while not is_last:
        if at + 3 > end:
            return end + 1
        header = _number(content, at, 3)
        is_last, kind, length = bool(header & 1), header >> 1 & 3, header >> 3
        if kind == RESERVED:
            return None
        at += 3 + (1 if kind == RUN_OF_ONE_BYTE else length)
    return at + 4 * has_checksum


def _number(content: BinaryIO, at: int, length: int) -> int:
    content.seek(at)
    return int.from_bytes(content.read(length), "little")
