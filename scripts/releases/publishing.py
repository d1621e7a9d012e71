"""Writing a release: the public tables, their manifest, and the swap of the link.

A release is written beside the others under a temporary name, and becomes the current one by the
swap of a link, or of an object in S3: readers are never blocked and never see two builds mixed.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from common import InputError, identifier, literal, project_settings
from releases.build import (
    PUBLIC_SCHEMA,
    ROW_PER_EVENT,
    Build,
    PublishBusyError,
    PublishError,
    build_command,
    check_green,
    check_last_run,
    check_same_run,
    check_whole,
    public_models,
    read_build,
    red_gates,
)
from releases.code import git_state
from releases.models import write_models
from releases.release import (
    CURRENT,
    DATABASE,
    LEFT_OUT,
    MANIFEST,
    TABLES,
    ReleaseError,
    open_release,
)
from releases.sources import Source, no_table, open_source

if TYPE_CHECKING:
    from releases.s3_publishing import S3Shelf

STORAGE_VERSION = "v1.0.0"  # read by DuckDB from 1.0 on
RECORDED = "evaluation_metrics"  # the table that grows after a build
UNFINISHED = ".unfinished-"  # names of what is being written or removed begin so

# A table is written in the order of the first of these that it has, so that what a page asks of a
# large table (a user's rows, a reason's rows, a day) is in few of its blocks.
ORDERS = (
    ("event_timestamp",),
    ("source_table", "reject_reason"),
    ("strategy", "user_id", "rank"),
    ("user_id", "rank"),
    ("user_id",),
)

OnTable = Callable[[str, int, int], None]


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """Only one publisher at a time. The system drops the lock of a killed one."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            raise PublishBusyError(
                f"another publisher is at work in {folder}: wait until it is done."
            ) from error
        yield


def remove_unfinished(folder: Path) -> None:
    """Remove what a killed publisher left."""
    for path in folder.glob(f"{UNFINISHED}*"):
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()


def write_tables(
    source: Source, models: dict[str, dict[str, Any]], folder: Path, on_table: OnTable
) -> dict[str, dict[str, Any]]:
    """Write the DuckDB file and the Parquet files. Returns row count and columns by table."""
    connection = source.connection
    (folder / TABLES).mkdir()
    connection.execute(
        f"attach {literal(folder / DATABASE)} as release (storage_version '{STORAGE_VERSION}')"
    )
    written = {}
    for number, (name, node) in enumerate(models.items()):
        on_table(name, number, len(models))
        target = f"release.{PUBLIC_SCHEMA}.{identifier(name)}"
        with source.copied(name, node) as copied:
            described = connection.execute(f"describe select * from {copied}").fetchall()
            columns = {row[0]: row[1].lower() for row in described}
            order = next((order for order in ORDERS if set(order) <= set(columns)), ())
            by = f" order by {', '.join(order)}" if order else ""
            connection.execute(f"create table {target} as select * from {copied}{by}")
        connection.execute(
            f"copy {target} to {literal(folder / TABLES / f'{name}.parquet')} "
            "(format parquet, compression zstd)"
        )
        count = connection.execute(f"select count(*) from {target}").fetchall()[0][0]
        written[name] = {"row_count": count, "columns": columns}
    connection.execute("checkpoint release")
    return written


def data_span(source: Source) -> tuple[str | None, str | None]:
    """First and newest event (UTC, ISO 8601)."""
    found = source.rows(
        f"select min(event_timestamp), max(event_timestamp) from {source.table('interactions')}"
    )
    if not found:
        raise no_table("interactions", source.place)
    first, newest = (moment and f"{moment.isoformat()}Z" for moment in found[0])
    return first, newest


def utc(moment: datetime) -> str:
    return moment.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="milliseconds") + "Z"


def without_folders(value: Any) -> Any:  # noqa: ANN401, what a variable may be
    """Of every absolute path in a variable the last part alone: the rest is of this machine."""
    if isinstance(value, dict):
        return {key: without_folders(one) for key, one in value.items()}
    if isinstance(value, list):
        return [without_folders(one) for one in value]
    if isinstance(value, str) and (value.startswith(("/", "~", "file:")) or Path(value).drive):
        return Path(value).name
    return value


def make_manifest(
    name: str,
    published_at: datetime,
    build: Build,
    written: dict[str, dict[str, Any]],
    source: Source,
) -> dict[str, Any]:
    commit, has_changes = git_state()
    project = project_settings()
    models = public_models(build)
    span = data_span(source)
    return {
        "release": name,
        "published_at": utc(published_at),
        "built_at": build.results["metadata"]["generated_at"],
        "invocation_id": build.invocation_id,
        "data_from": span[0],
        "data_to": span[1],
        "git_commit": commit,
        "git_has_changes": has_changes,
        "versions": {
            "pingtop": project["version"],
            "dbt": build.results["metadata"]["dbt_version"],
            "duckdb": version("duckdb"),
            "storage": STORAGE_VERSION,
        },
        "engine": source.adapter,
        "variables": without_folders(project["vars"] | build.variables),
        LEFT_OUT: sorted(set(models) - set(written)),
        "tables": {
            table: {
                "row_count": facts["row_count"],
                "description": models[table]["description"].strip(),
                "columns": {
                    column: {
                        "type": kind,
                        "description": models[table]["columns"]
                        .get(column, {})
                        .get("description", "")
                        .strip(),
                    }
                    for column, kind in facts["columns"].items()
                },
            }
            for table, facts in written.items()
        },
    }


