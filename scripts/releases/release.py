"""Releases of the public tables: where they are, and how to read one.

    releases/
        current -> 20240213T061500123Z-1a2b3c4d    a link: the newest release
        20240213T061500123Z-1a2b3c4d/
            manifest.json     when, data to, row counts, git commit, variables, definitions
            pingtop.duckdb    every public table
            tables/*.parquet  the same, a file each
            models/           what the build has trained (models.py)

A release never changes once its name exists, and `current` is swapped in one step: whoever resolves
the link once reads one build from then on, whatever is published meanwhile. Releases in S3:
releases/s3.py.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from common import InputError, InUseError, NotOpenedError, Row, named_rows, open_database

CURRENT = "current"
MANIFEST = "manifest.json"
DATABASE = "pingtop.duckdb"
TABLES = "tables"
LEFT_OUT = "left_out"  # in the manifest: the public tables that are not in the release
# A release is in the way of nobody until somebody opens it to write.
READ_ONLY = "close it, and open a release read only"


class ReleaseError(InputError):
    """There is no release to read. The message says what to do, in one sentence."""


def duckdb_settings() -> dict[str, Any]:
    """How much of the machine a command may take, by the environment."""
    return {
        "memory_limit": os.environ.get("PINGTOP_MEMORY_LIMIT") or "3GB",
        "threads": os.environ.get("PINGTOP_THREADS") or "4",
    }


@dataclass(frozen=True)
class Release:
    """One release. It stays readable while newer ones are published, until it is removed."""

    path: Path
    manifest: dict[str, Any]

    @property
    def name(self) -> str:
        return self.path.name

    @property
    def left_out(self) -> list[str]:
        """The public tables that this release was published without."""
        return list(self.manifest.get(LEFT_OUT, ()))

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[Row]:
        """The rows of a query, as dictionaries. The file is open for this query only."""
        try:
            with open_database(
                self.path / DATABASE, read_only=True, advice=READ_ONLY
            ) as connection:
                return named_rows(connection.execute(sql, list(parameters)))
        except InUseError as error:
            raise ReleaseError(str(error)) from error
        except (NotOpenedError, duckdb.IOException) as error:
            raise ReleaseError(
                f"The release {self.name} can no longer be read: load the page anew, or publish "
                "one with make publish."
            ) from error
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            first_line = str(error).splitlines()[0]
            for table in self.left_out:
                if f"name {table} does" in first_line:
                    raise ReleaseError(without_events(self.name, table)) from error
            raise ReleaseError(
                f"The release {self.name} lacks a table or column ({first_line}): it was published "
                "by another version; build and publish anew with make build publish."
            ) from error


def without_events(name: str, table: str) -> str:
    """What is said where a release lacks a table with a row per event."""
    return (
        f"The release {name} was published without {table}, which has a row per event: publish it "
        'with them (make publish TARGET=… ARGS="--with-events").'
    )


def open_release(place: Path | str) -> Release:
    """The newest release of a folder, or the release that the folder itself is; likewise of an
    address in S3, from where it is copied once.
    """
    if isinstance(place, str):
        from releases.s3_reading import fetch_release

        path = fetch_release(place)
    else:
        path = place if (place / MANIFEST).is_file() else place / CURRENT
    try:
        path = path.resolve(strict=True)
        return Release(path, json.loads((path / MANIFEST).read_text()))
    except (OSError, RuntimeError) as error:
        raise ReleaseError(
            f"There is no release in {place} yet: build and publish one with make build publish."
        ) from error
    except ValueError as error:
        raise ReleaseError(
            f"The manifest of {path} is not JSON: publish anew with make publish."
        ) from error
