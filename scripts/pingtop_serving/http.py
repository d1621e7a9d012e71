"""The HTTP server: routes, limits, logs and metrics around the service."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from functools import partial
from typing import Any

import anyio
from fastapi import FastAPI, Request, Response
from starlette.exceptions import HTTPException
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Receive, Scope, Send

from pingtop_serving import contract
from pingtop_serving.event_log import EventLog
from pingtop_serving.logs import log_request, note
from pingtop_serving.metrics import CONTENT_TYPE, Metrics
from pingtop_serving.page import page
from pingtop_serving.posted import MOST_BYTES, compact
from pingtop_serving.service import Reply, Service, refusal, replied, user_of_path

THREADS = 8  # that read the store at once
MOST_RUNNING = 256  # requests at once; more are told to come again
LISTS = b"/recommendations/"
METHODS = ("GET", "POST", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS")
BODY_SECONDS = 10  # in which a body must come: who sends half of one takes a place of MOST_RUNNING
FINISH_SECONDS = 30  # between two looks for files of past hours


def json_response(reply: Reply) -> Response:
    """A reply as HTTP has it."""
    return Response(compact(reply.body), reply.status, reply.headers, "application/json")


def make_app(
    service: Service,
    *,
    log_user_data: bool = False,
    threads: int = THREADS,
    most_running: int = MOST_RUNNING,
) -> FastAPI:
    """The application. most_running: requests at once, more get a 503."""
    metrics = Metrics()
    # kept for as long as the server, as are the connections that stores have for each thread
    pool = ThreadPoolExecutor(threads, "request")

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        async with anyio.create_task_group() as tasks:
            if isinstance(service.event_log, EventLog):
                tasks.start_soon(finish_hours, partial(in_thread, service.event_log.finish_quietly))
            yield
            tasks.cancel_scope.cancel()
        pool.shutdown()

    app = FastAPI(
        title="Pingtop",
        version="1",
        description=contract.DESCRIPTION,
        openapi_url="/openapi.json",
        docs_url=None,  # its page would load scripts from the internet
        redoc_url=None,
        redirect_slashes=False,
        lifespan=lifespan,
    )

    async def in_thread(work: Callable[..., Any], *given: Any) -> Any:  # noqa: ANN401
        return await asyncio.get_running_loop().run_in_executor(pool, work, *given)

    async def answer(request: Request, work: Callable[[], Reply]) -> Response:
        """What the service replies, in a thread: stores are waited for."""
        request.scope["reply"] = reply = await in_thread(replied, work)
        return json_response(reply)

    def refused(request: Request) -> Response | None:
        """The answer to who does not bring the token, before anything else is looked at."""
        reply = service.refused(request.headers.get("authorization"))
        if reply is None:
            return None
        request.scope["reply"] = reply
        return json_response(reply)

    @app.get("/recommendations/{user_id:path}", **contract.LISTS)
    async def recommendations(request: Request) -> Response:
        # the path as it came: decoded, a slash of an id could not be told from one between
        encoded = request.scope["raw_path"].partition(b"?")[0].partition(LISTS)[2]
        query = dict(request.query_params)
        return refused(request) or await answer(
            request, lambda: service.recommendations(user_of_path(encoded), query)
        )

    @app.post("/events", **contract.EVENTS)
    async def events(request: Request) -> Response:
        if response := refused(request):
            return response
        content_type = request.headers.get("content-type")
        body = await read_body(request)
        if isinstance(body, Reply):
            request.scope["reply"] = body
            response = json_response(body)
            response.headers["connection"] = "close"  # the rest of the body is no next request
            return response
        return await answer(request, lambda: service.events(body, content_type))

    @app.get("/health", **contract.HEALTH)
    async def health(request: Request) -> Response:
        return await answer(request, service.health)

    @app.get("/metrics", **contract.METRICS)
    async def numbers(request: Request) -> Response:
        return refused(request) or Response(metrics.text(), media_type=CONTENT_TYPE)

    @app.get("/docs", include_in_schema=False)
    async def docs() -> Response:
        return Response(page(app.openapi()), media_type="text/html", headers=contract.PAGE_HEADERS)

    @app.get("/", include_in_schema=False)
    async def root() -> Response:
        return Response(status_code=307, headers={"location": "docs"})

    @app.exception_handler(HTTPException)
    async def no_route(request: Request, error: Exception) -> Response:
        assert isinstance(error, HTTPException)
        reply = refusal(error.status_code, contract.NO_ROUTE, problem="NoRoute")
        request.scope["reply"] = reply
        response = json_response(reply)
        response.headers.update(error.headers or {})  # Allow
        return response

    app.add_middleware(
        Around, metrics=metrics, log_user_data=log_user_data, most_running=most_running
    )
    return app


async def finish_hours(finish: Callable[[], Awaitable[OSError | None]]) -> None:
    """Give the log's files of past hours their names, also where nothing is posted."""
    while True:
        await anyio.sleep(FINISH_SECONDS)
        error = await finish()
        if error:
            note("log_not_finished", logging.WARNING, problem=type(error).__name__)


async def read_body(request: Request) -> bytes | Reply:
    """The body; of one that is longer than may be only so much that it is seen to be.

    Of one that does not come, what is said.
    """
    parts, size = [], 0
    try:
        with anyio.fail_after(BODY_SECONDS):
            async for part in request.stream():
                parts.append(part)
                size += len(part)
                if size > MOST_BYTES:
                    break
    except TimeoutError:
        sentence = f"The body did not come within {BODY_SECONDS} seconds."
        return refusal(408, sentence, problem="Slow")
    except ClientDisconnect:  # nobody hears it, but it is no fault of ours
        return refusal(400, "The body ended before it was whole.", problem="ClientDisconnect")
    return b"".join(parts)


class Around:
    """Around every request: a bound on how many run at once, its log line, its counts."""

    def __init__(
        self, app: ASGIApp, metrics: Metrics, log_user_data: bool, most_running: int
    ) -> None:
        """app: what answers."""
        self.app = app
        self.metrics = metrics
        self.log_user_data = log_user_data
        self.most_running = most_running
        self.running = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        started = time.perf_counter()
        status = 500

        async def sent(message: Any) -> None:  # noqa: ANN401
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        self.running += 1
        self.metrics.running.set(self.running)
        try:
            if self.running > self.most_running:
                scope["reply"] = reply = refusal(
                    503, "The server is busy: come again.", problem="Busy"
                )
                await json_response(reply)(scope, receive, sent)
            else:
                await self.app(scope, receive, sent)
        except BaseException as error:
            scope["reply"] = Reply(status, {}, {"problem": type(error).__name__}, fault=error)
            raise
        finally:
            self.running -= 1
            self.metrics.running.set(self.running)
            self.tell(scope, status, time.perf_counter() - started)

    def tell(self, scope: Scope, status: int, seconds: float) -> None:
        """Count a request, and log it."""
        reply = scope.get("reply") or Reply(status, {})
        # the path as the routes name it: what a user sends is no label, and in no log
        route = getattr(scope.get("route"), "path_format", "other")
        method = scope["method"] if scope["method"] in METHODS else "other"
        self.metrics.count(route, method, reply, seconds)
        user_data = None
        if self.log_user_data:
            client = scope.get("client")
            user_data = {"client": client[0] if client else None, "path": scope["path"]}
        log_request(method, route, reply, seconds * 1000, user_data)
