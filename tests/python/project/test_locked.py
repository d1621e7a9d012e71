"""One build at a time: who comes second, builds or reads, is told in one sentence who is first."""

from __future__ import annotations

import errno
import fcntl
import os
import re
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import evaluate
import publish
import pytest
import query
import report
from dbt_runs import run_all
from warehouse import PROJECT, Warehouse

import common
import warehouse_lock
from common import (
    BAD_INPUT,
    InputError,
    InUseError,
    NotOpenedError,
    holder,
    open_database,
    sentence_of,
)
from evaluation.record import HeldError, check_warehouse, record
from releases.release import DATABASE, MANIFEST
from releases.sources import open_warehouse

SCRIPT = """
import sys
import duckdb

connection = duckdb.connect(sys.argv[1], read_only=sys.argv[2] == "reads")
print("open", flush=True)
sys.stdin.read()
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("locked")


@pytest.fixture
def warehouse(folder: Path) -> Warehouse:
    """A warehouse with one table, at the same path for each test."""
    warehouse = Warehouse(folder)
    warehouse.database.unlink(missing_ok=True)
    with duckdb.connect(str(warehouse.database)) as connection:
        connection.execute("create table numbers as select 42 as answer")
    return warehouse


@contextmanager
def held(database: Path, how: str) -> Iterator[int]:
    """The file is open in another process, which `how` says, for reading or for writing."""
    script = [sys.executable, str(Path(database).with_name("holder.py")), str(database), how]
    Path(script[1]).write_text(SCRIPT)
    with subprocess.Popen(
        script, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout
        assert process.stdout.readline() == "open\n"
        yield process.pid
        assert process.stdin
        process.stdin.close()


def holding(database: Path, pid: int) -> str:
    """How every sentence begins: the file and the process, whose long command line is cut."""
    return rf"{re.escape(str(database))} is in use by holder\.py \S.*? ?\(process {pid}\): \S.+\."


def files(folder: Path) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in folder.glob("pingtop.duckdb*")}


def refused(done: subprocess.CompletedProcess[str]) -> str:
    """The sentence of a dbt that stopped before it began, and nothing else beside it."""
    assert done.returncode == BAD_INPUT, done.stdout[-3000:] + done.stderr[-3000:]
    assert "Traceback" not in done.stdout + done.stderr
    said = done.stdout.partition("Encountered an error:\n")[2].strip().splitlines()
    assert (len(said), said[0]) == (2, "Database Error"), done.stdout
    return said[1].strip()


# --- dbt -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("how", ["reads", "writes"])
def test_dbt_says_who_has_the_warehouse(warehouse: Warehouse, how: str) -> None:
    before = files(warehouse.database.parent)
    with held(warehouse.database, how) as pid:
        sentence = refused(warehouse.dbt("build", "--threads", "4", demo=True))
        assert re.fullmatch(holding(warehouse.database, pid), sentence), sentence
        assert sentence.endswith("(make publish).")
    assert files(warehouse.database.parent) == before


def test_a_second_build_leaves_the_first_alone(warehouse: Warehouse) -> None:
    """The first one is stopped at its first seed and goes on when the second has ended."""
    selected = ["seed", "--target-path", str(warehouse.target), "--log-path", str(warehouse.target)]
    first = subprocess.Popen(
        [str(Path(sys.executable).with_name("dbt")), "--no-use-colors", *selected],
        cwd=PROJECT,
        env=os.environ
        | {"PINGTOP_DATABASE": str(warehouse.database), "PINGTOP_RAW_LOCATION": ""}
        | {"PINGTOP_TEMP_DIRECTORY": ""},
        stdout=subprocess.PIPE,
        text=True,
    )
    with first:
        assert first.stdout
        assert any("1 of 4 START seed" in line for line in first.stdout)
        first.send_signal(signal.SIGSTOP)
        try:
            before = files(warehouse.database.parent)
            sentence = refused(warehouse.dbt("seed", demo=True))
            assert files(warehouse.database.parent) == before
        finally:
            first.send_signal(signal.SIGCONT)
        assert "ERROR=0" in first.stdout.read()
    assert first.returncode == 0
    begin = f"{warehouse.database} is in use by dbt --no-use-colors seed"
    assert sentence.startswith(begin)
    assert f"… (process {first.pid}): " in sentence
    assert warehouse.rows("select count(*) from raw.raw_pings") == [(40,)]


def test_dbt_says_that_a_file_is_no_warehouse(warehouse: Warehouse) -> None:
    warehouse.database.write_text("user_id,signup_date\n")
    sentence = refused(warehouse.dbt("seed", demo=True))
    assert sentence == f"{warehouse.database} is no DuckDB file: name a warehouse instead."
    assert warehouse.database.read_text() == "user_id,signup_date\n"


# --- the scripts ---------------------------------------------------------------------------------


def ask(database: Path) -> None:
    query.query(query.parser().parse_args(["--database", str(database), "from numbers"]))


def publish_it(database: Path) -> None:
    open_warehouse(database, database.parent / "spill").close()


def record_nothing(database: Path) -> None:
    with pytest.raises(HeldError) as refusal:
        record([], timedelta(days=7), database, "a log", 0.1, str)
    raise InUseError(str(refusal.value).removeprefix("nothing was recorded: "))


@pytest.mark.parametrize("command", [ask, publish_it, record_nothing])
def test_every_script_says_the_same(warehouse: Warehouse, command: Callable[[Path], None]) -> None:
    with held(warehouse.database, "writes") as pid:
        with pytest.raises(ValueError, match="in use") as refusal:
            command(warehouse.database)
        assert re.fullmatch(holding(warehouse.database, pid), str(refusal.value)), refusal.value


def test_a_release_that_somebody_writes_to(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    duckdb.connect(str(tmp_path / DATABASE)).close()
    (tmp_path / MANIFEST).write_text("{}")
    with held(tmp_path / DATABASE, "writes") as pid:
        given = ["--release", str(tmp_path), "--output", str(tmp_path / "report.html")]
        assert report.main(given) == BAD_INPUT
    said = capsys.readouterr().err
    assert re.fullmatch(f"report.py: {holding(tmp_path / DATABASE, pid)}\n", said), said
    assert "open a release read only" in said


@pytest.mark.parametrize("what", ["text", "folder"])
def test_an_evaluation_stops_before_its_work_where_nothing_could_be_recorded(
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    path = tmp_path / "no_warehouse"
    path.write_text("no warehouse\n") if what == "text" else path.mkdir()
    monkeypatch.setenv("PINGTOP_DATABASE", str(path))
    assert evaluate.main(["--output", str(tmp_path / "evaluation"), "--quiet"]) == BAD_INPUT
    said = capsys.readouterr()
    kind = "no DuckDB file" if what == "text" else "a folder"
    assert re.fullmatch(
        rf"evaluate: {re.escape(str(path))} is {kind}: name a \w+ instead\.\n", said.err
    )
    assert not (tmp_path / "evaluation").exists()
    with pytest.raises(NotOpenedError):
        record([], timedelta(days=7), path, "a log", 0, str)


def test_an_evaluation_begins_where_the_warehouse_is_in_use(warehouse: Warehouse) -> None:
    with held(warehouse.database, "writes"):
        check_warehouse(warehouse.database)
    check_warehouse(warehouse.database.with_name("not_there.duckdb"))


def test_publish_says_that_a_file_is_no_warehouse(warehouse: Warehouse) -> None:
    warehouse.database.write_text("no warehouse\n")
    with pytest.raises(publish.PublishError, match="is no DuckDB file: name a warehouse instead"):
        publish_it(warehouse.database)


# --- the process ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "name"),
    [
        (["/opt/bin/python3.11", "/opt/bin/dbt", "build"], "dbt build"),
        (["python", "-m", "streamlit", "run"], "python -m streamlit run"),
        (["/usr/bin/duckdb", "pingtop.duckdb"], "duckdb pingtop.duckdb"),
        (["duckdb", "-c", "from\n  users;\x1b[2J"], "duckdb -c from users;[2J"),
        (["duckdb", "x" * 60], f"duckdb {'x' * 53}…"),
        (["python3"], "python3"),
        ([], ""),
    ],
)
def test_a_process_is_named_by_what_was_typed(
    words: list[str], name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Path, "read_text", lambda *_, **__: "\0".join(words) + "\0")
    assert common.command_line(1) == name


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ("held in /opt/my bin/python3.11 (PID 123) by user x", "python3.11 (process 123)"),
        ("held in PID 123. See also", "another program (process 123)"),
        ("held in PID 0", "another program"),
        ("held elsewhere", "another program"),
    ],
)
def test_where_the_system_does_not_tell(
    told: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(common, "command_line", lambda _: None)
    assert holder(OSError(f"Could not set lock on file: Conflicting lock is {told}")) == name


# --- what else stops a command -------------------------------------------------------------------


# What stops dbt before it begins, and the sentence; {0} is a folder, {1} the file that is named.
REFUSED = {
    "a missing folder": (
        {"PINGTOP_DATABASE": "{0}/nowhere/x.duckdb"},
        "there is no folder {0}/nowhere for {1}: make it, or name another.",
    ),
    "a name of ours": (
        {"PINGTOP_DATABASE": "{0}/raw.duckdb"},
        "a warehouse cannot be named raw.duckdb, as raw is a name of Pingtop's or of DuckDB's: "
        "name the file otherwise, such as pingtop.duckdb.",
    ),
    "a quote": (
        {"PINGTOP_DATABASE": "{0}/it's.duckdb"},
        "a warehouse cannot be at {1}: name a file without quotes, and a path without any of "
        "? ; # in it.",
    ),
    "a folder": ({"PINGTOP_DATABASE": "{0}/full"}, "{1} is a folder: name a file instead."),
    "an empty file": (
        {"PINGTOP_DATABASE": "{0}/empty.duckdb"},
        "{1} is empty: remove it, and a build makes it anew.",
    ),
    "no threads": (
        {"PINGTOP_THREADS": "0"},
        "PINGTOP_THREADS is '0', but must be a whole number from 1 on, such as 4.",
    ),
    "threads in words": (
        {"PINGTOP_THREADS": "many"},
        "PINGTOP_THREADS is 'many', but must be a whole number from 1 on, such as 4.",
    ),
    "memory in words": (
        {"PINGTOP_MEMORY_LIMIT": "lots"},
        "PINGTOP_MEMORY_LIMIT is 'lots', but must be a number with its unit, such as 4GB.",
    ),
    "a file to spill into": (
        {"PINGTOP_TEMP_DIRECTORY": "{0}/empty.duckdb"},
        "there can be no folder {0}/empty.duckdb to spill into (File exists): name another with "
        "PINGTOP_TEMP_DIRECTORY.",
    ),
    "a spill folder in use": (
        {"PINGTOP_TEMP_DIRECTORY": "{0}/spill"},
        "another build spills into {0}/spill: name another folder with PINGTOP_TEMP_DIRECTORY, or "
        "none, and each warehouse has its own.",
    ),
    "a full disk": (
        {"PINGTOP_DATABASE": "{0}/full/x.duckdb"},
        "{1} cannot be opened: the disk of {1} is full: make room and try again, or name another "
        "place.",
    ),
    "a disk for reading": (
        {"PINGTOP_DATABASE": "{0}/read_only/x.duckdb"},
        "{1} cannot be opened: the disk of {1} can only be read: name another place.",
    ),
}
DISKS = {"a full disk": "full", "a disk for reading": "read_only"}


@pytest.fixture(scope="module")
def places(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A folder with what dbt refuses in it; the disks only where this user may mount some."""
    folder = tmp_path_factory.mktemp("places")
    (folder / "empty.duckdb").touch()
    (folder / "full").mkdir()
    (folder / "read_only").mkdir()
    with ExitStack() as stack:
        for name, options in (("full", "size=64k"), ("read_only", "size=64k,ro")):
            mount = ["mount", "-t", "tmpfs", "-o", options, "tmpfs", str(folder / name)]
            if shutil.which("mount") and subprocess.run(mount, capture_output=True).returncode == 0:
                stack.callback(subprocess.run, ["umount", "-l", str(folder / name)], check=True)
        with suppress(OSError):
            if (folder / "full").is_mount():
                (folder / "full" / "fill").write_bytes(b"x" * 100_000)
        yield folder


