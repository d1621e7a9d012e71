"""Reading CSV as the intake does: every row, everything as text, nothing guessed.

DuckDB's own reader guesses the format from a sample of the rows: it takes two exports joined with
`cat` for one that begins at the second, and keeps the quotes of the first id that has any, late in
the file. So the rows are parsed here, and DuckDB only gets texts.
"""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from typing import IO

import duckdb
import pyarrow as pa

from common import InputError, identifier, literal, project_variables
from intake.csv_header import delimiter_of

CHUNK = 50_000  # rows that are in Python's memory at once

Fields = list[str]


class CsvFile:
    """One CSV file (UTF-8, plain or .gz): the names of its header, and its rows."""

    def __init__(self, path: Path, kind: str) -> None:
        self.path = path
        self.label = f"{path} ({kind})"
        self.repeated_headers = 0
        self.open: Callable[..., IO[bytes]] = gzip.open if path.suffix.lower() == ".gz" else open
        first = next(self._lines(), "")
        self.delimiter = delimiter_of(first)
        self.header = next(csv.reader([first], delimiter=self.delimiter), [])
        self.names = _plain(self.header)
        if not any(self.names):
            raise InputError(f"{self.label} has no header in its first line: write one there.")

    def rows(self) -> Iterator[Fields]:
        """The rows after the header; blank lines and further headers are none.

        A row that does not fit the header stops the evaluation: to leave it out would change the
        numbers without a word.
        """
        reader = csv.reader(self._lines(), delimiter=self.delimiter, strict=True)
        line = 1
        try:
            for row in reader:
                if len(row) != len(self.names):
                    if not self._is_blank(row):
                        raise InputError(
                            f"{self.label} has {len(row)} fields in line {line} and "
                            f"{len(self.names)} in its header: correct or remove that line."
                        )
                elif row[-1] == self.header[-1] and _plain(row) == self.names:
                    self.repeated_headers += line > 1
                elif row[0] or not self._is_blank(row):
                    yield row
                line = reader.line_num + 1
        except csv.Error as error:
            raise InputError(
                f"{self.label} has broken quotes, or too long a field, in the row that begins in "
                f"line {line}: correct or remove it."
            ) from error

    def _is_blank(self, row: Fields) -> bool:
        """Whether a line is blank: it has nothing, not even a delimiter that can be seen."""
        return not "".join(row).strip() and (len(row) < 2 or self.delimiter == "\t")

    def _lines(self) -> Iterator[str]:
        """The lines of the file, with their ends."""
        try:
            with (
                self.open(self.path, "rb") as content,
                io.TextIOWrapper(content, encoding="utf-8-sig", newline="") as text,
            ):
                yield from text
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self.label} is not UTF-8, first in line {self._first_bad_line()}: convert it."
            ) from error
        except (EOFError, gzip.BadGzipFile, zlib.error) as error:
            raise InputError(
                f"{self.label} is no whole gzip file: write or copy it again."
            ) from error
        except OSError as error:
            raise InputError(f"{self.label} cannot be read: {error.strerror or error}.") from error

    def _first_bad_line(self) -> int:
        """The number of the first line that is not UTF-8."""
        with self.open(self.path, "rb") as content:
            return next(number for number, line in enumerate(content, 1) if not _is_utf8(line))


def _is_utf8(line: bytes) -> bool:
    try:
        line.decode()
    except UnicodeDecodeError:
        return False
    return True


def _plain(names: Fields) -> Fields:
    """Names of columns without blanks, a byte order mark, and upper case."""
    return [name.replace("\ufeff", "").strip().lower() for name in names]


def load_csv(
    connection: duckdb.DuckDBPyConnection, table: str, files: Sequence[Path], kind: str
) -> tuple[list[str], int]:
    """Load CSV files into a temporary table of texts, trimmed, empty ones and null words as nulls.

    Files may differ in their columns and in the order of these. Returns the names of the columns,
    and how many lines in the midst of the files repeat their header.
    """
    opened = [CsvFile(path, kind) for path in files]
    columns = list(dict.fromkeys(name for file in opened for name in file.names if name))
    for file in opened:
        for name in columns:
            if file.names.count(name) > 1:
                raise InputError(f"{file.label} has two columns named {name}: rename one.")
    declared = ", ".join(f"{identifier(name)} varchar" for name in columns)
    connection.execute(f"create or replace temp table {table} ({declared})")
    for file in opened:
        named = {name: place for place, name in enumerate(file.names) if name}
        selected = ", ".join(f"{_clean(identifier(name))} as {identifier(name)}" for name in named)
        rows = file.rows()
        while chunk := list(islice(rows, CHUNK)):
            fields = list(zip(*chunk, strict=True))
            texts = [pa.array(fields[place], pa.string()) for place in named.values()]
            connection.register("csv_chunk", pa.table(texts, names=list(named)))
            connection.execute(f"insert into {table} by name select {selected} from csv_chunk")
            connection.unregister("csv_chunk")
    return columns, sum(file.repeated_headers for file in opened)


def _clean(text: str) -> str:
    words = ", ".join(literal(str(word)) for word in ["", *project_variables()["null_words"]])
    return f"case when trim({text}) not in ({words}) then trim({text}) end"
