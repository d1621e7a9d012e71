"""Says what raw data are, what a build would make of them, and what to do before one."""

from __future__ import annotations

import os
import shlex
import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import yaml

from common import FAILED, OK, project_variables
from intake.contract import LOGS, TABLES, contract
from intake.draft import draft_of, mapping_of
from intake.guesses import LONG_SECONDS, Source, sources_of
from intake.location import MAPPING_NAMES, Location
from intake.look import Look, look_at
from intake.trial import Trial, try_build
from intake.values import most_lengths

WIDTH = 100
MOST_REJECTED = 0.2  # of the rows of a table; more and a build says little
LEAST_JOINED = 0.5  # of the events must be of known users, and of known pings
HARMLESS = ("duplicate", "ignored by the mapping")  # what a good log has, too
FORMATS = {"csv": "CSV", "json": "JSON lines", "parquet": "Parquet", "table": "a table"}


@dataclass
class Inspection:
    """What was found. blocks: sentences on why a build cannot go on yet."""

    location: Location
    looks: list[Look] = field(default_factory=list)
    sources: list[Source] = field(default_factory=list)
    draft: str | None = None
    trial: Trial | None = None
    blocks: list[str] = field(default_factory=list)

    @property
    def is_mapped(self) -> bool:
        """Whether the raw data already have a mapping."""
        return self.location.mapping_text is not None

    @property
    def exit_code(self) -> int:
        """0 where a build can go on."""
        return FAILED if self.blocks or self.draft else OK


def inspect(location: Location, sample_rows: int) -> Inspection:
    """Look at raw data, guess what is not said, and let the intake read them as a trial."""
    found = Inspection(location)
    if location.kind != "demo":
        variables = project_variables()
        if given := variables.get("raw_mapping"):
            # goes before the file, as in the macro raw_mapping
            text = given if isinstance(given, str) else yaml.safe_dump(given, sort_keys=False)
            where = "the variable raw_mapping of dbt_project.yml"
            location = replace(location, mapping_text=text, mapping_path=where)
            found.location = location
        words = [str(word) for word in variables.get("null_words") or []]
        mapping = mapping_of(location.mapping_text)
        found.looks = look_at(location, words, mapping)
        found.sources = sources_of(location, found.looks, mapping)
        if not found.is_mapped:
            found.draft = draft_of(location, found.sources)
    if (
        location.kind == "demo"
        or found.is_mapped
        or any(source.table in LOGS for source in found.sources)
    ):
        text = found.draft or location.mapping_text
        found.trial = try_build(location, found.sources, text, sample_rows)
    elif not location.files and location.kind != "database":
        found.blocks.append("There are no files.")
    else:
        found.blocks.append(
            "Nothing looks like a log: it needs a user, a ping, a moment and what happened"
            " (docs/intake.md, The raw contract)."
        )
    found.blocks += _blocks(found)
    return found


def _blocks(found: Inspection) -> Iterator[str]:
    stopped = found.trial is not None and found.trial.problem is not None
    for source in found.sources:
        # the intake says it itself where it stops, and of a mapping
        if source.table and source.missing and not source.mapped and not stopped:
            names = " and ".join(source.missing)
            yield f"{source.look.place} has no column that is or looks like {names}."
    if found.trial is None:
        return
    if found.trial.problem:
        yield found.trial.problem
    facts = found.trial.facts
    if facts is None:
        return
    counts = counts_of(facts)
    for table, (rows, accepted, bad) in counts.items():
        if table != "topic_affinities" and rows and not accepted:
            yield f"No row of {table} would be accepted."
        elif rows and bad > MOST_REJECTED * rows:
            yield f"{_percent(bad / rows)} of the rows of {table} would be rejected."
    if not any(counts.get(log, (0,))[0] for log in LOGS):
        yield "The log has no rows."
    has_table = {table: bool(counts.get(table, (0,))[0]) for table in ("users", "pings")}
    for row in facts["joined"]:
        if row["share"] < LEAST_JOINED and has_table[row["kind"]]:
            yield (
                f"Only {_percent(row['share'])} of the events have one of the {row['kind']}:"
                f" {row['unknown_example']!r} is none of them,"
                f" {row['known_example']!r} is one."
            )
    yield from _odd_units(facts)


