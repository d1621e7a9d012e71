"""The same service as an AWS Lambda function: what API Gateway sends in, and gets back."""

from __future__ import annotations

import base64
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any
from urllib.parse import quote, unquote

import pytest
from serving_stores import AWS, aws_server
from small_store import ODD_USER, SmallStore
from warehouse import PROJECT

from pingtop_serving import aws
from pingtop_serving.service import Service

VIEW = {
    "user_id": "u1",
    "ping_id": "p2",
    "event_type": "view",
    "event_timestamp": "2024-02-21T10:00:00Z",
}
JSON = {"Content-Type": "application/json; charset=utf-8"}
Shape = Callable[..., dict[str, Any]]


def rest(method: str, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """A REST API with proxy integration: the path is handed on as it came, without the stage."""
    query = given.get("query", {})
    headers = given.get("headers", {})
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": headers or None,
        "multiValueHeaders": {name: [value] for name, value in headers.items()} or None,
        "queryStringParameters": query or None,
        "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} or None,
        "pathParameters": {"proxy": path.lstrip("/")},
        "stageVariables": None,
        "requestContext": {
            "stage": "prod",
            "path": f"/prod{path}",
            "httpMethod": method,
            "identity": {"sourceIp": "192.0.2.7", "userAgent": "curl"},
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
        },
        "body": given.get("body"),
        "isBase64Encoded": given.get("is_base64", False),
    }


