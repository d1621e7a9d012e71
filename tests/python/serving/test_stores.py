"""Stores: one generation at a time, whole, whoever writes, is killed, or reads meanwhile."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing
from itertools import count
from pathlib import Path

import boto3
import pytest
import redis
import serve
from serving_kills import kill_exporters, records
from serving_stores import (
    AWS,
    aws_server,
    check_redis,
    contents,
    heads,
    orphans,
    redis_server,
)

from pingtop_serving.errors import (
    BusyStoreError,
    EmptyStoreError,
    GenerationGoneError,
    ServingError,
    StoreDownError,
    UnusableStoreError,
)
from pingtop_serving.stores import Store, cells, open_store, store
from pingtop_serving.stores.store import State
from pingtop_serving.stores.writing import writing
from serving.export import Sent, export

KINDS = ("sqlite", "redis", "dynamodb", "memory")
# keys that a store may get, in their order
ODD = sorted(["u|a b", "u|a\nb", "u|'\"%*?[x]", "u|Größe", "u|🐟", "u|" + "x" * 900, "z|\0"])
SECRET = "a-Secret-Word"

NewStore = Callable[[], str]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], str]]:
    """The addresses of servers, which are started when they are first asked for."""
    with ExitStack() as stack:
        running: dict[str, str] = {}

        def address(kind: str) -> str:
            if kind == "redis":
                check_redis()
            if kind not in running:
                folder = tmp_path_factory.mktemp(kind)
                server = redis_server(folder) if kind == "redis" else aws_server()
                running[kind] = stack.enter_context(server)
            return running[kind]

        yield address


@pytest.fixture
def aws(servers: Callable[[str], str], monkeypatch: pytest.MonkeyPatch) -> str:
    """The environment in which DynamoDB is the server of the tests."""
    endpoint = servers("dynamodb")
    for name, value in (AWS | {"AWS_ENDPOINT_URL": endpoint}).items():
        monkeypatch.setenv(name, value)
    return endpoint


@pytest.fixture
def url_of(
    servers: Callable[[str], str], tmp_path: Path, request: pytest.FixtureRequest
) -> Callable[[str], str]:
    """The address of an empty store of a kind."""
    number = count()

    def url(kind: str) -> str:
        if kind == "sqlite":
            return f"sqlite:///{tmp_path / f'a store {next(number)}?.db'}"
        if kind == "redis":
            with redis.Redis.from_url(servers("redis")) as client:
                client.flushdb()
            return servers("redis")
        if kind == "dynamodb":
            request.getfixturevalue("aws")
            return f"dynamodb://pings.{tmp_path.name}-{next(number)}"
        return "memory://"

    return url


@pytest.fixture(params=KINDS)
def url(request: pytest.FixtureRequest, url_of: Callable[[str], str]) -> str:
    return url_of(request.param)


@pytest.fixture
def opened(url: str) -> Iterator[Store]:
    found = open_store(url)
    found.batch_keys = 40
    yield found
    found.close()


def send(to: Store, release: str, found: dict[str, bytes], **options: bool) -> Sent:
    return export(to, release, sorted(found.items()), **options)


# --- what a reader gets --------------------------------------------------------------------------


def test_a_reader_sees_one_generation_whole(opened: Store) -> None:
    with pytest.raises(EmptyStoreError, match=r"nothing was exported into .* yet"):
        opened.snapshot()
    first = {key: f"{key} 1".encode() for key in ODD}
    assert send(opened, "first", first).generation == 1
    snapshot = opened.snapshot()
    asked = [*ODD, "u|nobody", "", "u|\ud800"]
    wanted = [*first.values(), None, None, None]
    assert snapshot.get(asked) == wanted
    assert snapshot.get([]) == []
    with writing(opened) as writer:
        writer.begin("second")
        writer.write({ODD[0]: b"2", ODD[1]: b"", "u|new": b"2"})
        # written, and not to be seen
        assert snapshot.get([*asked, "u|new"]) == [*wanted, None]
        assert opened.snapshot().get(asked) == wanted
        writer.switch()
        # whoever began before the switch goes on with what there was
        assert snapshot.get([*asked, "u|new"]) == [*wanted, None]
        newer = opened.snapshot()
        assert newer.generation == 2
        assert newer.get([*ODD[:3], "u|new"]) == [b"2", None, first[ODD[2]], b"2"]
        writer.prune()
    # now it is told rather than given something else; who asks again gets what is served
    with pytest.raises(GenerationGoneError):
        snapshot.get(ODD)
    taken = iter([snapshot, opened.snapshot()])
    opened.snapshot = lambda: next(taken)  # type: ignore[method-assign]
    assert opened.read(lambda found: found.get([ODD[0]])) == [b"2"]
    assert orphans(opened) == []
    assert ODD[1] not in heads(opened)


def test_thirty_nights_leave_what_a_full_export_does(opened: Store) -> None:
    """Between the nights, the hourly job writes generations of its own."""
    keys = 60 if opened.name.startswith("dynamodb") else 200  # the server of the tests is slow
    before: dict[str, bytes] = {}
    for night in range(1, 31):
        release = records(night, keys)
        sent = send(opened, f"night {night}", release)
        differing = {
            key for key in before.keys() | release.keys() if before.get(key) != release.get(key)
        }
        assert sent.changed + sent.removed == len(differing), "only what differs is sent"
        assert sent.removed == len(before.keys() - release.keys())
        assert sent.sent_bytes == sum(
            len(key.encode()) + len(release.get(key, b"")) for key in differing
        )
        assert contents(opened) == release
        assert orphans(opened) == []
        before = dict(release)
        if night % 4 == 1:
            there = list(release)[-1]
            hour = {f"p|{night}": b"new", "u|000001": b"changed", there: b""}
            before = {key: value for key, value in (before | hour).items() if value}
            sent = send(opened, "hour", before)
            assert (sent.changed, sent.removed) == (2, 1), "not what is served so already"
            assert contents(opened) == before
            assert orphans(opened) == []
    full = open_store("memory://")
    send(full, "night 30", records(30, keys))
    assert contents(opened) == contents(full)


def test_what_is_there_is_not_sent_again(opened: Store) -> None:
    release = records(1, 50)
    assert send(opened, "one", release).changed == len(release)
    again = send(opened, "one", release)
    assert (again.is_new, again.generation, again.changed) == (False, 1, 0)
    assert "is one already" in again.sentence("one", opened.name)
    full = send(opened, "one", release, full=True)
    assert (full.generation, full.changed, full.removed) == (2, len(release), 0)
    assert contents(opened) == release
    assert orphans(opened) == []


# --- writers that are stopped, or are two --------------------------------------------------------


class StoppedError(Exception):
    """The writer was stopped."""


def stop_after(found: dict[str, bytes], number: int) -> Iterator[tuple[str, bytes]]:
    for place, record in enumerate(sorted(found.items())):
        if place == number:
            raise StoppedError
        yield record


def test_a_stopped_export_goes_on_and_another_one_leaves_nothing(opened: Store) -> None:
    first, second, third = (records(number, 200) for number in (1, 2, 3))
    send(opened, "first", first)
    with pytest.raises(StoppedError):
        export(opened, "second", stop_after(second, 150))
    assert contents(opened) == first
    halfway = len(orphans(opened))
    assert halfway >= 40
    # the same release goes on
    sent = send(opened, "second", second)
    assert sent.went_on == "second"
    assert sent.there_already == halfway
    assert sent.changed + sent.removed < halfway * 2
    assert contents(opened) == second
    assert orphans(opened) == []
    # another one takes back what it does not have, wherever the first was stopped
    with pytest.raises(StoppedError):
        export(opened, "third", stop_after(third | {"a|of the third": b"3"}, 150))
    assert "a|of the third" in heads(opened)
    sent = send(opened, "second", second)
    assert (sent.is_new, sent.went_on, sent.taken_back) == (False, "third", sent.taken_back)
    assert sent.taken_back >= 40
    assert contents(opened) == second
    assert orphans(opened) == []
    # all the more where all is sent
    with pytest.raises(StoppedError):
        export(opened, "third", stop_after(third | {"a|of the third": b"3"}, 150))
    sent = send(opened, "second", second, full=True)
    assert (sent.changed, sent.removed) == (len(second), 0)
    assert contents(opened) == second
    assert orphans(opened) == []


def test_what_one_left_before_it_pruned_is_removed_by_the_next(opened: Store) -> None:
    """A writer that was killed in its grace: an hourly one looks at more than its own keys."""
    send(opened, "first", {"u|1": b"1", "u|2": b"1", "u|3": b"1"})
    with writing(opened) as writer:
        writer.begin("second")
        writer.write({"u|1": b"2", "u|2": b""})
        writer.switch()
    assert sorted(orphans(opened)) == ["u|1", "u|2"]
    # the same again has nothing to send, and yet this to do
    assert not send(opened, "second", {"u|1": b"2", "u|3": b"1"}).is_new
    assert orphans(opened) == []
    with writing(opened) as writer:
        writer.begin("third")
        writer.write({"u|1": b"3", "u|4": b""})
        writer.switch()
        writer.begin("fourth")
        writer.write({"u|1": b"2"})
        writer.switch()
    assert sorted(orphans(opened)) == ["u|1", "u|4"]
    with writing(opened) as writer:
        writer.begin("hour")
        writer.write({"u|3": b"3"})
        writer.switch()
        writer.prune(["u|3"])
    assert contents(opened) == {"u|1": b"2", "u|3": b"3"}
    assert orphans(opened) == []


def test_one_writer_at_a_time(opened: Store) -> None:
    send(opened, "first", {"u|1": b"1"})
    with writing(opened) as writer:
        writer.begin("second")
        said = rf"another process \(process {os.getpid()} on .*\) writes into .*: try again"
        with pytest.raises(BusyStoreError, match=said), writing(opened):
            pass
        writer.write({"u|1": b"2"})
        writer.switch()
    with writing(opened):
        pass


def test_a_writer_that_stood_still_changes_nothing(opened: Store) -> None:
    """Its lock has expired, and another one has it, or nobody yet."""
    send(opened, "first", {"u|1": b"1"})
    place = "elsewhere 1"  # on no machine that one could look at
    assert opened.acquire(f"{place} old", 0.3) is None
    assert opened.acquire(f"{place} new", 60) == f"{place} old"
    time.sleep(0.35)
    for change in ({"u|1": b"\0"}, {}):
        assert not opened.put(f"{place} old", 60, change, State(generation=7))
    assert opened.acquire(f"{place} new", 60) is None
    assert not opened.put(f"{place} old", 60, {"u|1": None})
    opened.release(f"{place} old")
    assert opened.acquire("third 1 x", 60) == f"{place} new"
    assert opened.put(f"{place} new", 60, {})
    opened.release(f"{place} new")
    assert contents(opened) == {"u|1": b"1"}
    assert opened.state().generation == 1


def test_the_lock_of_a_killed_writer_is_free_at_once(opened: Store) -> None:
    opened.prepare()
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    with writing(opened) as writer:
        place, _, token = writer._holder.split(" ")
    assert opened.acquire(f"{place} {ended.pid} {token}", 60) is None
    with writing(opened) as writer:
        writer.begin("next")
    # of another machine nobody knows
    assert opened.acquire(f"other {ended.pid} {token}", 60) is None
    with pytest.raises(BusyStoreError, match="on other"), writing(opened):
        pass


def test_a_lock_is_kept_while_its_writer_waits(opened: Store) -> None:
    opened.prepare()
    with writing(opened, 0.6):
        time.sleep(1.0)
        with pytest.raises(BusyStoreError), writing(opened):
            pass


@pytest.mark.parametrize(("kind", "kills"), [("sqlite", 60), ("redis", 30), ("dynamodb", 10)])
def test_killed_exporters_never_mix_generations(
    kind: str, kills: int, url_of: Callable[[str], str]
) -> None:
    outcome = kill_exporters(url_of(kind), kills, keys=200)
    assert outcome.mixed == []
    assert outcome.kills == kills
    assert outcome.reads > kills / 2
    assert len(outcome.generations) > 1


# --- cells ---------------------------------------------------------------------------------------


def test_a_cell_keeps_what_is_read() -> None:
    cell = cells.with_value(None, 3, b"three", 0)
    cell = cells.with_value(cell, 5, b"", 3)
    cell = cells.with_value(cell, 6, b"six", 3)
    assert [cells.newest(cell, number) for number in range(2, 8)] == [
        *(None, b"three", b"three", None),
        *(b"six", b"six"),
    ]
    assert [one.generation for one in cells.head(cell[: cells.HEAD_BYTES])] == [3, 5, 6]
    assert cells.with_value(cell, 6, b"other", 5) == cells.with_value(
        cells.with_value(None, 5, b"", 5), 6, b"other", 5
    )
    assert cells.pruned(cell, 6) == cells.with_value(None, 6, b"six", 6)
    gone = cells.without(cell, 6)
    assert gone is not None
    assert cells.pruned(gone, 5) is None
    assert cells.without(cells.with_value(None, 1, b"x", 0), 1) is None
    assert cells.digest(b"a") != cells.digest(b"b") != cells.REMOVED


def test_a_damaged_record_is_an_error_until_the_next_export(opened: Store) -> None:
    found = {f"u|{number}": b"value" * number for number in range(1, 6)}
    send(opened, "first", found)
    holder, good = "elsewhere 1 x", opened.cells(["u|3", "u|4"])
    damaged = {"u|1": b"xyz", "u|2": b"\xff" * 400, "u|3": good["u|3"][:30], "none": b"x"}
    assert opened.acquire(holder, 60) is None
    assert opened.put(holder, 60, damaged | {"u|4": good["u|4"][:-1]})
    opened.release(holder)
    for key in ("u|1", "u|2", "u|3", "u|4", "none"):
        fails(StoreDownError, "export with --full", lambda key=key: opened.snapshot().get([key]))
    sent = export(opened, "first", sorted(found.items()), full=True)
    assert (sent.changed, sent.removed) == (5, 1)
    assert (contents(opened), orphans(opened)) == (found, [])


def test_records_that_are_not_sorted_are_refused(opened: Store) -> None:
    for wrong in ([("b", b"1"), ("a", b"1")], [("a", b"1"), ("a", b"2")], [("a", b"")]):
        with pytest.raises(ValueError, match="not sorted"):
            export(opened, "wrong", wrong)
    assert opened.state().generation == 0


# --- posted events -------------------------------------------------------------------------------


def test_posted_events_are_kept_for_a_while(opened: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send(opened, "first", {"u|1": b"1"})
    odd = ("u1", "", "a|b", "\ud800", "x" * 1000, "🐟")
    assert [opened.events(user) for user in odd] == [[]] * len(odd)
    for user in odd:
        opened.append_events(user, [f"{len(user)} 1".encode(), b"2"])
        opened.append_events(user, [b"3"])
        opened.append_events(user, [])
        assert opened.events(user) == [f"{len(user)} 1".encode(), b"2", b"3"]
    opened.append_events("u1", [str(number).encode() for number in range(store.MOST_EVENTS)])
    assert len(opened.events("u1")) == store.MOST_EVENTS
    assert opened.events("u1")[0] == b"0"
    # they are no records, and stay when a generation ends
    send(opened, "second", {"u|1": b"2"})
    assert contents(opened) == {"u|1": b"2"}
    assert opened.events("🐟") == [b"1 1", b"2", b"3"]
    later = time.time() + store.KEEP_EVENTS_SECONDS + 1
    monkeypatch.setattr(time, "time", lambda: later)
    assert opened.events("🐟") == []


# --- what cannot be used -------------------------------------------------------------------------


def fails(kind: type[ServingError], said: str, work: Callable[[], object]) -> None:
    with pytest.raises(kind, match=said) as found:
        work()
    text = str(found.value)
    assert SECRET not in text
    assert "\n" not in text
    assert text.endswith(".")


def test_an_address_is_read_or_refused_in_a_sentence() -> None:
    for wrong in (
        f"mysql://me:{SECRET}@host/x",
        SECRET,
        "",
        "sqlite://x",
        "sqlite:///",
        "dynamodb://",
    ):
        fails(UnusableStoreError, "the address of the store", lambda wrong=wrong: open_store(wrong))
    for wrong in (f"redis://me:{SECRET}@host:port/0", f"redis://host/0?password={SECRET}&x=1"):
        fails(
            UnusableStoreError, "cannot be read", lambda wrong=wrong: open_store(wrong).snapshot()
        )
    for sign in "/?#":  # of a password that is not percent-encoded: where it ends is not told
        wrong = f"redis://:{SECRET}{sign}x@localhost/0"
        fails(UnusableStoreError, "percent-encode", lambda wrong=wrong: open_store(wrong))
    shown = open_store(f"rediss://me:{SECRET}@[::1]:6380/3?socket_timeout=3").name
    assert shown == "rediss://me:***@[::1]:6380/3"


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for package, address in (("redis", "redis://x"), ("boto3", "dynamodb://x")):
        monkeypatch.setitem(sys.modules, package, None)
        fails(
            UnusableStoreError,
            "requirements-serving.txt",
            lambda address=address: open_store(address),
        )


def test_a_store_of_another_version_is_refused(opened: Store) -> None:
    send(opened, "first", {"u|1": b"1"})
    holder = "elsewhere 1 x"

    class OtherState(State):
        def packed(self) -> bytes:
            return self.pending.encode()

    for state, said in (
        ('{"layout": 99, "more": 1}', "another version"),
        ("[]", "has not written"),
        ('{"layout": 1, "more": 1}', "has not written"),
        ('{"layout": 1, "generation": "1"}', "has not written"),
    ):
        assert opened.acquire(holder, 60) is None
        assert opened.put(holder, 60, {}, OtherState(pending=state))
        opened.release(holder)
        fails(UnusableStoreError, said, opened.snapshot)
        fails(UnusableStoreError, said, lambda: send(opened, "second", {"u|1": b"2"}))


def test_a_file_that_is_no_store_is_left_alone(tmp_path: Path) -> None:
    text = tmp_path / "text"
    text.write_text("no database, " * 100)
    other = tmp_path / "other.db"
    with sqlite3.connect(other) as connection:
        connection.execute("create table mine (x)")
    folder = tmp_path / "nowhere" / "x.db"
    for path, said in ((text, "no store"), (other, "no store"), (folder, "cannot be opened")):
        found = open_store(f"sqlite:///{path}")
        fails(UnusableStoreError, said, lambda found=found: send(found, "one", {"u|1": b"1"}))
        found.close()
    assert text.read_text().startswith("no database")
    fails(UnusableStoreError, "no store", lambda: open_store(f"sqlite:///{other}").snapshot())
    fails(
        EmptyStoreError,
        "nothing was exported",
        lambda: open_store(f"sqlite:///{folder}").snapshot(),
    )
    # one that was killed while it made the file has left it empty
    (tmp_path / "empty.db").touch()
    found = open_store(f"sqlite:///{tmp_path / 'empty.db'}")
    fails(EmptyStoreError, "nothing was exported", found.snapshot)
    assert send(found, "one", {"u|1": b"1"}).generation == 1
    found.close()


def test_a_file_that_is_replaced_or_damaged(tmp_path: Path) -> None:
    file = tmp_path / "served.db"
    reader = open_store(f"sqlite:///{file}")
    for release, value in (("one", b"1"), ("other", b"2")):
        with closing(open_store(f"sqlite:///{file}")) as writer:
            send(writer, release, {"u|1": value})
        assert reader.snapshot().get(["u|1"]) == [value]
        reader.append_events("1", [value])
        assert reader.events("1") == [value]  # in the file that is there, not in the one before
        file.unlink()
        fails(EmptyStoreError, "nothing was exported", reader.snapshot)
        fails(EmptyStoreError, "nothing was exported", lambda: reader.append_events("1", [b"x"]))
    with closing(open_store(f"sqlite:///{file}")) as writer:
        send(writer, "one", {f"u|{number:04}": b"value" * 20 for number in range(1000)})
    whole = file.read_bytes()
    file.write_bytes(whole[:4096] + bytes(byte ^ 0x55 for byte in whole[4096:]))
    with closing(open_store(f"sqlite:///{file}")) as damaged:
        fails(UnusableStoreError, "damaged", lambda: send(damaged, "two", {"u|1": b"1"}))
    reader.close()


def test_a_redis_that_cannot_be_used(servers: Callable[[str], str], tmp_path: Path) -> None:
    servers("redis")  # there is one, or it is said
    evicting = ("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
    with redis_server(tmp_path, "--requirepass", SECRET, *evicting) as to:
        for user in ("", "wrong", f"me:{SECRET}x"):
            address = to.replace("redis://", f"redis://:{user}@" if user else "redis://")
            fails(UnusableStoreError, "refuses the user or the", open_store(address).snapshot)
        known = open_store(to.replace("redis://", f"redis://:{SECRET}@"))
        fails(UnusableStoreError, "allkeys-lru", known.prepare)
        fails(UnusableStoreError, "no store", open_store(known_address(to, 99)).snapshot)
    fails(StoreDownError, "does not answer", known.snapshot)
    fails(StoreDownError, "does not answer", lambda: send(known, "one", {"u|1": b"1"}))


def known_address(to: str, database: int) -> str:
    return to.replace("redis://", f"redis://:{SECRET}@").replace("/0", f"/{database}")


def test_a_dynamodb_that_cannot_be_used(aws: str, monkeypatch: pytest.MonkeyPatch) -> None:
    client = boto3.client("dynamodb")
    client.create_table(
        TableName="other",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "N"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    fails(UnusableStoreError, "another key", lambda: send(open_store("dynamodb://other"), "1", {}))
    too_large = {"u|1": b"x" * 400_000}
    fails(
        UnusableStoreError, "has room", lambda: send(open_store("dynamodb://large"), "1", too_large)
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    monkeypatch.setenv("AWS_MAX_ATTEMPTS", "1")
    fails(StoreDownError, "does not answer", open_store("dynamodb://down").snapshot)
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", "/nowhere")
    fails(UnusableStoreError, "credentials", open_store("dynamodb://nobody").snapshot)
    monkeypatch.delenv("AWS_DEFAULT_REGION")
    fails(UnusableStoreError, "region", lambda: open_store("dynamodb://nowhere"))


# --- the command ---------------------------------------------------------------------------------


@pytest.fixture
def releases(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a release, whose records are made up."""
    folder = tmp_path / "releases"
    (folder / "r1").mkdir(parents=True)
    manifest = {"tables": {"serving_users": {"row_count": 60}, "pings": {"row_count": 9}}}
    (folder / "r1" / "manifest.json").write_text(json.dumps(manifest))
    (folder / "current").symlink_to("r1")
    monkeypatch.setattr(
        "serving.records_of_release.release_records", lambda release: iter(records(1, 60).items())
    )
    return folder


