"""What Spark says, and how it is spoken to, by a session or by a server."""

from __future__ import annotations

import re
from abc import abstractmethod
from contextlib import suppress
from pathlib import Path
from typing import Any

from common import first_line
from other_engines.engine import Engine, EngineError, NoTableError

NO_TABLE = ("TABLE_OR_VIEW_NOT_FOUND", "SCHEMA_NOT_FOUND")
ESCAPED = str.maketrans({one: f"\\{one}" for one in "\\'"})  # in a text
EXACT = str.maketrans({one: f"\\{one}" for one in "\\*?[]{}"})  # in a path that is a pattern
# [CLASS_OF_ERROR] A sentence. Further ones, perhaps on further lines (which a server has escaped).
# A server says the class twice, with Java's between.
CLASS = r"\[(?P<kind>[A-Z_.]+)\] (?:[\w.$]+: \[[A-Z_.]+\] )?"
TOLD = re.compile(rf"{CLASS}(?P<sentence>.+?)(?:\.\s|\.?\\n|\.?\n|\.?$)")
# java.io.IOException: What is wrong. The last one is what all before it went wrong by.
JAVA = r"(?:[\w$]+\.)+(?P<kind>[\w$]+)(?:: (?P<sentence>.+?))?\.?(?:\\n|\n|$)"
CAUSE = re.compile(rf"(?:Caused by: |^: |^Exception in thread .* ){JAVA}", re.MULTILINE)


def words_of(error: BaseException) -> str:
    """What an error says. Java is asked for what an error of its own says, and may be gone."""
    with suppress(Exception):
        return str(error) or type(error).__name__
    return type(error).__name__


def told(said: str) -> tuple[str | None, str]:
    """The class of an error that Spark tells of, if any, and its sentence without its full stop."""
    found = TOLD.search(said)
    if found:
        return found["kind"], found["sentence"]
    *_, cause = [None, *CAUSE.finditer(said)]
    return None, (cause["sentence"] or cause["kind"]) if cause else first_line(said)


def quoted(name: str) -> str:
    """A name in SQL, whatever is in it."""
    return "`" + name.replace("`", "``") + "`"


def text(value: str) -> str:
    """A text in SQL, whatever is in it."""
    return f"'{value.translate(ESCAPED)}'"


def to_folder(folder: Path) -> str:
    """A folder of this machine, to write to: a URI of which nothing is encoded, as Spark decodes
    nothing.
    """
    return f"file://{folder.resolve()}"


def pattern(folder: Path) -> str:
    """A folder of this machine, to read from: its path is a pattern to Spark."""
    return to_folder(folder).translate(EXACT)


def from_folder(folder: Path) -> str:
    """A folder of this machine in SQL, to select from: its Parquet files."""
    return f"parquet.{quoted(pattern(folder))}"


class Spark(Engine):
    """What a session and a server have in common."""

    def schemas(self) -> list[str]:
        return [row[0] for row in self.rows("show schemas")]

    def views(self, schema: str) -> list[str]:
        return [name for _, name, *_ in self.rows(f"show views in {quoted(schema)}")]

    def quoted(self, name: str) -> str:
        return quoted(name)

    def text(self, value: str) -> str:
        return text(value)

    @abstractmethod
    def rows(self, query: str) -> list[tuple[Any, ...]]: ...

    @abstractmethod
    def write_parquet(self, query: str, folder: Path) -> None: ...

    def error(self, error: BaseException) -> EngineError:
        """What to raise for an error of Spark's."""
        kind, sentence = told(words_of(error))
        error_class = NoTableError if kind in NO_TABLE else EngineError
        return error_class(f"{self.place}: {sentence}.")
