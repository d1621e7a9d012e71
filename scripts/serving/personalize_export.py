"""A release as the three datasets of Amazon Personalize: CSV files, each with its Avro schema."""

from __future__ import annotations

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import duckdb

from common import InputError, literal, open_database, progress_bars
from releases.release import (
    DATABASE,
    READ_ONLY,
    Release,
    ReleaseError,
    duckdb_settings,
    without_events,
)
from serving.personalize_check import check_folder
from serving.personalize_limits import (
    INTERACTIONS,
    ITEMS,
    KEYWORDS,
    LONGEST_CATEGORY,
    LONGEST_ID,
    MOST_IMPRESSIONS,
    USERS,
    Dataset,
    Field,
    schema_of,
)

IMPRESSION = "impression"  # the event type of what was shown
VIEW = "view"
PING = "lambda one: one.ping"
SESSION_MINUTES = "session_timeout_minutes"  # the variable
BATCH_INPUT = "batch_input.json"
UNFINISHED = ".unfinished-"


def string(name: str) -> Field:
    return {"name": name, "type": "string"}


def category(name: str) -> Field:
    return {"name": name, "type": ["null", "string"], "categorical": True}


def number(name: str, kind: str) -> Field:
    return {"name": name, "type": ["null", kind]}


# The columns of users and items, each with its expression over the public table. One in which
# nothing is known is left out.
USER_COLUMNS = {
    "COUNTRY": (category("COUNTRY"), "country"),
    "REGION": (category("REGION"), "region"),
    "AGE": (number("AGE", "int"), "cast(age as integer)"),
    "SIGNUP_TIMESTAMP": (
        number("SIGNUP_TIMESTAMP", "long"),
        "cast(floor(epoch(signup_date)) as bigint)",
    ),
}
ITEM_COLUMNS = {
    "CATEGORY": (category("CATEGORY"), "category"),
    "CREATOR_ID": (category("CREATOR_ID"), "creator_id"),
    "HASHTAG": (category("HASHTAG"), "main_hashtag"),
    "REGION_RESTRICTION": (category("REGION_RESTRICTION"), "region_restriction"),
    "DURATION_SEC": (number("DURATION_SEC", "float"), "cast(duration_sec as float)"),
    "QUALITY_SCORE": (number("QUALITY_SCORE", "float"), "cast(quality_score as float)"),
}


@dataclass
class Exported:
    """What was written: rows by dataset, and what is to be said of it."""

    rows: dict[str, int] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def export(
    release: Release,
    folder: Path,
    before: datetime | None = None,
    event_types: Sequence[str] | None = None,
) -> Exported:
    """Write the datasets of a release into the folder, where Personalize would take them.

    before: only what was known before that moment. event_types: only these.
    """
    work = folder.parent / f"{UNFINISHED}{folder.name}"
    shutil.rmtree(work, ignore_errors=True)
    work.mkdir(parents=True)
    try:
        with progress_bars() as progress:
            task = progress.add_task("writing the datasets", total=2)
            with open_database(
                release.path / DATABASE, read_only=True, config=duckdb_settings(), advice=READ_ONLY
            ) as connection:
                done = Writer(connection, work, release).write(before, event_types)
            progress.update(task, description="checking them", completed=1)
            check_folder(work)
        folder.mkdir(exist_ok=True)
        for path in sorted(work.iterdir()):
            path.replace(folder / path.name)
        for name in (USERS.name, ITEMS.name):  # of an export before, which this one has not
            if name not in done.rows:
                for ending in (".csv", ".json"):
                    (folder / f"{name.lower()}{ending}").unlink(missing_ok=True)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return done