def sync(path: Path) -> None:
    """Have a file or folder on the disk before anything points to it."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def make_current(folder: Path, name: str) -> None:
    link = folder / f"{UNFINISHED}{CURRENT}"
    link.symlink_to(name)
    os.replace(link, folder / CURRENT)
    sync(folder)


def remove_old(folder: Path, keep: int) -> list[str]:
    """Remove all but the newest `keep` releases, never the current one. Returns their names."""
    current = (folder / CURRENT).resolve().name
    names = sorted(
        path.parent.name
        for path in folder.glob(f"[!.]*/{MANIFEST}")
        if not path.parent.is_symlink()
    )
    removed = [name for name in names[:-keep] if name != current]
    for name in removed:
        doomed = folder / f"{UNFINISHED}{name}"
        os.replace(folder / name, doomed)
        shutil.rmtree(doomed)
    return removed


class FolderShelf:
    """Releases in a folder. What is in S3 is releases.s3_publishing.S3Shelf, just the same."""

    def __init__(self, folder: Path) -> None:
        if "?" in str(folder):  # DuckDB looks for the file of its log before the ?
            raise PublishError(f"DuckDB cannot write to {folder}: name a path without a ? in it.")
        self.folder = folder
        self.pointer = str(folder / CURRENT)

    def place(self, name: str) -> str:
        """Where a release is, for people."""
        return str(self.folder / name)

    @contextmanager
    def taken(self) -> Iterator[None]:
        """Only one publisher at a time, and nothing is left of one that was killed."""
        with locked(self.folder):
            remove_unfinished(self.folder)
            yield

    def work(self, name: str) -> Path:
        """Where a release is written."""
        return self.folder / f"{UNFINISHED}{name}"

    def manifest(self) -> dict[str, Any] | None:
        """That of the current release."""
        with suppress(ReleaseError):
            release = open_release(self.folder)
            return release.manifest | {"release": release.name}
        return None

    def add(self, work: Path, name: str, _on_file: OnTable) -> None:
        """Give a release its name and make it the current one."""
        for path in (*work.rglob("*"), work):
            sync(path)
        os.replace(work, self.folder / name)
        make_current(self.folder, name)

    def remove_old(self, keep: int) -> None:
        """Remove all but the newest releases, never the current one."""
        with suppress(OSError):  # the release is published; the next publisher tries again
            remove_old(self.folder, keep)


def shelf_of(place: Path | str) -> FolderShelf | S3Shelf:
    """Where releases are published: a folder, or an address in S3."""
    if isinstance(place, Path):
        return FolderShelf(place)
    from releases.s3_publishing import S3Shelf

    return S3Shelf(place)


@dataclass(frozen=True)
class Published:
    """The current release, what points to it, and whether it has just been made."""

    place: str
    pointer: str
    is_new: bool


def is_of_build(
    manifest: dict[str, Any] | None, build: Build, source: Source, tables: Sequence[str]
) -> bool:
    """Whether the current release already is this build, with these tables.

    Evaluations are recorded after a build: a release without the newest is not all of it.
    """
    if manifest is None or manifest.get("invocation_id") != build.invocation_id:
        return False
    if set(manifest["tables"]) != set(tables):
        return False
    for name in {RECORDED} & set(tables):
        counted = source.rows(f"select count(*) from {source.table(name)}")
        if not counted:
            raise no_table(name, source.place)
        if counted[0][0] != manifest["tables"].get(name, {}).get("row_count"):
            return False
    return True


def wanted_models(build: Build, with_events: bool) -> dict[str, dict[str, Any]]:
    """The models of the public tables of a release."""
    return {
        name: node
        for name, node in public_models(build).items()
        if with_events or not node["config"].get("meta", {}).get(ROW_PER_EVENT)
    }


def publish(
    database: Path,
    target: Path,
    place: Path | str,
    keep: int,
    on_table: OnTable,
    engine: str | None = None,
    with_events: bool = True,
) -> Published:
    """Publish the warehouse, where the current release is not this build already.

    place: a folder, or an address in S3. engine: the target of dbt whose tables are published,
    instead of those of the file. with_events: the tables with a row per event, too.
    """
    shelf = shelf_of(place)
    with shelf.taken():
        build = read_build(target, build_command(engine))
        published_at = datetime.now(UTC)
        stamp = f"{published_at:%Y%m%dT%H%M%S}{published_at.microsecond // 1000:03d}Z"
        name = f"{stamp}-{build.invocation_id[:8]}"
        work = shelf.work(name)
        work.mkdir()
        try:
            with open_source(database, engine, work / "spill") as source:
                build = replace(build, schema=source.schema)
                check_last_run(build, source)
                check_same_run(build, target, source)
                check_whole(build)
                check_green(build, red_gates(source))
                wanted = wanted_models(build, with_events)
                current = shelf.manifest()
                if current and is_of_build(current, build, source, list(wanted)):
                    return Published(shelf.place(current["release"]), shelf.pointer, is_new=False)
                try:
                    written = write_tables(source, wanted, work, on_table)
                    manifest = make_manifest(name, published_at, build, written, source)
                    manifest["models"] = write_models(source, build, work)
                except InputError:  # a table that a build is just putting another one in place of
                    source.check_unchanged(build, target)
                    raise
                source.check_unchanged(build, target)
            (work / MANIFEST).write_text(json.dumps(manifest, indent=2) + "\n")
            shutil.rmtree(work / "spill", ignore_errors=True)
            shelf.add(work, name, on_table)
        finally:
            shutil.rmtree(work, ignore_errors=True)
        shelf.remove_old(keep)
        return Published(shelf.place(name), shelf.pointer, is_new=True)
