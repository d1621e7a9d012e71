"""What went in, what was rejected and why, how fresh it is, and what every column means."""

from __future__ import annotations

import json
from datetime import datetime

from dashboard import formats
from dashboard.blocks import Block, Card, Cards, Column, Heading, Note, Row, Table
from releases.release import Release, without_events

TITLE = "Data"
EXAMPLES_PER_REASON = 3
REASONS_SHOWN = 20
EXAMPLE_LENGTH = 300  # characters

INTAKE = "from intake_summary order by source_table, outcome, row_count desc, reject_reason"
NULLED = "from intake_nulled_values where row_count > 0 order by source_table, column_name"
WARNINGS = "from intake_warnings order by is_above_bound desc, kind, source_table, column_name"
GATES = "from build_gates where verdict <> 'not judged' order by verdict, gate, about"
BUILDS = "from build_history order by started_at desc, invocation_id limit 10"
# rejected_rows is written in the order of these two columns
EXAMPLES = f"""
    select raw_row
    from rejected_rows
    where source_table = ? and reject_reason = ?
    limit {EXAMPLES_PER_REASON}
"""


def age(then: datetime | None, now: datetime) -> str:
    if then is None:
        return "no event"
    return f"{formats.age(max(0.0, (now - then).total_seconds()))} ago"


def release_cards(release: Release, now: datetime | None) -> Cards:
    """When the release is from. `now` is left out of what is archived."""
    manifest = release.manifest
    data_to = formats.parse_moment(manifest["data_to"])
    published_at = formats.parse_moment(manifest["published_at"])
    commit = manifest["git_commit"]
    return Cards(
        [
            Card(
                "Newest event (UTC)",
                formats.moment(data_to),
                f"first: {formats.moment(formats.parse_moment(manifest['data_from']))}"
                + (f"; {age(data_to, now)}" if now and data_to else ""),
            ),
            Card(
                "Published (UTC)",
                formats.moment(published_at),
                f"release {release.name}" + (f"; {age(published_at, now)}" if now else ""),
            ),
            Card(
                "Code",
                commit[:10] if commit else formats.MISSING,
                "no git checkout"
                if commit is None
                else (
                    "with changes not committed" if manifest["git_has_changes"] else "as committed"
                ),
            ),
        ]
    )


def intake_table(rows: list[Row]) -> Table:
    totals: dict[str, int] = {}
    for row in rows:
        totals[row["source_table"]] = totals.get(row["source_table"], 0) + row["row_count"]
    return Table(
        "Raw rows by what became of them",
        [
            Column("source_table", "raw table", formats.text),
            Column("outcome", "outcome", formats.text),
            Column("reject_reason", "reason", formats.text),
            Column("row_count", "rows", formats.count, True),
            Column("share", "of the table's rows", formats.percent, True),
        ],
        [
            row
            | {
                "outcome": row["outcome"].replace("_", " "),
                "share": row["row_count"] / totals[row["source_table"]],
            }
            for row in rows
        ],
    )


def examples_table(release: Release, rejected: list[Row]) -> Table:
    rows = []
    for row in rejected[:REASONS_SHOWN]:
        reason = [row["source_table"], row["reject_reason"]]
        for example in release.rows(EXAMPLES, reason):
            raw = example["raw_row"]
            shown = raw if len(raw) <= EXAMPLE_LENGTH else f"{raw[:EXAMPLE_LENGTH]} …"
            rows.append(row | {"raw_row": shown})
    return Table(
        f"Rejected rows as they came, up to {EXAMPLES_PER_REASON} of each reason",
        [
            Column("source_table", "raw table", formats.text),
            Column("reject_reason", "reason", formats.text),
            Column("raw_row", "raw row", formats.text),
        ],
        rows,
    )


def warnings_table(rows: list[Row]) -> Table:
    return Table(
        "What looks odd in the log",
        [
            Column("kind", "what", formats.text),
            Column("source_table", "raw table", formats.text),
            Column("column_name", "column", formats.text),
            Column("warning_count", "count", formats.count, True),
            Column("share", "share", formats.percent, True),
            Column("advice", "what to do", formats.text),
        ],
        rows,
    )


