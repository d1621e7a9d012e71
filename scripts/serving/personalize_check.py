"""Whether Amazon Personalize would take given files: what it would refuse, one sentence each.

A folder has `interactions.csv` and, where there are any, `users.csv` and `items.csv`, each with its
schema in a `.json` of the same name.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb

from common import InputError, exact_path, first_line, identifier, literal
from releases.release import duckdb_settings
from serving.personalize_limits import (
    COUNTED,
    DATASETS,
    IDS,
    INTERACTIONS,
    KEYWORDS,
    LEAST_INTERACTIONS,
    LEAST_OF_A_USER,
    LEAST_USERS,
    LEAST_USERS_PERCENT,
    LONGEST_CATEGORY,
    LONGEST_EVENT_TYPE,
    LONGEST_ID,
    LONGEST_SCHEMA,
    LONGEST_STRING,
    LONGEST_TEXTUAL,
    MOMENTS,
    MOST_BYTES,
    MOST_IMPRESSIONS,
    MOST_TEXTUAL,
    MOST_TYPES_AND_COLUMNS,
    NAMESPACE,
    TYPES,
    Dataset,
    Field,
    Limit,
)

WHOLE = r"^-?[0-9]{1,18}$"
LAST_SECOND = 9_999_999_999  # of the year 2286: what is later are milliseconds


class RefusedError(InputError):
    """Personalize would refuse the files. Each line of the message is one sentence."""


def check_folder(folder: Path) -> None:
    """Stop with all that Personalize would refuse."""
    if not folder.is_dir():
        raise InputError(f"there is no folder {folder}: name one that has interactions.csv.")
    sentences: list[str] = []
    for dataset in DATASETS:
        file = folder / f"{dataset.name.lower()}.csv"
        if file.is_file() or file.with_suffix(".json").is_file() or dataset is INTERACTIONS:
            sentences += check_file(dataset, file)
    if sentences:
        raise RefusedError("\n".join(sentences))


def check_file(dataset: Dataset, file: Path) -> list[str]:
    """What Personalize would refuse of a file and its schema, in sentences."""
    for path in (file, file.with_suffix(".json")):
        if not path.is_file():
            return [f"there is no {path.name} in {path.parent}: export it, or name another folder."]
    try:
        text = file.with_suffix(".json").read_text(encoding="utf-8")
        schema = json.loads(text)
        fields = list(schema["fields"])
        kinds = {one["name"]: kinds_of(one) for one in fields}
    except (ValueError, KeyError, TypeError) as error:
        return [f"{file.stem}.json is no Avro schema of a record: {first_line(error)}."]
    sentences = list(schema_sentences(dataset, file, schema, text, kinds))
    if sentences:
        return sentences
    names = list(kinds)
    with file.open("rb") as opened:
        header = opened.readline().rstrip(b"\r\n").decode("utf-8", "replace")
    if '"' in header:
        return [f"{file.name} has its header in quotes: write the names without."]
    if header.split(",") != names:
        return [
            f"{file.name} has the columns {header}, but its schema {','.join(names)}: they must be "
            "the same, in the same order."
        ]
    return list(data_sentences(dataset, file, fields, kinds))


def kinds_of(one: Field) -> set[str]:
    """The types of a field."""
    named = one["type"] if isinstance(one["type"], list) else [one["type"]]
    if not all(isinstance(kind, str) for kind in named):
        raise TypeError(f"the type of {one['name']} is nested")
    return set(named)


def over(what: str, limit: Limit, advice: str) -> str:
    """A sentence about a limit, with its source."""
    return f"{what}, and Personalize takes {limit.value:,} ({limit.source}): {advice}."


def schema_sentences(
    dataset: Dataset, file: Path, schema: dict[str, Any], text: str, kinds: dict[str, set[str]]
) -> Iterator[str]:
    """What is wrong with a schema."""
    name = f"{file.stem}.json"
    fields = list(schema["fields"])
    if len(text) > LONGEST_SCHEMA.value:
        yield over(f"{name} has {len(text):,} characters", LONGEST_SCHEMA, "name fewer columns")
    for key, wanted in (("type", "record"), ("name", dataset.name), ("namespace", NAMESPACE)):
        if schema.get(key) != wanted:
            yield f"{name} has the {key} {schema.get(key)}: it must be {wanted}."
    plain = [str(one["name"]).replace("_", "") for one in fields]
    for one, short in zip(fields, plain, strict=True):
        column = str(one["name"])
        if not (short.isascii() and short.isalnum()):
            yield f"{name} names a column {column!r}: take letters, digits and underscores."
        if plain.count(short) > 1:
            yield f"{name} has several columns that are {short} but for underscores: rename one."
        odd = kinds[column] - TYPES
        if odd:
            yield f"{name} gives {column} the type {', '.join(sorted(odd))}, which is none there."
        yield from field_sentences(dataset, name, one, kinds[column])
    for column in dataset.required:
        if column not in kinds:
            yield f"{name} has no column {column}, which it must have."
    own = own_columns(dataset, kinds)
    if len(own) > dataset.most_columns.value:
        most = dataset.most_columns
        yield over(f"{name} has {len(own)} columns of metadata", most, "leave some out")
    usable = [one for one in fields if one["name"] in own and is_metadata(one, kinds)]
    if len(usable) < dataset.least_columns:
        yield f"{name} has no column of metadata (a number or a category), which it must have."
    textual = [one["name"] for one in fields if one.get("textual")]
    if len(textual) > MOST_TEXTUAL.value:
        yield over(f"{name} has {len(textual)} textual columns", MOST_TEXTUAL, "keep one")


def field_sentences(dataset: Dataset, name: str, one: Field, kinds: set[str]) -> Iterator[str]:
    """What is wrong with one field."""
    column = one["name"]
    if column in dataset.required:
        allowed, needed = {dataset.required[column]}, dataset.required[column]
    elif column in dataset.reserved:
        allowed, needed = set(dataset.reserved[column]), dataset.reserved[column][0]
    elif column in KEYWORDS:
        yield f"{name} has a column {column}, which is a keyword of another dataset: rename it."
        return
    else:
        if one.get("textual") and dataset.name != "Items":
            yield f"{name} has the textual column {column}, which only Items may have."
        if (one.get("textual") or one.get("categorical")) and "string" not in kinds:
            yield f"{name} has the category {column}, which is no string."
        return
    if needed not in kinds or not kinds <= allowed:
        yield (
            f"{name} gives {column} the type {' or '.join(sorted(kinds))}: it must be "
            f"{' or '.join(sorted(allowed))}."
        )
    if one.get("categorical"):
        yield f"{name} makes {column} a category, which a reserved column cannot be."


def own_columns(dataset: Dataset, kinds: dict[str, set[str]]) -> list[str]:
    """The columns of metadata."""
    return [name for name in kinds if name not in {*dataset.required, *dataset.reserved}]


def is_metadata(one: Field, kinds: dict[str, set[str]]) -> bool:
    """Whether a column is what Personalize can train with."""
    is_text = "string" in kinds[one["name"]]
    return not is_text or bool(one.get("categorical") or one.get("textual"))


def data_sentences(
    dataset: Dataset, file: Path, fields: list[Field], kinds: dict[str, set[str]]
) -> Iterator[str]:
    """What is wrong with the rows."""
    size = file.stat().st_size
    if size > MOST_BYTES.value:
        yield over(f"{file.name} has {size:,} bytes", MOST_BYTES, "export fewer events (--before)")
    columns = "{" + ", ".join(f"{literal(name)}: 'VARCHAR'" for name in kinds) + "}"
    reader = (
        f"read_csv({literal(exact_path(file))}, columns = {columns}, auto_detect = false, "
        "header = true, delim = ',', quote = '\"', escape = '\"', nullstr = '', "
        "strict_mode = true, allow_quoted_nulls = true)"
    )
    with duckdb.connect(config=duckdb_settings()) as connection:
        try:
            yield from value_sentences(connection, reader, file.name, fields, kinds)
            if dataset.key:
                yield from repeat_sentences(connection, reader, file.name, dataset)
            if dataset is INTERACTIONS:
                yield from count_sentences(connection, reader, file.name, kinds)
        except (duckdb.InvalidInputException, duckdb.ConversionException) as error:
            yield f"{file.name} is no CSV file in UTF-8 with these columns: {first_line(error)}."


def value_rules(one: Field, kinds: set[str]) -> Iterator[tuple[str, str]]:
    """What is refused of a column: what to say of it, and the condition."""
    name = one["name"]
    column = identifier(name)
    keywords = ", ".join(literal(word) for word in KEYWORDS)
    if "null" not in kinds:
        yield "no value, which its schema does not allow", f"{column} is null"
    if "string" in kinds:
        yield (
            "a line break, and a row must be on one line",
            f"{column} similar to '(?s).*[\\r\\n].*'",
        )
        yield "a keyword as a value", f"{column} in ({keywords})"
    if name in IDS:
        yield "quotes or control characters", f"regexp_matches({column}, '[\"\\x00-\\x1f\\x7f]')"
    longest = longest_of(one)
    if longest and "string" in kinds:
        said = f"more than {longest.value:,} characters ({longest.source})"
        yield said, f"length({column}) > {longest.value}"
    if one.get("categorical") or name == "IMPRESSION":
        empty = f"list_contains(list_transform(string_split({column}, '|'), lambda p: trim(p)), '')"
        yield "an empty part between vertical bars", empty
    if name == "IMPRESSION":
        most, longest = MOST_IMPRESSIONS, LONGEST_ID
        said = f"more than {most.value} pings ({most.source})"
        yield said, f"len(string_split({column}, '|')) > {most.value}"
        parts = f"list_transform(string_split({column}, '|'), lambda p: length(p))"
        yield (
            f"an id of more than {longest.value} characters",
            f"list_max({parts}) > {longest.value}",
        )
    if {"int", "long"} & kinds and not {"float", "double", "string"} & kinds:
        size = "bigint" if "long" in kinds else "integer"
        whole = f"regexp_matches({column}, '{WHOLE}') and try_cast({column} as {size}) is not null"
        yield "what is no whole number", f"not ({whole})"
    elif {"float", "double"} & kinds and "string" not in kinds:
        usable = f"coalesce(isfinite(try_cast({column} as double)), false)"
        yield "what is no number", f"{column} is not null and not {usable}"
    elif kinds <= {"boolean", "null"}:
        yield "what is neither true nor false", f"{column} not in ('true', 'false')"
    if name in MOMENTS:
        yield (
            "what are no seconds since 1970",
            f"try_cast({column} as bigint) not between 0 and {LAST_SECOND}",
        )


def longest_of(one: Field) -> Limit | None:
    """How long a text may be."""
    if one["name"] in IDS:
        return LONGEST_ID
    if one["name"] == "EVENT_TYPE":
        return LONGEST_EVENT_TYPE
    if one.get("textual"):
        return LONGEST_TEXTUAL
    if one.get("categorical") or one["name"] == "IMPRESSION":
        return LONGEST_CATEGORY
    return LONGEST_STRING


def value_sentences(
    connection: duckdb.DuckDBPyConnection,
    reader: str,
    file: str,
    fields: list[Field],
    kinds: dict[str, set[str]],
) -> Iterator[str]:
    """What is wrong with the values, each kind of each column once, with the first of them."""
    rules = [
        (one["name"], *rule) for one in fields for rule in value_rules(one, kinds[one["name"]])
    ]
    asked = ", ".join(
        f"count(*) filter ({condition}), min({identifier(name)}) filter ({condition})"
        for name, _, condition in rules
    )
    found = connection.execute(f"select {asked} from {reader}").fetchall()[0]
    for (name, said, _), count, example in zip(rules, found[::2], found[1::2], strict=True):
        if count:
            rows = "1 row" if count == 1 else f"{count:,} rows"
            shown = "" if example is None else f" such as {shortened(example)!r},"
            yield f"{file}: {name} has{shown} in {rows}, {said}: correct or leave them out."


def shortened(value: str) -> str:
    return value if len(value) <= 40 else f"{value[:40]}…"


def repeat_sentences(
    connection: duckdb.DuckDBPyConnection, reader: str, file: str, dataset: Dataset
) -> Iterator[str]:
    """Users and items are one row each."""
    assert dataset.key is not None
    found = connection.execute(
        f"select {dataset.key}, count(*) over () from {reader} group by 1 having count(*) > 1 "
        "order by 1 limit 1"
    ).fetchone()
    if found:
        yield f"{file} has {found[1]:,} {dataset.key} more than once, such as {found[0]}: keep one."


def count_sentences(
    connection: duckdb.DuckDBPyConnection, reader: str, file: str, kinds: dict[str, set[str]]
) -> Iterator[str]:
    """Whether there is enough to train with, and not too many event types."""
    kind = "EVENT_TYPE" if "EVENT_TYPE" in kinds else "''"
    different, users, enough = connection.execute(
        f"""
        select
            sum(n_interactions), count(*),
            count(*) filter (n_interactions >= {LEAST_OF_A_USER.value})
        from (
            select USER_ID, count(distinct (ITEM_ID, TIMESTAMP, {kind})) as n_interactions
            from {reader}
            group by USER_ID
        )
        """
    ).fetchall()[0]
    different = int(different or 0)
    if different < LEAST_INTERACTIONS.value:
        yield (
            f"{file} has {different:,} different interactions, and Personalize needs "
            f"{LEAST_INTERACTIONS.value:,} ({LEAST_INTERACTIONS.source}): a longer log is needed."
        )
    if enough < LEAST_USERS.value:
        yield (
            f"{file} has {enough} users with {LEAST_OF_A_USER.value} interactions or more, and "
            f"Personalize needs {LEAST_USERS.value} ({LEAST_USERS.source}): a longer log is needed."
        )
    if enough * 100 < users * LEAST_USERS_PERCENT.value:
        yield (
            f"{file} has {users:,} users, of whom {enough:,} have {LEAST_OF_A_USER.value} "
            f"interactions or more, and Personalize needs {LEAST_USERS_PERCENT.value} % "
            f"({LEAST_USERS_PERCENT.source}): export more of a user."
        )
    optional = [*own_columns(INTERACTIONS, kinds), *(name for name in COUNTED if name in kinds)]
    types = connection.execute(f"select count(distinct {kind}) from {reader}").fetchall()[0][0]
    types = types if "EVENT_TYPE" in kinds else 0
    if types + len(optional) > MOST_TYPES_AND_COLUMNS.value:
        yield over(
            f"{file} has {types} event types and {len(optional)} optional columns "
            f"({', '.join(optional)})",
            MOST_TYPES_AND_COLUMNS,
            "choose fewer types (--event-types)",
        )
