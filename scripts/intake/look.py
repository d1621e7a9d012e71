"""The first look at raw data: formats, columns, some values, and how many rows there are.

It is bounded, whatever the size of the log: of a Parquet file the number of rows stands in its
footer; of a text file lines are counted, and beyond a limit estimated by its size.
"""

from __future__ import annotations

import csv
import gzip
import itertools
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import zstandard

from common import InputError, identifier, literal
from intake.conversion import (
    ConversionError,
    check_zstd,
    convert_file,
    joined_rows,
    open_raw,
    text_lines,
)
from intake.csv_header import delimiter_of
from intake.location import Location, RawFile, database_file, is_mapped

SAMPLE_ROWS = 2_000  # of a file
LOOKED_AT = 40  # files of one kind in one folder
COUNTED_BYTES = 2_000_000_000  # of text, in all
FIRST_BYTES = 1 << 20  # that tell the encoding
CHUNK = 1 << 22
SQLITE_INSTALLED = (
    "select 1 from duckdb_extensions() where extension_name = 'sqlite_scanner' and installed"
)

Values = dict[str, list[Any]]


@dataclass
class Look:
    """What some files of one shape have, or a table of a database."""

    files: list[RawFile] = field(default_factory=list)
    table: str | None = None  # of a database
    kind: str = ""
    encoding: str = "utf-8"
    delimiter: str | None = None
    columns: list[str] = field(default_factory=list)
    values: Values = field(default_factory=dict)  # of the sample, by column
    rows: int | None = None
    is_about: bool = False  # whether the rows are estimated
    problem: str | None = None

    @property
    def place(self) -> str:
        """How people know it."""
        return self.table or self.files[0].place

    @property
    def top(self) -> str:
        """The first folder below the raw location; empty where there is none."""
        return self.place.split("/")[0] if self.table is None and "/" in self.place else ""


def look_at(
    location: Location,
    null_words: Iterable[str] = (),
    mapping: dict[str, list[dict[str, Any]]] | None = None,
) -> list[Look]:
    """Look at everything that has one of the formats; each look is of files of one shape.

    null_words: of CSV. mapping: which may say the encoding and the delimiter.
    """
    if location.kind == "database":
        return _tables(location)
    groups: dict[tuple[str, str], list[RawFile]] = {}
    for file in location.files:
        if file.kind and not file.is_hidden:
            # beside each other, plays-1.csv and plays-2.csv belong together
            top = file.place.split("/")[0] if "/" in file.place else re.sub(r"\d+", "0", file.place)
            groups.setdefault((top, file.ending.lower()), []).append(file)
    reading = _Reading(
        frozenset(null_words), [one for many in (mapping or {}).values() for one in many]
    )
    looks = []
    for files in groups.values():
        looks.extend(_look_at_files(files, reading))
    return looks


