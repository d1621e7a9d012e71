"""What is served, compared with what the warehouse says."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import msgpack
from rich.progress import MofNCompleteColumn

from benchmarks.measuring import Usage, measure
from benchmarks.programs import dbt_environment, dbt_places, find_dbt
from benchmarks.warehouse_site import MODELS_ONLY
from common import PROJECT, InputError, literal, progress_bars
from pingtop_serving.recommend import Store
from pingtop_serving.records import unpack
from releases.release import DATABASE, Release
from serving.parity import Place, served_lists


@dataclass
class Compared:
    """How many lists are those of the warehouse."""

    equal: int = 0
    close: int = 0  # the same pings, parts and reasons; scores within a billionth
    different: list[str] = field(default_factory=list)  # users

    def count(self, user_id: str, served: Sequence[Place], wanted: Sequence[Place]) -> None:
        if served == wanted:
            self.equal += 1
        elif len(served) == len(wanted) and all(map(is_close, served, wanted)):
            self.close += 1
        else:
            self.different.append(user_id)

    def facts(self) -> dict[str, Any]:
        n_lists = self.equal + self.close + len(self.different)
        return {
            "lists": n_lists,
            "equal_to_the_last_bit": self.equal,
            "equal_to_a_billionth": self.close,
            "different": len(self.different),
            "share_different": len(self.different) / n_lists if n_lists else 0.0,
            "first_different": self.different[:5],
        }


def is_close(served: Place, wanted: Place) -> bool:
    """Whether a place is the same but for the last digits of its numbers."""
    return all(
        abs(one - other) <= 1e-9 if isinstance(other, float) else one == other
        for one, other in zip(served, wanted, strict=True)
    )


def build(
    name: str, raw: Path, work: Path, variables: Mapping[str, Any]
) -> tuple[Release, Usage | None]:
    """A warehouse below the work folder, as a release; nothing is built where it is there."""
    folder = work / name
    database = folder / DATABASE
    usage = None
    if not (folder / "built").exists():
        folder.mkdir(parents=True, exist_ok=True)
        database.unlink(missing_ok=True)
        command = [find_dbt(), "build", *MODELS_ONLY, *dbt_places(PROJECT, folder)]
        command += ["--vars", json.dumps(dict(variables))]
        environment = dbt_environment(raw, database, folder / "spill", {})
        usage = measure(f"the {name} build", command, folder / "build.log", environment, PROJECT)
        (folder / "built").touch()
    facts = {"tables": {"serving_settings": {}}, "variables": dict(variables), "built_at": ""}
    return Release(folder, facts), usage


def events_from(raw: Path, moment: str) -> dict[str, list[dict[str, Any]]]:
    """By user the raw interactions from a moment on, as they would be posted."""
    with duckdb.connect() as connection:
        found = connection.execute(
            f"from read_parquet({literal(raw / 'interactions*.parquet')}) "
            "where event_timestamp >= cast(? as timestamp) order by user_id",
            [moment],
        )
        names = [column[0] for column in found.description or []]
        rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    events: dict[str, list[dict[str, Any]]] = {}
    for row in rows:
        row["event_timestamp"] = str(row["event_timestamp"])
        events.setdefault(str(row["user_id"]), []).append(row)
    return events


def cut_of(raw: Path, hours: int) -> str:
    """The moment so many hours before the end of the log."""
    files = str(raw / "interactions*.parquet")
    try:
        [(moment,)] = duckdb.execute(
            "select max(event_timestamp::timestamp) - to_hours(?) from read_parquet(?)",
            [hours, files],
        ).fetchall()
    except duckdb.Error as error:
        raise InputError(f"{files} cannot be read: name a folder that has them.") from error
    return str(moment)


def compared(
    store: Store, users: Iterable[str], wanted: Mapping[str, list[Place]], events: Mapping[str, Any]
) -> dict[str, Any]:
    """How many lists are the warehouse's."""
    users = list(users)
    result = Compared()
    with progress_bars(MofNCompleteColumn()) as progress:
        for user_id, places in progress.track(
            served_lists(store, users, events), total=len(users), description="comparing"
        ):
            result.count(user_id, places, wanted.get(user_id, []))
    return result.facts()


def cost(usages: Mapping[str, Usage | None], sizes: Mapping[str, int]) -> dict[str, Any]:
    """CPU seconds and bytes of the builds that were measured."""
    return {
        name: {
            "cpu_seconds": usage and round(usage.user_seconds + usage.system_seconds, 1),
            "database_bytes": sizes[name],
        }
        for name, usage in usages.items()
    }


def bytes_by_kind(records: Mapping[str, bytes]) -> dict[str, dict[str, float]]:
    """Bytes of a record of each kind: as JSON, as msgpack, and as it is stored."""
    sizes: dict[str, list[int]] = {}
    for key, value in records.items():
        content = unpack(value)
        text = json.dumps(content, separators=(",", ":"), ensure_ascii=False).encode()
        found = sizes.setdefault(key.split("|")[0].split("~")[0], [0, 0, 0, 0])
        for place, size in enumerate((1, len(text), len(msgpack.packb(content)), len(value))):
            found[place] += size
    return {
        kind: {
            "records": n_records,
            "json": round(as_json / n_records, 1),
            "msgpack": round(as_msgpack / n_records, 1),
            "stored": round(stored / n_records, 1),
        }
        for kind, (n_records, as_json, as_msgpack, stored) in sorted(sizes.items())
    }
