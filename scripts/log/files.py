"""The log as Parquet files."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Event

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from common import InputError
from log.blocks import make_block
from log.compound_label import FILES
from log.experiment import assignments_table, experiments_table, plant
from log.plan import EVENT_TYPES, UNKNOWN_PING_IDS, UNKNOWN_TYPES, Array, Plan, generator
from log.rows import NOT_A_TIME, Rows
from log.world import World, build_world

CATEGORIES = (
    "music", "dance", "comedy", "education", "beauty", "football", "food", "travel", "fashion",
    "gaming", "fitness", "technology", "news", "pets", "art", "cars", "film", "books", "family",
    "nature",
)  # fmt: skip
TAGS_PER_CATEGORY = 12
COUNTRIES = ("NG", "ZA", "KE", "GH", "US", "GB", "EG", "IN", "BR", "FR")
COUNTRY_SHARES = (0.28, 0.16, 0.11, 0.09, 0.10, 0.06, 0.06, 0.06, 0.05, 0.03)
ROW_GROUP_ROWS = 250_000
# Beyond this many distinct ids a Parquet dictionary outgrows its page: plain text is cheaper then.
DICTIONARY_IDS = 60_000
DICTIONARY_BYTES = 1 << 20
INTERACTIONS_SCHEMA = pa.schema({
    "user_id": pa.string(),
    "ping_id": pa.string(),
    "event_type": pa.dictionary(pa.int8(), pa.string()),
    "watch_time_sec": pa.float64(),
    "event_timestamp": pa.timestamp("us"),
})  # fmt: skip


def ids(prefix: str, size: int) -> pa.Array:
    """Text ids, one for each number below `size`."""
    numbers = pa.array(np.arange(size)).cast(pa.string())
    return pc.binary_join_element_wise(prefix, numbers, "")


def id_column(texts: pa.Array, places: Array) -> pa.Array:
    """The ids at these places; a negative place is null."""
    return texts.take(pa.array(places, mask=places < 0))


def rows_to_table(plan: Plan, rows: Rows, user_ids: pa.Array, ping_ids: pa.Array) -> pa.Table:
    """Interactions as Arrow, in the columns of the raw contract."""
    types = pa.array(EVENT_TYPES + UNKNOWN_TYPES)
    # NaT is the smallest integer: adding to it would make it a date.
    absolute = np.where(rows.time_ms == NOT_A_TIME, NOT_A_TIME, rows.time_ms + plan.start_ms)
    return pa.table({
        "user_id": id_column(user_ids, rows.user),
        "ping_id": id_column(ping_ids, rows.ping),
        "event_type": pa.DictionaryArray.from_arrays(rows.event_type, types),
        "watch_time_sec": pa.array(rows.watch_sec, from_pandas=True),
        "event_timestamp": pa.array(absolute.view("M8[ms]")).cast(pa.timestamp("us")),
    })  # fmt: skip


def blanked(rng: np.random.Generator, values: Array, share: float, kind: pa.DataType) -> pa.Array:
    """A column of which some values are not known."""
    return pa.array(values, mask=rng.random(len(values)) < share).cast(kind)


def users_table(plan: Plan, world: World, user_ids: pa.Array) -> pa.Table:
    """Users in the raw contract."""
    rng = generator(plan, 2)
    country = rng.choice(COUNTRIES, plan.users, p=COUNTRY_SHARES)
    age = np.rint(13 + 55 * rng.beta(1.6, 3.6, plan.users)).astype(np.int32)
    signup = (world.signup_ms + plan.start_ms).view("M8[ms]").astype("M8[D]")
    return pa.table({
        "user_id": user_ids,
        "country": blanked(rng, country.astype(object), plan.missing, pa.string()),
        "signup_date": blanked(rng, signup, plan.missing, pa.date32()),
        "age": blanked(rng, age, plan.missing, pa.int32()),
    })  # fmt: skip


def pings_table(plan: Plan, world: World, ping_ids: pa.Array) -> pa.Table:
    """Pings in the raw contract. Half of the missing durations are given as 0."""
    rng = generator(plan, 3)
    names = [*CATEGORIES, *(f"topic_{number}" for number in range(plan.categories))]
    category = np.array(names, dtype=object)[world.ping_category]
    tag = np.char.mod("_%d", np.floor(TAGS_PER_CATEGORY * rng.random(plan.pings) ** 2).astype(int))
    duration = world.duration_ms / 1_000
    duration[rng.random(plan.pings) < plan.missing / 2] = 0
    created = (world.created_ms + plan.start_ms).view("M8[ms]")
    return pa.table({
        "ping_id": ping_ids.slice(0, plan.pings),
        "creator_id": id_column(ids("c", plan.creators), world.ping_creator),
        "main_hashtag": blanked(rng, category + tag.astype(object), plan.missing, pa.string()),
        "category": blanked(rng, category, plan.missing, pa.string()),
        "duration_sec": blanked(rng, duration, plan.missing / 2, pa.float64()),
        "created_at": blanked(rng, created, plan.missing, pa.timestamp("us")),
    })  # fmt: skip


def write_whole(
    path: Path, schema: pa.Schema, tables: Iterable[pa.Table], dictionaries: list[str] | bool = True
) -> None:
    """Write a Parquet file that appears under its name only when it is complete."""
    unfinished = path.with_name(path.name + ".unfinished")
    try:
        # Without Arrow's own schema every reader sees plain text columns, dictionary or not.
        with pq.ParquetWriter(
            unfinished, schema, store_schema=False, use_dictionary=dictionaries,
            dictionary_pagesize_limit=DICTIONARY_BYTES,
        ) as writer:  # fmt: skip
            for table in tables:
                writer.write_table(table)
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def grouped(tables: Iterable[pa.Table], size: int) -> Iterator[pa.Table]:
    """The same rows in tables of at least `size` rows (the last one may be smaller)."""
    waiting: list[pa.Table] = []
    for table in tables:
        waiting.append(table)
        if sum(map(len, waiting)) >= size:
            yield pa.concat_tables(waiting).combine_chunks()
            waiting = []
    if waiting:
        yield pa.concat_tables(waiting).combine_chunks()


def generate(plan: Plan, output: Path, jobs: int, advance: Callable[[int], None]) -> None:
    """Write the whole log; `advance` is told of rows as they are made."""
    world = build_world(plan)
    planted = plant(plan, world) if plan.experiment else None
    user_ids = ids("u", plan.users)
    ping_ids = ids("p", plan.pings + UNKNOWN_PING_IDS)
    dictionaries = ["event_type"]
    dictionaries += ["user_id"] if plan.users <= DICTIONARY_IDS else []
    dictionaries += ["ping_id"] if plan.pings <= DICTIONARY_IDS else []
    stop = Event()
    folder = output / "interactions"
    folder.mkdir(parents=True, exist_ok=True)

    def blocks(file: int) -> Iterator[pa.Table]:
        first = file * plan.n_blocks // plan.n_files
        end = (file + 1) * plan.n_blocks // plan.n_files
        for block in range(first, end):
            if stop.is_set():
                raise InputError("stopped")
            rows = make_block(plan, world, block, planted)
            table = rows_to_table(plan, rows, user_ids, ping_ids)
            advance(len(table))
            yield table

    def write_file(file: int) -> None:
        write_whole(
            folder / f"part-{file:05d}.parquet",
            INTERACTIONS_SCHEMA,
            grouped(blocks(file), ROW_GROUP_ROWS),
            dictionaries,
        )

    # numpy and Arrow let go of the interpreter's lock in nearly all of the work: threads do.
    pool = ThreadPoolExecutor(jobs)
    try:
        for future in [pool.submit(write_file, file) for file in range(plan.n_files)]:
            future.result()
    finally:
        stop.set()
        pool.shutdown(cancel_futures=True)
    # Last, so that a folder with users and pings is a complete one.
    tables = {
        "users": users_table(plan, world, user_ids),
        "pings": pings_table(plan, world, ping_ids),
    }
    if planted:
        tables["experiment_assignments"] = assignments_table(plan, planted, user_ids)
        tables["experiments"] = experiments_table(plan)
    for name, table in tables.items():
        write_whole(output / f"{name}.parquet", table.schema, [table])


def clear(output: Path, overwrite: bool) -> None:
    """See to it that the folder holds no data of an earlier run."""
    if output.exists() and not output.is_dir():
        raise InputError(f"--output {output} is a file, not a folder.")
    old = [
        output / f"{name}.parquet"
        for name in ("users", "pings", "experiment_assignments", "experiments")
        if (output / f"{name}.parquet").exists()
    ]
    old += output.glob("interactions/*")
    old += [output / name for name in FILES if (output / name).exists()]
    if old and not overwrite:
        raise InputError(f"{output} already holds data: name another folder or add --overwrite.")
    for path in old:
        path.unlink()
