"""Converts raw files into Parquet files that the intake reads in their place.

A compressed Parquet file is decompressed. Of a text file the lines become rows, each with its
number, as a text: in whatever encoding they came, and with the line breaks that a CSV field has
inside its quotes. A line that is no text, or too long, is kept as well as can be, with its problem.
"""

from __future__ import annotations

import codecs
import gzip
import io
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, cast

import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from intake.csv_header import delimiter_of
from intake.s3 import s3_filesystem
from intake.zstandard_frames import problem_of_frames

MAX_LINE_BYTES = 2_000_000
# A field with more line breaks than this is taken for a stray quote.
MAX_LINES_OF_A_ROW = 100
ROWS_AT_ONCE = 50_000
NOT_TEXT = "malformed line: not UTF-8"
TOO_LONG = "malformed line: too long"

SCHEMA = pa.schema(
    [("line_number", pa.int64()), ("line", pa.string()), ("row_problem", pa.string())]
)

# A line, and why it is no text.
Line = tuple[str, str | None]


class ConversionError(Exception):
    """A file cannot be converted; the message is a sentence."""


def convert_file(
    path: str, target: Path, kind: str, compression: str, encoding: str, delimiter: str
) -> None:
    """Convert one file.

    kind: parquet, csv or json. compression: gzip, zstd or nothing. encoding: one that Python knows,
    of a text file. delimiter: of a CSV file; nothing: by its header line.
    """
    try:
        codec = codecs.lookup(encoding)
    except LookupError as error:
        raise ConversionError(
            f"The mapping has the encoding '{encoding}' for {path}, which is not known: use utf-8, "
            "latin-1, cp1252, utf-16 or another name that Python knows."
        ) from error
    try:
        problem = check_zstd(path) if compression == "zstd" else None
        if problem:
            raise ConversionError(f"{path} {problem}: write or copy it again, or take it away.")
        with open_raw(path, compression) as source:
            if kind == "parquet":
                with target.open("wb") as plain:
                    shutil.copyfileobj(source, plain)
                return
            lines = text_lines(source, codec.name)
            _write(lines if kind == "json" else joined_rows(lines, delimiter), target)
    except (OSError, EOFError, zstandard.ZstdError) as error:
        raise ConversionError(
            f"{path} cannot be read ({error}): write or copy it again, or take it away."
        ) from error
    except UnicodeError as error:
        raise ConversionError(
            f"{path} is not {encoding}, as the mapping says ({error}): correct its encoding."
        ) from error


def check_zstd(path: str) -> str | None:
    """What is wrong with a file of Zstandard, as the end of a sentence; none where it is whole."""
    with _raw(path) as content:
        return problem_of_frames(content)


def _raw(path: str) -> BinaryIO:
    if path.startswith("s3://"):
        return cast("BinaryIO", s3_filesystem().open(path))
    return Path(path).open("rb")


def open_raw(path: str, compression: str) -> BinaryIO:
    """The content of a file, wherever it is. compression: gzip, zstd or nothing."""
    raw = _raw(path)
    if compression == "gzip":
        return cast("BinaryIO", gzip.GzipFile(fileobj=raw))
    if compression == "zstd":
        return cast(
            "BinaryIO", zstandard.ZstdDecompressor().stream_reader(raw, read_across_frames=True)
        )
    return raw


def text_lines(source: BinaryIO, encoding: str) -> Iterator[Line]:
    """The lines of a text file; a carriage return ends a line too, alone or before a line feed."""
    if encoding == "utf-8":
        for raw in io.BufferedReader(cast("io.RawIOBase", source), 1 << 20):
            for part in raw.rstrip(b"\r\n").split(b"\r"):
                yield _decoded(part)
        return
    # In an encoding such as UTF-16 a line break is no single byte.
    for line in io.TextIOWrapper(source, encoding=encoding, newline=None):
        text = line.rstrip("\n")
        yield (text, None) if len(text) < MAX_LINE_BYTES else (text[:10_000], TOO_LONG)


