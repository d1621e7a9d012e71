"""The HTTP server: what it answers to good and to bad requests, and what it tells of them."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from prometheus_client.parser import text_string_to_metric_families
from small_store import ODD_USER, PINGS, SmallStore
from starlette.testclient import TestClient

from pingtop_serving.contract import List as ListOfContract
from pingtop_serving.errors import BadRequestError
from pingtop_serving.event_log import EventLog
from pingtop_serving.http import make_app
from pingtop_serving.logs import log_to
from pingtop_serving.service import Service

TOKEN = "a-Secret-Token"
MOMENT = datetime(2024, 2, 21, 10, 30, tzinfo=UTC)
VIEW = {
    "user_id": "u1",
    "ping_id": "p2",
    "event_type": "view",
    "event_timestamp": "2024-02-21T10:00:00Z",
    "watch_time_sec": 3.5,
}


class Server:
    """An application in this process, with its store, its log of events and its log lines."""

    def __init__(
        self,
        folder: Path | None = None,
        token: str | None = None,
        **options: Any,  # noqa: ANN401
    ) -> None:
        self.store = SmallStore()
        log = EventLog(folder, clock=lambda: MOMENT) if folder else None
        service = Service(self.store, token=token, event_log=log, clock=lambda: MOMENT)
        self.logged = io.StringIO()
        log_to(self.logged, with_user_data=options.get("log_user_data", False))
        self.client = TestClient(make_app(service, **options), raise_server_exceptions=False)

    def list_of(self, user_id: str, query: str = "", status: int = 200) -> dict[str, Any]:
        answer = self.client.get(f"/recommendations/{quote(user_id, safe='')}{query}")
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def post(self, body: Any, status: int) -> dict[str, Any]:  # noqa: ANN401
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = {"content-type": "application/json"}
        answer = self.client.post("/events", content=content, headers=headers)
        assert answer.status_code == status, answer.text
        return dict(answer.json())

    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.logged.getvalue().splitlines()]


Start = Callable[..., Server]


@pytest.fixture
def start() -> Iterator[Start]:
    """Starts a server; all end with the test."""
    with ExitStack() as servers:

        def started(*given: Any, **options: Any) -> Server:  # noqa: ANN401
            found = Server(*given, **options)
            servers.enter_context(found.client)
            return found

        yield started


@pytest.fixture
def server(start: Start) -> Server:
    return start()


def pings_of(answer: dict[str, Any]) -> list[str]:
    return [place["ping_id"] for place in answer["recommendations"]]


def the_error(answer: dict[str, Any]) -> str:
    """The one sentence of a refusal."""
    assert answer.keys() == {"error"}
    assert answer["error"][-1] == "."
    assert "\n" not in answer["error"]
    return str(answer["error"])


# --- lists ----------------------------------------------------------------------------------------


def test_a_list_has_what_the_contract_says(server: Server) -> None:
    answer = server.list_of("u1", "?k=3")
    ListOfContract.model_validate(answer, strict=True)
    assert {name: answer[name] for name in ("user_id", "generation", "strategy", "arm")} == {
        "user_id": "u1", "generation": 7, "strategy": "heuristic", "arm": None,
    }  # fmt: skip
    assert [place["rank"] for place in answer["recommendations"]] == [1, 2, 3]
    for place in answer["recommendations"]:
        parts = [value for name, value in place.items() if name.endswith("_part")]
        assert len(parts) == 6
        assert place["score"] == sum(parts)


def test_users_of_any_text_have_their_own_list(server: Server) -> None:
    own = server.list_of(ODD_USER)
    assert (own["user_id"], own["strategy"]) == (ODD_USER, "heuristic")
    assert pings_of(own) == pings_of(server.list_of("u1"))
    for user_id in (
        "x",
        "../health",
        "a/b",
        "//",
        "ü" * 1000,
        "%2F",
        "a+b",
        "'; drop",
        "\n",
        "a\\b",
    ):
        answer = server.list_of(user_id)
        assert (answer["user_id"], answer["strategy"]) == (user_id, "default")
        assert pings_of(answer) == PINGS[:10]
    assert pings_of(server.list_of("x", "?country=de"))[0] == "p4"
    assert server.list_of("u1", "?arm=control")["arm"] == "control"


@pytest.mark.parametrize(
    ("path", "says"),
    [
        *((f"u1?k={k}", "k must be a whole number from 1 to 200") for k in (
            "0", "-1", "201", "1000000000", "9" * 5000, "ten", "", "1.5", "%31%00", "٣", "1e2",
        )),
        ("", "empty"),
        ("%20%20", "empty"),
        ("x" * 1001, "1,001 characters"),
        ("%C3%BC" * 1001, "1,001 characters"),
        ("%FF%FE", "UTF-8"),
        ("%ED%A0%80", "UTF-8"),
        ("a%00b", "code 0"),
        ("u1?arm=nobody", "arm"),
        (f"u1?country={'x' * 1001}", "country"),
        ("u1?region=%00", "region"),
    ],
)  # fmt: skip
def test_a_bad_question_gets_one_sentence(server: Server, path: str, says: str) -> None:
    answer = server.client.get(f"/recommendations/{path}")
    assert answer.status_code == 400, answer.text
    assert says in the_error(answer.json())
    assert len(answer.text) < 300


def test_what_is_not_there(server: Server) -> None:
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/recommendations", 404),
        ("POST", "/recommendations/u1", 405),
        ("GET", "/events", 405),
        ("DELETE", "/health", 405),
        ("BREW", "/", 405),
    ):
        answer = server.client.request(method, path)
        assert answer.status_code == status
        the_error(answer.json())
    assert answer.headers["allow"]


# --- events ---------------------------------------------------------------------------------------


def test_posted_events_count_from_the_next_request_on(server: Server) -> None:
    assert {"p2", "p4"} <= set(pings_of(server.list_of("u1")))
    posted = [VIEW, VIEW, VIEW | {"ping_id": 4, "event_type": "Like", "user_id": " u1 "}]
    assert server.post(posted, 202) == {"accepted": 3, "rejected": []}
    after = server.list_of("u1")
    assert {"p2", "p4"} & set(pings_of(after)) == {"p4"}  # 4 is another ping than p4
    assert pings_of(server.list_of("x"))[:2] == ["p1", "p2"]  # and u1 another user
    # a user who was not known has something seen, and a list without it
    server.post([VIEW | {"user_id": "new", "ping_id": "p1"}], 202)
    assert "p1" not in pings_of(server.list_of("new"))


def test_what_the_intake_would_reject_is_kept_for_it_and_changes_no_list(
    start: Start, tmp_path: Path
) -> None:
    server = start(tmp_path)
    before = server.list_of("u1")
    odd = [
        VIEW | {"event_type": "stare"},
        VIEW | {"event_timestamp": "yesterday"},
        VIEW | {"event_timestamp": 12},
    ]
    assert server.post([*odd, VIEW | {"user_id": "x"}], 202) == {
        "accepted": 1,
        "rejected": [
            {"event": 1, "reason": "unknown event type"},
            {"event": 2, "reason": "unparseable or missing event timestamp"},
            {"event": 3, "reason": "unparseable or missing event timestamp"},
        ],
    }
    assert server.list_of("u1") == before
    [file] = tmp_path.glob("_events-*.jsonl")
    assert len(file.read_text().splitlines()) == 4
    [line] = [line for line in server.lines() if line.get("events")]
    assert (line["events"], line["rejected_events"]) == (1, 3)


def without(name: str) -> dict[str, Any]:
    return {key: value for key, value in VIEW.items() if key != name}


@pytest.mark.parametrize(
    ("body", "status", "says"),
    [
        (b"", 400, "no JSON"),
        (b"{", 400, "no JSON"),
        (b"\xff\xfe[\x00]\x00", 400, "no JSON"),
        (b"[" * 100_000, 400, "no JSON"),
        (b"[NaN]", 400, "no JSON"),
        (b"[" + b"9" * 5000 + b"]", 400, "no JSON"),
        (b"{}", 400, "no JSON list"),
        (b'"text"', 400, "no JSON list"),
        (b"null", 400, "no JSON list"),
        ([None], 400, "Event 1 is no JSON object"),
        ([VIEW, []], 400, "Event 2 is no JSON object"),
        ([VIEW, VIEW | {"extra": 1}], 400, "Event 2 has the field 'extra'"),
        ([VIEW | {"x" * 900 + "\n": 1}], 400, "…"),
        ([VIEW | {"content_id": "p3"}], 400, "ping_id by two names"),
        *(([without(name)], 400, f"Event 1 has no {name}") for name in (
            "user_id", "ping_id", "event_type", "event_timestamp",
        )),
        *(([VIEW | {name: value}], 400, f"Event 1: {name} ") for name, value in (
            ("user_id", 1.5), ("user_id", True), ("user_id", ["u1"]), ("user_id", "  "),
            ("user_id", "x" * 1001), ("user_id", 10**1001), ("user_id", "\0"),
            ("ping_id", {}), ("ping_id", "\ud800"), ("event_id", 0.5),
            ("event_type", 1), ("event_type", "x" * 101), ("event_timestamp", False),
            ("event_timestamp", 10**400), ("event_timestamp", "x" * 101),
            ("watch_time_sec", "3"), ("watch_time_sec", -1), ("watch_time_sec", True),
        )),
        (b'[{"user_id": "u1", "watch_time_sec": 1e999}]', 400, "watch_time_sec"),
        ([VIEW] * 1001, 413, "1,001 events"),
        (b" " * 1_000_001, 413, "larger than 1,000,000 bytes"),
    ],
)  # fmt: skip
def test_a_bad_body_gets_one_sentence_and_nothing_is_kept(
    server: Server, body: Any, status: int, says: str  # noqa: ANN401
) -> None:  # fmt: skip
    answer = server.post(body, status)
    assert says in the_error(answer)
    assert len(answer["error"]) < 300
    assert server.store.posted == {}


def test_a_body_without_an_end_is_not_read_on(server: Server) -> None:
    given = 0

    def parts() -> Iterator[bytes]:
        nonlocal given
        for _ in range(100):
            given += 1
            yield b" " * 100_000

    headers = {"content-type": "application/json"}
    answer = server.client.post("/events", content=parts(), headers=headers)
    assert answer.status_code == 413
    the_error(answer.json())
    plain = server.client.post("/events", content=b"[]", headers={"content-type": "text/plain"})
    assert plain.status_code == 415
    the_error(plain.json())


def test_a_body_that_does_not_come_is_not_waited_for(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pingtop_serving.http.BODY_SECONDS", 0.05)
    scope = {
        "type": "http", "method": "POST", "path": "/events", "raw_path": b"/events",
        "query_string": b"", "headers": [(b"content-type", b"application/json")],
    }  # fmt: skip

    async def ask(then: dict[str, Any] | None) -> list[Any]:
        """The messages of the answer to who sends half a body, and then this or nothing."""
        come: list[Any] = [{"type": "http.request", "body": b"[", "more_body": True}]
        come += [then] if then else []
        told: list[Any] = []

        async def receive() -> Any:  # noqa: ANN401
            return come.pop(0) if come else await asyncio.sleep(60)

        async def send(message: Any) -> None:  # noqa: ANN401
            told.append(message)

        await server.client.app(scope, receive, send)
        return told

    begin, body = asyncio.run(ask(None))
    assert begin["status"] == 408
    assert (b"connection", b"close") in begin["headers"]
    the_error(json.loads(body["body"]))
    asyncio.run(ask({"type": "http.disconnect"}))
    logged = [(line["status"], line["problem"]) for line in server.lines()]
    assert logged == [(408, "Slow"), (400, "ClientDisconnect")]


# --- stores and logs that fail --------------------------------------------------------------------


def test_an_empty_store_and_one_that_is_down(start: Start, tmp_path: Path) -> None:
    server = start(tmp_path)
    for fails in ("empty", "down"):
        server.store.generation, server.store.is_down = None, fails == "down"
        answers = [
            server.client.get("/recommendations/u1"),
            server.client.get("/health"),
            server.client.post("/events", json=[VIEW]),
        ]
        for answer in answers:
            assert answer.status_code == 503
            assert answer.headers["retry-after"] == "5"
            assert "store.internal" not in the_error(answer.json())
        assert "store.internal" in server.lines()[-1]["says"]
    # what was posted meanwhile is not lost for the warehouse
    [file] = tmp_path.glob("_events-*.jsonl")
    assert len(file.read_text().splitlines()) == 2
    server.store.generation, server.store.is_down = 8, False
    assert server.client.get("/health").json() == {"status": "ok", "generation": 8}


def test_a_log_that_cannot_be_written(
    start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = start(tmp_path)

    def full(*_: Any) -> None:  # noqa: ANN401
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("pingtop_serving.event_log.os.write", full)
    the_error(server.post([VIEW], 503))
    assert server.store.posted == {}
    monkeypatch.undo()
    [file] = tmp_path.glob("_events-*.jsonl")
    assert file.read_bytes() == b""


def test_a_fault_is_said_without_what_it_says(server: Server) -> None:
    server.store.records["u|u1"] = b"\x81\xa1c\x05"  # candidates that are a number
    the_error(server.list_of("u1", status=500))
    line = server.lines()[-1]
    assert (line["status"], line["level"], line["problem"]) == (500, "error", line["fault"])
    assert any("recommend.py" in place for place in line["places"])
    assert "says" not in line


def test_too_much_at_once_is_told_to_come_again(start: Start) -> None:
    server = start(most_running=0)
    answer = server.client.get("/recommendations/u1")
    assert answer.status_code == 503
    the_error(answer.json())
    assert server.lines()[-1]["problem"] == "Busy"


# --- the token, logs, metrics ---------------------------------------------------------------------


def test_only_who_brings_the_token_is_answered(
    start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    compared = []
    monkeypatch.setattr(
        "pingtop_serving.service.hmac.compare_digest",
        lambda given, token: compared.append(given) or given == token,
    )
    server = start(token=TOKEN)
    asked = (("GET", "/recommendations/u1"), ("POST", "/events"), ("GET", "/metrics"))
    for authorization in (None, b"", b"Bearer", b"Bearer x", b"Basic " + TOKEN.encode(), b"\xff"):
        headers = [("authorization", authorization)] if authorization is not None else []
        for method, path in asked:
            answer = server.client.request(method, path, headers=headers, content=b"x" * 2_000_000)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"] == "Bearer"
            the_error(answer.json())
    assert len(compared) == 18
    right = [("authorization", f"bearer  {TOKEN} ".encode())]
    assert server.client.get("/recommendations/u1", headers=right).status_code == 200
    assert server.client.get("/metrics", headers=right).status_code == 200
    assert server.client.get("/health").status_code == 200
    assert "Secret" not in server.logged.getvalue()
    for token in ("", "ü", "two words"):
        with pytest.raises(BadRequestError, match="ASCII"):
            Service(server.store, token=token)


def test_logs_have_nothing_of_a_user_unless_asked_for(start: Start) -> None:
    secrets = ("somebody", "p999", "needle", "testclient", "hidden")
    for log_user_data in (False, True):
        server = start(log_user_data=log_user_data)
        event = VIEW | {"user_id": "somebody", "ping_id": "p999"}
        headers = {"authorization": "Bearer hidden", "referer": "hidden", "user-agent": "hidden"}
        server.client.headers.update(headers)
        server.list_of("somebody", "?k=2&other=needle")
        server.list_of("somebody", "?k=needle", status=400)
        server.post([event], 202)
        server.post([event | {"needle": 1}], 400)
        server.client.get("/somebody/hidden?needle")
        logged = server.logged.getvalue()
        lines = server.lines()
        assert [line["status"] for line in lines] == [200, 400, 202, 400, 404]
        found = [word for word in secrets if word in logged]
        if not log_user_data:
            assert found == []
            assert lines[0] == {
                "event": "request", "level": "info", "method": "GET", "status": 200,
                "route": "/recommendations/{user_id}", "generation": 7, "strategy": "default",
                "arm": None, "places": 2, "new_events": 0,
                "at": lines[0]["at"], "milliseconds": lines[0]["milliseconds"],
            }  # fmt: skip
        else:
            assert found == ["somebody", "needle", "testclient", "hidden"]  # of the path
            assert lines[0]["user_id"] == "somebody"
            assert lines[2]["user_ids"] == ["somebody"]
            assert "needle" in lines[1]["error"]


def test_metrics_count_by_route_and_never_by_path(start: Start) -> None:
    server = start()
    for number in range(20):
        server.list_of(f"somebody{number}")
        server.client.request(f"VERB{number}", f"/nothing{number}")
    server.list_of("u1")
    server.list_of("u1", "?k=0", status=400)
    server.post([VIEW, VIEW | {"event_type": "stare"}], 202)
    answer = server.client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    found = {
        (sample.name, *(value for _, value in sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }
    lists = "/recommendations/{user_id}"
    assert found["pingtop_requests_total", "GET", lists, "200"] == 21
    assert found["pingtop_requests_total", "GET", lists, "400"] == 1
    assert found["pingtop_requests_total", "other", "other", "404"] == 20
    assert found["pingtop_lists_total", "default"] == 20
    assert found["pingtop_lists_total", "heuristic"] == 1
    assert found["pingtop_events_total",] == 1
    assert found["pingtop_generation",] == 7
    assert found["pingtop_problems_total", "BadRequestError"] == 1
    assert found["pingtop_request_seconds_count", lists] == 22
    assert found["process_resident_memory_bytes",] > 0
    assert "somebody" not in answer.text
    # each server has a registry of its own
    assert "pingtop_requests_total{" not in start().client.get("/metrics").text


# --- the contract and its page --------------------------------------------------------------------


def test_the_page_says_what_the_contract_says_and_loads_nothing(server: Server) -> None:
    contract = server.client.get("/openapi.json").json()
    assert contract["paths"].keys() == {
        "/recommendations/{user_id}", "/events", "/health", "/metrics",
    }  # fmt: skip
    lists = contract["paths"]["/recommendations/{user_id}"]["get"]
    assert [one["name"] for one in lists["parameters"]] == [
        "user_id", "k", "arm", "country", "region",
    ]  # fmt: skip
    assert lists["responses"].keys() == {"200", "400", "401", "503"}
    assert server.client.get("/").url.path == "/docs"
    page = server.client.get("/docs")
    assert "default-src 'none'" in page.headers["content-security-policy"]
    for text in ("http-equiv", "<script", "<link", "<img", "src=", "url("):
        assert text not in page.text
    for route in contract["paths"]:
        assert route in page.text
    for status in ("202", "413", "415"):
        assert f"<code>{status}</code>" in page.text
    [example] = contract["paths"]["/events"]["post"]["requestBody"]["content"].values()
    server.post(example["schema"]["example"], 202)
