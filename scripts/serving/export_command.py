"""`serve.py export`: the newest release into a store."""

from __future__ import annotations

import argparse
from contextlib import closing
from typing import TYPE_CHECKING

from rich.progress import MofNCompleteColumn

from common import InputError, add_releases, ended_by_signal, progress_bars
from log.option_types import number
from pingtop_serving.stores import open_store
from serving.http_server import STORE, store_url

if TYPE_CHECKING:
    from releases.release import Release
    from serving.export import Sent

GRACE = 30.0  # seconds: far longer than any request


def add_export(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """The subcommand export and its options."""
    command = commands.add_parser(
        "export",
        help="export the newest release into a store",
        description="Make the newest release what a store serves. Only records that changed are "
        "sent; readers see the release before, whole, until all are there. One that was stopped "
        "goes on where it was when it is started again (docs/serving.md).",
        epilog="exit codes: 0 done, or nothing to send; 2 bad input: an address, no release, one "
        "without tables for serving, no rights; 75 another process writes into the store, or it "
        "does not answer, try again; 143 ended by SIGTERM, 130 from the keyboard.",
    )
    command.add_argument(
        "--to",
        metavar="URL",
        help="the store: sqlite:///FILE, redis://HOST:PORT/NUMBER or dynamodb://TABLE (default: "
        f"{STORE}, else sqlite:///serving.sqlite)",
    )
    add_releases(command)
    command.add_argument(
        "--full", action="store_true", help="send all records, not only what changed"
    )
    command.add_argument(
        "--grace", type=number, default=GRACE, metavar="SECONDS",
        help="how long what only older generations need is kept after the switch (%(default)g)",
    )  # fmt: skip
    command.add_argument("--quiet", action="store_true", help="no progress bar")
    command.set_defaults(run=export_as_given)


def expected_records(release: Release) -> int | None:
    """About how many records a release has."""
    tables = release.manifest["tables"]
    if "serving_users" not in tables:
        return None
    expected = 2 * int(tables["serving_users"]["row_count"]) + int(tables["pings"]["row_count"])
    for name in ("ranking_serving_users", "ranking_serving_pings"):
        expected += int(tables.get(name, {}).get("row_count", 0))
    return expected


def export_as_given(given: argparse.Namespace) -> None:
    """Export as the command line asks for."""
    # here, so that a server does not load what reads releases
    from releases.release import open_release
    from serving.export import export
    from serving.records_of_release import release_records

    check_grace(given.grace)
    release = open_release(given.releases)
    with (
        closing(open_store(store_url(given.to))) as store,
        progress_bars(MofNCompleteColumn(), quiet=given.quiet) as progress,
    ):
        task = progress.add_task("exporting", total=expected_records(release))

        def on_sent(sent: Sent) -> None:
            wait = f"waiting {given.grace:g} s to remove what is not read any more"
            progress.update(task, description=wait, total=None)
            made = f"{sent.made[0].upper()}{sent.made[1:]}. " if sent.made else ""
            print(f"{made}{sent.sentence(release.name, store.name)}", flush=True)

        with ended_by_signal():
            export(
                store,
                release.name,
                release_records(release),
                full=given.full,
                grace=given.grace,
                on_records=lambda count: progress.advance(task, count),
                on_sent=on_sent,
            )


def check_grace(seconds: float) -> None:
    """Stop where it is no time to wait."""
    if not 0 <= seconds < float("inf"):
        raise InputError("--grace must be a number of seconds, at least 0.")