def test_the_command_says_what_it_sent(
    releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    to = f"sqlite:///{tmp_path / 'x.db'}"
    given = ["export", "--to", to, "--releases", str(releases), "--grace", "0"]
    assert serve.main(given) == 0
    size = len(records(1, 60))
    said = capsys.readouterr()
    assert said.out.startswith(
        f"Made {tmp_path / 'x.db'}. Generation 1 of {to} is r1: {size} of {size} records sent ("
    )
    assert said.err == ""
    assert serve.main(given) == 0
    assert f"Nothing to send: generation 1 of {to} is r1 already" in capsys.readouterr().out
    assert serve.main([*given, "--full"]) == 0
    assert f"Generation 2 of {to} is r1: {size} of {size}" in capsys.readouterr().out
    with writing(open_store(to)):
        assert serve.main(given) == 75
    said = capsys.readouterr()
    assert said.err.startswith("serve.py: another process (process ")
    assert said.err.count("\n") == 1


def test_the_command_refuses_in_a_sentence(
    releases: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], aws: str
) -> None:
    there = ["--releases", str(releases)]
    refused = [
        (["--to", f"ftp://{SECRET}@x", *there], 2, "begins with ftp://"),
        (["--releases", str(tmp_path / "none")], 2, "There is no release in"),
        (["--to", f"redis://:{SECRET}@127.0.0.1:1/0", *there], 75, "does not answer"),
        (["--to", f"sqlite:///{releases / 'r1' / 'manifest.json'}", *there], 2, "no store"),
        (["--grace", "nan", *there], 2, "--grace must be"),
    ]
    for arguments, code, said in refused:
        assert serve.main(["export", *arguments]) == code, arguments
        found = capsys.readouterr()
        assert said in found.err
        assert found.err.count("\n") == 1
        assert SECRET not in found.err + found.out


def test_a_release_without_tables_for_serving_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "manifest.json").write_text('{"tables": {}}')
    to = tmp_path / "x.db"
    given = ["export", "--to", f"sqlite:///{to}", "--releases", str(tmp_path)]
    assert serve.main(given) == 2
    assert "serving_enabled: true" in capsys.readouterr().err
    assert not to.exists()
