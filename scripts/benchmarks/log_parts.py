"""A log cut by event time into parts, each a file."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from pathlib import Path

import duckdb
import pyarrow.parquet as pq

from benchmarks.one_pass import interaction_files
from common import InputError, exact_path, literal

INTERACTIONS = "interactions"


def copy_the_rest(log: Path, raw: Path) -> None:
    """Everything of a raw folder but its interactions."""
    for path in log.iterdir():
        if path.is_dir() and path.name != INTERACTIONS:
            shutil.copytree(path, raw / path.name)
        elif path.is_file() and not path.name.startswith(INTERACTIONS):
            shutil.copyfile(path, raw / path.name)


def cut_by_time(log: Path, folder: Path, parts: int, settings: Mapping[str, str]) -> list[Path]:
    """Write the interactions as so many files of about as many rows, one after the other in time.

    Every part gets its share of the rows without a time.
    """
    folder.mkdir(parents=True)
    shares = [number / parts for number in range(1, parts)]
    too_few = InputError(f"{log} has too few events, or too few moments, for --parts {parts}.")
    found = []
    config = dict(settings) | {"temp_directory": str(folder / "spill")}
    with duckdb.connect(config=config) as connection:
        connection.execute("set enable_progress_bar = false")
        files = [exact_path(file) for file in interaction_files(log)]
        log_rows = connection.read_parquet(files, union_by_name=True)
        if "event_timestamp" not in map(str.lower, log_rows.columns):
            raise InputError(f"The interactions in {log} have no event_timestamp to cut them by.")
        log_rows.create_view("log")
        connection.execute(
            f"create temp table timeless as select log.*, row_number() over () % {parts} as part"
            " from log where event_timestamp is null"
        )
        bounds = connection.execute(
            f"select quantile_disc(event_timestamp, {shares}) from log"
        ).fetchall()[0][0]
        if bounds is None:
            raise too_few
        for number in range(parts):
            path = folder / f"part-{number:05d}.parquet"
            lowest = f"event_timestamp >= {literal(str(bounds[number - 1]))}" if number else "true"
            is_last = number == parts - 1
            end = "true" if is_last else f"event_timestamp < {literal(str(bounds[number]))}"
            connection.execute(
                f"copy (select * from log where event_timestamp is not null and {lowest} and {end}"
                f" union all select * exclude (part) from timeless where part = {number})"
                f" to {literal(path)} (format parquet)"
            )
            found.append(path)
    if not all(pq.read_metadata(path).num_rows for path in found):
        raise too_few
    return found
