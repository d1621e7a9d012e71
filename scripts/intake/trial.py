"""Lets the real intake read raw data, or the first rows of them, into a warehouse for trying."""

from __future__ import annotations

import gzip
import io
import itertools
import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb
import pyarrow.parquet as pq
import zstandard

from common import PROJECT, InputError, dbt_program, dbt_reason, named_rows, target_folder
from intake.contract import LOGS
from intake.conversion import open_raw, text_lines
from intake.draft import paths_of
from intake.guesses import Source
from intake.location import Location, RawFile, database_file

MODELS = ("intake_files", "rejected_rows", "intake_nulled_values")
FILES = 50  # of a log that the trial reads, where it does not read all
LEAST_ROWS = 1_000  # of a file


@dataclass
class Trial:
    """What came of it. problem: why the intake stopped; facts: what the warehouse says."""

    problem: str | None = None
    facts: dict[str, list[dict[str, Any]]] | None = None
    is_sample: bool = False


QUERIES = {
    "files": "select * from intake_files order by all",
    "rejected": "select source_table, reject_reason, count(*) as n_rows, min(raw_row) as example"
    " from rejected_rows group by all order by source_table, n_rows desc",
    "nulled": "select * from intake_nulled_values where row_count > 0 order by all",
    "types": "select event_type, count(*) as n_rows from intermediate.int_interactions"
    " inner join staging.stg_event_weights using (event_type_key)"
    " group by all order by n_rows desc, event_type",
    "span": "with log as ({log}) select source_table, min(event_timestamp) as first_event,"
    " max(event_timestamp) as last_event from log group by all order by all",
    "joined": "with log as ({log}), known as ({known}), checked as ("
    " select kind, id, known.id is not null as is_known from"
    " (select 'users' as kind, user_id as id from log union all select 'pings', ping_id from log)"
    " left join known using (kind, id)) select kind, avg(is_known::int) as share,"
    " min(id) filter (not is_known) as unknown_example,"
    " (select min(id) from known where known.kind = checked.kind) as known_example"
    " from checked group by kind order by kind desc",
    "times": "with log as ({log}), lengths as (select ping_id, duration_sec from staging.stg_pings"
    " where outcome = 'accepted' and duration_sec > 0)"
    " select median(watched) as watch_time, median(watched / duration_sec) as ratio,"
    " avg((watched is null)::int) filter (is_view) as unwatched,"
    " (select median(duration_sec) from lengths) as length"
    " from log left join lengths using (ping_id)",
}
LOG = """
select 'interactions' as source_table, user_id, ping_id, event_timestamp,
    weight_basis = 'watch_time_ratio' as is_view, watch_time_sec as watched
from intermediate.int_interactions
inner join intermediate.int_user_keys using (user_key)
inner join intermediate.int_ping_keys using (ping_key)
inner join staging.stg_event_weights using (event_type_key) where outcome = 'accepted'
union all
select 'exposures', user_id, ping_id, event_timestamp, dwell_time > 0, nullif(dwell_time, 0)
from intermediate.int_exposures
inner join intermediate.int_user_keys using (user_key)
inner join intermediate.int_ping_keys using (ping_key)
where outcome = 'accepted'
"""


KNOWN = """
select 'users' as kind, user_id as id from staging.stg_users where outcome = 'accepted'
union all select 'pings', ping_id from staging.stg_pings where outcome = 'accepted'
"""