def _decoded(raw: bytes) -> Line:
    if len(raw) > MAX_LINE_BYTES:
        return raw[:10_000].decode("utf-8", errors="replace"), TOO_LONG
    try:
        return raw.decode("utf-8"), None
    except UnicodeDecodeError:
        # as DuckDB keeps such lines
        return raw.decode("utf-8", errors="replace").replace("\ufffd", "?"), NOT_TEXT


def joined_rows(lines: Iterator[Line], delimiter: str) -> Iterator[Line]:
    """Put lines together that are one row, as a line break is inside quotes.

    A line whose quotes do not close is continued by those that follow, up to where they close and
    the fields are as many as the header's. Where that does not come, or a line between is a whole
    row by itself, the quote is a stray one, and its line stays alone.
    """
    header = next(lines, None)
    if header is None:
        return
    yield header
    delimiter = delimiter or delimiter_of(header[0])
    width = number_of_fields(header[0], delimiter)
    waiting: list[Line] = []
    for line in lines:
        waiting.append(line)
        while waiting:
            row = _first_row(waiting, delimiter, width)
            if row is None:
                break
            yield row
    while waiting:
        row = _first_row(waiting, delimiter, width, is_end=True)
        if row is not None:
            yield row


def _first_row(
    waiting: list[Line], delimiter: str, width: int | None, is_end: bool = False
) -> Line | None:
    """Take the first row away from the lines that wait; none where it may go on."""
    text, problem = waiting[0]
    if problem or text.count('"') % 2 == 0:
        return waiting.pop(0)
    for number, (other, other_problem) in enumerate(waiting[1:], start=1):
        is_end_of_quotes = other.count('"') % 2 == 1
        if other_problem:
            return waiting.pop(0)
        # after a break in its first field, the end of a row has as many fields as a whole row
        if not is_end_of_quotes and number_of_fields(other, delimiter) == width:
            return waiting.pop(0)
        if is_end_of_quotes:
            joined = "\n".join(line for line, _ in waiting[: number + 1])
            if number_of_fields(joined, delimiter) != width or len(joined) > MAX_LINE_BYTES:
                return waiting.pop(0)
            del waiting[: number + 1]
            return joined, None
    return waiting.pop(0) if is_end or len(waiting) > MAX_LINES_OF_A_ROW else None


def number_of_fields(row: str, delimiter: str) -> int | None:
    """How many fields a CSV row has (RFC 4180); none where its quotes are broken."""
    if '"' not in row:
        return row.count(delimiter) + 1
    count, at, end = 1, 0, len(row)
    while True:
        if at < end and row[at] == '"':
            at += 1
            while True:
                at = row.find('"', at)
                if at < 0:
                    return None
                if row[at + 1 : at + 2] != '"':
                    break
                at += 2
            at += 1
            if at < end and row[at] != delimiter:
                return None
        else:
            at = row.find(delimiter, at)
            at = end if at < 0 else at
        if at >= end:
            return count
        count += 1
        at += 1


def _write(lines: Iterator[Line], target: Path) -> None:
    with pq.ParquetWriter(target, SCHEMA, compression="zstd") as writer:
        rows: list[tuple[int, str, str | None]] = []
        for number, (line, problem) in enumerate(lines, start=1):
            rows.append((number, line.removeprefix("\ufeff") if number == 1 else line, problem))
            if len(rows) == ROWS_AT_ONCE:
                _write_rows(writer, rows)
        _write_rows(writer, rows)


def _write_rows(writer: pq.ParquetWriter, rows: list[tuple[int, str, str | None]]) -> None:
    columns = (
        [
            pa.array(list(column), field.type)
            for column, field in zip(zip(*rows, strict=True), SCHEMA, strict=True)
        ]
        if rows
        else [pa.array([], field.type) for field in SCHEMA]
    )
    writer.write_table(pa.Table.from_arrays(columns, schema=SCHEMA))
    rows.clear()
