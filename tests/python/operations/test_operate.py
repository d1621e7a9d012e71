"""scripts/operate.py: turns, steps, exit codes and ends, most of them with a stand-in for dbt."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb
import pytest
from publishing import copied
from warehouse import PROJECT, Warehouse

from common import BAD_INPUT, FAILED, OK, TERMINATED, TRY_AGAIN
from operations.run_log import RunLog
from releases.release import open_release

PROGRAM = PROJECT / "scripts" / "operate.py"

# operate.py with another program in dbt's place, which is {dbt}.
WITH_STAND_IN = """
import sys
import operate
import operations.run

operations.run.dbt_command = lambda *given: [sys.executable, "-c", {dbt!r}]
operations.run.built = lambda target: "Built."
operations.run.publish_build = lambda settings, log, patience: log.say("published")
sys.exit(operate.main({arguments!r}))
"""

# What dbt says as JSON: a line each.
SAYS = """
import json, os, sys, time
from pathlib import Path

def say(name, text, **data):
    info = {"name": name, "msg": text, "level": "info", "ts": "2024-02-13T00:00:00.000000Z"}
    print(json.dumps({"info": info, "data": data}), flush=True)

def result(kind, node, status, **place):
    say(kind, node, node_info={"node_name": node}, status=status, index=1, **place)

