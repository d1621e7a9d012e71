"""Who the dashboard answers, wherever and however it is started."""

from __future__ import annotations

import os
import socket
import subprocess
from collections.abc import Callable
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from dashboard_server import as_make_does, as_streamlit_does, free_port, serving


def listens_beyond(address: str) -> bool:
    """Whether a server on 127.0.0.1 listens on other addresses of this machine, too."""
    port = urlsplit(address).port
    try:
        socket.create_connection(("127.0.0.2", port), timeout=10).close()
    except ConnectionRefusedError:
        return False
    return True


@pytest.mark.parametrize("start", [as_make_does, as_streamlit_does])
def test_it_answers_this_machine_only(start: Callable[[int], list[str]], tmp_path: Path) -> None:
    log = tmp_path / "log"
    with serving(tmp_path / "no_releases", log, start, {"PINGTOP_DASHBOARD_ADDRESS": ""}) as where:
        assert not listens_beyond(where)
    assert "usage statistics" not in log.read_text()


def test_it_is_opened_on_purpose(tmp_path: Path) -> None:
    opened = {"PINGTOP_DASHBOARD_ADDRESS": "0.0.0.0"}
    with serving(tmp_path / "no_releases", tmp_path / "log", environment=opened) as where:
        assert listens_beyond(where)


def refusal(command: list[str], folder: Path, environment: dict[str, str]) -> str:
    """What a server says that ends before it answers anybody."""
    done = subprocess.run(
        command,
        cwd=folder,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    return done.stderr.strip().splitlines()[-1]


def test_no_setting_of_another_program_opens_it(tmp_path: Path) -> None:
    open_to_all = {"STREAMLIT_SERVER_ADDRESS": "0.0.0.0", "PINGTOP_DASHBOARD_ADDRESS": ""}
    assert refusal(as_streamlit_does(free_port()), tmp_path, open_to_all) == (
        "dashboard_app.py: the dashboard would listen on 0.0.0.0 instead of 127.0.0.1: start it "
        "with make dashboard, and name another address with PINGTOP_DASHBOARD_ADDRESS."
    )


def test_an_address_that_is_none_is_one_sentence(tmp_path: Path) -> None:
    nowhere = {"PINGTOP_DASHBOARD_ADDRESS": "nowhere.invalid"}
    said = refusal(as_make_does(free_port()), tmp_path, nowhere)
    assert said.startswith("dashboard_app.py: the dashboard cannot listen on nowhere.invalid: ")
