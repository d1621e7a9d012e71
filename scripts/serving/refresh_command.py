"""`serve.py refresh`: what an hourly build found out, into a store."""

from __future__ import annotations

import argparse
from contextlib import closing
from pathlib import Path

from common import add_database, add_releases, ended_by_signal, target_folder
from log.option_types import number
from pingtop_serving.stores import open_store
from serving.export_command import GRACE, check_grace
from serving.http_server import STORE, store_url


def add_refresh(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The subcommand refresh and its options."""
    command = commands.add_parser(
        "refresh",
        help="bring a store up to the last hourly build",
        description="Refresh what a store holds of pings and of users who did something since the "
        "release that it serves, from the warehouse, without making lists. make hourly does it "
        f"after the build where {STORE} is set (docs/serving.md).",
        epilog="exit codes: 0 done, or nothing to send; 1 nothing was exported into the store yet; "
        "2 bad input: an address, a store that serves another release, a build that was red or had "
        "other settings; 75 the warehouse or the store is in use, or the store does not answer, "
        "try again; 143 ended by SIGTERM, 130 from the keyboard.",
    )
    command.add_argument(
        "--to", metavar="URL", help=f"the store (default: {STORE}, else sqlite:///serving.sqlite)"
    )
    add_database(command)
    command.add_argument(
        "--target",
        type=Path,
        default=target_folder(),
        help="folder with the results of the build (default: DBT_TARGET_PATH, else target)",
    )
    add_releases(command)
    command.add_argument(
        "--grace", type=number, default=GRACE, metavar="SECONDS",
        help="how long what only older generations need is kept after the switch (%(default)g)",
    )  # fmt: skip
    command.set_defaults(run=refresh_as_given)


def refresh_as_given(given: argparse.Namespace) -> None:
    """Refresh as the command line asks for."""
    # here, so that a server does not load what reads releases
    from releases.release import open_release
    from serving.refresh import Warehouse, refresh

    check_grace(given.grace)
    release = open_release(given.releases)
    with closing(open_store(store_url(given.to))) as store, ended_by_signal():
        refresh(
            store,
            Warehouse(given.database, given.target),
            release,
            given.grace,
            on_sent=lambda sent: print(
                sent.sentence(f"{release.name} with what came since", store.name), flush=True
            ),
        )