class Writer:
    """Writes the datasets with one connection to the release."""

    def __init__(
        self, connection: duckdb.DuckDBPyConnection, folder: Path, release: Release
    ) -> None:
        self.connection = connection
        if "interactions" in release.left_out:
            raise ReleaseError(without_events(release.name, "interactions"))
        self.folder = folder
        self.minutes = release.manifest.get("variables", {}).get(SESSION_MINUTES, 30)
        self.done = Exported()

    def write(self, before: datetime | None, event_types: Sequence[str] | None) -> Exported:
        try:
            self._take_events(before)
            types = self._types(event_types)
            self._write_interactions(types)
            known = literal(f"{before:%Y-%m-%d %H:%M:%S}") if before else None
            self._write_users(known)
            self._write_items(known)
        except (duckdb.CatalogException, duckdb.BinderException) as error:
            first = str(error).splitlines()[0]
            raise InputError(
                f"the release lacks a table or column ({first}): build and publish anew with make "
                "build publish."
            ) from error
        return self.done

    def _take_events(self, before: datetime | None) -> None:
        """The events before the moment; what Personalize takes no id of is left out and said."""
        asked = f"where event_timestamp < timestamp '{before:%Y-%m-%d %H:%M:%S}'" if before else ""
        self.connection.execute(
            f"""
            create temporary table events as
            select user_id, ping_id, event_type, event_timestamp, watch_time_ratio, event_score
            from main.interactions {asked}
            """
        )
        usable = f"{usable_id('user_id')} and {usable_id('ping_id')}"
        left_out = self._number(f"select count(*) from events where not ({usable})")
        if left_out:
            self.done.notes.append(
                f"{left_out:,} events are left out: a user or ping id is longer than "
                f"{LONGEST_ID.value} characters, a keyword of Personalize, or has quotes or "
                "control characters in it."
            )
            self.connection.execute(f"delete from events where not ({usable})")

    def _types(self, asked: Sequence[str] | None) -> list[str]:
        """The event types to write: of all, what was shown and what is no liking is left out."""
        found = self.connection.execute(
            "select event_type, sum(event_score) < 0 from events group by event_type order by 1"
        ).fetchall()
        known = [name for name, _ in found]
        for name in asked or ():
            if name not in known:
                raise InputError(
                    f"--event-types names {name}, of which there is no event; there are "
                    f"{', '.join(known) or 'none'}."
                )
        if asked:
            return sorted(set(asked))
        disliked = [name for name, is_disliked in found if is_disliked]
        if disliked:
            self.done.notes.append(
                f"Events of {' and '.join(disliked)} count against a ping, and are left out: an "
                "interaction is a positive one."
            )
        return [name for name in known if name != IMPRESSION and name not in disliked]

    def _write_interactions(self, types: Sequence[str]) -> None:
        fields = [
            string("USER_ID"),
            string("ITEM_ID"),
            {"name": "TIMESTAMP", "type": "long"},
            string("EVENT_TYPE"),
            {"name": "EVENT_VALUE", "type": ["float", "null"]},
        ]
        names = ", ".join(literal(name) for name in types) or "''"
        pings, join, shown = "null", "", ""
        if self._number(f"select count(*) from events where event_type = '{IMPRESSION}'"):
            fields.append({"name": "IMPRESSION", "type": ["string", "null"]})
            self._gather_impressions()
            recent = f"lambda one: one.at >= events.event_timestamp - {self._span()}"
            pings = f"list_reverse(list_transform(list_filter(shown.pings, {recent}), {PING}))"
            join = """
                asof left join shown
                    on events.user_id = shown.user_id
                    and events.event_timestamp >= shown.shown_at
            """
            shown = f", {joined('pings')} as IMPRESSION"
        query = f"""
            select
                user_id as USER_ID,
                ping_id as ITEM_ID,
                cast(floor(epoch(event_timestamp)) as bigint) as TIMESTAMP,
                event_type as EVENT_TYPE,
                case when event_type = '{VIEW}' then cast(watch_time_ratio as float) end
                    as EVENT_VALUE{shown}
            from (
                select events.*, {pings} as pings
                from events {join}
                where events.event_type in ({names})
            )
            order by TIMESTAMP, USER_ID, ITEM_ID, EVENT_TYPE, EVENT_VALUE
        """
        self._copy(INTERACTIONS, fields, query)
        users = f"select distinct user_id as userId from events where event_type in ({names})"
        file = literal(self.folder / BATCH_INPUT)
        self.connection.execute(f"copy ({users} order by 1) to {file} (format json)")

    def _span(self) -> str:
        return f"to_minutes({int(self.minutes)})"

    def _gather_impressions(self) -> None:
        """For each moment at which something was shown to a user, the last pings until then."""
        self.connection.execute(
            f"""
            create temporary table shown as
            select
                user_id,
                event_timestamp as shown_at,
                list({{'ping': ping_id, 'at': event_timestamp}}) over (
                    partition by user_id order by event_timestamp, ping_id
                    rows between {MOST_IMPRESSIONS.value - 1} preceding and current row
                ) as pings
            from events
            where event_type = '{IMPRESSION}' and not contains(ping_id, '|')
            qualify
                row_number() over (
                    partition by user_id, event_timestamp order by ping_id desc
                ) = 1
            """
        )

    def _write_users(self, before: str | None) -> None:
        condition = f"and (signup_date < {before} or signup_date is null or {seen('user_id')})"
        source = f"main.users where {usable_id('user_id')} {condition if before else ''}"
        self._write_rows(USERS, "user_id", USER_COLUMNS, source, [], "")

    def _write_items(self, before: str | None) -> None:
        condition = f"and (created_at < {before} or created_at is null or {seen('ping_id')})"
        source = f"main.pings where {usable_id('ping_id')} {condition if before else ''}"
        # what Personalize itself takes for a missing moment: of the first event, else of the last
        # of all (items-datasets.html)
        moment = """,
            cast(floor(epoch(coalesce(
                created_at,
                (select min(event_timestamp) from events where events.ping_id = rows.ping_id),
                (select max(event_timestamp) from events)
            ))) as bigint) as CREATION_TIMESTAMP
        """
        fields = [{"name": "CREATION_TIMESTAMP", "type": "long"}]
        self._write_rows(ITEMS, "ping_id", ITEM_COLUMNS, source, fields, moment)

    def _write_rows(
        self,
        dataset: Dataset,
        key: str,
        columns: dict[str, tuple[Field, str]],
        source: str,
        more_fields: list[Field],
        more_columns: str,
    ) -> None:
        """Write users or items, with the columns in which anything is known."""
        self.connection.execute(f"create or replace temporary table rows as from {source}")
        expressions = {
            name: clean(expression) if column.get("categorical") else expression
            for name, (column, expression) in columns.items()
        }
        counts = ", ".join(f"count({expression})" for expression in expressions.values())
        known = self.connection.execute(f"select {counts} from rows").fetchall()[0]
        kept = [name for name, count in zip(expressions, known, strict=True) if count]
        if not kept:
            self.done.notes.append(
                f"Nothing is known of the {dataset.name.lower()}, so that there is no dataset of "
                "them: Personalize can do without."
            )
            return
        assert dataset.key is not None
        selected = ", ".join(f"{expressions[name]} as {name}" for name in kept)
        fields = [string(dataset.key), *(columns[name][0] for name in kept), *more_fields]
        query = f"select {key} as {dataset.key}, {selected}{more_columns} from rows order by {key}"
        self._copy(dataset, fields, query)

    def _copy(self, dataset: Dataset, fields: list[Field], query: str) -> None:
        """Write a file and its schema."""
        name = dataset.name.lower()
        [(rows,)] = self.connection.execute(
            f"copy ({query}) to {literal(self.folder / f'{name}.csv')} (format csv, header true)"
        ).fetchall()
        schema = json.dumps(schema_of(dataset, fields), indent=2)
        (self.folder / f"{name}.json").write_text(f"{schema}\n")
        self.done.rows[dataset.name] = rows

    def _number(self, query: str) -> int:
        return int(self.connection.execute(query).fetchall()[0][0])