def _odd_units(facts: dict[str, list[dict[str, Any]]]) -> Iterator[str]:
    times = facts["times"][0]
    if times["ratio"] and times["ratio"] > most_lengths():
        yield (
            f"The median watch time is {times['ratio']:,.0f} times the length of its ping:"
            " milliseconds (unit: ms in a mapping)?"
        )
    if times["length"] and times["length"] > LONG_SECONDS:
        yield (
            f"The median length of a ping is {times['length']:,.0f} s:"
            " milliseconds (unit: ms in a mapping)?"
        )


def counts_of(facts: dict[str, list[dict[str, Any]]]) -> dict[str, tuple[int, int, int]]:
    """By table: rows, accepted ones, and those rejected for what a good log does not have."""
    counts: dict[str, tuple[int, int, int]] = {}
    for table in TABLES:
        files = [row for row in facts["files"] if row["source_table"] == table]
        rejected = [
            row["n_rows"]
            for row in facts["rejected"]
            if row["source_table"] == table and row["reject_reason"] not in HARMLESS
        ]
        if files:
            counts[table] = (
                sum(row["rows"] for row in files),
                sum(row["accepted"] for row in files),
                sum(rejected),
            )
    return counts


# --- the draft ------------------------------------------------------------------------------------


def keep_draft(found: Inspection, output: Path | None) -> str:
    """Write the draft where it may be; the result is a sentence that says where, or how."""
    if found.draft is None:
        return ""
    folder = Path(found.location.given) if found.location.kind == "folder" else None
    if output is None and folder is not None and found.location.is_local:
        output = folder / MAPPING_NAMES[0]
    if output is None:
        return "Nothing to write the draft to: name a file with --output."
    try:
        with output.open("x") as file:
            file.write(found.draft)
    except FileExistsError:
        return f"{output} is there already and stays as it is: name another file with --output."
    except OSError as error:
        return f"{output} cannot be written ({error.strerror}): name a file with --output."
    if folder is not None and output.resolve().parent == folder.resolve():
        return f"{output} is a draft: correct what it guesses, then make inspect again."
    return (
        f"{output} is a draft: correct what it guesses, then put it as mapping.yml into the raw"
        " folder, or as raw_mapping into dbt_project.yml."
    )


# --- the report -----------------------------------------------------------------------------------


def report(found: Inspection) -> Iterator[str]:
    """The lines that are printed."""
    location = found.location
    what = {"demo": "the demo in seeds/", "files": "the log alone", "database": "a database"}
    size = f"{len(location.files):,} file{'s' * (len(location.files) != 1)}"
    given = location.given or "No raw location"
    yield f"{given}: {what.get(location.kind, size)}" + (
        f", {size}" if location.kind == "files" else ""
    )
    if location.mapping_path:
        yield f"Read by {location.mapping_path}."
    for source in found.sources:
        if source.table:
            yield ""
            yield from _source_lines(source)
    if found.trial and found.trial.facts:
        yield from _trial_lines(found, found.trial.facts, found.trial.is_sample)
    if rows := not_read(found):
        yield ""
        yield "Not read"
        yield from table(["what", "why"], rows[:30], indent=2)
        if len(rows) > 30:
            yield f"  and {len(rows) - 30:,} more"


