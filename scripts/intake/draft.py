"""Writes a draft of a mapping, which says of each guess that it is one."""

from __future__ import annotations

import json
import re
from typing import Any

import yaml

from intake.contract import LOGS, TABLES, contract
from intake.guesses import Match, Source
from intake.location import Location, pattern_of

HEADER = """\
# A draft by make inspect. What is a guess says so: correct it, then run make inspect again.
# Every key: docs/intake.md, "A log that has another shape: the mapping".
"""
AFFINITY = re.compile(r"(?:topic|category)?_?affinity_(?P<category>.+)", re.IGNORECASE)


def draft_of(location: Location, sources: list[Source]) -> str | None:
    """The mapping that the guesses make; none where no table needs one, or the log is not found."""
    used = {table: [one for one in sources if one.table == table] for table in TABLES}
    if not any(used[log] for log in LOGS) or any(
        source.missing for table in used for source in used[table]
    ):
        return None
    parts = []
    for table in TABLES:
        if any(source.needs_mapping for source in used[table]):
            parts.append(
                f"{table}:\n" + "".join(_source(location, one, sources) for one in used[table])
            )
        elif not used[table] and table in ("users", "pings") and location.kind != "files":
            parts.append(f"{table}: []  # nothing looks like {table}\n")
    parts += _affinities(location, used)
    if not parts:
        return None
    return HEADER + "\n" + "\n".join(parts)


def mapping_of(text: str | None) -> dict[str, list[dict[str, Any]]]:
    """What a mapping says, as far as it can be read; its checks are the intake's own."""
    try:
        given = yaml.safe_load(text or "")
    except yaml.YAMLError:
        return {}
    if not isinstance(given, dict):
        return {}
    return {
        str(table): [source for source in sources if isinstance(source, dict)]
        for table, sources in given.items()
        if isinstance(sources, list)
    }


def paths_of(location: Location, source: Source) -> list[str]:
    """The shortest paths that name the files of a source, and later ones beside them."""
    files = source.look.files
    places = {file.place for file in files}
    top, ending = source.look.top, files[0].ending
    common = _common_start([file.place for file in files])
    patterns = [f"{top}/*{ending}", f"{top}/**/*{ending}"] if top else []
    for path in [*patterns, *([f"{common}*{ending}"] if len(files) > 1 else [])]:
        named = {file.place for file in location.files if pattern_of(path).fullmatch(file.place)}
        if named == places:
            return [path]
    return [_escaped(location, file.place) for file in files]


def _escaped(location: Location, place: str) -> str:
    """A path whose own * and ? name no other file: there is no way to escape them."""
    named = [file for file in location.files if pattern_of(place).fullmatch(file.place)]
    return place if len(named) <= 1 else next(f.path for f in named if f.place == place)


def _common_start(places: list[str]) -> str:
    first, last = min(places), max(places)
    same = next((at for at, letter in enumerate(first) if last[at : at + 1] != letter), len(first))
    return first[:same]


def _text(value: str) -> str:
    return json.dumps(value, ensure_ascii=False)


def _source(location: Location, source: Source, sources: list[Source]) -> str:
    if source.look.table:
        return f"  - table: {_text(source.look.table)}{_why(source)}\n" + _rest(source)
    return "".join(
        f"  - path: {_text(path)}{_why(source)}\n" + _rest(source)
        for path in paths_of(location, source)
    )


def _why(source: Source) -> str:
    return f"  # {source.why}" if source.is_guess else ""


def _rest(source: Source) -> str:
    look, lines = source.look, []
    if look.encoding != "utf-8":
        lines.append(f"    encoding: {look.encoding}  # guess: by its first bytes")
        if look.delimiter:
            lines.append(f"    delimiter: {_text(look.delimiter)}")
    written = {
        column.written: source.matches[column.name]
        for column in contract(str(source.table))
        if column.name in source.matches
    }
    event_type = written.pop("event_type", None)
    told = {name: match for name, match in written.items() if match.is_guess or match.read}
    if told:
        lines.append("    columns:")
        lines += [f"      {name}: {_read(match)}  # {match.why}" for name, match in told.items()]
    if source.table == "interactions":
        lines += _event_type(source, event_type)
    unused = [name for name in source.unused if name.strip()]
    if unused:
        some = ", ".join(unused[:8]) + (", …" if len(unused) > 8 else "")
        lines.append("    # not read: " + some.replace("\n", " "))
    return "".join(f"{line}\n" for line in lines)


def _read(match: Match) -> str:
    if not match.read:
        return _text(match.column)
    rest = ", ".join(
        f"{key}: {value if value.isalpha() else _text(value)}" for key, value in match.read.items()
    )
    return f"{{column: {_text(match.column)}, {rest}}}"


def _event_type(source: Source, match: Match | None) -> list[str]:
    if match is None:
        return [
            f"    event_type: {source.constant_type}  # guess: all rows are, as no column says it"
        ]
    lines = []
    if match.is_guess or source.type_names:
        why = f"  # {match.why}" if match.is_guess else ""
        lines += ["    event_type:", f"      column: {_text(match.column)}{why}"]
    if source.type_names:
        lines.append("      names:  # guesses; ignore: such a row is no event that counts")
        lines += [
            f"        {_text(name)}: {event_type}" for name, event_type in source.type_names.items()
        ]
    for name in source.unknown_types[:20]:
        lines.append(
            f"      # {_text(name)} is not known: its rows are rejected until it has a name here"
        )
    return lines


def _affinities(location: Location, used: dict[str, list[Source]]) -> list[str]:
    """Wide columns of users, such as topic_affinity_sports, are declared interests."""
    if used["topic_affinities"]:
        return []
    parts = []
    for source in used["users"]:
        found = {
            match["category"]: name
            for name in source.look.columns
            if (match := AFFINITY.fullmatch(name))
        }
        if found and source.look.files:
            columns = ", ".join(f"{_text(key)}: {_text(name)}" for key, name in found.items())
            user = source.matches["user_id"]
            own = f"    columns: {{user_id: {_text(user.column)}}}\n" if user.is_guess else ""
            parts.append(
                f"topic_affinities:\n  - path: {_text(source.look.place)}"
                "  # guess: interests in [0, 1]\n"
                f"{own}    affinity_columns: {{{columns}}}\n"
            )
    return parts