def _look_at_files(files: list[RawFile], reading: _Reading) -> Iterator[Look]:
    step = max(1, -(-len(files) // LOOKED_AT))
    looked, others = files[::step], [file for place, file in enumerate(files) if place % step]
    shapes: dict[Any, Look] = {}
    for file in looked:
        look = _look_at_file(file, reading)
        # lines of JSON may have any fields
        names = () if look.kind == "json" else tuple(look.columns)
        key = (look.kind, look.encoding, look.delimiter, names, look.problem)
        if key in shapes:
            _add(shapes[key], look)
        else:
            shapes[key] = look
    main = max(shapes.values(), key=lambda look: (look.problem is None, len(look.files)))
    if others:
        bytes_looked = sum(file.size for file in main.files) or 1
        main.files = sorted([*main.files, *others], key=lambda file: file.place)
        if main.rows is not None:
            main.rows = round(main.rows * sum(file.size for file in main.files) / bytes_looked)
            main.is_about = True
    yield from shapes.values()


def _add(look: Look, other: Look) -> None:
    look.files += other.files
    look.columns += [name for name in other.columns if name not in look.columns]
    for name, values in other.values.items():
        look.values.setdefault(name, []).extend(values)
    look.is_about |= other.is_about
    if look.rows is not None and other.rows is not None:
        look.rows += other.rows


@dataclass
class _Reading:
    """How text is read. bytes_left: that may still be counted."""

    null_words: frozenset[str]
    mapped: list[dict[str, Any]]
    bytes_left: int = field(default_factory=lambda: COUNTED_BYTES)

    def told(self, file: RawFile, key: str) -> str | None:
        """What the mapping says of a file."""
        said = next((one[key] for one in self.mapped if is_mapped(file, one) and key in one), None)
        return "\t" if key == "delimiter" and said in ("tab", "\\t") else said


def _look_at_file(file: RawFile, reading: _Reading) -> Look:
    look = Look([file], kind=file.kind or "")
    try:
        problem = check_zstd(file.path) if file.compression == "zstd" else None
        if problem:
            look.problem = problem
        elif file.kind == "parquet":
            _parquet(file, look)
        else:
            _text(file, look, reading)
            if not look.problem:
                look.rows, look.is_about = _count_lines(file, reading)
                look.rows -= file.kind == "csv"
    except (
        OSError,
        EOFError,
        UnicodeError,
        LookupError,
        csv.Error,
        pa.ArrowException,
        zstandard.ZstdError,
        ConversionError,
    ) as error:
        first = (str(error).strip().splitlines() or ["no content"])[0]
        look.problem = f"cannot be read: {first.rstrip('.')}"
    return look


def _parquet(file: RawFile, look: Look) -> None:
    if file.compression:
        with tempfile.TemporaryDirectory() as folder:
            plain = Path(folder) / "plain.parquet"
            convert_file(file.path, plain, "parquet", file.compression, "utf-8", "")
            _parquet_values(str(plain), look)
    else:
        _parquet_values(file.path, look)


def _parquet_values(path: str, look: Look) -> None:
    with open_raw(path, "") as source, pq.ParquetFile(source) as parquet:
        look.rows = parquet.metadata.num_rows
        schema = parquet.schema_arrow
        batch = next(parquet.iter_batches(batch_size=SAMPLE_ROWS), None)
        look.columns = list(_leaves(schema))
        rows = batch.to_pylist() if batch is not None else []
    look.values = _by_column([flattened(row) for row in rows], look.columns)


def _leaves(fields: Iterable[pa.Field], prefix: str = "") -> Iterator[str]:
    for one in fields:
        if pa.types.is_struct(one.type):
            yield from _leaves(one.type, f"{prefix}{one.name}.")
        else:
            yield f"{prefix}{one.name}"


def flattened(row: dict[str, Any], prefix: str = "") -> dict[str, Any]:
    """A row with the names of nested fields joined by dots."""
    flat: dict[str, Any] = {}
    for name, value in row.items():
        if isinstance(value, dict):
            flat |= flattened(value, f"{prefix}{name}.")
        else:
            flat[f"{prefix}{name}"] = (
                value.decode(errors="replace") if isinstance(value, bytes) else value
            )
    return flat


def _by_column(rows: list[dict[str, Any]], columns: list[str]) -> Values:
    return {name: [row.get(name) for row in rows] for name in columns}


def _text(file: RawFile, look: Look, reading: _Reading) -> None:
    with open_raw(file.path, file.compression or "") as source:
        first = source.read(FIRST_BYTES)
    look.encoding = (reading.told(file, "encoding") or _encoding(first)).lower()
    with open_raw(file.path, file.compression or "") as source:
        lines = text_lines(source, look.encoding)
        if file.kind == "json":
            _json(itertools.islice(lines, SAMPLE_ROWS), look)
        else:
            _csv(lines, file, look, reading)


def _encoding(first: bytes) -> str:
    if first.startswith((b"\xff\xfe", b"\xfe\xff")):
        return "utf-16"
    if first.count(b"\0") * 3 > len(first):
        return "utf-16-le" if first[1:2] == b"\0" else "utf-16-be"
    lines = first.split(b"\n")[: -1 if len(first) == FIRST_BYTES else None]
    n_good = n_bad = 0
    for line in lines:
        try:
            n_good += not line.decode("utf-8").isascii()
        except UnicodeDecodeError:
            n_bad += 1
    # a few broken lines do not make another encoding of a text
    return "cp1252" if n_bad > n_good else "utf-8"


def _json(lines: Iterable[tuple[str, str | None]], look: Look) -> None:
    rows: list[dict[str, Any]] = []
    for place, (line, _) in enumerate(lines):
        text = line.removeprefix("\ufeff").strip()
        if place == 0 and text.startswith("["):
            look.problem = "is a JSON array: write one object a line"
            return
        try:
            row = json.loads(text)
        except ValueError:
            continue
        if isinstance(row, dict):
            rows.append(flattened(row))
    look.columns = list(dict.fromkeys(name for row in rows for name in row))
    look.values = _by_column(rows, look.columns)
    if not rows:
        look.problem = "has no JSON object on any of its first lines"


def _csv(
    lines: Iterator[tuple[str, str | None]], file: RawFile, look: Look, reading: _Reading
) -> None:
    header, _ = next(lines, ("", None))
    header = header.removeprefix("\ufeff")
    if not header.strip():
        look.problem = "is empty or begins with a blank line: its first line must be a header"
        return
    is_tabs = file.ending.lower().startswith(".tsv")
    look.delimiter = (
        reading.told(file, "delimiter") or ("\t" if is_tabs else None) or delimiter_of(header)
    )[:1]
    rows = joined_rows(itertools.chain([(header, None)], lines), look.delimiter)
    texts = [text for text, problem in itertools.islice(rows, SAMPLE_ROWS + 1) if not problem]
    fields = [next(csv.reader([text], delimiter=look.delimiter), []) for text in texts if text]
    look.columns = [name.strip() for name in fields[0]]
    kept = [row for row in fields[1:] if len(row) == len(look.columns)]
    columns = zip(*kept, strict=True) if kept else [()] * len(look.columns)
    look.values = {
        name: [
            None if not value.strip() or value.strip() in reading.null_words else value.strip()
            for value in column
        ]
        for name, column in zip(look.columns, columns, strict=True)
    }


def _count_lines(file: RawFile, reading: _Reading) -> tuple[int, bool]:
    """How many lines a file has; the second value says whether that is an estimate."""
    n_bytes = n_lines = 0
    last = b"\n"
    with open_raw(file.path, file.compression or "") as source:
        while chunk := source.read(CHUNK):
            n_bytes += len(chunk)
            n_lines += chunk.count(b"\n")
            last = chunk[-2:]
            # zstd does not say how much it has read, and is fast
            if n_bytes > max(reading.bytes_left, CHUNK) and file.compression != "zstd":
                raw = source.fileobj if isinstance(source, gzip.GzipFile) else source
                share = raw.tell() / max(1, file.size)
                reading.bytes_left = 0
                return round(n_lines / max(share, 1e-9)), True
    reading.bytes_left = max(0, reading.bytes_left - n_bytes)
    return n_lines + (b"\n" not in last), False


def _tables(location: Location) -> list[Look]:
    looks = []
    path = database_file(location.given)
    is_sqlite = location.given.startswith("sqlite")
    with duckdb.connect() as connection:
        # DuckDB would try to download it
        if is_sqlite and not connection.execute(SQLITE_INSTALLED).fetchall():
            raise InputError(
                f"{location.given} is a SQLite file, which DuckDB reads with its extension "
                "sqlite_scanner, and that is not installed here: install it, or export the tables "
                "to Parquet or CSV."
            )
        options = "type sqlite, read_only" if is_sqlite else "read_only"
        connection.execute(f"attach {literal(path)} as looked_at ({options})")
        found = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'looked_at'"
            " union all select schema_name, view_name from duckdb_views()"
            " where database_name = 'looked_at' and not internal order by all"
        ).fetchall()
        for schema, name in found:
            relation = f"looked_at.{identifier(schema)}.{identifier(name)}"
            sample = connection.execute(f"from {relation} limit {SAMPLE_ROWS}")
            look = Look(table=name if schema == "main" else f"{schema}.{name}", kind="table")
            names = [column[0] for column in sample.description or []]
            rows = [dict(zip(names, row, strict=True)) for row in sample.fetchall()]
            flat = [flattened(row) for row in rows]
            look.columns = list(dict.fromkeys(one for row in flat for one in row)) or names
            look.values = _by_column(flat, look.columns)
            counted = connection.execute(f"select count(*) from {relation}").fetchone()
            look.rows = counted[0] if counted else None
            looks.append(look)
    return looks