def needs_disk(name: str, places: Path) -> None:
    if name in DISKS and not (places / DISKS[name]).is_mount():
        pytest.skip("this user may not mount a disk")


@pytest.fixture(scope="module")
def refusals(places: Path) -> dict[str, dict[str, Any]]:
    """How dbt ends for each of them, one after the other in one process."""
    usual = {"PINGTOP_DATABASE": str(places / "pingtop.duckdb"), "PINGTOP_RAW_LOCATION": ""}
    usual |= {"PINGTOP_THREADS": "", "PINGTOP_MEMORY_LIMIT": "", "PINGTOP_TEMP_DIRECTORY": ""}
    runs = [
        {
            "arguments": ["seed"],
            "environment": usual
            | {variable: value.format(places) for variable, value in given.items()},
        }
        for given, _ in REFUSED.values()
    ]
    (places / "spill").mkdir()
    with in_use(places / "spill"):
        outcomes = run_all(runs, places / "runs", PROJECT, usual)
    return dict(zip(REFUSED, outcomes, strict=True))


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """As another build has a folder to spill into."""
    handle = os.open(folder, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    yield
    os.close(handle)


@pytest.mark.parametrize("name", REFUSED)
def test_dbt_says_in_one_sentence_what_stops_it(
    name: str, places: Path, refusals: dict[str, dict[str, Any]]
) -> None:
    needs_disk(name, places)
    outcome = refusals[name]
    given, sentence = REFUSED[name]
    file = given.get("PINGTOP_DATABASE", "").format(places)
    assert outcome["exit_code"] == BAD_INPUT
    assert "Traceback" not in outcome["output"]
    said = outcome["output"].partition("Encountered an error:\n")[2].strip().splitlines()
    assert [line.strip() for line in said] == ["Database Error", sentence.format(places, file)]


def test_nothing_stays_behind(places: Path, refusals: dict[str, dict[str, Any]]) -> None:
    assert refusals
    there = {"empty.duckdb", "full", "read_only", "runs", "spill"}
    # made, and left as it is, by the builds that were stopped by another thing than their file
    assert {path.name for path in places.iterdir()} - there <= {"pingtop.duckdb"}
    assert {path.name for path in (places / "full").iterdir()} <= {"fill"}


@pytest.mark.parametrize("name", DISKS)
def test_the_scripts_say_what_is_wrong_with_a_disk(
    name: str, places: Path, warehouse: Warehouse, capsys: pytest.CaptureFixture[str]
) -> None:
    needs_disk(name, places)
    disk = places / DISKS[name]
    why = "is full: make room" if name == "a full disk" else "can only be read: name another place"
    built = ["--database", str(warehouse.database)]
    rows = "select range, md5(cast(range as varchar)) from range(10000)"
    commands = [(query, [*built, "--csv", str(disk / "x.csv"), rows])]
    if name == "a disk for reading":
        commands.append((publish, [*built, "--releases", str(disk / "releases")]))
    for command, given in commands:
        assert command.main(given) == BAD_INPUT
        said = capsys.readouterr().err
        assert said.count("\n") == 1, said
        assert why in said


def test_publish_says_which_setting_is_wrong(
    warehouse: Warehouse, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGTOP_THREADS", "0")
    with pytest.raises(InputError, match=r"^PINGTOP_THREADS is '0', but must be a whole number"):
        publish_it(warehouse.database)


@pytest.mark.parametrize(
    ("error", "sentence"),
    [
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/a/b"), "the disk of /a/b is full: "),
        (OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)), "the disk is full: make room"),
        (OSError(errno.ENOENT, os.strerror(errno.ENOENT), "/a/b"), "/a/b: No such file or dir"),
        (duckdb.IOException('IO Error: Could not write file "/a b/c": No space left on device'),
         "the disk of /a b/c is full: "),
        (duckdb.OutOfMemoryException("Out of Memory Error: failed to offload data block of size "
         "160.0 KiB (0 bytes/0 bytes used).\nThis limit was set by"), "the disk is full: "),
        (duckdb.Error("Some Error: one.\ntwo"), "Some Error: one."),
    ],
)  # fmt: skip
def test_an_error_of_the_system_is_one_sentence(error: Exception, sentence: str) -> None:
    said = sentence_of(error)
    assert said.startswith(sentence)
    assert said.endswith(".")
    assert "\n" not in said