def try_build(
    location: Location, sources: list[Source], mapping: str | None, sample_rows: int
) -> Trial:
    """Build the intake's tables of the raw data, by a mapping if one is given."""
    folder = target_folder() / "inspect"
    folder.mkdir(parents=True, exist_ok=True)
    database = folder / "trial.duckdb"
    with _raw_folder(location, sources, mapping, sample_rows) as (raw, variables, is_sample):
        try:
            database.unlink(missing_ok=True)
        except OSError as error:
            raise InputError(
                f"{database} is in the way ({error.strerror}): take it away."
            ) from error
        environment = {
            "PINGTOP_DATABASE": str(database),
            "PINGTOP_TEMP_DIRECTORY": str(folder / "spill"),
            "PINGTOP_RAW_LOCATION": raw,
            "PINGTOP_RAW_SCHEMA": "",
        }
        arguments = ["build", "--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT)]
        arguments += ["--target", "duckdb", "--target-path", str(folder), "--log-path", str(folder)]
        arguments += ["--exclude-resource-type", "test", "--exclude-resource-type", "unit_test"]
        arguments += ["--select", *(f"+{model}" for model in MODELS)]
        if variables:
            arguments += ["--vars", json.dumps(variables)]
        code, output = run_dbt(arguments, environment)
        if code:
            said = dbt_reason(output).replace(raw, location.given or raw)
            return Trial(problem=said, is_sample=is_sample)
        return Trial(facts=_facts(database), is_sample=is_sample)


def run_dbt(arguments: list[str], environment: dict[str, str]) -> tuple[int, str]:
    """Run dbt; the result is its exit code and what it printed."""
    dbt = dbt_program()
    if dbt is None:
        raise InputError("dbt is not installed: pip install -r requirements.txt (or make setup).")
    done = subprocess.run(
        [dbt, "--no-use-colors", *arguments],
        env=os.environ | environment,
        cwd=PROJECT,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, done.stdout + done.stderr


def _facts(database: Path) -> dict[str, list[dict[str, Any]]]:
    facts = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for name, query in QUERIES.items():
            facts[name] = named_rows(connection.execute(query.format(log=LOG, known=KNOWN)))
    return facts


@contextmanager
def _raw_folder(
    location: Location, sources: list[Source], mapping: str | None, sample_rows: int
) -> Iterator[tuple[str, dict[str, Any], bool]]:
    """What the trial reads: links to small files, the first rows of large ones."""
    if location.kind in ("demo", "database"):
        variables = {"raw_mapping": mapping} if mapping else {}
        given = location.given
        if location.kind == "database":
            given = f"{given.split(':///')[0]}:///{database_file(given).resolve()}"
        yield given, variables, False
        return
    with tempfile.TemporaryDirectory(prefix="pingtop_inspect_") as name:
        # dbt may make something of a path with links in it
        raw = Path(name).resolve() / "raw"
        raw.mkdir()
        is_sample = _fill(raw, location, sources, sample_rows)
        if location.kind == "files":
            # the files of a pattern may have one name
            given = (
                raw / "0" / location.files[0].place if len(location.files) == 1 else raw / "*" / "*"
            )
            yield str(given), {"raw_mapping": mapping} if mapping else {}, is_sample
            return
        if mapping is not None:
            (raw / "mapping.yml").write_text(mapping)
        yield str(raw), {}, is_sample


def _fill(raw: Path, location: Location, sources: list[Source], sample_rows: int) -> bool:
    n_log_rows = sum(source.look.rows or 0 for source in sources if source.table in LOGS)
    is_sample = n_log_rows > sample_rows
    chosen: dict[str, int | None] = {}
    logs, kept = [], []
    for one in sources:
        if one.table in LOGS:
            places = [file.place for file in one.look.files]
            # each path of a mapping must have a file
            step = -(-len(places) // FILES) if len(paths_of(location, one)) == 1 else 1
            logs += places
            kept += places[:: step if is_sample else 1]
    for file in location.files:
        if file.place in kept or file.place not in logs:
            is_cut = is_sample and file.place in kept
            chosen[file.place] = max(LEAST_ROWS, sample_rows // len(kept)) if is_cut else None
    encodings = {
        file.place: (one.mapped or {}).get("encoding") or one.look.encoding
        for one in sources
        for file in one.look.files
    }
    for number, file in enumerate(location.files):
        if file.place not in chosen or (file.kind is None and not location.is_local):
            continue
        target = raw / (str(number) if location.kind == "files" else "") / file.place
        target.parent.mkdir(parents=True, exist_ok=True)
        n_rows = chosen[file.place]
        if n_rows is not None and not (file.kind == "parquet" and file.compression):
            _first_rows(file, target, n_rows, str(encodings.get(file.place, "utf-8")).lower())
        elif location.is_local:
            target.symlink_to(Path(file.path).resolve())
        else:
            with open_raw(file.path, "") as source, target.open("wb") as copy:
                shutil.copyfileobj(source, copy)
    return is_sample


def _first_rows(file: RawFile, target: Path, n_rows: int, encoding: str) -> None:
    """Write the first rows of a file, in its own format."""
    if file.kind == "parquet":
        with (
            open_raw(file.path, "") as source,
            pq.ParquetFile(source) as parquet,
            pq.ParquetWriter(target, parquet.schema_arrow) as out,
        ):
            for batch in parquet.iter_batches(batch_size=min(n_rows, 50_000)):
                out.write_batch(batch.slice(0, n_rows))
                n_rows -= batch.num_rows
                if n_rows <= 0:
                    break
        return
    with open_raw(file.path, file.compression or "") as source, _written(file, target) as out:
        if encoding.startswith(("utf-16", "utf16", "utf_16", "utf-32")):
            lines = itertools.islice(text_lines(source, encoding), n_rows + 1)
            out.write("".join(f"{line}\n" for line, _ in lines).encode(encoding))
        else:
            # the rows of a header's file are one fewer than its lines
            lines = itertools.islice(io.BufferedReader(source, 1 << 20), n_rows + 1)
            out.writelines(lines)


def _written(file: RawFile, target: Path) -> Any:  # noqa: ANN401, one of three kinds of files
    if file.compression == "gzip":
        return gzip.open(target, "wb", compresslevel=1)
    if file.compression == "zstd":
        return zstandard.ZstdCompressor(level=1).stream_writer(target.open("wb"))
    return target.open("wb")
