"""Batch recommendations of Amazon Personalize as lists that `scripts/evaluate.py` compares.

A batch inference job writes a line for each user (batch-inference-job-output-examples.html):

    {"input": {"userId": "4638"}, "output": {"recommendedItems": ["63992", "115149"],
     "scores": [0.0152238, 0.0069081]}, "error": null}
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from common import InputError, first_line

ENDINGS = (".out", ".json", ".jsonl")
GROUP = 500_000  # rows that are written at once
LISTS = pa.schema(
    [
        ("strategy", pa.string()),
        ("user_id", pa.string()),
        ("ping_id", pa.string()),
        ("rank", pa.int64()),
        ("score", pa.float64()),
    ]
)


@dataclass
class Read:
    """How many lists there are, and users for whom the job found none."""

    users: int = 0
    rows: int = 0
    failed: int = 0
    first_error: str = ""


def batch_files(place: Path) -> list[Path]:
    """The files of a job: one, or those of a folder."""
    if place.is_file():
        return [place]
    found = sorted(path for path in place.glob("[!._]*") if path.suffix in ENDINGS)
    if not found:
        raise InputError(
            f"{place} has no file of batch recommendations (.out, .json, .jsonl): name the file or "
            "the folder that the job wrote into."
        )
    return found


def write_lists(place: Path, output: Path, strategy: str) -> Read:
    """Write the lists of a job as a Parquet file for `evaluate.py --more-lists` or `--lists`."""
    done = Read()
    output.parent.mkdir(parents=True, exist_ok=True)
    work = output.with_name(f".unfinished-{output.name}")
    try:
        with pq.ParquetWriter(work, LISTS) as writer:
            columns: dict[str, list[Any]] = {name: [] for name in LISTS.names}
            for path in batch_files(place):
                for user, pings, scores in lines_of(path, done):
                    done.users += 1
                    columns["user_id"] += [user] * len(pings)
                    columns["ping_id"] += pings
                    columns["rank"] += range(1, len(pings) + 1)
                    columns["score"] += scores
                    if len(columns["rank"]) >= GROUP:
                        done.rows += write_group(writer, columns, strategy)
            done.rows += write_group(writer, columns, strategy)
        if not done.rows:
            why = f" ({done.first_error})" if done.first_error else ""
            raise InputError(f"{place} has no list{why}: run the batch job again.")
        work.replace(output)
    finally:
        work.unlink(missing_ok=True)
    return done


def write_group(writer: pq.ParquetWriter, columns: dict[str, list[Any]], strategy: str) -> int:
    """Write the rows so far, and begin anew."""
    count = len(columns["rank"])
    columns["strategy"] = [strategy] * count
    writer.write_table(pa.table(columns, schema=LISTS))
    for values in columns.values():
        values.clear()
    return count


def lines_of(path: Path, done: Read) -> Iterator[tuple[str, list[str], list[float | None]]]:
    """The user, pings and scores of each line; a line with an error has no list."""
    with path.open(encoding="utf-8") as lines:
        for number, line in enumerate(lines, start=1):
            if not line.strip():
                continue
            where = f"line {number} of {path.name}"
            try:
                found = json.loads(line)
                user, output = found["input"]["userId"], found["output"]
                if found.get("error") is not None or output is None:
                    done.failed += 1
                    done.first_error = done.first_error or str(found.get("error"))
                    continue
                pings = [str(ping) for ping in output["recommendedItems"]]
                scores = [float(score) for score in output.get("scores") or ()]
            except (ValueError, KeyError, TypeError, AttributeError) as error:
                said = repr(error.args[0]) if isinstance(error, KeyError) else first_line(error)
                raise InputError(
                    f"{where} is no recommendation for a user ({said}): name what a batch job of "
                    "a USER_PERSONALIZATION recipe wrote."
                ) from error
            if scores and len(scores) != len(pings):
                raise InputError(f"{where} has {len(pings)} pings, but {len(scores)} scores.")
            yield str(user), pings, list(scores) or [None] * len(pings)
