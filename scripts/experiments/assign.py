"""Assignments as a file in the raw contract, for teams without a service that assigns."""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from fractions import Fraction
from pathlib import Path
from typing import TYPE_CHECKING

from common import InputError, exact_path, literal
from experiments.assignment import HOLDOUT, Shares, assigned, planned
from experiments.warehouse import open_warehouse

if TYPE_CHECKING:
    import duckdb

FORMATS = {".csv": "format csv, header", ".parquet": "format parquet"}
ASSIGNMENTS = {
    "experiment_id": "varchar",
    "user_id": "varchar",
    "arm": "varchar",
    "assigned_at": "timestamp",
}
PLANS = {
    "experiment_id": "varchar",
    "control_arm": "varchar",
    "started_at": "timestamp",
    "planned_shares": "varchar",
    "primary_metric": "varchar",
}
USERS = (
    "select user_id from main.users union select user_id from main.interactions order by user_id"
)
NEWEST = "select max(event_timestamp) from main.interactions"


@dataclass(frozen=True)
class Assigning:
    """What to assign: the checked arguments."""

    experiment: str
    shares: Shares
    holdout: Fraction
    salt: str
    assigned_at: datetime | None
    users: Path | None
    output: Path
    plan: Path | None
    primary_metric: str | None
    database: Path


def check_name(experiment: str) -> str:
    """The id of an experiment, which must leave the holdout its own hash."""
    experiment = experiment.strip()
    if not experiment or experiment == HOLDOUT:
        raise InputError(f"an experiment cannot be named {experiment!r}: name it another way.")
    return experiment


def assign(given: Assigning) -> str:
    """Write the assignments; the result is a sentence on them.

    Who is in the output already stays as he is there, so the command can be run again for new
    users.
    """
    for path in filter(None, (given.output, given.plan)):
        if path.suffix.lower() not in FORMATS:
            raise InputError(f"{path} must end in .csv or .parquet.")
    check_plan(given)
    users, newest = users_of(given)
    moment = given.assigned_at or newest
    if moment is None:
        raise InputError("there is no event to take the moment from: name one with --assigned-at.")
    rows = read_rows(given.output, ASSIGNMENTS)
    there = {row["user_id"]: row["arm"] for row in rows if row["experiment_id"] == given.experiment}
    strange = sorted({str(arm) for arm in there.values()} - set(given.shares))
    if strange:
        raise InputError(
            f"{given.output} has the arm {strange[0]} of {given.experiment}, which --share does "
            "not name: name another output, or another experiment."
        )
    arms = assigned(given.experiment, users, given.shares, given.holdout, given.salt)
    new = {user: arm for user, arm in arms.items() if user not in there}
    rows += [
        {"experiment_id": given.experiment, "user_id": user, "arm": arm, "assigned_at": moment}
        for user, arm in new.items()
    ]
    write_rows(given.output, ASSIGNMENTS, rows)
    if given.plan:
        write_plan(given, moment)
    counts = {arm: list(new.values()).count(arm) for arm in given.shares}
    by_arm = ", ".join(f"{count:,} {arm}" for arm, count in counts.items())
    return (
        f"{given.experiment}: {len(new):,} users assigned as of {moment:%Y-%m-%d %H:%M:%S} "
        f"({by_arm}), {len(there):,} were there already, {len(users) - len(arms):,} held out: "
        f"{given.output}"
    )


def users_of(given: Assigning) -> tuple[list[str], datetime | None]:
    """The ids of all users, and the newest moment of the log, where it is asked for."""
    import duckdb

    # not named as a table is: DuckDB would take a variable for it
    ids: list[str] = []
    if given.users:
        ids = ids_in(given.users)
        if given.assigned_at:
            return ids, None
        if not given.database.is_file():
            raise InputError(
                f"--users does not say when: add --assigned-at, since there is no warehouse "
                f"{given.database} whose newest event could."
            )
    with open_warehouse(given.database) as connection:
        try:
            if not given.users:
                ids = [row[0] for row in connection.execute(USERS).fetchall()]
            [(newest,)] = connection.execute(NEWEST).fetchall()
        except duckdb.CatalogException as error:
            raise InputError(f"{given.database} is not built: make build.") from error
    if not ids:
        raise InputError(f"{given.database} has no user to assign.")
    return ids, newest


