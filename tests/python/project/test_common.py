"""What the commands share: one rule each for errors, exit codes, paths and quoting."""

from __future__ import annotations

import ast
import csv
import importlib
import re
import subprocess
import sys
from importlib.metadata import packages_distributions
from pathlib import Path

import duckdb
import pytest
import query

from common import (
    BAD_INPUT,
    FAILED,
    OK,
    PROJECT,
    SCRIPTS,
    STOPPED,
    Ending,
    InputError,
    all_of,
    default_warehouse,
    identifier,
    literal,
    named_rows,
    releases_folder,
    run_command,
    target_folder,
)

COMMANDS = sorted(path for path in SCRIPTS.glob("*.py") if path.name != "common.py")
MODULES = sorted(SCRIPTS.rglob("*.py"))
LONGEST_COMMAND = 150
LONGEST_MODULE = 450

ODD_NAMES = [
    "plain",
    "two words",
    "it's",
    'a "quoted" one',
    "'",
    '"',
    "';--",
    "Größe",
    "a\nb",
    "select",
]


# --- quoting and rows ----------------------------------------------------------------------------


@pytest.mark.parametrize("name", ODD_NAMES)
def test_whatever_is_in_a_name_or_text_comes_back(name: str) -> None:
    with duckdb.connect() as connection:
        connection.execute(f"create table {identifier(name)} ({identifier(name)} varchar)")
        connection.execute(f"insert into {identifier(name)} values ({literal(name)})")
        found = named_rows(connection.execute(f"select * from {identifier(name)}"))
    assert found == [{name: name}]


def test_a_file_in_an_oddly_named_folder_is_written_and_read(tmp_path: Path) -> None:
    path = tmp_path / 'it\'s a "folder"' / "1.parquet"
    path.parent.mkdir()
    with duckdb.connect() as connection:
        connection.execute(f"copy (select 1 as one) to {literal(path)} (format parquet)")
        assert path.is_file()
        assert named_rows(connection.execute(f"from {literal(path)}")) == [{"one": 1}]


def test_conditions_that_are_not_there_are_left_out() -> None:
    assert all_of(["a = 1", "", "b = 2"]) == "a = 1 and b = 2"
    assert all_of([]) == ""


# --- paths ---------------------------------------------------------------------------------------


def test_paths_from_another_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("PINGTOP_DATABASE", "PINGTOP_RELEASES", "DBT_TARGET_PATH"):
        monkeypatch.delenv(variable, raising=False)
    assert default_warehouse() == PROJECT / "pingtop.duckdb"
    assert releases_folder() == PROJECT / "releases"
    assert target_folder() == PROJECT / "target"
    for variable in ("PINGTOP_DATABASE", "PINGTOP_RELEASES", "DBT_TARGET_PATH"):
        monkeypatch.setenv(variable, "")
    assert default_warehouse() == PROJECT / "pingtop.duckdb"
    assert releases_folder() == PROJECT / "releases"
    assert target_folder() == PROJECT / "target"
    monkeypatch.setenv("PINGTOP_DATABASE", " ")
    assert default_warehouse() == PROJECT / "pingtop.duckdb"
    monkeypatch.setenv("PINGTOP_DATABASE", "own.duckdb")
    assert default_warehouse().resolve() == tmp_path / "own.duckdb"
    monkeypatch.setenv("PINGTOP_DATABASE", str(tmp_path / "below" / "own.duckdb"))
    assert default_warehouse() == tmp_path / "below" / "own.duckdb"
    monkeypatch.setenv("PINGTOP_RELEASES", "elsewhere")
    assert releases_folder() == PROJECT / "elsewhere"
    monkeypatch.setenv("PINGTOP_RELEASES", "s3://bucket/prefix/")
    assert releases_folder() == "s3://bucket/prefix"


def test_a_command_finds_the_warehouse_from_another_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGTOP_DATABASE", "own.duckdb")
    with duckdb.connect(str(tmp_path / "own.duckdb")) as connection:
        connection.execute("create table numbers as select 42 as answer")
    command = [sys.executable, str(SCRIPTS / "query.py"), "from numbers"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (OK, "")
    assert "42" in done.stdout
    command[-1] = "from nothing"
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout) == (BAD_INPUT, "")
    assert done.stderr.startswith("query: Catalog Error")


# What a spreadsheet would run has an apostrophe before it; numbers and all else stay as they are.
CELLS = {
    "'=1+1'": "'=1+1",
    "'+1+1'": "'+1+1",
    "'-1+1'": "'-1+1",
    "'@sum(1)'": "'@sum(1)",
    "chr(9) || '=1'": "'\t=1",
    "chr(13) || '=1'": "'\r=1",
    "cast('=1' as blob)": "'=1",
    "'=a, \"b\"'": '\'=a, "b"',
    "'a=1'": "a=1",
    "chr(39)": "'",
    "-1": "-1",
    "cast(-0.5 as decimal(3, 1))": "-0.5",
    "cast(-0.5 as double)": "-0.5",
    "date '2024-02-13'": "2024-02-13",
    "null": "",
}