# --- where is spilled ----------------------------------------------------------------------------


def test_readers_of_one_file_spill_into_folders_of_their_own(warehouse: Warehouse) -> None:
    """Two that spill into one folder crash, and DuckDB gives all readers of a file the same."""
    code = "import sys; from common import reader_spill; print(reader_spill(sys.argv[1]))"
    command = [sys.executable, "-c", code, str(warehouse.database)]
    folders = {
        subprocess.run(
            command, cwd=PROJECT / "scripts", capture_output=True, text=True, check=True
        ).stdout
        for _ in range(2)
    }
    with open_database(warehouse.database, read_only=True) as connection:
        [(here,)] = connection.execute("select current_setting('temp_directory')").fetchall()
    assert len({*folders, here}) == 3
    assert Path(here) == common.reader_spill(warehouse.database)
    assert Path(here) != common.reader_spill(warehouse.database.with_name("other.duckdb"))


def test_what_a_killed_build_has_spilled_is_removed(warehouse: Warehouse) -> None:
    spill = warehouse_lock.own_spill(str(warehouse.database))
    spill.mkdir()
    (spill / "duckdb_temp_storage_DEFAULT-0.tmp").write_text("left")
    (spill / "mine").write_text("not DuckDB's")
    warehouse_lock.open_once(str(warehouse.database), {})
    assert [path.name for path in spill.iterdir()] == ["mine"]
    shutil.rmtree(spill)