def ids_in(path: Path) -> list[str]:
    """The distinct user ids of a file: the column user_id, or the first one."""
    import duckdb

    if not path.is_file():
        raise InputError(f"there is no file {path} with ids of users.")
    kind = path.suffix.lower()
    source = literal(exact_path(path.resolve()))
    reader = f"read_parquet({source})"
    if kind != ".parquet":
        reader = f"read_csv({source}, header = true, all_varchar = true, delim = ',', quote = '\"')"
    try:
        with duckdb.connect() as connection:
            names = [row[0] for row in connection.execute(f"describe from {reader}").fetchall()]
            if "user_id" not in names:
                raise InputError(f"{path} has no column user_id, only {', '.join(names)}.")
            found = connection.execute(
                f"select distinct cast(user_id as varchar) as user_id from {reader} "
                "where trim(cast(user_id as varchar)) <> '' order by user_id"
            ).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{path} cannot be read: {str(error).splitlines()[0]}") from error
    if not found:
        raise InputError(f"{path} has no id of a user.")
    return [row[0].strip() for row in found]


def read_rows(path: Path, columns: Mapping[str, str]) -> list[dict[str, object]]:
    """The rows that a file of ours holds; none where there is none yet."""
    import duckdb

    if not path.exists():
        return []
    source = literal(exact_path(path.resolve()))
    kinds = ", ".join(f"'{name}': '{kind}'" for name, kind in columns.items())
    reader = f"read_parquet({source})"
    if path.suffix.lower() == ".csv":
        reader = (
            f"read_csv({source}, header = true, auto_detect = false, delim = ',', quote = '\"', "
            f"columns = {{{kinds}}})"
        )
    try:
        with duckdb.connect() as connection:
            found = connection.execute(f"select {', '.join(columns)} from {reader}").fetchall()
    except duckdb.Error as error:
        raise InputError(
            f"{path} is there already, and no file of this command: name another."
        ) from error
    return [dict(zip(columns, row, strict=True)) for row in found]


def write_rows(path: Path, columns: Mapping[str, str], rows: list[dict[str, object]]) -> None:
    """Write a file that appears under its name only when it is complete."""
    import duckdb
    import pyarrow as pa

    kinds = {"varchar": pa.string(), "timestamp": pa.timestamp("us")}
    schema = pa.schema([(name, kinds[kind]) for name, kind in columns.items()])
    table = pa.Table.from_pylist(rows, schema=schema)
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f".{path.name}.unfinished")
    try:
        with duckdb.connect() as connection:
            copy(connection, table, unfinished, FORMATS[path.suffix.lower()])
        os.replace(unfinished, path)
    finally:
        unfinished.unlink(missing_ok=True)


def copy(connection: duckdb.DuckDBPyConnection, table: object, path: Path, options: str) -> None:
    """Write a table of Arrow to a file."""
    connection.register("written", table)
    connection.execute(f"copy written to {literal(path)} ({options})")


def check_plan(given: Assigning) -> None:
    """Refuse other shares than those that are planned: they would move users from arm to arm."""
    for row in read_rows(given.plan, PLANS) if given.plan else []:
        if row["experiment_id"] != given.experiment:
            continue
        if row["planned_shares"] not in (None, planned(given.shares)):
            raise InputError(
                f"{given.plan} plans {given.experiment} with {row['planned_shares']}, not "
                f"{planned(given.shares)}: begin another experiment, or give --share as there."
            )


def write_plan(given: Assigning, moment: datetime) -> None:
    """Keep the plan of the experiment among those of others; a plan that is there stays."""
    assert given.plan
    rows = read_rows(given.plan, PLANS)
    if any(row["experiment_id"] == given.experiment for row in rows):
        return
    rows.append(
        {
            "experiment_id": given.experiment,
            "control_arm": "control" if "control" in given.shares else next(iter(given.shares)),
            "started_at": moment,
            "planned_shares": planned(given.shares),
            "primary_metric": given.primary_metric,
        }
    )
    write_rows(given.plan, PLANS, rows)
