"""A release for Amazon Personalize: what is written, what is refused, what comes back."""

from __future__ import annotations

import csv
import json
import re
import shutil
from collections.abc import Callable
from dataclasses import fields
from pathlib import Path
from typing import Any

import duckdb
import export_personalize
import fastavro
import pytest
from fastavro.validation import validate

from common import BAD_INPUT, OK
from serving import personalize_limits

NAMES = ("interactions", "users", "items")
SHOWN = 40  # impressions of each user


def write_release(folder: Path, *, tables: str = "") -> Path:
    """A release as a publisher writes it, with what Personalize is particular about in it.

    30 users with 40 impressions, 40 views and 4 likes each, and a hide; ids, categories and moments
    that it does not take as they are. tables: SQL that changes them.
    """
    path = folder / "releases" / "20240301T000000000Z-0000abcd"
    path.mkdir(parents=True)
    with duckdb.connect(str(path / "pingtop.duckdb")) as connection:
        connection.execute(
            f"""
            create table interactions as
            with happened as (
                select
                    'u' || u as user_id, 'p' || (u * 7 + i * 3) % 97 as ping_id, u, i,
                    timestamp '2024-02-01' + to_hours(u) + to_minutes(i * 5) as shown_at
                from range(30) as users (u), range({SHOWN}) as shown (i)
            )
            select
                user_id, ping_id, 'impression' as event_type, shown_at as event_timestamp,
                cast(null as double) as watch_time_ratio, 0.1 as event_score
            from happened
            union all
            select
                user_id, ping_id, 'view', shown_at + interval 1500 milliseconds, i / 30.0, i / 30.0
            from happened
            union all
            select user_id, ping_id, 'like', shown_at + to_seconds(4), null, 2.0 from happened
            where i % 10 = 0
            union all
            select user_id, ping_id, 'hide', shown_at + to_seconds(9), null, -1.0 from happened
            where i = 1;
            insert into interactions
            select user_id, ping_id, 'view', timestamp '2024-01-01', 0.5, 0.5
            from (values
                (repeat('x', 257), 'p1'), ('u1', 'quo"ted'), ('u1', 'line' || chr(10) || 'break'),
                ('u1', 'TIMESTAMP'), (repeat('é', 256), 'p1'), ('a, b', 'p1'), ('u1', 'of|two')
            ) as odd (user_id, ping_id);
            create table users as
            select
                'u' || u as user_id, if(u % 3 = 0, null, 'L' || u % 3) as country,
                date '2024-01-01' + cast(u as integer) as signup_date, 20 + u as age,
                cast(null as varchar) as region, 'p1|p2' as blocklist
            from range(32) as users (u);
            create table pings as
            select
                'p' || p as ping_id, 'c' || p % 5 as creator_id, '#' || p % 4 as main_hashtag,
                case p when 1 then 'music|dance' when 2 then '||' when 3 then 'ITEM_ID'
                    when 4 then ' two' || chr(10) || 'lines, "q" | x '
                    when 5 then repeat('long', 400)
                    else 'cat' || p % 6 end as category,
                30.5 + p as duration_sec, true as is_duration_known,
                if(p % 2 = 0, null, timestamp '2024-01-20' + to_hours(p)) as created_at,
                cast(null as double) as quality_score, cast(null as varchar) as region_restriction
            from range(120) as pings (p);
            {tables}
            """
        )
    manifest = {"data_to": "2024-02-02T00:00:00Z", "variables": {"session_timeout_minutes": 30}}
    (path / "manifest.json").write_text(json.dumps(manifest))
    (folder / "releases" / "current").symlink_to(path.name)
    return folder / "releases"


def run(*arguments: object) -> int:
    return export_personalize.main([str(one) for one in arguments])


def rows_of(folder: Path, name: str) -> list[dict[str, str]]:
    with (folder / f"{name}.csv").open(newline="", encoding="utf-8") as lines:
        return list(csv.DictReader(lines))