def joined(pings: str) -> str:
    """Pings, the newest first, in one text: as many of the newest as fit. Their order is nothing
    to Personalize, so that they stand in the order of their ids.
    """
    longest = LONGEST_CATEGORY.value
    fitting = (
        f"list_max(list_filter(range(1, len({pings}) + 1), lambda n: "
        f"length(array_to_string({pings}[1:n], '|')) <= {longest}))"
    )
    is_short = f"length(array_to_string({pings}, '|')) <= {longest}"
    kept = f"case when {is_short} then {pings} else {pings}[1:{fitting}] end"
    return f"nullif(array_to_string(list_sort(list_distinct({kept})), '|'), '')"


def usable_id(column: str) -> str:
    """Whether Personalize takes an id."""
    keywords = ", ".join(literal(name) for name in KEYWORDS)
    odd = f"regexp_matches({column}, '[\"\\x00-\\x1f\\x7f]')"
    return (
        f"(length({column}) between 1 and {LONGEST_ID.value} and not {odd} "
        f"and {column} not in ({keywords}))"
    )


def seen(key: str) -> str:
    return f"{key} in (select {key} from events)"


def clean(column: str) -> str:
    """A category as Personalize takes it: on one line, without empty parts, not too long, none of
    its keywords.
    """
    keywords = ", ".join(literal(name) for name in KEYWORDS)
    line = f"regexp_replace({column}, '[\\x00-\\x1f\\x7f]+', ' ', 'g')"
    parts = (
        f"list_filter(list_transform(string_split({line}, '|'), lambda part: trim(part)), "
        f"lambda part: part <> '' and part not in ({keywords}))"
    )
    cut = f"left(array_to_string({parts}, '|'), {LONGEST_CATEGORY.value})"
    return f"nullif(rtrim({cut}, '| '), '')"
