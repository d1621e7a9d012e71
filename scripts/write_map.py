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
from collections.abc import Iterator
from pathlib import Path

import yaml

PROJECT = Path(__file__).resolve().parents[1]
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


def main() -> int:
    argparse.ArgumentParser(description=__doc__.splitlines()[0]).parse_args()
    text = MAP.read_text()
    missing = {room for room, *_ in described_models()} - set(
        re.findall(r"<!-- models: (\S+) -->", text)
    )
    if missing:
        print(f"docs/map.md has no section for {', '.join(sorted(missing))}.", file=sys.stderr)
        return 2
    MAP.write_text(written(text))
    return 0


if __name__ == "__main__":
    sys.exit(main())
