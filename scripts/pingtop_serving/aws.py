"""The service as an AWS Lambda function behind API Gateway: REST (v1), HTTP API (v2), function URL.

PINGTOP_STORE          the store's address, such as dynamodb://pingtop
PINGTOP_TOKEN          the token that requests must bring; none where it is not set
PINGTOP_FIREHOSE       the Firehose stream that posted events go to, for the next build
PINGTOP_LOG_USER_DATA  1: user ids and addresses are in the logs
"""

from __future__ import annotations

import base64
import binascii
import os
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from urllib.parse import parse_qsl, quote

from pingtop_serving.errors import BadRequestError
from pingtop_serving.logs import log_request, log_to
from pingtop_serving.posted import compact
from pingtop_serving.remembered import RememberedStore
from pingtop_serving.service import Reply, Service, refusal, replied, user_of_path

LISTS = "/recommendations/"
# of a record of Firehose; of a body there are fewer than the four of these that a call may have
MOST_RECORD_BYTES = 1_000_000
TRIES = 3  # of what Firehose did not take
NO_ROUTE = (
    "There is nothing here: ask for GET /recommendations/{user_id}, POST /events or GET /health."
)

Event = Mapping[str, Any]


def handler(event: Event, context: object = None) -> dict[str, Any]:
    """What Lambda calls: an event of API Gateway in, its response out."""
    started = time.perf_counter()
    method, path = method_and_path(event)
    route = LISTS + "{user_id}" if path.startswith(LISTS) else path
    if route not in ROUTES:
        route, reply = "other", refusal(404, NO_ROUTE, problem="NoRoute")
    elif method != ROUTES[route][0]:
        reply = refusal(405, NO_ROUTE, problem="NoRoute")
    else:
        reply = replied(lambda: ROUTES[route][1](event, path))
    log(event, method, route, reply, (time.perf_counter() - started) * 1000)
    return {
        "statusCode": reply.status,
        "headers": reply.headers | {"content-type": "application/json"},
        "body": compact(reply.body).decode(),
        "isBase64Encoded": False,
    }


@lru_cache(maxsize=1)
def service() -> Service:
    """The store is opened by the first request, and kept for those that follow."""
    from pingtop_serving.stores import open_store

    stream = os.environ.get("PINGTOP_FIREHOSE", "").strip()
    return Service(
        RememberedStore(open_store(os.environ.get("PINGTOP_STORE", "").strip())),
        token=os.environ.get("PINGTOP_TOKEN", "").strip() or None,
        event_log=Firehose(stream) if stream else None,
    )


@lru_cache(maxsize=1)
def logs_user_data() -> bool:
    """Whether the logs have it; with the first request, they are set up."""
    asked = os.environ.get("PINGTOP_LOG_USER_DATA", "").strip() == "1"
    log_to(sys.stdout, with_user_data=asked)
    return asked


def lists(event: Event, path: str) -> Reply:
    """The list of a user."""
    refused = service().refused(header(event, "authorization"))
    if refused:
        return refused
    return service().recommendations(user_of_path(path[len(LISTS) :].encode()), query(event))


def events(event: Event, _: str) -> Reply:
    """Keep what was posted."""
    refused = service().refused(header(event, "authorization"))
    return refused or service().events(body(event), header(event, "content-type"))


ROUTES: Mapping[str, tuple[str, Callable[[Event, str], Reply]]] = {
    LISTS + "{user_id}": ("GET", lists),
    "/events": ("POST", events),
    "/health": ("GET", lambda _event, _path: service().health()),
}


# --- What API Gateway says ------------------------------------------------------------------------


def is_version_2(event: Event) -> bool:
    """An HTTP API or a function URL, with payloads of version 2.0."""
    return event.get("version") == "2.0"


def method_and_path(event: Event) -> tuple[str, str]:
    """The method, and the path percent-encoded, without the stage.

    REST APIs and function URLs hand the path on as it came. HTTP APIs decode it, in both versions
    of their payload: it is encoded again, so that both are read alike.
    """
    context = event.get("requestContext") or {}
    if is_version_2(event):
        method, path = (context.get("http") or {}).get("method", ""), event.get("rawPath") or "/"
        stage = context.get("stage", "$default")
        if stage != "$default" and f"{path}/".startswith(f"/{stage}/"):
            path = path[len(stage) + 1 :] or "/"
    else:
        method, path = event.get("httpMethod", ""), event.get("path") or "/"
    is_function_url = ".lambda-url." in context.get("domainName", "")
    if "version" in event and not is_function_url:
        path = quote(path, errors="surrogatepass")
    return method, path


def header(event: Event, name: str) -> str | None:
    """A header, in whatever case; of several the last, as API Gateway has them in version 1."""
    found = None
    for key, value in (event.get("headers") or {}).items():
        if key.lower() == name:
            found = value
    return found


def query(event: Event) -> dict[str, str]:
    """The query's last value of each name, as a server reads it."""
    if is_version_2(event):
        return dict(parse_qsl(event.get("rawQueryString") or "", keep_blank_values=True))
    return dict(event.get("queryStringParameters") or {})


def body(event: Event) -> bytes:
    """The bytes that were sent."""
    text = event.get("body") or ""
    if not event.get("isBase64Encoded"):
        return str(text).encode(errors="surrogatepass")
    try:
        return base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BadRequestError("The body is no base64, as which it was sent.") from None


def log(event: Event, method: str, route: str, reply: Reply, milliseconds: float) -> None:
    """One line of the log; CloudWatch keeps it."""
    user_data = None
    if logs_user_data():
        context = event.get("requestContext") or {}
        known = context.get("http") or context.get("identity") or {}
        user_data = {"client": known.get("sourceIp")}
    log_request(method, route, reply, milliseconds, user_data)


# --- Where posted events go -----------------------------------------------------------------------


class Firehose:
    """A stream that delivers lines to S3, where the next build reads them."""

    def __init__(self, stream: str) -> None:
        """stream: its name; the region and endpoint are those of the environment."""
        import boto3

        self.stream = stream
        self.client = boto3.client("firehose")

    def append(self, lines: Sequence[bytes]) -> None:
        """Send lines; an OSError where not all were taken."""
        waiting = packed(lines)
        for _ in range(TRIES):
            answers = self.put(waiting)
            waiting = [
                one for one, answer in zip(waiting, answers, strict=True) if "ErrorCode" in answer
            ]
            if not waiting:
                return
        raise OSError("Firehose did not take all events.")

    def put(self, records: Sequence[dict[str, bytes]]) -> list[dict[str, Any]]:
        """What Firehose says of each record."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self.client.put_record_batch(
                DeliveryStreamName=self.stream, Records=list(records)
            )
        except (BotoCoreError, ClientError) as error:
            raise OSError("Firehose does not answer.") from error
        return list(answer["RequestResponses"])


def packed(lines: Sequence[bytes]) -> list[dict[str, bytes]]:
    """Lines in few records: each is paid for as a multiple of 5 KB."""
    records, part, size = [], [], 0
    for line in lines:
        if part and size + len(line) >= MOST_RECORD_BYTES:
            records.append({"Data": b"".join(part)})
            part, size = [], 0
        part.append(line + b"\n")
        size += len(line) + 1
    return [*records, {"Data": b"".join(part)}]
