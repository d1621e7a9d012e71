"""The server of the dashboard: `make dashboard`, or `python scripts/dashboard_app.py`.

The pages are in `dashboard/app.py`. Here stands what a page cannot do for itself: who may ask the
server, that the browser asks this server only, whatever the data holds, and where the server's root
is. The other settings are in `.streamlit/config.toml` beside this file, where Streamlit finds them
from wherever it is started.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

# Pandas and what the pages need is loaded now, not while the first visitor waits; and Streamlit
# would import pandas in one thread while Altair, in another, meets half of it.
import pandas as pd  # noqa: F401
from starlette.datastructures import MutableHeaders
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Message, Receive, Scope, Send
from streamlit import config
from streamlit.starlette import App

from common import BAD_INPUT, SCRIPTS, Ending, InputError, dashboard_address, run_command
from dashboard import charts, screen  # noqa: F401

NO_STATISTICS = "browser.gatherUsageStats"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

# Streamlit styles its elements inline, and Vega compiles its expressions.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval'",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "connect-src 'self' ws: data: blob:",
        "worker-src 'self' blob:",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)

# On a page's own address Streamlit first looks for its server below that address, and the browser
# reports each of these attempts as an error.
ROOT = b"<head><script>window.__streamlit = {BACKEND_BASE_URL: location.origin + '/'}</script>"


class PageHeaders:
    """Adds the policy to every page, and the root of the server."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        # compressed pages could not be changed
        scope["headers"] = [pair for pair in scope["headers"] if pair[0] != b"accept-encoding"]
        start: Message = {}
        body = bytearray()

        async def send_changed(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers["content-security-policy"] = POLICY
                    start = message
                    return
            elif start and message["type"] == "http.response.body":
                body.extend(message.get("body", b""))
                if message.get("more_body"):
                    return
                page = bytes(body).replace(b"<head>", ROOT, 1)
                MutableHeaders(scope=start)["content-length"] = str(len(page))
                await send(start)
                message = {"type": "http.response.body", "body": page}
            await send(message)

        await self.app(scope, receive, send_changed)


# Altair reads its schema at the first charts.
charts.daily_lines(
    [{"date": date(2024, 1, 1), "segment": "all", "value": 1}], "value", "value", "~s"
).to_dict()

app = App(
    SCRIPTS / "dashboard" / "app.py",
    middleware=[Middleware(PageHeaders)],
)


def parser() -> argparse.ArgumentParser:
    """The command line."""
    command = argparse.ArgumentParser(
        prog="dashboard_app.py",
        description="Show the dashboard on the newest release, to this machine only; "
        "PINGTOP_DASHBOARD_ADDRESS names another address to listen on (0.0.0.0: all of them).",
    )
    command.add_argument(
        "--port", type=int, default=8501, help="the port to listen on (default: %(default)s)"
    )
    return command


def serve(port: int) -> None:
    """Serve until stopped. What is set here counts before the files and the environment."""
    address = dashboard_address()
    shown = "localhost" if address in (*THIS_MACHINE, "0.0.0.0", "::") else address
    app.run(
        config={
            "server.address": address,
            "server.port": port,
            "browser.serverAddress": shown,
            NO_STATISTICS: False,
        }
    )


def check_address() -> None:
    """Stop where another program serves this, to more than it may.

    Streamlit has the port by now, but answers nobody before it has loaded this file.
    """
    wanted, given = dashboard_address(), config.get_option("server.address")
    if given != wanted and not (given in THIS_MACHINE and wanted in THIS_MACHINE):
        raise InputError(
            f"the dashboard would listen on {given or 'all addresses'} instead of {wanted}: start "
            "it with make dashboard, and name another address with PINGTOP_DASHBOARD_ADDRESS."
        )
    config.set_option(NO_STATISTICS, False)


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    given = parser().parse_args(arguments)

    def not_listening(error: OSError) -> str:
        return f"the dashboard cannot listen on {dashboard_address()}: {error.strerror}."

    return run_command(
        "dashboard_app.py", lambda: serve(given.port), Ending(OSError, BAD_INPUT, not_listening)
    )


if __name__ == "__main__":
    sys.exit(main())
elif code := run_command("dashboard_app.py", check_address):
    sys.exit(code)
