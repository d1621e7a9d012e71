"""What is said after a build: what was built, and commands that work on it."""

from __future__ import annotations

import json
from pathlib import Path

import duckdb
import pytest

import summary


def said(
    target: Path, database: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> list[str]:
    statuses = {"model.a": "success", "model.b": "success", "seed.c": "success"}
    statuses |= {"test.p.d": "pass", "unit_test.f": "pass", "test.p.g": "skipped"}
    statuses |= {"test.p.many_rows.0a1b": "warn", "test.p.gate_vanished_files": "warn"}
    results = [{"unique_id": name, "status": status} for name, status in statuses.items()]
    (target / "run_results.json").write_text(json.dumps({"results": results}))
    monkeypatch.setenv("PINGTOP_DATABASE", database)
    monkeypatch.setenv("PINGTOP_RAW_LOCATION", "/data")
    assert summary.main(["--target", str(target), "--next"]) == 0
    return capsys.readouterr().out.splitlines()


def test_warnings_are_no_passes_and_the_user_is_one_of_the_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    database = tmp_path / "it is.duckdb"
    with duckdb.connect(str(database)) as connection:
        connection.execute(
            "create table user_ping_engagement as "
            "select unnest(['$HOME', '0''s', '7f', 'zoë']) as user_id"
        )
    lines = said(tmp_path, str(database), monkeypatch, capsys)
    assert (
        lines[0]
        == "Built 2 models from /data; 2 tests passed, 2 warned (gate_vanished_files, many_rows)."
    )
    assert f"    export PINGTOP_DATABASE='{database}'" in lines
    assert """    make query SQL="from recommendations where user_id = '7f'\"""" in lines


@pytest.mark.parametrize("what", ["nothing", "text", "a database without tables"])
def test_without_a_user_the_hint_is_about_all(
    what: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    database = tmp_path / "x.duckdb"
    if what == "text":
        database.write_text("no database\n")
    elif what != "nothing":
        duckdb.connect(str(database)).close()
    lines = said(tmp_path, str(database), monkeypatch, capsys)
    assert '    make query SQL="from recommendations limit 10"' in lines
