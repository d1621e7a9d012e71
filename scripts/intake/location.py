"""What a raw location has: its files, as the intake lists them, or its tables."""

from __future__ import annotations

import glob
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from common import InputError
from intake.s3 import s3_filesystem

DEPTH = 10
MAPPING_NAMES = ("mapping.yml", "mapping.yaml")
FORMAT = re.compile(r"[.](parquet|csv|tsv|jsonl|ndjson|json)([.](gz|zst))?$", re.IGNORECASE)


@dataclass(frozen=True)
class RawFile:
    """A file. place: its path from the raw location on."""

    path: str
    place: str
    size: int

    @property
    def kind(self) -> str | None:
        """Parquet, csv or json by the end of the name, as the macro file_format; none: not read."""
        found = FORMAT.search(self.place)
        ending = found[1].lower() if found else ""
        return (
            {"parquet": "parquet", "csv": "csv", "tsv": "csv"}.get(ending, "json")
            if found
            else None
        )

    @property
    def compression(self) -> str | None:
        """By the end of the name: gzip or zstd."""
        found = FORMAT.search(self.place)
        return {"gz": "gzip", "zst": "zstd"}.get((found[3] or "").lower()) if found else None

    @property
    def ending(self) -> str:
        """What tells the format, in the case it has."""
        found = FORMAT.search(self.place)
        return found[0] if found else Path(self.place).suffix

    @property
    def is_hidden(self) -> bool:
        """Whether the intake leaves it alone unless a mapping names it."""
        return re.search("(^|/)[._]", self.place) is not None


@dataclass(frozen=True)
class Location:
    """A raw location. kind: demo, folder, files or database, as the macro raw_location_kind."""

    given: str
    kind: str
    files: tuple[RawFile, ...] = ()
    mapping_text: str | None = None
    mapping_path: str | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is on this machine."""
        return "://" not in self.given


def find_location(given: str) -> Location:
    """Look at what a raw location names; nothing means the demo."""
    given = given.rstrip("/") if given != "/" else given
    if not given and os.environ.get("PINGTOP_RAW_SCHEMA"):
        raise InputError(
            "raw tables of the warehouse's own database (PINGTOP_RAW_SCHEMA) are not looked at: "
            "name files, or a file of DuckDB."
        )
    if not given:
        return Location("", "demo")
    if re.match("(duckdb|sqlite):///", given):
        if not database_file(given).is_file():
            raise InputError(f"{given} is not there: name a file of DuckDB or SQLite.")
        return Location(given, "database")
    if "://" in given:
        return _remote(given)
    path = Path(given)
    if path.is_file():
        return Location(given, "files", (_file(path, path.name),))
    if path.is_dir():
        files = tuple(_below(path))
        text, place = None, None
        for file in files:
            if file.place in MAPPING_NAMES:
                text, place = Path(file.path).read_text(errors="replace"), file.path
        return Location(given, "folder", files, text, place)
    found = sorted(glob.glob(given, recursive=True)) if re.search("[*?]", given) else []
    files = tuple(_file(Path(one), Path(one).name) for one in found if Path(one).is_file())
    if not files:
        raise InputError(f"{given} is neither a folder nor a file: name your raw data.")
    return Location(given, "files", files)


def database_file(given: str) -> Path:
    """The file that duckdb:///… or sqlite:///… names."""
    path = Path(given.split(":///", 1)[1])
    return path if path.is_file() else Path("/") / path


def _file(path: Path, place: str) -> RawFile:
    return RawFile(str(path), place, path.stat().st_size)


def _below(folder: Path) -> list[RawFile]:
    files = []
    for parent, folders, names in os.walk(folder, followlinks=True):
        depth = len(Path(parent).relative_to(folder).parts)
        folders[:] = sorted(folders) if depth < DEPTH - 1 else []
        for name in sorted(names):
            path = Path(parent) / name
            if path.is_file():
                files.append(_file(path, path.relative_to(folder).as_posix()))
    return files


def _remote(given: str) -> Location:
    if not given.startswith("s3://"):
        raise InputError(f"{given} is not read: name a folder, a file, s3://… or duckdb:///….")
    try:
        system = s3_filesystem()
    except RuntimeError as error:
        raise InputError(str(error)) from error
    is_pattern = re.search("[*?]", given) is not None
    found = system.glob(given, detail=True) if is_pattern else system.find(given, detail=True)
    base = given.removeprefix("s3://")
    is_folder = not is_pattern and not FORMAT.search(given)
    files, text, place = [], None, None
    for path, detail in sorted(found.items()):
        below = path.removeprefix(base).lstrip("/") if is_folder else path.rsplit("/", 1)[-1]
        files.append(RawFile(f"s3://{path}", below, detail["size"]))
        if is_folder and below in MAPPING_NAMES:
            text, place = system.cat_file(path).decode(), f"s3://{path}"
    if not files:
        raise InputError(f"{given} has no files: name your raw data.")
    return Location(given, "folder" if is_folder else "files", tuple(files), text, place)


def pattern_of(path: str) -> re.Pattern[str]:
    """The files that a path of a mapping names, as the macro file_sources."""
    escaped = re.escape(path)
    for written, meant in (
        (r"\*\*/", "(?:.*/)?"),
        (r"\*\*", ".*"),
        (r"\*", "[^/]*"),
        (r"\?", "[^/]"),
    ):
        escaped = escaped.replace(written, meant)
    return re.compile(escaped)


def is_mapped(file: RawFile, mapped: dict[str, Any]) -> bool:
    """Whether a source of a mapping names a file."""
    path = mapped.get("path")
    return bool(path) and any(
        pattern_of(str(path)).fullmatch(place) for place in (file.place, file.path)
    )
