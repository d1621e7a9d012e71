"""One build at a time: who comes second, builds or reads, is told in one sentence who is first."""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import duckdb
import evaluate
import publish
import pytest
import query
import report
from warehouse import PROJECT, Warehouse

import common
import warehouse_lock
from common import BAD_INPUT, InUseError, NotOpenedError, holder, open_database
from evaluation.record import HeldError, check_warehouse, record
from releases.publishing import open_warehouse
from releases.release import DATABASE, MANIFEST

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
        | {"PINGTOP_TEMP_DIRECTORY": str(warehouse.target / "spill")},
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


# --- names and places of the file ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "sentence"),
    [
        ("nowhere/x.duckdb", "there is no folder {0}/nowhere for {1}: make it, or name another."),
        ("raw.duckdb", "a warehouse cannot be named raw.duckdb, as raw is a name of Pingtop's or "
         "of DuckDB's: name the file otherwise, such as pingtop.duckdb."),
        ("it's.duckdb", "a warehouse cannot be at {1}: name a file without quotes, and a path "
         "without any of ? ; # in it."),
    ],
)  # fmt: skip
def test_dbt_says_that_a_warehouse_cannot_be_there(
    path: str, sentence: str, tmp_path: Path, folder: Path
) -> None:
    warehouse = Warehouse(folder)
    database = str(tmp_path / path)
    done = warehouse.dbt("seed", demo=True, environment={"PINGTOP_DATABASE": database})
    assert refused(done) == sentence.format(tmp_path, database)
    assert list(tmp_path.iterdir()) == []


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
