#!/usr/bin/env python3
"""Write the models of every room into docs/map.md, one line each, from their descriptions.

The page has a section for each room (`## log`) with words of its own; the list below its marker is
written here. A room is a folder of models: the layers base and staging, a subject (its intermediate
models and its marts), or a part of the ranking.
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import yaml

from common import PROJECT, InputError, run_command

MAP = PROJECT / "docs" / "map.md"
BEGIN, END = "<!-- models: {room} -->", "<!-- end -->"
SUBJECTS = {"intermediate", "marts"}  # layers whose folders are subjects


def room_of(path: Path) -> str:
    """models/marts/log/x.yml -> log, models/ranking/features/x.yml -> ranking/features."""
    layer, *folders = path.relative_to(PROJECT / "models").parent.parts
    return "/".join(folders if layer in SUBJECTS else [layer, *folders])


def grain(description: str) -> str:
    """What a row is: the first sentence of the description."""
    return re.split(r"\. (?=\S)", " ".join(description.split()), maxsplit=1)[0].rstrip(".")


def described_models() -> Iterator[tuple[str, bool, str, str]]:
    """Of every model its room, whether it is public, its name and what a row is."""
    for path in sorted((PROJECT / "models").rglob("*.yml")):
        is_public = "marts" in path.parts or "public" in path.parts
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            yield room_of(path), is_public, model["name"], grain(model["description"])


def lines_of(room: str) -> str:
    """The list of a room: public tables first."""
    models = sorted(
        (model for model in described_models() if model[0] == room),
        key=lambda model: (not model[1], model[2]),
    )
    return "\n".join(
        f"- {f'**`{name}`**' if is_public else f'`{name}`'}: {row}"
        for _, is_public, name, row in models
    )


def written(text: str) -> str:
    """The page with the list of every room as the models are now."""

    def section(match: re.Match[str]) -> str:
        lines = lines_of(match[1])
        return f"{BEGIN.format(room=match[1])}\n{lines}{chr(10) if lines else ''}{END}"

    return re.sub(r"<!-- models: (\S+) -->\n.*?<!-- end -->", section, text, flags=re.S)


def write_map() -> None:
    """Write the lists into the page."""
    text = MAP.read_text()
    sections = set(re.findall(r"<!-- models: (\S+) -->", text))
    missing = {room for room, *_ in described_models()} - sections
    if missing:
        raise InputError(f"docs/map.md has no section for {', '.join(sorted(missing))}: add it.")
    MAP.write_text(written(text))


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command; the result is its exit code."""
    argparse.ArgumentParser(prog="write_map", description=__doc__).parse_args(arguments)
    return run_command("write_map", write_map)


if __name__ == "__main__":
    sys.exit(main())