def http_api(method: str, path: str, stage: str = "$default", **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """An HTTP API with payloads of version 2.0: the path is decoded, with a stage before it."""
    query = "&".join(f"{name}={quote(value)}" for name, value in given.get("query", {}).items())
    decoded = unquote(path) if stage == "$default" else f"/{stage}{unquote(path)}"
    event = {
        "version": "2.0",
        "routeKey": "$default",
        "rawPath": decoded,
        "rawQueryString": query,
        "headers": {name.lower(): value for name, value in given.get("headers", {}).items()},
        "requestContext": {
            "domainName": "abc.execute-api.eu-west-1.amazonaws.com",
            "http": {"method": method, "path": decoded, "sourceIp": "192.0.2.7"},
            "stage": stage,
        },
        "isBase64Encoded": given.get("is_base64", False),
    }
    return event | {"body": given["body"]} if "body" in given else event


def staged(method: str, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """The same in a stage with a name."""
    return http_api(method, path, stage="prod", **given)


def function_url(method: str, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """A function URL: version 2.0 too, but the path is handed on as it came."""
    event = http_api(method, path, **given)
    event["rawPath"] = path
    event["requestContext"]["domainName"] = "abc.lambda-url.eu-west-1.on.aws"
    return event


def http_api_version_1(method: str, path: str, **given: Any) -> dict[str, Any]:  # noqa: ANN401
    """An HTTP API with payloads of version 1.0: that of a REST API, with the path decoded."""
    return rest(method, unquote(path), **given) | {"version": "1.0"}


@pytest.fixture
def store(monkeypatch: pytest.MonkeyPatch) -> Iterator[SmallStore]:
    """What the function reads; its own environment is empty."""
    for name in ("STORE", "TOKEN", "FIREHOSE", "LOG_USER_DATA"):
        monkeypatch.delenv(f"PINGTOP_{name}", raising=False)
    found = SmallStore()
    monkeypatch.setattr("pingtop_serving.stores.open_store", lambda _url: found, raising=False)
    for cached in (aws.service, aws.logs_user_data):
        cached.cache_clear()
    yield found
    for cached in (aws.service, aws.logs_user_data):
        cached.cache_clear()


def call(event: dict[str, Any], status: int) -> dict[str, Any]:
    """The body of what the function answers."""
    answer = aws.handler(json.loads(json.dumps(event)), None)
    assert json.loads(json.dumps(answer)) == answer
    assert answer["statusCode"] == status, answer
    assert answer["headers"]["content-type"] == "application/json"
    assert answer["isBase64Encoded"] is False
    return dict(json.loads(answer["body"]))


@pytest.mark.parametrize("shape", [rest, http_api, staged, function_url, http_api_version_1])
def test_every_shape_of_event_is_answered_as_over_http(store: SmallStore, shape: Shape) -> None:
    over_http = Service(store).recommendations
    for user_id in ("u1", "x", ODD_USER, "50%", "%2F", "a+b", "ü" * 1000):
        path = f"/recommendations/{quote(user_id, safe='')}"
        expected = over_http(user_id, {"k": "3"}).body
        assert call(shape("GET", path, query={"k": "3"}), 200) == expected
    assert call(shape("GET", "/recommendations/x", query={"country": "de"}), 200) == (
        over_http("x", {"country": "de"}).body
    )
    assert call(shape("GET", "/health"), 200) == {"status": "ok", "generation": 7}
    body = json.dumps([VIEW | {"user_id": "ü"}], ensure_ascii=False)
    packed = base64.b64encode(body.encode()).decode()
    for number, given in enumerate(({"body": body}, {"body": packed, "is_base64": True}), 1):
        assert call(shape("POST", "/events", headers=JSON, **given), 202)["accepted"] == 1
        assert len(store.posted["ü"]) == number


@pytest.mark.parametrize("shape", [rest, http_api])
def test_bad_requests(store: SmallStore, shape: Shape) -> None:
    for method, path, given, status in (
        ("GET", "/", {}, 404),
        ("GET", "/nothing", {}, 404),
        ("GET", "/metrics", {}, 404),
        ("DELETE", "/health", {}, 405),
        ("GET", "/events", {}, 405),
        ("GET", "/recommendations/", {}, 400),
        ("GET", "/recommendations/u1", {"query": {"k": "1000000000"}}, 400),
        ("GET", f"/recommendations/{'x' * 1001}", {}, 400),
        ("POST", "/events", {}, 415),
        ("POST", "/events", {"headers": JSON}, 400),
        ("POST", "/events", {"headers": JSON, "body": "{"}, 400),
        ("POST", "/events", {"headers": JSON, "body": "%%%", "is_base64": True}, 400),
        ("POST", "/events", {"headers": JSON, "body": "\ud800"}, 400),
        ("POST", "/events", {"headers": JSON, "body": " " * 1_000_001}, 413),
    ):
        answer = call(shape(method, path, **given), status)
        assert answer.keys() == {"error"}
    store.is_down = True
    assert call(shape("GET", "/recommendations/u1"), 503).keys() == {"error"}
    assert call({}, 404).keys() == {"error"}
    assert store.posted == {}


def test_the_token_and_the_logs(
    store: SmallStore, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PINGTOP_TOKEN", "hidden-token")
    assert call(rest("GET", "/recommendations/needle"), 401).keys() == {"error"}
    assert call(rest("POST", "/events"), 401).keys() == {"error"}
    right = {"AUTHORIZATION": "Bearer hidden-token"}
    call(rest("GET", "/recommendations/needle", headers=right), 200)
    call(http_api("GET", "/recommendations/needle", headers=right), 200)
    logged = capsys.readouterr().out
    lines = [json.loads(line) for line in logged.splitlines()]
    assert [line["status"] for line in lines] == [401, 401, 200, 200]
    assert not [word for word in ("hidden", "needle", "192.0.2.7") if word in logged]
    aws.logs_user_data.cache_clear()
    monkeypatch.setenv("PINGTOP_LOG_USER_DATA", "1")
    call(http_api("GET", "/recommendations/needle", headers=right), 200)
    logged = capsys.readouterr().out
    assert "hidden" not in logged
    assert '"user_id":"needle"' in logged
    assert '"client":"192.0.2.7"' in logged


def test_a_package_of_three_is_enough() -> None:
    """What docs/serving.md packs for Lambda: this package, msgpack and zstandard."""
    asks = (
        "import sys; from pingtop_serving import aws; "
        "assert aws.handler({})['statusCode'] == 404; "
        "print(*{name.partition('.')[0] for name in sys.modules})"
    )
    folder = str(PROJECT / "scripts")
    done = subprocess.run(
        [sys.executable, "-c", asks],
        env={"PYTHONPATH": folder},
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(done.stdout.splitlines()[-1].split())
    others = loaded - set(sys.stdlib_module_names) - {"__main__"}
    others = {name for name in others if not name.startswith("_")}
    assert others <= {"pingtop_serving", "msgpack", "zstandard", "sitecustomize", "cython_runtime"}


# --- Firehose -------------------------------------------------------------------------------------


class SomeTaken:
    """A client of Firehose that refuses the first record once, or always."""

    def __init__(self, is_stubborn: bool = False) -> None:
        self.calls: list[list[bytes]] = []
        self.taken: list[bytes] = []
        self.is_stubborn = is_stubborn

    def put_record_batch(self, *, DeliveryStreamName: str, Records: list[Any]) -> dict[str, Any]:
        assert DeliveryStreamName == "posted"
        data = [record["Data"] for record in Records]
        refused = 1 if self.is_stubborn or not self.calls else 0
        self.calls.append(data)
        self.taken += data[refused:]
        answers = [{"ErrorCode": "ServiceUnavailableException"}] * refused
        return {"RequestResponses": [*answers, *({"RecordId": "1"} for _ in data[refused:])]}


def test_posted_events_go_to_firehose_each_once(store: SmallStore) -> None:
    log = aws.Firehose.__new__(aws.Firehose)
    log.stream, log.client = "posted", SomeTaken()
    # as large as a call may be, and larger with its letters escaped
    events = [VIEW | {"ping_id": f"{number} {'ü' * 420}"} for number in range(1000)]
    body = json.dumps(events, ensure_ascii=False).encode()
    assert 900_000 < len(body) < 1_000_000
    reply = Service(store, event_log=log).events(body, "application/json")
    assert reply.body["accepted"] == 1000
    first, again = log.client.calls
    assert sum(map(len, first)) < 4_000_000
    assert max(map(len, first)) <= 1_000_000
    assert again == first[:1]
    taken = [json.loads(line) for data in log.client.taken for line in data.splitlines()]
    assert {line["ping_id"] for line in taken} == {event["ping_id"] for event in events}
    assert len(taken) == 1000
    log.client = SomeTaken(is_stubborn=True)
    assert Service(store, event_log=log).events(body, "application/json").status == 503
    assert len(store.posted["u1"]) == 1000


def test_firehose_brings_lines_to_s3(store: SmallStore, monkeypatch: pytest.MonkeyPatch) -> None:
    import boto3

    for name, value in AWS.items():
        monkeypatch.setenv(name, value)
    with aws_server() as address:
        monkeypatch.setenv("AWS_ENDPOINT_URL", address)
        s3, firehose = boto3.client("s3"), boto3.client("firehose")
        s3.create_bucket(Bucket="logs")
        destination = {
            "RoleARN": "arn:aws:iam::123456789012:role/any",
            "BucketARN": "arn:aws:s3:::logs",
            "Prefix": "raw/interactions/",
        }
        firehose.create_delivery_stream(
            DeliveryStreamName="posted", ExtendedS3DestinationConfiguration=destination
        )
        monkeypatch.setenv("PINGTOP_FIREHOSE", "posted")
        body = json.dumps([VIEW, VIEW | {"event_type": "stare"}])
        assert call(http_api("POST", "/events", headers=JSON, body=body), 202)["accepted"] == 1
        [delivered] = s3.list_objects_v2(Bucket="logs")["Contents"]
        text = s3.get_object(Bucket="logs", Key=delivered["Key"])["Body"].read()
        kinds = [json.loads(line)["event_type"] for line in text.splitlines()]
        assert kinds == ["view", "stare"]
        aws.service.cache_clear()
        monkeypatch.setenv("PINGTOP_FIREHOSE", "nowhere")
        call(http_api("POST", "/events", headers=JSON, body=body), 503)
        assert len(store.posted["u1"]) == 1
