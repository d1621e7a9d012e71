"""Parts of SQL statements."""

from __future__ import annotations

from collections.abc import Iterable


def all_of(conditions: Iterable[str]) -> str:
    """The conditions that there are, joined by and."""
    return " and ".join(condition for condition in conditions if condition)


def literal(value: str) -> str:
    """A SQL text literal."""
    return "'" + value.replace("'", "''") + "'"


def identifier(name: str) -> str:
    """A SQL name, whatever is in it."""
    return '"' + name.replace('"', '""') + '"'
