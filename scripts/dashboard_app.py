"""The server of the dashboard: `make dashboard`, or `python scripts/dashboard_app.py`.

The pages are in `dashboard/app.py`. Here stands what a page cannot do for itself: who may ask the
server. The other settings are in `.streamlit/config.toml` beside this file, where Streamlit finds
them from wherever it is started.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from datetime import date

# Pandas and what the pages need is loaded now, not while the first visitor waits; and Streamlit
# would import pandas in one thread while Altair, in another, meets half of it.
import pandas as pd  # noqa: F401
from starlette.middleware import Middleware
from streamlit import config
from streamlit.starlette import App

from common import BAD_INPUT, SCRIPTS, Ending, InputError, dashboard_address, run_command
from dashboard import daily_charts, screen  # noqa: F401
from dashboard.page_headers import PageHeaders

NO_STATISTICS = "browser.gatherUsageStats"
THIS_MACHINE = ("127.0.0.1", "localhost", "::1")

# Altair reads its schema at the first charts.
daily_charts.daily_lines(
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
