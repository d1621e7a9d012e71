"""Blocks as one HTML file that needs nothing else.

Charts are drawn beforehand, once for wide and once for narrow screens, and a content security
policy forbids the file to ask anybody for anything.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from html import escape

import altair as alt
import vl_convert

from dashboard import formats, markup
from dashboard.blocks import Block, Cards, Figure, Heading, Note, Table
from dashboard.views import (
    SEGMENTS,
    WINDOWS,
    catalogue,
    classification,
    data,
    engagement,
    evaluation,
    experiments,
    health,
    top_pings,
    users,
)
from releases.release import Release

WIDE, NARROW = 520, 330  # pixels of a chart's drawing with its axes
WHOLE = 1080  # of a chart that takes the whole width

STYLE = f"""
html {{ color-scheme: light; }}
body {{ margin: 0 auto; padding: 1.5rem 1rem 3rem; max-width: 70rem; background: #fff;
    color: #1a1c1f; font: 1rem/1.5 system-ui, "Liberation Sans", Arial, sans-serif; }}
h1 {{ font-size: 1.9rem; margin: 0 0 0.5rem; }}
h2 {{ font-size: 1.5rem; margin: 2.5rem 0 0.75rem; padding-top: 1rem;
    border-top: 2px solid #d5d9dd; }}
h3 {{ font-size: 1.2rem; margin: 1.25rem 0 0.25rem; }}
h4 {{ font-size: 1.05rem; margin: 1rem 0 0.25rem; }}
a {{ color: #005a8c; }}
nav ul {{ display: flex; flex-wrap: wrap; gap: 0.25rem 1.25rem; margin: 0; padding: 0;
    list-style: none; }}
.pt-figures {{ display: grid; gap: 0 2rem;
    grid-template-columns: repeat(auto-fit, minmax(min(26rem, 100%), 1fr)); }}
.pt-figure {{ min-width: 0; break-inside: avoid; }}
.pt-whole {{ grid-column: 1 / -1; }}
.pt-chart svg {{ max-width: 100%; height: auto; }}
.pt-narrow {{ display: none; }}
@media (max-width: 600px) {{ .pt-broad {{ display: none; }} .pt-narrow {{ display: block; }} }}
@media print {{ .pt-scroll {{ max-height: none; overflow: visible; }} nav {{ display: none; }} }}
{markup.STYLE}"""


def sections(release: Release) -> list[tuple[str, str, list[Block]]]:
    """Anchor, title and blocks of each section."""
    story: list[tuple[str, str, list[Block]]] = []
    for window in ("7d", "all"):
        title = f"{health.TITLE}: {WINDOWS[window].lower()}"
        blocks = health.blocks(release, "all", window)
        if window == "all":  # by day is shown once
            blocks = [block for block in blocks if isinstance(block, Cards)]
        story.append((f"health-{window}", title, blocks))
    story += [
        ("engagement", engagement.TITLE, engagement.blocks(release)),
        ("catalogue", catalogue.TITLE, catalogue.blocks(release)),
        ("top-pings", top_pings.TITLE, top_pings.blocks(release)),
        ("users", users.TITLE, users.blocks(release)),
    ]
    known = evaluation.choices(release)
    cutoffs = [None] if known is None else known.cutoffs
    for number, cutoff in enumerate(cutoffs, start=1):
        title = evaluation.TITLE
        if len(cutoffs) > 1:
            title += f" as of {formats.moment(cutoff)}"
        story.append((f"evaluation-{number}", title, evaluation.blocks(release, cutoff)))
    of_classifier = classification.blocks(release)
    if of_classifier:
        story.append(("classifier", classification.TITLE, of_classifier[1:]))
    for number, split in enumerate(experiments.splits(release), start=1):
        title = f"Experiment {split['experiment_id']}"
        story.append((f"experiment-{number}", title, experiments.blocks(release, split)))
    story.append(
        (
            "data",
            data.TITLE,
            [*data.blocks(release, with_raw_rows=False), data.variables_table(release)],
        )
    )
    return story


def svg(chart: alt.TopLevelMixin, width: int, description: str, kind: str) -> str:
    """The chart as an image of this width with a text alternative."""
    specification = chart.properties(
        width=width, autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    ).to_dict()
    drawn = vl_convert.vegalite_to_svg(specification)
    # the policy allows no style in attributes, and the whole image has one description
    drawn = re.sub(r' (style|role|aria-[a-z]+)="[^"]*"', "", drawn)
    return drawn.replace(
        "<svg ",
        f'<svg role="img" class="pt-{kind}" aria-label="{escape(description)}" ',
        1,
    )


def figure(block: Figure, level: int) -> str:
    broad = svg(block.chart, WHOLE if block.is_wide else WIDE, block.description, "broad")
    narrow = svg(block.chart, NARROW, block.description, "narrow")
    table = (markup.table if block.is_table_open else markup.folded_table)(block.table)
    whole = " pt-whole" if block.is_wide else ""
    return (
        f'<div class="pt-figure{whole}"><h{level}>{escape(block.title)}</h{level}>'
        f"{markup.note(Note(block.text, 'figure'))}"
        f'<div class="pt-chart">{broad}{narrow}</div>{table}</div>'
    )


def section(anchor: str, title: str, blocks: Sequence[Block]) -> str:
    parts = [f'<section id="{anchor}"><h2>{escape(title)}</h2>']
    figures: list[str] = []
    level = 3  # of the figures' titles: below a heading they are one deeper

    def end_figures() -> None:
        if figures:
            parts.append(f'<div class="pt-figures">{"".join(figures)}</div>')
            figures.clear()

    for block in blocks:
        if isinstance(block, Figure):
            figures.append(figure(block, level))
            continue
        end_figures()
        if isinstance(block, Cards):
            parts.append(markup.cards(block))
        elif isinstance(block, Heading):
            parts.append(f"<h3>{escape(block.text)}</h3>")
            level = 4
        elif isinstance(block, Note):
            parts.append(markup.note(block))
        elif isinstance(block, Table):
            parts.append(markup.table(block))
    end_figures()
    return "".join(parts) + "</section>"


def page(release: Release) -> str:
    """The report. Equal releases give equal reports: it does not read the clock."""
    story = sections(release)
    data_to = formats.moment(formats.parse_moment(release.manifest["data_to"]))
    about = (
        f"{SEGMENTS['all']}, data to {data_to} (UTC). Release {release.name}. Every number is that "
        "of a public table; what each means is in the documentation (make docs)."
    )
    title = f"Pingtop report, data to {data_to}"
    return document("Pingtop report", title, about, story)


def document(
    heading: str, title: str, about: str, story: Sequence[tuple[str, str, Sequence[Block]]]
) -> str:
    """Sections (anchor, title, blocks) as one file. title: of the window."""
    links = "".join(
        f'<li><a href="#{anchor}">{escape(title)}</a></li>' for anchor, title, _ in story
    )
    digest = base64.b64encode(hashlib.sha256(STYLE.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    body = "".join(section(*part) for part in story)
    return (
        '<!DOCTYPE html>\n<html lang="en"><head><meta charset="utf-8">'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>{escape(title)}</title><style>{STYLE}</style></head>"
        f"<body><header><h1>{escape(heading)}</h1>{markup.note(Note(about))}</header>"
        f'<nav aria-label="Sections"><ul>{links}</ul></nav><main>{body}</main></body></html>\n'
    )