def gates_table(rows: list[Row]) -> Table:
    return Table(
        "What the build was judged by before it was published",
        [
            Column("gate", "gate", formats.text),
            Column("verdict", "verdict", formats.text),
            Column("sentence", "what was found", formats.text),
        ],
        rows,
    )


def builds_table(release: Release) -> Table:
    return Table(
        "The last runs of dbt when this release was published, newest first",
        [
            Column("started_at", "started (UTC)", formats.moment),
            Column("selection", "what", formats.text),
            Column("status", "status", formats.text),
            Column("first_failed", "first that failed", formats.text),
            Column("seconds", "took", formats.seconds, True),
            Column("new_files", "files read", formats.count, True),
            Column("accepted_rows", "rows that count", formats.count, True),
            Column("rejected_rows", "rows rejected", formats.count, True),
            Column("tests_warned", "tests that warned", formats.count, True),
            Column("newest_event", "newest event (UTC)", formats.moment),
            Column("active_users", "active users of the newest day", formats.count, True),
            Column("watch_through_rate", "its watch-through rate", formats.percent, True),
        ],
        [
            row | {"selection": (row["selection"] or "all").removeprefix("--selector ")}
            for row in release.rows(BUILDS)
        ],
    )


def definition_blocks(release: Release, table: str) -> list[Block]:
    facts = release.manifest["tables"][table]
    rows = [{"column": name} | described for name, described in sorted_columns(facts["columns"])]
    return [
        Note(f"{formats.prose(facts['description'])} {formats.count(facts['row_count'])} rows."),
        Table(
            f"Columns of {table}",
            [
                Column("column", "column", formats.text),
                Column("type", "type", formats.text),
                Column("description", "meaning", formats.prose),
            ],
            rows,
        ),
    ]


def sorted_columns(columns: dict[str, dict[str, str]]) -> list[tuple[str, dict[str, str]]]:
    """As in the table."""
    return list(columns.items())


def variables_table(release: Release) -> Table:
    rows = [
        {"name": name, "value": value if isinstance(value, str) and value else json.dumps(value)}
        for name, value in sorted(release.manifest["variables"].items())
    ]
    return Table(
        "Variables of the build",
        [Column("name", "variable", formats.text), Column("value", "value", formats.text)],
        rows,
    )


def blocks(
    release: Release, now: datetime | None = None, with_raw_rows: bool = True
) -> list[Block]:
    """The page. with_raw_rows: rejected rows as they came, which may name users."""
    intake = release.rows(INTAKE)
    page: list[Block] = [
        release_cards(release, now),
        Heading("Intake"),
        intake_table(intake),
    ]
    rejected = [row for row in intake if row["outcome"] == "rejected"]
    if rejected and with_raw_rows and "rejected_rows" in release.left_out:
        page.append(Note(without_events(release.name, "rejected_rows")))
    elif rejected and with_raw_rows:
        page.append(examples_table(release, rejected))
        if len(rejected) > REASONS_SHOWN:
            page.append(Note(f"The first {REASONS_SHOWN} of {len(rejected)} reasons are shown."))
    elif not rejected:
        page.append(Note("No raw row was rejected.", "empty"))
    nulled = release.rows(NULLED)
    if nulled:
        page.append(
            Table(
                "Unusable values that became null, their rows accepted",
                [
                    Column("source_table", "raw table", formats.text),
                    Column("column_name", "column", formats.text),
                    Column("row_count", "rows", formats.count, True),
                ],
                nulled,
            )
        )
    tables = release.manifest["tables"]  # releases of 0.1 do not have those below
    warnings = release.rows(WARNINGS) if "intake_warnings" in tables else []
    if warnings:
        page.append(warnings_table(warnings))
    gates = release.rows(GATES) if "build_gates" in tables else []
    if gates:
        page += [Heading("Gates"), gates_table(gates)]
    if "build_history" in tables:
        page += [Heading("Builds"), builds_table(release)]
    return page