def _source_lines(source: Source) -> Iterator[str]:
    look = source.look
    files = f"{len(look.files):,} files such as " if len(look.files) > 1 else ""
    yield from wrapped(f"{files}{look.place}: {source.table} ({source.why})")
    # a row of CSV may have several lines
    unit = "rows" if look.kind in ("parquet", "table") else "lines"
    rows = "" if look.rows is None else f", {'about ' * look.is_about}{look.rows:,} {unit}"
    compression = look.files[0].compression if look.files else None
    delimiter = {"\t": "tab", None: "", ",": ""}.get(look.delimiter, look.delimiter)
    yield (
        f"  {FORMATS[look.kind]}"
        + (f", {compression}" if compression else "")
        + (f", {look.encoding}" if look.encoding != "utf-8" else "")
        + (f", delimiter {delimiter}" if delimiter else "")
        + rows
    )
    yield from table(["column", "read as", "why"], columns_of(source), indent=2)
    for name, meant in source.type_names.items():
        yield from wrapped(f"  event type {name!r}: guess, {meant}")
    for name in source.unknown_types[:10]:
        yield from wrapped(
            f"  event type {name!r} is not known ({source.types[name]:,} of the first"
            f" {sum(source.types.values()):,} rows)"
        )
    if source.unused:
        yield from wrapped("  columns that are not read: " + ", ".join(source.unused))
    for note in source.notes:
        yield from wrapped(f"  {note}")


def columns_of(source: Source) -> list[list[str]]:
    """The columns that are read: name, as which one of the contract, and why."""
    rows = []
    for column in contract(str(source.table)):
        match = source.matches.get(column.name)
        if match:
            read = ", ".join(f"{key} {value}" for key, value in match.read.items())
            why = match.why + (f" ({read})" if read else "")
            rows.append([match.column, column.written, why])
    mapped = source.mapped or {}
    if source.constant_type:
        why = f"guess: {source.constant_type}, as no column says it"
        rows.append(["(all rows)", "event_type", why])
    elif isinstance(mapped.get("event_type"), str):
        rows.append(["(all rows)", "event_type", f"by the mapping: {mapped['event_type']}"])
    for category, name in (mapped.get("affinity_columns") or {}).items():
        rows.append([str(name), "affinity", f"by the mapping, of {category}"])
    return rows


def _trial_lines(
    found: Inspection, facts: dict[str, list[dict[str, Any]]], is_sample: bool
) -> Iterator[str]:
    yield ""
    by = "by the draft" if found.draft else "as it is"
    yield (
        f"What a build would make of it {by}"
        + (", from the first rows of the log's files" if is_sample else "")
    )
    rows = [
        [table_name, f"{n:,}", f"{accepted:,}", _percent(1 - accepted / n) if n else ""]
        for table_name, (n, accepted, _) in counts_of(facts).items()
    ]
    yield from table(["table", "rows", "accepted", "rejected"], rows, indent=2)
    if facts["rejected"]:
        counts = counts_of(facts)
        rows = [
            [
                row["source_table"],
                row["reject_reason"],
                f"{row['n_rows']:,}",
                _percent(row["n_rows"] / counts[row["source_table"]][0]),
                " ".join(str(row["example"]).split()),
            ]
            for row in facts["rejected"]
        ]
        yield ""
        yield from table(["table", "rejected as", "rows", "share", "such as"], rows, indent=2)
    for row in facts["nulled"]:
        yield from wrapped(
            f"  {row['row_count']:,} values of {row['source_table']}.{row['column_name']}"
            " cannot be used and would be null"
        )
    if facts["types"]:
        yield ""
        rows = [[row["event_type"], f"{row['n_rows']:,}"] for row in facts["types"]]
        yield from table(["event type", "rows"], rows, indent=2)
    for row in facts["span"]:
        first, last = (f"{row[name]:%Y-%m-%d %H:%M}" for name in ("first_event", "last_event"))
        yield f"  {row['source_table']}: from {first} to {last} UTC"
    for row in facts["joined"]:
        if row["known_example"] is None:
            yield f"  no {row['kind']} to join the events with"
        else:
            unknown = f"; {row['unknown_example']!r} is not there" if row["unknown_example"] else ""
            yield from wrapped(
                f"  {_percent(row['share'])} of the events have one of the {row['kind']}{unknown}"
            )
    times = facts["times"][0]
    if times["watch_time"] is not None:
        length = f", median length of a ping {times['length']:,.4g} s" if times["length"] else ""
        yield f"  median watch time {times['watch_time']:,.4g} s{length}"
    if times["unwatched"]:
        yield f"  {_percent(times['unwatched'])} of the views have no watch time"


