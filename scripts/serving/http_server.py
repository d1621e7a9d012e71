"""`serve.py http`: the HTTP server on a store, until it is stopped."""

from __future__ import annotations

import argparse
import os
import socket
from pathlib import Path
from typing import TYPE_CHECKING

from common import InputError, sentence_of
from pingtop_serving.stores import Store, open_store

if TYPE_CHECKING:
    from pingtop_serving.service import Service

STORE = "PINGTOP_STORE"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")
INSTALL = "install what serving needs: pip install -r requirements-serving.txt (make serve does so)"
BACKLOG = 2048  # connections that may wait
KEEP_SECONDS = 75  # that an idle connection is kept: longer than a load balancer in front does
STOP_SECONDS = 10  # that requests have, once the server is asked to end


def add_http(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The subcommand http and its options."""
    command = commands.add_parser(
        "http",
        help="serve lists over HTTP",
        description="Serve lists over HTTP, until it is stopped (docs/serving.md).",
        epilog="exit codes: 2 bad input: an address, a port that is taken, a token that is not "
        "set, a package that is missing; 143 ended by SIGTERM, 130 from the keyboard. The store is "
        "asked at requests, not before.",
    )
    add_store(command)
    command.add_argument(
        "--host", default="127.0.0.1", help="address to listen on (default: this machine's own)"
    )
    command.add_argument(
        "--port", type=int, default=8080, help="port to listen on (default: %(default)s)"
    )
    command.add_argument(
        "--token-from",
        metavar="VARIABLE",
        help="environment variable with the token that requests must bring (default: none)",
    )
    command.add_argument(
        "--events",
        type=Path,
        metavar="FOLDER",
        help="also write posted events there, a file an hour, for the next build to read",
    )
    command.add_argument(
        "--threads", type=int, default=8, metavar="N",
        help="threads that read the store (default: %(default)s)",
    )  # fmt: skip
    command.add_argument(
        "--log-user-data",
        action="store_true",
        help="log user ids, addresses and what errors say (default: nothing of a user)",
    )
    command.set_defaults(run=serve_http)


def add_store(command: argparse.ArgumentParser) -> None:
    """The option that names the store."""
    command.add_argument(
        "--store",
        metavar="URL",
        help=f"the store to read (default: {STORE}, else sqlite:///serving.sqlite)",
    )


def store_url(given: str | None) -> str:
    """The store of the command line, of the environment, or the usual one."""
    return given or os.environ.get(STORE, "").strip() or "sqlite:///serving.sqlite"


def named_store() -> Store | None:
    """The store of the environment, where one is named."""
    url = os.environ.get(STORE, "").strip()
    return open_store(url) if url else None


def token_of(variable: str | None) -> str | None:
    """The token, from the environment: a command line can be read by others."""
    if variable is None:
        return None
    token = os.environ.get(variable, "").strip()
    if not token:
        raise InputError(f"--token-from names {variable}, which is not set: set it to the token.")
    return token


def checked_service(given: argparse.Namespace) -> Service:
    """The service that the command line asks for."""
    if not 0 <= given.port < 65536:
        raise InputError("--port must be a number from 0 (any that is free) to 65535.")
    if given.threads < 1:
        raise InputError("--threads must be 1 or more.")
    token = token_of(given.token_from)
    try:
        import fastapi  # noqa: F401
        import prometheus_client  # noqa: F401
        import uvicorn  # noqa: F401
    except ImportError as error:
        raise InputError(f"{error.name} is not installed: {INSTALL}.") from error
    from pingtop_serving.event_log import EventLog
    from pingtop_serving.remembered import RememberedStore
    from pingtop_serving.service import Service

    try:
        log = EventLog(given.events) if given.events else None
    except OSError as error:
        raise InputError(sentence_of(error)) from error
    store = RememberedStore(open_store(store_url(given.store)))
    return Service(store, token=token, event_log=log)


def listening_socket(host: str, port: int) -> socket.socket:
    """The address, before anything else is done: what is taken is said in a sentence."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # the protocol by its name: asyncio sends answers at once (TCP_NODELAY) where it says TCP
    found = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        found.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        found.bind((host, port))
        found.listen(BACKLOG)  # who comes before the server is ready waits for it
    except OSError as error:
        found.close()
        raise InputError(f"nothing can listen on {host}:{port}: {error.strerror}.") from error
    return found


def serve_http(given: argparse.Namespace) -> None:
    """Serve until stopped."""
    service = checked_service(given)
    import uvicorn

    from pingtop_serving.http import make_app
    from pingtop_serving.logs import log_to, note

    log_to(with_user_data=given.log_user_data)
    app = make_app(service, log_user_data=given.log_user_data, threads=given.threads)
    config = uvicorn.Config(
        app,
        log_config=None,
        access_log=False,  # of ours: uvicorn's has addresses and paths
        server_header=False,
        timeout_keep_alive=KEEP_SECONDS,
        timeout_graceful_shutdown=STOP_SECONDS,
    )
    with listening_socket(given.host, given.port) as listener:
        has_token = service.token is not None
        note("listening", host=given.host, port=listener.getsockname()[1], token=has_token)
        if not has_token and given.host not in THIS_MACHINE:
            note("open", text="Everybody who reaches this machine can ask for any user's list.")
        uvicorn.Server(config).run(sockets=[listener])
