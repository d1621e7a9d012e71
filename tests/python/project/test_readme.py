"""README's commands do what README says, as typed, in a fresh copy of the project."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from fnmatch import fnmatch
from pathlib import Path

import pytest
from warehouse import PROJECT

# What is not part of the project, or not needed to run it.
NOT_COPIED = (
    *(".*", "target", "logs", "releases", "evaluation", "*.duckdb*", "report.html"),
    *("tests/python", "__pycache__"),
)
# Typed as it stands, `make` would look whether the environment is as new as the locks.
MAKE = "make -o .venv/runtime.stamp"

# What is not run as it stands, by what the command has: none where other tests do it.
INSTEAD: dict[str, tuple[str, str] | None] = {
    "/data/": None,  # your own data
    "make dashboard": None,  # the tests of the dashboard open it
    "make build publish": ("build publish", "publish"),  # it is built by then
    "make evaluate": ("--k 10 ", "--k 5 10 "),  # what docs/evaluation.md shows, too
    # whether the values are taken, without the build that they are for
    "make build ARGS=": ("'\"", "' --select event_weights\""),
}


def typed(page: str) -> list[tuple[str, str]]:
    """The commands of a page, each with what stands below it."""
    blocks = re.findall(r"^```console\n(.*?)^```", (PROJECT / page).read_text(), re.M | re.S)
    return [
        (command.replace("\\\n", ""), below)
        for block in blocks
        for command, below in re.findall(
            r"^\$ ((?:.*\\\n)*.*)\n((?:(?!\$ ).*\n)*)", block, re.MULTILINE
        )
    ]


def pattern(below: str) -> str:
    """What a command must print: the lines below it, where … stands for any."""
    lines = (
        r"(?:.*\n)*?" if line == "…" else re.escape(line) + r" *\n" for line in lines_of(below)
    )
    return "".join(lines)


def lines_of(text: str) -> list[str]:
    return [line.rstrip() for line in text.splitlines()]


@pytest.fixture(scope="module")
def copy(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The project as somebody gets it, with the environment of these tests."""
    folder = tmp_path_factory.mktemp("fresh") / "pingtop"

    def ignored(place: str, names: list[str]) -> list[str]:
        paths = ((Path(place) / name).relative_to(PROJECT).as_posix() for name in names)
        return [Path(path).name for path in paths if any(fnmatch(path, one) for one in NOT_COPIED)]

    shutil.copytree(PROJECT, folder, ignore=ignored)
    (folder / ".venv").symlink_to(sys.prefix)
    return folder


def run(command: str, folder: Path) -> subprocess.CompletedProcess[str]:
    # nor what a make above these tests was told
    others = ("PINGTOP", "DBT", "MAKE", "MFLAGS", "ARGS")
    environment = {name: value for name, value in os.environ.items() if not name.startswith(others)}
    environment["PATH"] = f"{Path(sys.executable).parent}:{environment['PATH']}"
    command = re.sub(r"\bmake(?= )", MAKE, command, count=1)
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )


def test_readmes_commands_print_what_readme_prints(copy: Path) -> None:
    commands = typed("README.md")
    assert len(commands) >= 8
    commands += [one for one in typed("docs/engagement.md") if "make analysis" in one[0]]
    shortened = []
    for command, below in commands:
        instead = next((INSTEAD[part] for part in INSTEAD if part in command), ("", ""))
        if instead is None:
            continue
        if instead[0] in ("'\"",):
            shortened.append((command.replace(*instead), below))
            continue
        check(command.replace(*instead) if instead[0] else command, below, copy)
    # last, since they take the place of the results of the whole build
    assert len(shortened) == 2
    for command, below in shortened:
        check(command, below, copy)
    assert (copy / "rewound.duckdb").is_file()
    assert (copy / "releases" / "current" / "manifest.json").is_file()


def check(command: str, below: str, folder: Path) -> None:
    done = run(command, folder)
    assert done.returncode == 0, f"{command}\n{done.stdout[-3000:]}{done.stderr[-3000:]}"
    shown = [below]
    if "make evaluate" in command:
        shown += [text for one, text in typed("docs/evaluation.md") if "--k 5 10 --" in one]
        assert len(shown) == 2
    printed = "".join(f"{line}\n" for line in lines_of(done.stdout.rstrip()))
    for text in filter(None, shown):
        assert re.fullmatch(pattern(text), printed), f"{command} prints\n{printed}\nnot\n{text}"


def test_the_closing_hint_works_as_typed(copy: Path) -> None:
    """The hint names a user that is there; and a warehouse elsewhere, by an odd name."""
    hint = [sys.executable, str(copy / "scripts" / "summary.py"), "--next"]
    printed = subprocess.run(hint, cwd=copy, capture_output=True, text=True, check=True).stdout
    assert re.match(r"Built \d+ models from the demo in seeds/; \d+ tests passed", printed)
    [query] = re.findall(r"^    make query SQL=.*", printed, re.MULTILINE)
    done = run(query, copy)
    assert (done.returncode, "u1" in done.stdout) == (0, True), done.stderr
    assert "10 rows" in done.stdout