def test_a_csv_for_a_spreadsheet_has_no_formulas(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    database, written = tmp_path / "own.duckdb", tmp_path / "out.csv"
    duckdb.connect(str(database)).close()
    given = ["--database", str(database), "--csv", str(written)]
    cells = [f"{cell} as column_{number}" for number, cell in enumerate(CELLS)]
    assert query.main([*given, f"select {', '.join(cells)}, 1 as same, 2 as same"]) == OK
    assert capsys.readouterr().out == ""
    with written.open(newline="") as lines:
        [_, values] = csv.reader(lines)
    assert values == [*CELLS.values(), "1", "2"]
    assert query.main([*given, "begin"]) == BAD_INPUT


# --- errors and exit codes -----------------------------------------------------------------------


def raiser(error: BaseException | None) -> None:
    if error is not None:
        raise error


def test_each_error_ends_in_its_sentence_and_code(capsys: pytest.CaptureFixture[str]) -> None:
    own = (
        Ending(KeyError, FAILED, lambda error: f"no {error.args[0]}."),
        Ending(FileNotFoundError, BAD_INPUT, lambda _: "no file."),
        Ending(OSError, FAILED),
    )
    cases: list[tuple[BaseException | None, int, str]] = [
        (None, OK, ""),
        (InputError("give [1] or more."), BAD_INPUT, "command: give [1] or more.\n"),
        (KeyError("row"), FAILED, "command: no row.\n"),
        (FileNotFoundError("x"), BAD_INPUT, "command: no file.\n"),
        (PermissionError("closed"), FAILED, "command: closed\n"),
        (KeyboardInterrupt(), STOPPED, "command: stopped.\n"),
    ]
    for error, code, sentence in cases:
        assert run_command("command", lambda error=error: raiser(error), *own) == code
        captured = capsys.readouterr()
        assert (captured.out, captured.err) == ("", sentence)
    assert run_command("command", lambda: FAILED) == FAILED
    with pytest.raises(ZeroDivisionError):  # a fault of ours is not hidden
        run_command("command", lambda: raiser(ZeroDivisionError()), *own)


@pytest.mark.parametrize(
    ("command", "arguments"),
    [
        ("benchmark", "--repeat 0"),
        ("benchmark", "--parts 3"),
        ("benchmark", "--incremental --parts 3 --daily-builds 3"),
        ("benchmark", "--incremental --sizes 10 20"),
        ("benchmark_evaluation", "--users 2"),
        ("evaluate", "--output out --seed -1"),
        ("evaluate", "--output out --as-of yesterday"),
        ("generate_data", "--output out --events 0"),
        ("promote", "--evaluation nowhere"),
        ("publish", "--keep 0"),
        ("publish", "--target nowhere --releases releases"),
        ("query", "--database nowhere.duckdb"),
        ("report", "--release nowhere"),
        ("summary", "--target nowhere"),
    ],
)
def test_bad_input_is_one_sentence_and_code_2(
    command: str,
    arguments: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    assert importlib.import_module(command).main(arguments.split()) == BAD_INPUT
    captured = capsys.readouterr()
    assert captured.out == ""
    assert re.fullmatch(rf"{command}(\.py)?: .+\n", captured.err), captured.err


# --- and it stays so -----------------------------------------------------------------------------


def defined(path: Path) -> set[str]:
    """The names that a module gives a meaning to, itself and at its top level."""
    names = set()
    for node in ast.parse(path.read_text()).body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef):
            names.add(node.name)
        elif isinstance(node, ast.Assign):
            names |= {target.id for target in node.targets if isinstance(target, ast.Name)}
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            names.add(node.target.id)
    return names


@pytest.mark.parametrize("name", sorted(defined(SCRIPTS / "common.py")))
def test_what_is_shared_is_defined_once(name: str) -> None:
    found = [str(path.relative_to(SCRIPTS)) for path in MODULES if name in defined(path)]
    assert found == ["common.py"]


@pytest.mark.parametrize(
    ("what", "pattern"),
    [
        ("quotes SQL", r"""replace\(\s*("'"|'"'|"\\""|'\\''),"""),
        ("finds its own place", r"__file__"),
        (
            "reads a path of the settings",
            r"""environ(\.get\(|\[)\s*"(PINGTOP_(DATABASE|REL)|DBT_)""",
        ),
        ("has an exit code of its own", r"return [1-9]\d*$"),
        ("makes its own progress bar", r"\b(Bar|Text)Column\b"),
    ],
)
def test_only_one_module(what: str, pattern: str) -> None:
    found = {
        path.relative_to(SCRIPTS).as_posix()
        for path in MODULES
        if re.search(pattern, path.read_text(), re.MULTILINE)
    }
    assert found <= {"common.py"}, what


def test_commands_are_thin_and_modules_short() -> None:
    lengths = {path: len(path.read_text().splitlines()) for path in MODULES}
    assert not [path.name for path in COMMANDS if lengths[path] > LONGEST_COMMAND]
    assert not [str(path) for path, length in lengths.items() if length > LONGEST_MODULE]


def test_no_module_hides_another_package() -> None:
    own = {path.stem for path in SCRIPTS.iterdir() if path.suffix == ".py" or path.is_dir()}
    own -= {"__pycache__", ".streamlit"}
    packages = {path.name for path in SCRIPTS.iterdir() if (path / "__init__.py").is_file()}
    assert own == packages | {path.stem for path in SCRIPTS.glob("*.py")}, "a folder is no package"
    assert not own & set(sys.stdlib_module_names)
    assert not own & set(packages_distributions())
