"""The server as it is started by hand: a process of its own, on a store in a file."""

from __future__ import annotations

import http.client
import json
import os
import re
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import serve
from small_store import ODD_USER, small_records
from warehouse import PROJECT

from common import BAD_INPUT
from pingtop_serving.stores import open_store
from serving.export import export

TOKEN = "hidden-token"
VIEW = {
    "user_id": "u1",
    "ping_id": "p2",
    "event_type": "view",
    "event_timestamp": "2024-02-21T10:00:00Z",
}


@dataclass
class Running:
    """A server that was started, and where everything of it is."""

    port: int
    store: str
    folder: Path
    log: Path
    process: subprocess.Popen[str]

    def ask(
        self, path: str, body: Any = None, *, method: str = "", token: str | None = TOKEN  # noqa: ANN401
    ) -> tuple[int, Any]:  # fmt: skip
        """The status and the JSON of an answer, over a connection of its own."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"content-type": "application/json"}
        if token:
            headers["authorization"] = f"Bearer {token}"
        content = body if isinstance(body, bytes) or body is None else json.dumps(body).encode()
        connection.request(method or ("GET" if body is None else "POST"), path, content, headers)
        answer = connection.getresponse()
        text = answer.read()
        connection.close()
        is_json = answer.headers["content-type"] == "application/json"
        return answer.status, json.loads(text) if is_json else text.decode()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """A server with a token, which also keeps events for the next build."""
    folder = tmp_path_factory.mktemp("server")
    store = f"sqlite:///{folder / 'serving.sqlite'}"
    export(open_store(store), "a release", sorted(small_records().items()))
    command = [sys.executable, str(PROJECT / "scripts" / "serve.py"), "http", "--store", store]
    options = ["--port", "0", "--token-from", "OWN_TOKEN", "--events", str(folder / "posted")]
    log = folder / "log"
    with log.open("w") as stream:
        process = subprocess.Popen(
            [*command, *options],
            env=os.environ | {"OWN_TOKEN": TOKEN},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stderr is not None
        first = process.stderr.readline()
        with ThreadPoolExecutor(1) as reader:
            reader.submit(lambda: stream.writelines([first, *iter(process.stderr.readline, "")]))
            said = json.loads(first)
            assert (said["event"], said["host"]) == ("listening", "127.0.0.1")
            yield Running(said["port"], store, folder, log, process)
            process.send_signal(signal.SIGTERM)
            assert process.wait(30) in (0, -signal.SIGTERM)
    written = log.read_text()
    for secret in ("hidden", "needle", ODD_USER[:3], "127.0.0.1:"):
        assert secret not in written
    lines = [json.loads(line) for line in written.splitlines()]
    assert {line["event"] for line in lines} == {"listening", "note", "request"}
    assert process.stdout is not None
    assert process.stdout.read() == ""


def test_a_server_does_not_load_what_reads_releases() -> None:
    script = "import sys, serve; print(*{'duckdb', 'numpy', 'pyarrow'} & set(sys.modules))"
    done = subprocess.run(
        [sys.executable, "-c", script],
        env=os.environ | {"PYTHONPATH": str(PROJECT / "scripts")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.split() == []


def test_many_at_once_get_what_one_gets(running: Running) -> None:
    users = ["u1", ODD_USER, "needle", "ü" * 1000]
    paths = [f"/recommendations/{quote(user, safe='')}?k=20" for user in users]
    alone = [running.ask(path) for path in paths]
    assert [status for status, _ in alone] == [200] * 4
    assert [answer["user_id"] for _, answer in alone] == users
    with ThreadPoolExecutor(16) as threads:
        together = list(threads.map(running.ask, paths * 30))
    assert together == alone * 30


def test_events_count_at_once_and_are_kept_for_the_next_build(running: Running) -> None:
    event = VIEW | {"user_id": "needle", "ping_id": "p1"}
    _, before = running.ask("/recommendations/needle")
    assert before["recommendations"][0]["ping_id"] == "p1"
    with ThreadPoolExecutor(8) as threads:
        answers = set(
            map(str, threads.map(lambda _: running.ask("/events", [event] * 5), "x" * 20))
        )
    assert answers == {str((202, {"accepted": 5, "rejected": []}))}
    _, after = running.ask("/recommendations/needle")
    assert "p1" not in [place["ping_id"] for place in after["recommendations"]]
    [file] = (running.folder / "posted").glob("_events-*.jsonl")
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    assert [row["user_id"] for row in rows] == ["needle"] * 100


def test_bad_requests_as_they_come_over_a_wire(running: Running) -> None:
    for path, body, token, expected in (
        ("/events", b" " * 10_000_000, TOKEN, 413),
        ("/events", b"no JSON, needle", TOKEN, 400),
        ("/events", {"needle": 1}, TOKEN, 400),
        ("/events", [VIEW | {"watch_time_sec": "needle"}], TOKEN, 400),
        ("/recommendations/needle?k=1000000000", None, TOKEN, 400),
        ("/recommendations/needle?k=-1", None, TOKEN, 400),
        ("/recommendations/" + "needle" * 5000, None, TOKEN, 400),
        ("/recommendations/%FF", None, TOKEN, 400),
        ("/recommendations/needle", None, None, 401),
        ("/recommendations/needle", None, "hidden-guess", 401),
        ("/events", b" " * 10_000_000, None, 401),
        ("/metrics", None, None, 401),
        ("/needle", None, TOKEN, 404),
    ):
        status, answer = running.ask(path, body, token=token)
        assert (status, answer.keys()) == (expected, {"error"}), path
    assert running.ask("/health", token=None)[0] == 200
    # what is no HTTP at all is answered by uvicorn itself
    with socket.create_connection(("127.0.0.1", running.port), timeout=60) as raw:
        raw.sendall(b"GET /needle\r\nneedle\r\n\r\n")
        assert raw.recv(1000).startswith(b"HTTP/1.1 400 ")


def test_the_load_script_measures_it(running: Running) -> None:
    command = [sys.executable, str(PROJECT / "scripts" / "benchmark_serving.py")]
    common = ["--store", running.store, "--json", "--events", "2"]
    address = ["--url", f"http://127.0.0.1:{running.port}", "--token-from", "OWN_TOKEN"]
    for given, requests in (
        (["http", *address, "--rate", "50", "--seconds", "1"], 50),
        (["score", "--requests", "20"], 20),
    ):
        done = subprocess.run(
            [*command, *given, *common],
            env=os.environ | {"OWN_TOKEN": TOKEN},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        found = json.loads(done.stdout)
        assert (found["requests"], found.get("errors", 0)) == (requests, 0)
        assert 0 < found["p50_ms"] <= found["p99_ms"] <= found["max_ms"]
    assert len(found) > 5


def test_what_cannot_be_served_is_one_sentence(
    running: Running, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:  # fmt: skip
    monkeypatch.delenv("NO_TOKEN", raising=False)
    monkeypatch.setenv("BLANKS", "two words")
    (tmp_path / "file").touch()
    for given, says in (
        (["--port", str(running.port)], "can listen"),
        (["--port", "70000"], "--port"),
        (["--threads", "0"], "--threads"),
        (["--token-from", "NO_TOKEN"], "NO_TOKEN"),
        (["--token-from", "BLANKS"], "ASCII"),
        (["--events", str(tmp_path / "file" / "below")], "below"),
        (["--store", "nowhere"], "store"),
    ):
        assert serve.main(["http", *given]) == BAD_INPUT
        captured = capsys.readouterr()
        sentence = [line for line in captured.err.splitlines() if not line.startswith("{")]
        assert captured.out == ""
        assert len(sentence) == 1
        assert re.fullmatch(r"serve\.py: .+\.", sentence[0])
        assert says in sentence[0]
        assert "two words" not in captured.err