folder = Path(os.environ["PINGTOP_RELEASES"]).parent
"""
GREEN = SAYS + 'result("LogModelResult", "users", "success", total=2)\n'
WARNED = GREEN + 'result("LogTestResult", "a_gate", "warn", num_models=2)\n'
RED = GREEN + 'result("LogTestResult", "a_rule", "fail", num_models=2)\nsys.exit(1)\n'
PRINTS = SAYS + 'say("PrintEvent", "Odd: a thing.")\nprint("of a library")\n'
REFUSED = SAYS + (
    'say("MainEncounteredError", "Encountered an error:\\nCompilation Error\\n  Correct it.\\n\\n'
    '  > in macro x")\nsys.exit(2)\n'
)
USAGE = 'import sys\nprint("Error: No such option: --many")\nsys.exit(2)\n'
ODD_NAME = SAYS + 'say("PrintEvent", "Odd: caf\\udce9.csv.")\n'
# held at the first look, free at the second
HELD_ONCE = SAYS + (
    'if not (folder / "looked").exists():\n    (folder / "looked").touch()\n'
    '    say("MainEncounteredError", "Encountered an error:\\nDatabase Error\\n  x.duckdb is in '
    'use by dbt (process 1): wait.")\n    sys.exit(2)\n'
)
SLEEPS = SAYS + '(folder / "dbt").write_text(str(os.getpid()))\ntime.sleep(60)\n'
# until it may go on, and a minute at most
WAITS = SLEEPS.replace(
    "time.sleep(60)",
    'any((folder / "go").exists() or time.sleep(0.1) for _ in range(600))',
)
DIES = SAYS + "os.kill(os.getpid(), 9)\n"


def settings(folder: Path) -> dict[str, str]:
    return os.environ | {
        "PYTHONPATH": str(PROJECT / "scripts"),
        "PINGTOP_DATABASE": str(folder / "pingtop.duckdb"),
        "PINGTOP_RAW_LOCATION": "",
        "PINGTOP_TEMP_DIRECTORY": str(folder / "spill"),
        "PINGTOP_RELEASES": str(folder / "releases"),
        "DBT_TARGET_PATH": str(folder / "target"),
        "DBT_LOG_PATH": str(folder / "logs"),
    }


def heed_the_keyboard() -> None:
    """In the new process: whoever runs the tests in the background lets it ignore Ctrl-C."""
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def started(folder: Path, dbt: str, *arguments: str) -> subprocess.Popen[str]:
    script = WITH_STAND_IN.format(dbt=dbt, arguments=["daily", *arguments])
    return subprocess.Popen(
        [sys.executable, "-c", script],
        cwd=PROJECT,
        env=settings(folder),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=heed_the_keyboard,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    said, complained = process.communicate(timeout=120)
    assert "Traceback" not in complained, complained
    return process.returncode, said, complained


def log_of(folder: Path) -> str:
    [path] = (folder / "logs").iterdir()
    return path.read_text()


def wait_for(path: Path) -> str:
    for _ in range(600):
        if path.exists() and path.read_text():
            return path.read_text()
        time.sleep(0.1)
    raise AssertionError(f"{path} did not come")


def is_alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False


@contextmanager
def held(database: Path) -> Iterator[None]:
    """The warehouse is open in another process."""
    script = "import duckdb, sys; c = duckdb.connect(sys.argv[1]); print('open', flush=True)"
    with subprocess.Popen(
        [sys.executable, "-c", f"{script}; sys.stdin.read()", str(database)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stdin
        assert process.stdout.readline() == "open\n"
        yield
        process.stdin.close()


# --- how a run ends ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("dbt", "code", "sentence"),
    [
        (GREEN, OK, "daily: published\ndaily: done\n"),
        (WARNED, OK, "daily: 1 warned: a_gate\n"),
        (PRINTS, OK, "daily: Odd: a thing.\n"),
        (RED, FAILED, "operate.py: the build is red, 1 failed (a_rule): see "),
        (DIES, FAILED, "operate.py: the build is red, dbt was ended by the signal 9: see "),
        (REFUSED, BAD_INPUT, "operate.py: Correct it.\n"),
        (USAGE, BAD_INPUT, "operate.py: dbt does not take its options: No such option: --many\n"),
        (ODD_NAME, OK, "daily: Odd: caf\\udce9.csv.\n"),
        (HELD_ONCE, OK, "waiting up to 5 s: x.duckdb is in use by dbt (process 1)\n"),
    ],
)
def test_exit_codes(dbt: str, code: int, sentence: str, tmp_path: Path) -> None:
    found, said, complained = ended(started(tmp_path, dbt, "--wait", "5"))
    assert (found, sentence in said + complained) == (code, True), said + complained
    assert ("daily: published" in said) == (code == OK)
    assert "building; all that dbt says is in " in log_of(tmp_path)
    if dbt == PRINTS:
        assert "dbt   of a library\n" in log_of(tmp_path)


def test_a_store_that_cannot_be_served_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PINGTOP_STORE", "memory://")
    code, said, complained = ended(started(tmp_path, GREEN))
    assert (code, "daily: published" in said) == (FAILED, True), said + complained
    assert "the build is green, but the store stays as it was: There is no release" in complained


def test_a_held_warehouse_is_waited_for(tmp_path: Path) -> None:
    database = tmp_path / "pingtop.duckdb"
    with held(database):
        code, said, complained = ended(started(tmp_path, GREEN, "--wait", "1"))
        assert code == TRY_AGAIN
        assert f"waiting up to 1 s: {database} is in use by " in said
        assert complained.endswith("it still was after 1 seconds: try again.\n")
        second = started(tmp_path, GREEN, "--wait", "60")
        assert second.stdout
        assert "waiting up to 60 s" in second.stdout.readline()
    assert ended(second)[0] == OK


def test_the_second_of_two_waits_for_the_first(tmp_path: Path) -> None:
    first = started(tmp_path, WAITS)
    wait_for(tmp_path / "dbt")
    assert ended(started(tmp_path, GREEN, "--wait", "0"))[0] == TRY_AGAIN
    second = started(tmp_path, GREEN)
    assert second.stdout
    assert f"another run (operate.py, process {first.pid}) is at work" in second.stdout.readline()
    (tmp_path / "go").touch()
    assert ended(second)[0] == OK
    assert first.poll() is not None
    assert ended(first)[0] == OK


@pytest.mark.parametrize(("number", "code"), [(signal.SIGTERM, TERMINATED), (signal.SIGINT, 130)])
def test_ended_by_a_signal(number: signal.Signals, code: int, tmp_path: Path) -> None:
    run = started(tmp_path, SLEEPS)
    dbt = int(wait_for(tmp_path / "dbt"))
    run.send_signal(number)
    found, said, complained = ended(run)
    assert (found, complained.count("\n")) == (code, 1)
    assert "published" not in said
    assert not is_alive(dbt)
    assert ended(started(tmp_path, GREEN, "--wait", "0"))[0] == OK


def test_a_killed_run_blocks_nothing(tmp_path: Path) -> None:
    run = started(tmp_path, SLEEPS)
    dbt = int(wait_for(tmp_path / "dbt"))
    run.kill()
    run.communicate()
    for _ in range(100):
        if not is_alive(dbt):
            break
        time.sleep(0.1)
    assert not is_alive(dbt)
    assert ended(started(tmp_path, GREEN, "--wait", "0"))[0] == OK


@pytest.mark.parametrize(
    ("variable", "value", "sentence"),
    [
        ("PINGTOP_LOCK_WAIT_SECONDS", "soon", "must be a number of seconds, at least 0, but is 's"),
        ("PINGTOP_LOCK_WAIT_SECONDS", "-1", "must be a number of seconds, at least 0, but is '-1'"),
        ("PINGTOP_DATABASE", "/nowhere/x.duckdb", "there is no folder /nowhere for /nowhere/x.du"),
        ("PINGTOP_STORE", "ftp://x", "the address of the store begins with ftp://: give one such"),
        ("DBT_LOG_PATH", "/dev/null/logs", "operate.py: /dev/null/logs: Not a directory."),
        ("DBT_TARGET_PATH", "/dev/null/target", "operate.py: /dev/null/target: Not a directory."),
    ],
)
def test_bad_settings_are_refused(
    variable: str, value: str, sentence: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "daily"],
        env=settings(tmp_path) | {variable: value},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, sentence in done.stderr) == (BAD_INPUT, True), done.stderr
    assert done.stderr.count("\n") == 1


def test_old_logs_go(tmp_path: Path) -> None:
    for number in range(4):
        (tmp_path / f"daily-2024021{number}T000000Z.log").touch()
    (tmp_path / "hourly-20240210T000000Z.log").touch()
    log, other = RunLog(tmp_path, "daily"), RunLog(tmp_path, "daily")
    assert log.path != other.path
    other.close(keep=9)
    log.close(keep=3)
    kept = sorted(path.name for path in tmp_path.iterdir())
    assert kept[0] == "daily-20240213T000000Z.log"
    assert len(kept) == 4
    assert kept[-1] == "hourly-20240210T000000Z.log"


# --- with dbt itself -----------------------------------------------------------------------------


def test_a_day_with_dbt(demo: Warehouse, tmp_path: Path) -> None:
    """Refused, then done: what dbt says is understood, logged, recorded and published."""
    warehouse = copied(demo, tmp_path)

    def operate(**environment: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, str(PROGRAM), "daily"],
            cwd=PROJECT,
            env=settings(tmp_path) | environment,
            capture_output=True,
            text=True,
            check=False,
        )

    refused = operate(PINGTOP_RAW_LOCATION="/nowhere")
    assert refused.returncode == BAD_INPUT, refused.stdout + refused.stderr
    assert refused.stderr.startswith("operate.py: The raw location '/nowhere' is not a folder")
    assert refused.stderr.count("\n") == 1
    assert not (tmp_path / "releases").exists()
    done = operate()
    assert done.returncode == OK, done.stdout + done.stderr
    log = sorted((tmp_path / "logs").iterdir())[-1].read_text()
    assert "create or replace view" in log or "create or replace table" in log.lower()
    assert "Completed successfully" in log
    release = open_release(tmp_path / "releases")
    rows = release.rows("from build_history order by started_at")
    assert [row["status"] for row in rows] == ["green", "refused", "green"]
    assert rows[-1]["invocation_id"] == release.manifest["invocation_id"]
    assert rows[-1]["selection"] == "--selector daily"
    status = subprocess.run(
        [sys.executable, str(PROJECT / "scripts" / "status.py"), "--json"],
        env=settings(tmp_path),
        capture_output=True,
        text=True,
        check=True,
    )
    told = json.loads(status.stdout)
    assert told["current_release"]["release"] == release.name
    assert (told["in_use"], told["source"]) == (None, "warehouse")
    assert [build["status"] for build in told["builds"]] == ["green", "refused", "green"]
    with duckdb.connect(str(warehouse.database)):
        held_now = subprocess.run(
            [sys.executable, str(PROJECT / "scripts" / "status.py"), "--json"],
            env=settings(tmp_path),
            capture_output=True,
            text=True,
            check=True,
        )
    told = json.loads(held_now.stdout)
    assert (told["source"], len(told["builds"])) == ("release", 3)
    assert " is in use by " in told["in_use"]
