"""What raw data are likely to be, by names and values; a guess never acts by itself."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from intake.contract import (
    LOGS,
    TABLES,
    Column,
    contract,
    event_type_of,
    event_types,
    plain_name,
    table_of_name,
    usual_names,
)
from intake.location import Location, is_mapped
from intake.look import Look
from intake.values import (
    epoch_unit,
    has_decimal_commas,
    is_moment,
    is_plain_moment,
    middle,
    moment_formats,
    most_lengths,
    numbers,
    present,
    text,
    unplain_moments,
)

# Without these a build is green and says little: a guess for one of them asks for a mapping.
NEEDED = ("event_timestamp", "watch_time_sec", "dwell_time", "duration_sec")
COUNTS = ("click", "like", "share", "comment", "follow", "hide")
UNITS = {
    name: unit
    for unit, names in {
        "ms": "ms msec millis milliseconds",
        "s": "s sec secs seconds",
        "min": "min mins minutes",
    }.items()
    for name in names.split()
}
LONG_SECONDS = 10_000  # of a median watch time or length
MOST_TYPES = 200
JOINED = 0.5  # share of values that are known ids


@dataclass
class Match:
    """A column that is read as one of the contract. read: what a mapping says of it besides."""

    column: str
    why: str
    is_guess: bool = False
    read: dict[str, str] = field(default_factory=dict)


@dataclass
class Source:
    """A look, and what it is read as."""

    look: Look
    table: str | None = None
    why: str = ""
    is_guess: bool = False  # whether the table is one
    mapped: dict[str, Any] | None = None  # of a mapping that is there
    matches: dict[str, Match] = field(default_factory=dict)
    constant_type: str | None = None
    type_names: dict[str, str] = field(default_factory=dict)  # in the log: type
    unknown_types: list[str] = field(default_factory=list)
    types: Counter[str] = field(default_factory=Counter)  # of the sample
    missing: list[str] = field(default_factory=list)  # vital columns
    notes: list[str] = field(default_factory=list)

    @property
    def needs_mapping(self) -> bool:
        """Whether a build reads it only by a mapping, which is not there."""
        if self.mapped is not None or self.table is None:
            return False
        vital = {column.name for column in contract(self.table) if column.is_vital}
        return (
            self.is_guess
            or self.look.encoding != "utf-8"
            or bool(self.type_names or self.constant_type)
            or any(
                (match.is_guess and (name in vital or name in NEEDED)) or match.read
                for name, match in self.matches.items()
            )
        )

    @property
    def unused(self) -> list[str]:
        """The columns that are not read."""
        used = {match.column for match in self.matches.values()}
        if self.mapped:
            used |= set((self.mapped.get("affinity_columns") or {}).values())
        return [name for name in self.look.columns if name not in used]


def sources_of(
    location: Location, looks: list[Look], mapping: dict[str, list[dict[str, Any]]]
) -> list[Source]:
    """What each look is read as: by the mapping, by its name, or by a guess."""
    sources = []
    for look in looks:
        if not look.problem:
            sources.extend(_placed(location, look, mapping))
    catalogue: dict[str, set[str]] = {"user_id": set(), "ping_id": set()}
    # users and pings first: their ids tell the columns of a log
    for source in sorted(sources, key=lambda one: (one.table in LOGS, one.table is None)):
        if source.table is None:
            source.table, source.why = _guessed_table(source.look, catalogue)
            source.is_guess = source.table is not None
        if source.table is None:
            continue
        _match(source, catalogue)
        for table, name in (("users", "user_id"), ("pings", "ping_id")):
            if source.table == table and name in source.matches:
                values = source.look.values.get(source.matches[name].column, [])
                catalogue[name] |= {text(value) for value in present(values)}
    _units(sources)
    _keep_one(sources, mapping)
    return sources


def is_named(location: Location, place: str, table: str) -> bool:
    """Whether the intake takes a file for a table by its name, without a mapping."""
    if location.kind == "database":
        return place == table
    if "/" not in place and place.lower().split(".")[0] == table:
        return True
    return location.kind == "folder" and table in LOGS and place.startswith(f"{table}/")


def _placed(
    location: Location, look: Look, mapping: dict[str, list[dict[str, Any]]]
) -> list[Source]:
    """The sources that a look is without any guess; one without a table where there is none."""
    placed = []
    for table, mapped in mapping.items():
        for one in mapped or []:
            files = [file for file in look.files if is_mapped(file, one)]
            if files or (look.table and one.get("table", "").split(".")[-1] == look.table):
                part = Look(**{**vars(look), "files": files})
                placed.append(Source(part, table, "by the mapping", mapped=one))
    if placed:
        return placed
    for table in TABLES:
        if table not in mapping and is_named(location, look.place, table):
            return [Source(look, table, "by its name")]
    if location.kind == "files" and not mapping:
        names = {name.lower() for name in look.columns}
        is_exposures = "event_type" not in names and bool(names & {"dwell_time", *COUNTS})
        return [Source(look, LOGS[is_exposures], "the raw location is a log")]
    return [Source(look)]


# --- columns --------------------------------------------------------------------------------------


def _positions(columns: list[str], name: str) -> list[str]:
    exact = [column for column in columns if column == name]
    return exact or [column for column in columns if column.strip().lower() == name.lower()]


def _spellings(column: str) -> list[tuple[str, str | None]]:
    """The plain names that a column may go by, the whole one first, and the unit at its end."""
    parts = column.split(".")
    spelled: list[tuple[str, str | None]] = []
    for first in range(len(parts)):
        name = re.sub("([a-z])([A-Z])", r"\1_\2", "_".join(parts[first:])).lower()
        words = [word for word in re.split(r"[ _\-]", name) if word]
        unit = UNITS.get(words[-1]) if words else None
        spelled.append(("".join(words), unit))
        if unit and len(words) > 1:
            spelled.append(("".join(words[:-1]), unit))
    return spelled


def _usual_column(column: Column, look: Look, taken: set[str]) -> Match | None:
    """The column with a usual name for one of the contract, and with values that suit it."""
    known = [plain_name(column.name), *usual_names().get(column.name, [])]
    found = []
    for name in look.columns:
        if name in taken or not _suits(column, look.values.get(name, [])):
            continue
        for place, (spelled, unit) in enumerate(_spellings(name)):
            if spelled in known and not (column.name == "event_id" and place):
                found.append((place, known.index(spelled), name, unit))
    if not found:
        return None
    _, _, name, unit = min(found, key=lambda one: one[:2])
    if column.role != "number" or unit not in ("ms", "min"):
        return Match(name, "guess: logs call it so", True)
    return Match(name, f"guess: logs call it so; {unit} by its name", True, {"unit": unit})


def _suits(column: Column, values: list[Any]) -> bool:
    if not present(values):
        return False
    if column.role == "timestamp":
        return is_moment(values)
    if column.role == "number":
        return numbers(values) is not None
    if column.name == "event_id":
        return len({str(value) for value in present(values)}) == len(values)
    if column.name == "event_type":
        return len({str(value) for value in present(values)}) <= MOST_TYPES
    return True


def _match(source: Source, catalogue: dict[str, set[str]]) -> None:
    table, look = str(source.table), source.look
    mapped = (source.mapped or {}).get("columns") or {}
    event_type = (source.mapped or {}).get("event_type")
    affinity_columns = (source.mapped or {}).get("affinity_columns")
    taken: set[str] = set()
    for column in contract(table):
        names = [column.name, *column.aliases]
        given = next((mapped[name] for name in names if name in mapped), None)
        if column.name == "event_type" and given is None and isinstance(event_type, dict):
            given = event_type.get("column")
        if given is not None:
            read = dict(given) if isinstance(given, dict) else {"column": given}
            wanted = str(read.pop("column", ""))
            source.matches[column.name] = Match(wanted, "by the mapping", read=read)
            taken.add(wanted)
    for column in contract(table):
        for place, accepted in enumerate([column.name, *column.aliases]):
            found = [name for name in _positions(look.columns, accepted) if name not in taken]
            if found and column.name not in source.matches:
                why = "by name" if place == 0 or column.written == accepted else "by alias"
                source.matches[column.name] = Match(found[0], why)
                taken.add(found[0])
    if table == "interactions" and isinstance(event_type, str):
        source.matches.pop("event_type", None)
    for column in contract(table):
        if source.mapped is None and column.name not in source.matches:
            match = _usual_column(column, look, taken) or _by_values(
                column, source, catalogue, taken
            )
            if match:
                source.matches[column.name] = match
                taken.add(match.column)
    for column in contract(table):
        match = source.matches.get(column.name)
        if match and source.mapped is None:
            _complete(column, match, look.values.get(match.column, []), source)
    if table == "interactions":
        _event_types(source, event_type)
    source.missing = [
        column.name
        for column in contract(table)
        if (column.is_vital or (column.name == "event_timestamp"))
        and column.name not in source.matches
        and not (column.name == "event_type" and (source.constant_type or event_type))
        and not (column.name in ("category", "affinity") and affinity_columns)
    ]


def _by_values(
    column: Column, source: Source, catalogue: dict[str, set[str]], taken: set[str]
) -> Match | None:
    """A vital column by what its values are, where one column alone fits best."""
    look = source.look
    free = [name for name in look.columns if name not in taken and present(look.values[name])]
    if column.name in catalogue and source.table in LOGS:
        shares = {name: _share_known(look.values[name], catalogue[column.name]) for name in free}
        best = max(shares, key=lambda name: shares[name], default=None)
        if best is not None and shares[best] >= JOINED:
            kind = "users" if column.name == "user_id" else "pings"
            return Match(best, f"guess: {shares[best]:.0%} are ids of {kind}", True)
    elif column.name == "event_timestamp":
        moments = [name for name in free if is_moment(look.values[name])]
        if len(moments) == 1:
            return Match(moments[0], "guess: the only moment", True)
    elif column.name == "event_type":
        for name in free:
            values = {str(value) for value in present(look.values[name])}
            known = [value for value in values if event_type_of(value)]
            if len(values) <= MOST_TYPES and len(known) * 2 > len(values):
                return Match(name, "guess: its values are event types", True)
    elif column.is_vital and table_of_name(look.place) == source.table and "id" in free:
        return Match("id", "guess: the id of such a table", True)
    return None


def _share_known(values: list[Any], known: set[str]) -> float:
    found = [text(value) for value in present(values)]
    return sum(value in known for value in found) / len(found) if found and known else 0.0


def _complete(column: Column, match: Match, values: list[Any], source: Source) -> None:
    """Say how the values are to be read, where that is not what the intake takes them for."""
    if column.role == "timestamp" and present(values):
        unit = epoch_unit(values)
        if unit:
            match.why += f"; numbers since 1970 in {unit}"
        elif not is_plain_moment(values):
            formats = moment_formats(values)
            if formats:
                match.read["format"] = formats[0]
                match.why += "; guess: the format"
                if (
                    formats[0].startswith("%d/%m")
                    and formats[1:]
                    and formats[1].startswith("%m/%d")
                ):
                    match.why += ", where day or month may be first"
            elif column.name == "event_timestamp":
                example = str(unplain_moments(values)[0])[:30]
                source.notes.append(f"'{example}' of {match.column} is no timestamp that is known")
    if column.role == "number" and has_decimal_commas(values):
        match.read["decimal"] = ","
        match.why += "; guess: decimal commas"


def _event_types(source: Source, mapped: str | dict[str, Any] | None) -> None:
    match = source.matches.get("event_type")
    look = source.look
    if match is None:
        if source.mapped is None:
            source.constant_type = _type_of_place(source)
        return
    values = [str(value).strip() for value in present(look.values.get(match.column, []))]
    source.types = Counter(values)
    names = mapped.get("names") or {} if isinstance(mapped, dict) else {}
    given = {plain_name(str(name)) for name in names}
    for value in source.types:
        if plain_name(value) in event_types() or plain_name(value) in given:
            continue
        meant = event_type_of(value)
        if meant and source.mapped is None:
            source.type_names[value] = meant
        else:
            source.unknown_types.append(value)


def _type_of_place(source: Source) -> str | None:
    """The type of all rows, as the name of the file or its folder says it."""
    stem = source.look.place.rsplit("/", 1)[-1].split(".")[0]
    for name in (source.look.top, stem, re.sub(r"[\W\d_]+$", "", stem)):
        found = event_type_of(name) if name else None
        if found and found != "ignore":
            return found
    return "view" if "watch_time_sec" in source.matches else None


# --- tables ---------------------------------------------------------------------------------------


def _guessed_table(look: Look, catalogue: dict[str, set[str]]) -> tuple[str | None, str]:
    """The table that columns and name are most like, and why."""

    def has(table: str, name: str) -> bool:
        column = next(one for one in contract(table) if one.name == name)
        if any(_positions(look.columns, one) for one in [name, *column.aliases]):
            return True
        return _usual_column(column, look, set()) is not None

    def joins(name: str) -> bool:
        return any(
            _share_known(values, catalogue[name]) >= JOINED for values in look.values.values()
        )

    named = table_of_name(look.place)
    has_user = has("interactions", "user_id") or joins("user_id")
    has_ping = has("interactions", "ping_id") or joins("ping_id")
    names = {name.lower() for name in look.columns}
    if has_user and has_ping and named not in ("users", "pings"):
        counts = names & {"dwell_time", *COUNTS}
        if counts and not has("interactions", "event_type"):
            return "exposures", "guess: user, ping and " + ", ".join(sorted(counts))
        return "interactions", "guess: it has a user and a ping"
    if has_user and has("topic_affinities", "affinity") and has("topic_affinities", "category"):
        return "topic_affinities", "guess: user, category and affinity"
    if named in ("users", "pings") and (
        "id" in names or (has_user if named == "users" else has_ping)
    ):
        return named, "guess: by its name and its ids"
    if has_user and not has_ping and any(has("users", one) for one in ("country", "signup_date")):
        return "users", "guess: it has a user and what users have"
    if (
        has_ping
        and not has_user
        and any(has("pings", one) for one in ("creator_id", "category", "duration_sec"))
    ):
        return "pings", "guess: it has a ping and what pings have"
    return None, ""


def _keep_one(sources: list[Source], mapping: dict[str, Any]) -> None:
    """Of guessed tables, keep those that nothing else is surely; of users and pings, one."""
    for table in TABLES:
        guessed = [source for source in sources if source.table == table and source.is_guess]
        # a log may be in either of two shapes: what is surely one of them is all of it
        others = LOGS if table in LOGS else (table,)
        is_sure = table in mapping or any(
            source.table in others and not source.is_guess for source in sources
        )
        whole = [source for source in guessed if not source.missing]
        kept = [] if is_sure else (whole if table in LOGS else _largest(whole or guessed))
        for source in guessed:
            if not any(source is one for one in kept):
                source.notes.append(f"it looks like {table}: name it in mapping.yml to read it")
                source.table = None


def _largest(sources: list[Source]) -> list[Source]:
    return sorted(sources, key=lambda source: -(source.look.rows or 0))[:1]


def _units(sources: list[Source]) -> None:
    """Find times and lengths that can only be milliseconds."""
    for table, name in (
        ("pings", "duration_sec"),
        ("interactions", "watch_time_sec"),
        ("exposures", "dwell_time"),
    ):
        for source in sources:
            match = source.matches.get(name)
            if source.table != table or match is None or source.mapped or "unit" in match.read:
                continue
            found = middle(source.look.values.get(match.column, []))
            length = _length(sources) if table != "pings" else None
            if found and (found > LONG_SECONDS or (length and found > most_lengths() * length)):
                match.read["unit"] = "ms"
                match.is_guess = True
                match.why += f"; guess: ms, as the median is {found:,.0f}"


def _length(sources: list[Source]) -> float | None:
    """The median length of pings, in seconds."""
    for source in sources:
        match = source.matches.get("duration_sec")
        if source.table == "pings" and match:
            found = middle(source.look.values.get(match.column, []))
            unit = match.read.get("unit")
            return found and found * {"ms": 0.001, "min": 60.0}.get(str(unit), 1.0)
    return None