def not_read(found: Inspection) -> list[list[str]]:
    """What stands in the raw location and is not read, with the reason."""
    rows: list[list[str]] = []
    read = {file.place for one in found.sources if one.table for file in one.look.files}
    known = {file.place: one for one in found.sources for file in one.look.files}
    problems = {file.place: look for look in found.looks for file in look.files if look.problem}
    for file in found.location.files:
        if file.place in read or file.place in MAPPING_NAMES:
            continue
        if file.kind is None:
            why = "no format that is read (.parquet, .csv, .tsv, .jsonl, .ndjson, .json)"
        elif file.is_hidden:
            why = "its name, or that of a folder, begins with a dot or _"
        elif file.place in problems:
            why = str(problems[file.place].problem)
        elif file.place in known and known[file.place].notes:
            why = known[file.place].notes[-1]
        else:
            why = "looks like no table of the contract"
        rows.append([file.place, why])
    rows += [
        [str(one.look.table), one.notes[-1] if one.notes else "looks like no table of the contract"]
        for one in found.sources
        if one.look.table and not one.table
    ]
    return rows


def verdict(found: Inspection) -> Iterator[str]:
    """The last lines: whether a build can go on."""
    yield ""
    for sentence in found.blocks:
        yield from wrapped(f"To mend: {sentence}")
    if found.exit_code == OK:
        location = found.location.given
        setting = f"PINGTOP_RAW_LOCATION={shlex.quote(location)} " if location else ""
        yield f"A build can go on: {setting}make build"
    elif found.draft:
        yield "A build cannot go on as it is: it needs a mapping."
    else:
        yield "A build cannot go on as it is."


def _percent(share: float) -> str:
    if 0 < share < 0.0005 or 0.9995 < share < 1:
        return "< 0.1 %" if share < 0.5 else "> 99.9 %"
    return f"{100 * share:.1f} %".replace(".0 %", " %")


def table(header: Sequence[str], rows: Sequence[Sequence[str]], indent: int = 0) -> Iterator[str]:
    """Rows as a plain table that is at most 100 columns wide: the last column is cut."""
    cells = [[_short(str(cell), 44) for cell in row[:-1]] + [str(row[-1])] for row in rows]
    widths = [
        max(len(row[place]) for row in [list(header), *cells]) for place in range(len(header))
    ]
    is_number = [
        bool(rows) and all(row[place][:1].isdigit() or not row[place] for row in cells)
        for place in range(len(header))
    ]
    for row in [list(header), *cells] if rows else []:
        line = "  ".join(
            cell.rjust(width) if number else cell.ljust(width)
            for cell, width, number in zip(row, widths, is_number, strict=True)
        )
        yield _short((" " * indent + line).rstrip(), WIDTH)


def _short(text: str, width: int) -> str:
    return text if len(text) <= width else text[: width - 1] + "…"


def wrapped(text: str) -> Iterator[str]:
    """A sentence in lines of at most 100 columns, those after the first set in."""
    indent = len(text) - len(text.lstrip())
    yield from textwrap.wrap(
        text.strip(),
        WIDTH,
        initial_indent=" " * indent,
        subsequent_indent=" " * (indent + 2),
        break_long_words=False,
        break_on_hyphens=False,
    )


def raw_location(given: str | None) -> str:
    """What is named, or else what a build would read."""
    return given or os.environ.get("PINGTOP_RAW_LOCATION") or ""
