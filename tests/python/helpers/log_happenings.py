"""What may happen to a growing log between two builds, by name.

Each takes the log and the events of the batch that is being made, changes either, and says whether
it happened: some need something that was there before.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

from growing_log import (
    CREATORS,
    MALFORMED,
    N_EXPOSURES,
    NEW_TYPE,
    GrowingLog,
    Row,
    with_restriction,
)
from random_logs import CATEGORIES, FIRST_DAY, UNPARSEABLE_NUMBERS, one_of, spelled

Happening = Callable[[GrowingLog, list[Row]], bool]

# PAST of log_batches
TILL = FIRST_DAY + timedelta(days=40)

VARIABLES = [
    *({"watch_time_ratio_cap": 1.5}, {"default_duration_sec": 12}, {"session_timeout_minutes": 5}),
    *({"new_user_days": 3}, {"watch_through_ratio": 0.5}, {"top_k": 4}, {"weight_popularity": 0.3}),
    {"ratio_without_watch_time": 0.5},
]


def some(log: GrowingLog, rows: list[Row], size: int) -> list[Row]:
    """Copies of random rows, in the order of their choice."""
    return [dict(rows[place]) for place in log.rng.permutation(len(rows))[:size]]


# --- events ---------------------------------------------------------------------------------------


def late_events(log: GrowingLog, events: list[Row]) -> bool:
    for row in events[:12]:
        log.stamp(row, row["at"] - timedelta(days=150))
    return True


def wrong_clocks(log: GrowingLog, events: list[Row]) -> bool:
    """One event on each of some days to come, before which the others have not got yet."""
    days_ahead = [8, 9, 11]
    if log.first + timedelta(days=days_ahead[-1] + 1) >= TILL:
        return False
    for row, days in zip(events, days_ahead, strict=False):
        log.stamp(row, log.first + timedelta(days=days, seconds=row["at"].second))
    return True


def repeated(has_event_id: bool) -> Happening:
    """Events of earlier files again: the same values, not always spelled the same."""

    def happen(log: GrowingLog, events: list[Row]) -> bool:
        rows = [row for row in log.delivered if bool(row["event_id"]) == has_event_id]
        for row in some(log, rows, 8):
            row["event_timestamp"] = spelled(log.rng, row["at"])
            if (row["watch_time_sec"] or "").isdigit():
                row["watch_time_sec"] += ".0"
            events.append(row)
        return bool(rows)

    return happen


def reused_id(change: Callable[[GrowingLog, Row], Row]) -> Happening:
    """Other events under ids of earlier files."""

    def happen(log: GrowingLog, events: list[Row]) -> bool:
        rows = [row for row in log.delivered if row["event_id"]]
        for row in some(log, rows, 6):
            row |= change(log, row)
            row |= {"event_timestamp": spelled(log.rng, row["at"]), "is_reused": True}
            events.append(row)
        return bool(rows)

    return happen


def at_another_moment(seconds: float) -> Happening:
    return reused_id(lambda _, row: {"at": row["at"] + timedelta(seconds=seconds)})


def with_another(column: str) -> Happening:
    return reused_id(lambda log, _: {column: one_of(log.rng, log.delivered)[column]})


def viewed_again(factor: float) -> Happening:
    """Views of pairs that have one already, `factor` times as long."""

    def happen(log: GrowingLog, events: list[Row]) -> bool:
        rows = [row for row in log.delivered if (row["watch_time_sec"] or "").isdigit()]
        for row in some(log, rows, 8):
            row["watch_time_sec"] = f"{float(row['watch_time_sec']) * factor:g}"
            events.append(log.stamp(row, row["at"] + timedelta(seconds=30)))
        return bool(rows)

    return happen


def unknown(column: str) -> Happening:
    def happen(log: GrowingLog, events: list[Row]) -> bool:
        for row in some(log, events, 5):
            events.append(log.stamp({**row, column: f"nobody knows {log.number}"}, row["at"]))
        return True

    return happen


def malformed_lines(log: GrowingLog, events: list[Row]) -> bool:
    log.write_lines(f"{log.number:02}-malformed", events[:5], MALFORMED)
    return True


def exposures(log: GrowingLog, events: list[Row]) -> bool:
    rows = log.new_exposures(N_EXPOSURES, log.first, 1)
    rows += [{**rows[0], "dwell_time": "-1"}, {**rows[1], "user_id": None}, rows[2]]
    rows += [{**rows[3], "event_timestamp": "never"}, {**rows[4], "click": "many"}]
    log.write_exposures(f"{log.number:02}", rows)
    return True


def exposures_again(log: GrowingLog, events: list[Row]) -> bool:
    rows = some(log, log.exposed, 8)
    for row in rows:
        if row["event_timestamp"] != "never":
            row["event_timestamp"] = spelled(log.rng, row["at"])
    if rows:
        log.write_exposures(f"{log.number:02}-again", rows)
    return bool(rows)


def file_again(log: GrowingLog, events: list[Row]) -> bool:
    names = log.event_files()
    if names:
        name = str(one_of(log.rng, names))
        log.files[name.replace("interactions/", f"interactions/{log.number:02}-again-")] = (
            log.files[name]
        )
    return bool(names)


EVENT_HAPPENINGS: dict[str, Happening] = {
    "late events": late_events,
    "wrong clocks": wrong_clocks,
    "repeats without an event_id": repeated(has_event_id=False),
    "repeats with an event_id": repeated(has_event_id=True),
    "event_id reused earlier": at_another_moment(-60),
    "event_id reused later": at_another_moment(60),
    "event_id reused by a user": with_another("user_id"),
    "event_id reused on a ping": with_another("ping_id"),
    "event_id reused for a type": with_another("event_type"),
    "event_id reused with a watch time": with_another("watch_time_sec"),
    "longer view": viewed_again(3),
    "shorter view": viewed_again(0.5),
    "unknown user": unknown("user_id"),
    "unknown ping": unknown("ping_id"),
    "malformed lines": malformed_lines,
    "exposures": exposures,
    "exposures again": exposures_again,
    "file again under another name": file_again,
}


# --- users, pings, weights, variables -------------------------------------------------------------


def changed(table: str, column: str, values: list) -> Happening:
    """Another value for the row that counts of some user or ping."""

    def happen(log: GrowingLog, events: list[Row]) -> bool:
        for _ in range(3):
            row = log.rows_of(table, str(one_of(log.rng, log.ids(table))))[0]
            row[column] = one_of(log.rng, [value for value in values if value != row[column]])
        return True

    return happen


def gone(table: str) -> Happening:
    def happen(log: GrowingLog, events: list[Row]) -> bool:
        for _ in range(2):
            rows = log.rows_of(table, str(one_of(log.rng, log.ids(table))))
            kept = [row for row in getattr(log, table) if not any(row is other for other in rows)]
            setattr(log, table, kept)
            log.gone.setdefault(table, []).extend(rows)
        return True

    return happen


def back(table: str) -> Happening:
    def happen(log: GrowingLog, events: list[Row]) -> bool:
        rows = log.gone.pop(table, [])
        getattr(log, table).extend(rows)
        return bool(rows)

    return happen


def signed_up(log: GrowingLog, events: list[Row]) -> bool:
    """Of a user who has been in the log for a while."""
    if log.number < 2 or not log.unknown_users:
        return False
    row = {"user_id": log.unknown_users.pop(), "country": "NG", "age": "30"}
    row["signup_date"] = f"{log.first:%Y-%m-%d}"
    log.users.append(with_restriction(row))
    return True


def published(log: GrowingLog, events: list[Row]) -> bool:
    """Of a ping that has been in the log for a while."""
    if log.number < 2 or not log.unknown_pings:
        return False
    row = {"ping_id": log.unknown_pings.pop(), "creator_id": "c1", "main_hashtag": None}
    row |= {"category": "dance", "duration_sec": "20", "created_at": f"{log.first:%Y-%m-%d}"}
    log.pings.append(with_restriction(row))
    return True


def reordered(log: GrowingLog, events: list[Row]) -> bool:
    """Of several rows with one id, another may now be the first."""
    log.rng.shuffle(log.users)
    log.rng.shuffle(log.pings)
    return True


def weight_of(column: str, values: list) -> Happening:
    def happen(log: GrowingLog, events: list[Row]) -> bool:
        row = one_of(log.rng, [row for row in log.weights if row["event_type"] != "impression"])
        row[column] = one_of(log.rng, [value for value in values if value != row[column]])
        return True

    return happen


def new_type(log: GrowingLog, events: list[Row]) -> bool:
    if any(row["event_type"] == "save" for row in log.weights):
        return False
    log.weights.append(dict(NEW_TYPE))
    return True


def type_gone(log: GrowingLog, events: list[Row]) -> bool:
    kept = [row for row in log.weights if row["event_type"] not in ("hide", "save")]
    happened = len(kept) < len(log.weights)
    log.weights = kept
    return happened


def variable(log: GrowingLog, events: list[Row]) -> bool:
    others = [values for values in [{}, *VARIABLES] if values != log.variables]
    log.variables = one_of(log.rng, others)
    return True


def declared_interests(log: GrowingLog, events: list[Row]) -> bool:
    names = [*log.ids("users"), "nobody"]
    log.affinities = [
        {
            "user_id": one_of(log.rng, names),
            "category": one_of(log.rng, CATEGORIES[:5]),
            "affinity": one_of(log.rng, ["0", "0.25", "1", "2", "much"]),
        }
        for _ in range(20)
    ]
    return True


LENGTHS = ["5", "9.5", "20", "45", "120"]

TABLE_HAPPENINGS: dict[str, Happening] = {
    "length changed": changed("pings", "duration_sec", LENGTHS),
    "length missing": changed("pings", "duration_sec", [None, "0", *UNPARSEABLE_NUMBERS]),
    "category changed": changed("pings", "category", CATEGORIES),
    "creator changed": changed("pings", "creator_id", [*CREATORS, None]),
    "publishing changed": changed("pings", "created_at", ["2024-02-01", "2023-01-01", None]),
    "sign-up changed": changed("users", "signup_date", ["2024-02-01", "2023-01-01", None, "soon"]),
    "region changed": changed("users", "region", ["NG", "ZA", None]),
    "blocklist changed": changed("users", "blocklist", ["c0|dance", "music", None]),
    "restriction changed": changed("pings", "region_restriction", ["NG", "ZA|US", None]),
    "users gone": gone("users"),
    "users back": back("users"),
    "pings gone": gone("pings"),
    "pings back": back("pings"),
    "sign-up after the first event": signed_up,
    "ping after its first event": published,
    "tables reordered": reordered,
    "weight changed": weight_of("weight", ["0.1", "0.3", "-1.5", "2.0", "7"]),
    "basis changed": weight_of("weight_basis", ["event", "watch_time_ratio"]),
    "engagement changed": weight_of("is_engagement", ["true", "false"]),
    "grade changed": weight_of("relevance_grade", ["", "0.5", "1", "3", "5"]),
    "new event type": new_type,
    "event type gone": type_gone,
    "variable changed": variable,
    "declared interests": declared_interests,
}


# --- files that were read before ------------------------------------------------------------------


def replaced(log: GrowingLog, events: list[Row]) -> bool:
    names = [name for name in log.event_files() if len(log.rows_of_file.get(name, [])) > 3]
    if not names:
        return False
    name = str(one_of(log.rng, names))
    rows = log.rows_of_file[name]
    log.replace_events(name, rows[: len(rows) // 2] + log.new_events(5, log.first, 1))
    return True


def replaced_at_its_size(log: GrowingLog, events: list[Row]) -> bool:
    """A like becomes a hide: the same number of bytes."""
    names = [name for name in log.event_files() if b",like," in log.files[name]]
    if names:
        name = str(one_of(log.rng, names))
        log.files[name] = log.files[name].replace(b",like,", b",hide,")
    return bool(names)


def removed(log: GrowingLog, events: list[Row]) -> bool:
    names = log.event_files()
    if len(names) > 1:
        del log.files[str(one_of(log.rng, names))]
    return len(names) > 1


def renamed(log: GrowingLog, events: list[Row]) -> bool:
    names = log.event_files()
    if names:
        name = str(one_of(log.rng, names))
        log.files[name.replace("interactions/", f"interactions/{log.number:02}-renamed-")] = (
            log.files.pop(name)
        )
    return bool(names)


FILE_HAPPENINGS: dict[str, Happening] = {
    "file replaced": replaced,
    "file replaced at its size": replaced_at_its_size,
    "file removed": removed,
    "file renamed": renamed,
}
