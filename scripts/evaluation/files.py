"""The given files: finding them, and the columns that they must have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import duckdb

from common import InputError, exact_path, first_line, identifier, literal
from evaluation.csv_files import load_csv
from evaluation.settings import Inputs

TABLE_SUFFIXES = {".parquet": "parquet", ".pq": "parquet", ".csv": "csv", ".tsv": "csv"}


@dataclass(frozen=True)
class InputTable:
    """One input: a relation that DuckDB can read, its columns by their plain names, its file."""

    name: str  # of the file, for messages
    relation: str
    columns: dict[str, str]  # lower-case name -> name as written
    types: dict[str, str]
    is_csv: bool
    repeated_headers: int = 0  # lines of CSV files that repeat their header, which are no rows
    padded: frozenset[str] = frozenset()  # id columns of Parquet files with blanks around some ids

    def has(self, column: str) -> bool:
        return column in self.columns

    def column(self, column: str) -> str:
        return identifier(self.columns[column])


def open_inputs(connection: duckdb.DuckDBPyConnection, inputs: Inputs) -> dict[str, InputTable]:
    """Find the files, and check that each has the columns that it must have."""
    wanted: dict[str, tuple[Path | None, tuple[str, ...]]] = {
        "lists": (inputs.lists, ("user_id", "ping_id", "rank")),
        "truth": (inputs.truth, ("user_id", "ping_id", "relevance")),
        "catalogue": (inputs.catalogue, ("ping_id",)),
        "users": (inputs.users, ("user_id",)),
        "history": (inputs.history, ("user_id", "ping_id")),
    }
    tables = {}
    for kind, (path, required) in wanted.items():
        if path is None:
            continue
        table = open_table(connection, kind, path)
        missing = [column for column in required if not table.has(column)]
        if missing:
            has = ", ".join(table.columns.values()) or "none"
            raise InputError(
                f"{table.name} ({kind}) has no column {' or '.join(missing)}; its columns are "
                f"{has}: rename or add it."
            )
        for column in ("user_id", "ping_id"):
            if table.types.get(column) in {"DOUBLE", "FLOAT"}:
                raise InputError(
                    f"{column} in {table.name} ({kind}) is a floating-point number, which does "
                    "not identify anything: write it as text or as a whole number."
                )
        tables[kind] = table
    for kind, table in tables.items():
        if table.has("cutoff") and not tables["lists"].has("cutoff") and kind != "truth":
            raise InputError(
                f"{table.name} ({kind}) has a column cutoff and {tables['lists'].name} has not: "
                "give it to the lists too, or keep the rows of one cutoff without the column."
            )
    if tables["lists"].has("cutoff") != tables["truth"].has("cutoff"):
        with_it, without = (
            ("lists", "truth") if tables["lists"].has("cutoff") else ("truth", "lists")
        )
        raise InputError(
            f"{tables[with_it].name} has a column cutoff and {tables[without].name} has not: "
            "give it to both or to neither, or lists and truth cannot be matched."
        )
    return tables


def open_table(connection: duckdb.DuckDBPyConnection, kind: str, path: Path) -> InputTable:
    if path.is_dir():
        files = sorted(file for file in path.iterdir() if _format(file))
        if not files:
            raise InputError(f"{path} ({kind}) has no Parquet or CSV file in it: name another.")
    elif path.exists():
        files = [path]
    else:
        raise InputError(f"{path} ({kind}) does not exist: check the name.")
    formats = {_format(file) for file in files}
    if None in formats:
        raise InputError(f"{path} ({kind}) is neither .parquet nor .csv: convert or rename it.")
    if len(formats) > 1:
        raise InputError(f"{path} ({kind}) mixes Parquet and CSV files: keep one kind there.")
    if formats == {"csv"}:
        relation = f"raw_{kind}"
        names, repeated_headers = load_csv(connection, relation, files, kind)
        columns = {name: name for name in names}
        types = dict.fromkeys(names, "VARCHAR")
        return InputTable(path.name, relation, columns, types, True, repeated_headers)
    return _open_parquet(connection, kind, path, files)


def _open_parquet(
    connection: duckdb.DuckDBPyConnection, kind: str, path: Path, files: Sequence[Path]
) -> InputTable:
    # A folder named day=2024-02-13 is no column, and text without the mark of UTF-8 is text.
    names = ", ".join(literal(exact_path(file)) for file in files)
    union = ", union_by_name = true" if files[1:] else ""
    reader = f"read_parquet([{names}], hive_partitioning = false, binary_as_string = true{union})"
    try:
        described = connection.execute(f"describe select * from {reader}").fetchall()
    except duckdb.Error as error:
        raise InputError(f"{path} ({kind}) cannot be read: {first_line(error)}.") from error
    columns: dict[str, str] = {}
    types: dict[str, str] = {}
    for name, column_type, *_ in described:
        plain = name.strip().lower()
        if plain in columns:
            raise InputError(f"{path} ({kind}) has two columns named {plain}: rename one.")
        columns[plain] = name
        types[plain] = column_type
    padded = frozenset(
        plain
        for plain in {"user_id", "ping_id"} & columns.keys()
        if types[plain] == "VARCHAR" and _has_padding(connection, reader, columns[plain])
    )
    return InputTable(path.name, reader, columns, types, False, padded=padded)


def _has_padding(connection: duckdb.DuckDBPyConnection, relation: str, column: str) -> bool:
    """Whether there is anything to trim: hardly ever, and trimming all ids is not free."""
    name = identifier(column)
    query = f"select 1 from {relation} where {name} like ' %' or {name} like '% ' limit 1"
    return bool(connection.execute(query).fetchall())


def _format(path: Path) -> str | None:
    suffixes = [suffix.lower() for suffix in path.suffixes]
    if suffixes[-1:] == [".gz"]:
        suffixes = suffixes[:-1]
    return TABLE_SUFFIXES.get(suffixes[-1]) if suffixes else None