def as_avro(row: dict[str, str], schema: dict[str, Any]) -> dict[str, Any]:
    """A row of text as its schema types it: nothing is null."""
    read = {"int": int, "long": int, "float": float, "double": float, "string": str}
    typed: dict[str, Any] = {}
    for one in schema["fields"]:
        kinds = one["type"] if isinstance(one["type"], list) else [one["type"]]
        [kind] = set(kinds) - {"null"}
        text = row[one["name"]]
        typed[one["name"]] = None if text == "" else read[kind](text)
    return typed


@pytest.fixture(scope="module")
def releases(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_release(tmp_path_factory.mktemp("release"))


@pytest.fixture(scope="module")
def exported(releases: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("exported") / "personalize"
    assert run("--releases", releases, "--output", folder) == OK
    return folder


# --- what is written ------------------------------------------------------------------------------


def test_every_row_is_one_of_its_schema(exported: Path) -> None:
    assert sorted(path.name for path in exported.iterdir()) == sorted(
        ["batch_input.json", *(f"{name}.{end}" for name in NAMES for end in ("csv", "json"))]
    )
    for name in NAMES:
        schema = json.loads((exported / f"{name}.json").read_text())
        parsed = fastavro.parse_schema(schema)
        assert schema["name"] == name.capitalize()
        header = (exported / f"{name}.csv").read_text().splitlines()[0]
        assert header == ",".join(one["name"] for one in schema["fields"])
        rows = rows_of(exported, name)
        assert rows
        for row in rows:
            assert validate(as_avro(row, schema), parsed, raise_errors=True), row
            assert not [value for value in row.values() if "\n" in value or len(value) > 1000]
        for key in {"USER_ID", "ITEM_ID"} & set(rows[0]):
            assert max(len(row[key]) for row in rows) <= 256
    users = [json.loads(line) for line in (exported / "batch_input.json").read_text().splitlines()]
    interactions = rows_of(exported, "interactions")
    assert users == [{"userId": one} for one in sorted({row["USER_ID"] for row in interactions})]


def test_interactions_are_the_events_of_the_release(exported: Path, releases: Path) -> None:
    """Counted from the release in another way: odd ids, impressions and hides are not there."""
    rows = rows_of(exported, "interactions")
    with duckdb.connect(str(releases / "current" / "pingtop.duckdb"), read_only=True) as connection:
        events = connection.execute(
            "select user_id, ping_id, event_type, event_timestamp, watch_time_ratio "
            "from interactions where event_type in ('view', 'like')"
        ).fetchall()
    odd = {"x" * 257, 'quo"ted', "line\nbreak", "TIMESTAMP"}
    epoch = duckdb.sql("select timestamp '1970-01-01'").fetchall()[0][0]
    expected = sorted(
        (user, ping, kind, int((moment - epoch).total_seconds()), ratio)
        for user, ping, kind, moment, ratio in events
        if not odd & {user, ping}
    )
    found = sorted(
        (
            *(row[name] for name in ("USER_ID", "ITEM_ID", "EVENT_TYPE")),
            int(row["TIMESTAMP"]),
            float(row["EVENT_VALUE"]) if row["EVENT_VALUE"] else None,
        )
        for row in rows
    )
    assert [one[:4] for one in found] == [one[:4] for one in expected]
    for one, other in zip(found, expected, strict=True):
        assert (one[4] is None) == (other[4] is None) == (one[2] == "like")
        assert one[4] is None or one[4] == pytest.approx(other[4], rel=1e-6)
    moments = [int(row["TIMESTAMP"]) for row in rows]
    assert moments == sorted(moments)


def test_impressions_are_what_was_shown_in_the_half_hour_before(exported: Path) -> None:
    """Every five minutes one ping was shown: at most six in the 30 minutes before a view."""
    shown = {u: [f"p{(u * 7 + i * 3) % 97}" for i in range(SHOWN)] for u in range(30)}
    counts = set()
    for row in rows_of(exported, "interactions"):
        number = re.fullmatch(r"u(\d+)", row["USER_ID"])
        if number is None or not row["IMPRESSION"]:
            assert int(row["TIMESTAMP"]) < 1_706_745_600, "the odd ones, before anything was shown"
            continue
        u = int(number[1])
        i = (int(row["TIMESTAMP"]) - 1_706_745_600 - u * 3600) // 300
        assert set(row["IMPRESSION"].split("|")) == set(shown[u][max(0, i - 5) : i + 1]), row
        counts.add(len(row["IMPRESSION"].split("|")))
    assert counts == {1, 2, 3, 4, 5, 6}


def test_of_long_ids_as_many_of_the_newest_as_fit_are_impressions(tmp_path: Path) -> None:
    """Eight of 200 characters were shown; four and their bars are 803 characters, five 1,004."""
    releases = write_release(
        tmp_path,
        tables="""
            insert into interactions
            select
                'long', repeat(chr(97 + cast(i as integer)), 200), kind,
                timestamp '2024-02-03' + to_minutes(i), 0.5, 0.5
            from range(8) as shown (i), (values ('impression'), ('view')) as kinds (kind)
        """,
    )
    folder = tmp_path / "personalize"
    assert run("--releases", releases, "--output", folder) == OK
    rows = [row for row in rows_of(folder, "interactions") if row["USER_ID"] == "long"]
    last = "|".join(letter * 200 for letter in "efgh")
    assert rows[-1]["IMPRESSION"] == last
    assert [len(row["IMPRESSION"].split("|")) for row in rows] == [1, 2, 3, 4, 4, 4, 4, 4]


def test_users_and_items_have_what_is_known(exported: Path) -> None:
    """A column in which nothing is known is left out; a missing moment is that of an event."""
    users, items = rows_of(exported, "users"), rows_of(exported, "items")
    assert list(users[0]) == ["USER_ID", "COUNTRY", "AGE", "SIGNUP_TIMESTAMP"]
    assert list(items[0]) == [
        *("ITEM_ID", "CATEGORY", "CREATOR_ID", "HASHTAG", "DURATION_SEC", "CREATION_TIMESTAMP"),
    ]
    assert (len(users), len(items)) == (32, 120)
    by_ping = {row["ITEM_ID"]: row for row in items}
    categories = [by_ping[f"p{number}"]["CATEGORY"] for number in range(1, 7)]
    assert categories == ["music|dance", "", "", 'two lines, "q"|x', ("long" * 250), "cat0"]
    assert by_ping["p7"]["CREATION_TIMESTAMP"] == "1705734000"  # as it is: 2024-01-20 07:00
    first = min(
        int(row["TIMESTAMP"])
        for row in rows_of(exported, "interactions")
        if row["ITEM_ID"] == "p10"
    )
    # p10 was shown before it was viewed, by 1.5 s
    assert int(by_ping["p10"]["CREATION_TIMESTAMP"]) in (first, first - 1)
    newest = max(int(row["TIMESTAMP"]) for row in rows_of(exported, "interactions"))
    assert int(by_ping["p118"]["CREATION_TIMESTAMP"]) == newest  # without any event


def test_before_a_moment_nothing_later_is_there(
    releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "personalize"
    arguments = ("--releases", releases, "--output", folder)
    assert run(*arguments, "--before", "2024-02-02T05:00:00+02:00", "--event-types", "view") == OK
    assert "Personalize takes them" in capsys.readouterr().out
    rows = rows_of(folder, "interactions")
    assert max(int(row["TIMESTAMP"]) for row in rows) < 1_706_842_800
    assert {row["EVENT_TYPE"] for row in rows} == {"view"}
    assert {row["USER_ID"] for row in rows_of(folder, "users")} == {f"u{u}" for u in range(32)}
    # a day earlier few have signed up or done anything, and there is too little to train with
    assert run(*arguments, "--before", "2024-01-21") == BAD_INPUT
    assert "different interactions, and Personalize needs 1,000" in capsys.readouterr().err
    assert rows_of(folder, "interactions") == rows, "what was there stays"
    assert list(tmp_path.iterdir()) == [folder]


def test_a_log_that_knows_little(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Without impressions, and with nothing on users."""
    releases = write_release(
        tmp_path,
        tables="""
            delete from interactions where event_type in ('impression', 'hide');
            update users set country = null, signup_date = null, age = null;
        """,
    )
    folder = tmp_path / "personalize"
    folder.mkdir()
    (folder / "users.csv").write_text("USER_ID\nof an export before\n")
    assert run("--releases", releases, "--output", folder) == OK
    said = capsys.readouterr().out
    assert "Nothing is known of the users, so that there is no dataset of them" in said
    assert "5 events are left out" not in said
    assert "4 events are left out: a user or ping id is longer than 256 characters" in said
    assert "IMPRESSION" not in rows_of(folder, "interactions")[0]
    assert not list(folder.glob("users.*"))
    assert run("--releases", releases, "--event-types", "purchase") == BAD_INPUT
    assert "names purchase, of which there is no event; there are like, view." in (
        capsys.readouterr().err
    )


# --- what is refused ------------------------------------------------------------------------------

Change = Callable[[Path], None]


def in_file(name: str, old: str, new: str) -> Change:
    def change(folder: Path) -> None:
        text = (folder / name).read_text()
        assert old in text
        (folder / name).write_text(text.replace(old, new, 1))

    return change


def add_row(name: str, *values: str) -> Change:
    def change(folder: Path) -> None:
        with (folder / f"{name}.csv").open("a", newline="", encoding="utf-8") as lines:
            csv.writer(lines, lineterminator="\n").writerow(values)

    return change


def in_schema(name: str, work: Callable[[dict[str, Any]], object]) -> Change:
    def change(folder: Path) -> None:
        path = folder / f"{name}.json"
        schema = json.loads(path.read_text())
        work(schema)
        path.write_text(json.dumps(schema))

    return change


def event(**values: str) -> Change:
    usual = {
        **{"USER_ID": "u1", "ITEM_ID": "p1", "TIMESTAMP": "1706745600", "EVENT_TYPE": "view"},
        **{"EVENT_VALUE": "0.5", "IMPRESSION": "p1|p2"},
    }
    return add_row("interactions", *(usual | values).values())


def item(**values: str) -> Change:
    usual = {
        **{"ITEM_ID": "p999", "CATEGORY": "x", "CREATOR_ID": "c", "HASHTAG": "h"},
        **{"DURATION_SEC": "1.5", "CREATION_TIMESTAMP": "1706745600"},
    }
    return add_row("items", *(usual | values).values())


def keep_rows(count: int) -> Change:
    """Some rows only, and some of them twice, which does not make them more."""

    def change(folder: Path) -> None:
        lines = (folder / "interactions.csv").read_text().splitlines()
        (folder / "interactions.csv").write_text(
            "\n".join([*lines[: count + 1], *lines[1:50]]) + "\n"
        )

    return change


def more_types(folder: Path) -> None:
    for number in range(7):
        event(EVENT_TYPE=f"type {number}")(folder)


def field_of(name: str, kind: object, **more: object) -> Callable[[dict[str, Any]], object]:
    return lambda schema: schema["fields"].append({"name": name, "type": kind, **more})


def retyped(name: str, kind: object, **more: object) -> Callable[[dict[str, Any]], object]:
    def change(schema: dict[str, Any]) -> None:
        [one] = [one for one in schema["fields"] if one["name"] == name]
        one.update(type=kind, **more)

    return change


REFUSED: list[tuple[Change, str]] = [
    # files
    (lambda folder: (folder / "interactions.csv").unlink(), "there is no interactions.csv in "),
    (lambda folder: (folder / "items.json").unlink(), "there is no items.json in "),
    (in_file("users.json", '"type"', "type"), "users.json is no Avro schema of a record: "),
    (lambda folder: (folder / "items.csv").write_bytes(b"\xff"), "items.csv has the columns "),
    (event(USER_ID="\udcff".encode("utf-8", "surrogatepass").decode("latin-1")), ""),
    # columns and types
    (
        in_schema("users", lambda one: one.update(name="People")),
        "the name People: it must be Users",
    ),
    (in_schema("users", lambda one: one.update(namespace="x")), "it must be com.amazonaws.person"),
    (in_file("users.csv", "USER_ID,COUNTRY", "COUNTRY,USER_ID"), "in the same order"),
    (in_file("users.csv", "USER_ID,", '"USER_ID",'), "users.csv has its header in quotes"),
    (in_schema("users", field_of("A_GE", "int")), "several columns that are AGE but for underscor"),
    (in_schema("users", field_of("SHOE SIZE", "int")), "names a column 'SHOE SIZE': take letters"),
    (in_schema("users", field_of("X", "bytes")), "gives X the type bytes, which is none there"),
    (
        in_schema("users", field_of("X", {"type": "array", "items": "int"})),
        "the type of X is neste",
    ),
    (in_schema("users", field_of("ITEM_ID", "string")), "a keyword of another dataset"),
    (in_schema("users", field_of("X", "string", textual=True)), "which only Items may have"),
    (in_schema("users", lambda one: one.update(fields=one["fields"][:1])), "no column of metadata"),
    (in_schema("items", lambda one: one["fields"].pop(0)), "has no column ITEM_ID, which it must"),
    (in_schema("items", retyped("CREATION_TIMESTAMP", ["null", "long"])), "it must be long"),
    (in_schema("interactions", retyped("TIMESTAMP", "int")), "the type int: it must be long"),
    (in_schema("interactions", retyped("EVENT_VALUE", "string")), "it must be float or null"),
    (in_schema("interactions", retyped("EVENT_TYPE", "string", categorical=True)), "cannot be"),
    (in_schema("items", retyped("DURATION_SEC", "int", categorical=True)), "which is no string"),
    # values
    (event(USER_ID=""), "USER_ID has in 1 row, no value, which its schema does not allow"),
    (event(USER_ID="u" * 257), "in 1 row, more than 256 characters (https://docs.aws."),
    (event(USER_ID='u"1'), "USER_ID has such as 'u\"1', in 1 row, quotes or control characters"),
    (event(ITEM_ID="EVENT_TYPE"), "ITEM_ID has such as 'EVENT_TYPE', in 1 row, a keyword as a va"),
    (event(TIMESTAMP="1706745600000"), "TIMESTAMP has such as '1706745600000', in 1 row, what are"),
    (event(TIMESTAMP="1706745600.5"), "such as '1706745600.5', in 1 row, what is no whole number"),
    (event(TIMESTAMP="2024-02-01"), "such as '2024-02-01', in 1 row, what is no whole number"),
    (event(EVENT_VALUE="much"), "EVENT_VALUE has such as 'much', in 1 row, what is no number"),
    (event(EVENT_VALUE="inf"), "EVENT_VALUE has such as 'inf', in 1 row, what is no number"),
    (event(EVENT_TYPE=""), "EVENT_TYPE has in 1 row, no value"),
    (event(EVENT_TYPE="t" * 257), "in 1 row, more than 256 characters (https://docs.aws.amazon"),
    (event(EVENT_TYPE="a\nb"), "EVENT_TYPE has such as 'a\\nb', in 1 row, a line break"),
    (event(IMPRESSION="p" * 200 + "|p" * 401), "in 1 row, more than 1,000 characters"),
    (event(IMPRESSION="|".join("p" * 26)), "in 1 row, more than 25 pings"),
    (event(IMPRESSION="p1||p2"), "'p1||p2', in 1 row, an empty part between vertical bars"),
    (item(CATEGORY="x|"), "CATEGORY has such as 'x|', in 1 row, an empty part between vertical"),
    (item(CATEGORY="x" * 1001), "in 1 row, more than 1,000 characters"),
    (item(CREATION_TIMESTAMP=""), "CREATION_TIMESTAMP has in 1 row, no value"),
    (item(ITEM_ID="p1"), "items.csv has 1 ITEM_ID more than once, such as p1: keep one"),
    (add_row("items", "p999"), "items.csv is no CSV file in UTF-8 with these columns: "),
    # amounts
    (keep_rows(999), "interactions.csv has 999 different interactions, and Personalize needs 1,0"),
    (keep_rows(200), "users with 2 interactions or more, and Personalize needs 25"),
    (more_types, "has 9 event types and 2 optional columns (EVENT_TYPE, EVENT_VALUE), and Person"),
]


def test_what_personalize_would_refuse_is_refused(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run("--check", exported) == OK
    assert capsys.readouterr().out == f"{exported} has what Personalize takes.\n"
    for number, (change, sentence) in enumerate(REFUSED):
        folder = tmp_path / str(number)
        shutil.copytree(exported, folder)
        change(folder)
        code, said = run("--check", folder), capsys.readouterr()
        if not sentence:
            assert code == OK, said.err
            continue
        assert code == BAD_INPUT, sentence
        assert sentence in said.err, (sentence, said.err)
        for line in said.err.splitlines():
            assert re.fullmatch(r"export_personalize\.py: .+\.", line), line
        shutil.rmtree(folder)


def test_every_fault_is_said_at_once(
    exported: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "personalize"
    shutil.copytree(exported, folder)
    for change in (event(USER_ID=""), event(EVENT_VALUE="much"), item(CATEGORY="x|"), more_types):
        change(folder)
    assert run("--check", folder) == BAD_INPUT
    assert len(capsys.readouterr().err.splitlines()) == 4
    assert run("--check", tmp_path / "nowhere") == BAD_INPUT
    assert "there is no folder" in capsys.readouterr().err


def test_every_limit_names_its_page() -> None:
    limits = [one for one in vars(personalize_limits).values() if type(one).__name__ == "Limit"]
    limits += [one.most_columns for one in personalize_limits.DATASETS]
    assert len(limits) >= 15
    for limit in limits:
        assert limit.source.startswith("https://docs.aws.amazon.com/personalize/latest/dg/")
        assert limit.source.endswith(".html")
    assert [one.name for one in fields(personalize_limits.Limit)] == ["value", "page"]


# --- what comes back ------------------------------------------------------------------------------


def test_batch_recommendations_become_lists(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    job = tmp_path / "job"
    job.mkdir()
    lines = [
        {
            "input": {"userId": "u1"},
            "output": {"recommendedItems": ["p2", "p1"], "scores": [0.5, 0.25]},
            "error": None,
        },
        {"input": {"userId": "u2"}, "output": None, "error": "no such user"},
        {"input": {"userId": "u3"}, "output": {"recommendedItems": ["p3"]}},
    ]
    (job / "batch_input.json.out").write_text("\n".join(json.dumps(one) for one in lines) + "\n")
    (job / "_CHECK").write_text("")
    lists = tmp_path / "lists.parquet"
    assert run("--batch", job, "--lists", lists) == OK
    assert duckdb.sql(f"from '{lists}'").fetchall() == [
        ("personalize", "u1", "p2", 1, 0.5),
        ("personalize", "u1", "p1", 2, 0.25),
        ("personalize", "u3", "p3", 1, None),
    ]
    said = capsys.readouterr().out
    assert said.startswith(f"Wrote 2 lists (3 rows) of personalize to {lists}.\n1 users have none")
    before = lists.read_bytes()
    wrong = {
        '{"input": {"itemId": "p1"}, "output": {"recommendedItems": []}}': "('userId')",
        "not JSON": "line 1 of one.out is no recommendation for a user",
        '{"input": {"userId": "u"}, "output": {"recommendedItems": ["p"], "scores": [1, 2]}}': (
            "has 1 pings, but 2 scores"
        ),
        '{"input": {"userId": "u"}, "output": null, "error": "quota"}': "has no list (quota)",
    }
    for line, sentence in wrong.items():
        (tmp_path / "one.out").write_text(line)
        assert run("--batch", tmp_path / "one.out", "--lists", lists) == BAD_INPUT
        assert sentence in capsys.readouterr().err
    assert run("--batch", tmp_path / "job") == BAD_INPUT
    assert "--batch is given without --lists" in capsys.readouterr().err
    (tmp_path / "empty").mkdir()
    assert run("--batch", tmp_path / "empty", "--lists", lists) == BAD_INPUT
    assert "has no file of batch recommendations" in capsys.readouterr().err
    assert lists.read_bytes() == before
    assert not list(tmp_path.glob(".unfinished*"))