# --- names of the file ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["RAW.db", "main", ".temp.duckdb", "staging.v2.duckdb", 'a"b.db'])
def test_names_that_mean_something_else_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotOpenedError, match="a warehouse cannot be"):
        warehouse_lock.check_name(str(tmp_path / name))


@pytest.mark.parametrize("name", ["a?b", "a;b", "#1", "a?b/pingtop.duckdb", "a#b/pingtop.duckdb"])
def test_paths_that_dbt_takes_for_addresses_are_refused(name: str, tmp_path: Path) -> None:
    with pytest.raises(NotOpenedError, match="a warehouse cannot be"):
        warehouse_lock.check_name(str(tmp_path / name))


@pytest.mark.parametrize(
    "name", ["pingtop", "my data.duckdb", "a.b.duckdb", "Größe.db", "select.db", "a-[1]*.db", "1"]
)
def test_any_other_name_is_dbts_and_duckdbs_name_of_the_database(name: str, tmp_path: Path) -> None:
    path = tmp_path / "it's (1) [a]" / name
    path.parent.mkdir()
    warehouse_lock.check_name(str(path))
    with open_database(path, read_only=False) as connection:
        [(named,)] = connection.execute("select current_database()").fetchall()
    assert named == warehouse_lock.DuckDBCredentials.path_derived_database_name(str(path))
    assert path.is_file()
