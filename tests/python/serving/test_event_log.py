"""Posted events in files of the log: whole lines, whatever happens, that the intake reads once."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from warehouse import PROJECT

from pingtop_serving.event_log import EventLog
from pingtop_serving.posted import read_events

HOUR = timedelta(hours=1)
WRITER = """
import sys, json
from pathlib import Path
from pingtop_serving.event_log import EventLog
log = EventLog(Path(sys.argv[1]))
print("ready", flush=True)
for number in range(int(sys.argv[3])):
    line = json.dumps({"writer": sys.argv[2], "number": number, "filler": "x" * 20_000})
    log.append([line.encode()] * 5)
"""


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime(2024, 2, 21, 10, 59, 59, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_file_an_hour_which_never_changes_once_it_has_its_name(tmp_path: Path) -> None:
    clock, folder = Clock(), tmp_path / "interactions" / "posted"
    log, other = EventLog(folder, clock), EventLog(folder, clock)
    log.append([b"1", b"2"])
    other.append([b"3"])
    assert names(folder) == ["_events-20240221T10.jsonl"]
    log.finish()
    assert names(folder) == ["_events-20240221T10.jsonl"]
    clock.now += HOUR
    other.append([b"4"])
    assert names(folder) == ["_events-20240221T11.jsonl", "events-20240221T10.jsonl"]
    assert (folder / "events-20240221T10.jsonl").read_bytes() == b"1\n2\n3\n"
    # a clock that goes back finds another name
    clock.now -= HOUR
    log.append([b"5"])
    clock.now += 3 * HOUR
    EventLog(folder, clock)
    assert names(folder) == [
        "events-20240221T10-2.jsonl",
        "events-20240221T10.jsonl",
        "events-20240221T11.jsonl",
    ]
    assert (folder / "events-20240221T10-2.jsonl").read_bytes() == b"5\n"


@pytest.mark.parametrize("left", [b"", b'{"half": ', b"x" * 200_000])
def test_what_a_killed_process_left_of_a_line_is_cut_off(tmp_path: Path, left: bytes) -> None:
    clock = Clock()
    log = EventLog(tmp_path, clock)
    log.append([b"1"])
    path = tmp_path / "_events-20240221T10.jsonl"
    path.write_bytes(path.read_bytes() + left)
    log.append([b"2"])
    assert path.read_bytes() == b"1\n2\n"
    path.write_bytes(path.read_bytes() + left)
    (tmp_path / "_events-20240221T09.jsonl").write_bytes(left)  # nothing whole: no file
    clock.now += HOUR
    log.finish()
    assert names(tmp_path) == ["events-20240221T10.jsonl"]
    assert (tmp_path / "events-20240221T10.jsonl").read_bytes() == b"1\n2\n"


def test_lines_of_several_processes_stay_whole_also_where_one_is_killed(tmp_path: Path) -> None:
    environment = os.environ | {"PYTHONPATH": str(PROJECT / "scripts")}

    def writer(name: str, calls: int) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", WRITER, str(tmp_path), name, str(calls)]
        return subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)

    killed, steady = writer("killed", 100_000), writer("steady", 150)
    assert killed.stdout is not None
    assert killed.stdout.readline() == "ready\n"
    time.sleep(0.3)
    killed.send_signal(signal.SIGKILL)
    assert killed.wait(30) == -signal.SIGKILL
    assert steady.wait(120) == 0
    EventLog(tmp_path).append([b"{}"])
    found = [
        json.loads(line)
        for path in tmp_path.glob("*events-*.jsonl")
        for line in path.read_bytes().splitlines()
    ]
    steadily = [one["number"] for one in found if one.get("writer") == "steady"]
    assert steadily == [number for number in range(150) for _ in range(5)]
    assert any(one.get("writer") == "killed" for one in found)
    assert all(len(one["filler"]) == 20_000 for one in found if one)


def test_a_line_has_every_column_and_when_it_arrived() -> None:
    body = json.dumps(
        [
            {
                "content_id": 7,
                "ouser_id": "ü\u2028\n",
                "event_type": "view",
                "event_timestamp": 1708509600.5,
            }
        ]
    )
    [line] = read_events(body.encode()).lines(datetime(2024, 2, 21, 10, 30, tzinfo=UTC))
    assert line.isascii()
    assert b"\n" not in line
    assert json.loads(line) == {
        "user_id": "ü\u2028\n",
        "ping_id": "7",
        "event_type": "view",
        "event_timestamp": "1708509600.5",
        "watch_time_sec": None,
        "event_id": None,
        "loaded_at": "2024-02-21T10:30:00.000Z",
    }


def test_who_writes_waits_for_who_does(tmp_path: Path) -> None:
    log = EventLog(tmp_path, Clock())
    with ThreadPoolExecutor(2) as threads:
        with log._locked():
            waiting = [threads.submit(log.append, [b"1"]), threads.submit(log.finish)]
            time.sleep(0.2)
            assert names(tmp_path) == []
            assert not any(one.done() for one in waiting)
        assert [one.result(30) for one in waiting] == [None, None]
    assert names(tmp_path) == ["_events-20240221T10.jsonl"]
