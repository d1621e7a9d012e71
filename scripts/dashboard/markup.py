"""Blocks as HTML: what the dashboard and the report write alike.

Everything from the data is escaped: ids, hashtags and raw rows may hold anything.
"""

from __future__ import annotations

from html import escape

from dashboard.blocks import Card, Cards, Note, Table

# Colours on white pass 4.5 : 1. Wide tables scroll inside their box, which the keyboard reaches.
STYLE = """
.pt-cards { display: grid; gap: 0.75rem; margin: 0 0 0.5rem; padding: 0;
    grid-template-columns: repeat(3, minmax(0, 1fr)); }
dl.pt-card { border: 1px solid #d5d9dd; border-radius: 0.5rem; padding: 0.75rem 1rem; margin: 0;
    min-width: 0; overflow-wrap: break-word; background: #fff; }
.pt-card dt { font-size: 0.875rem; color: #4a5056; font-weight: normal; margin: 0; padding: 0; }
.pt-card dd { margin: 0; padding: 0; font-size: 0.8125rem; color: #4a5056; }
.pt-card dd.pt-value { font-size: 1.75rem; line-height: 1.3; color: #1a1c1f; font-weight: 600; }
@media (max-width: 800px) {
    .pt-cards { grid-template-columns: repeat(2, minmax(0, 1fr)); gap: 0.5rem; }
    dl.pt-card { padding: 0.5rem 0.75rem; }
    .pt-card dd.pt-value { font-size: 1.375rem; }
}
.pt-card dd.pt-good { color: #14692f; }
.pt-card dd.pt-bad { color: #a32414; }
.pt-scroll { overflow-x: auto; max-height: 26rem; overflow-y: auto; max-width: 100%; }
.pt-scroll:focus-visible, .pt-details summary:focus-visible { outline: 2px solid #0072b2; }
.pt-table { border-collapse: collapse; font-size: 0.8125rem; color: #1a1c1f; width: 100%; }
.pt-table caption { text-align: left; font-size: 0.875rem; color: #4a5056;
    padding: 0.25rem 0 0.5rem; }
.pt-table th, .pt-table td { text-align: left; padding: 0.3rem 0.6rem; vertical-align: top;
    border-bottom: 1px solid #e4e7ea; }
.pt-table th { font-weight: 600; border-bottom-color: #9aa1a8; }
.pt-table td { overflow-wrap: break-word; max-width: 28rem; }
.pt-table td:first-child { min-width: 5rem; }
.pt-table .pt-number { text-align: right; white-space: nowrap;
    font-variant-numeric: tabular-nums; }
.pt-details { margin: 0 0 1rem; }
.pt-details summary { cursor: pointer; font-size: 0.875rem; color: #005a8c; padding: 0.25rem 0; }
.pt-note { font-size: 0.9375rem; color: #3b4046; max-width: 48rem; margin: 0.25rem 0 0.75rem; }
@media (min-width: 801px) { .pt-note-figure { min-height: 3em; } }
.pt-note-strong { font-size: 1.125rem; color: #1a1c1f; }
.pt-note-command { font-family: monospace; font-size: 0.875rem; overflow-wrap: anywhere;
    background: #f4f5f7; padding: 0.5rem 0.75rem; max-width: none; }
.pt-note-empty { border-left: 4px solid #9aa1a8; padding: 0.5rem 0.75rem; background: #f4f5f7; }
.pt-note-warning { border-left: 4px solid #b35c00; padding: 0.5rem 0.75rem; background: #fff4e0;
    color: #3b2a00; max-width: none; }
"""


def card(one: Card) -> str:
    lines = [
        f"<dt>{escape(one.label)}</dt>",
        f'<dd class="pt-value">{escape(one.value)}</dd>',
    ]
    if one.change is not None:
        tone = {True: " pt-good", False: " pt-bad", None: ""}[one.is_good]
        words = {True: " (better)", False: " (worse)", None: ""}[one.is_good]
        lines.append(f'<dd class="pt-change{tone}">{escape(one.change + words)}</dd>')
    lines.append(f"<dd>{escape(one.detail)}</dd>")
    return f'<dl class="pt-card">{"".join(lines)}</dl>'


def cards(block: Cards) -> str:
    return f'<div class="pt-cards">{"".join(map(card, block.cards))}</div>'


def note(block: Note) -> str:
    role = ' role="status"' if block.kind == "warning" else ""
    return f'<p class="pt-note pt-note-{block.kind}"{role}>{escape(block.text)}</p>'


def table(block: Table) -> str:
    """A table as it is to be shown: in its box, or folded away."""
    return folded_table(block) if block.is_folded else open_table(block)


def open_table(block: Table) -> str:
    """A table in a box that scrolls where there is no room."""
    kinds = ["pt-number" if column.is_number else "pt-text" for column in block.columns]
    heads = [
        f'<th scope="col" class="{kind}">{escape(column.title)}</th>'
        for column, kind in zip(block.columns, kinds, strict=True)
    ]
    rows = []
    for row in block.rows:
        cells = [
            f'<td class="{kind}">{escape(column.format(row[column.key]))}</td>'
            for column, kind in zip(block.columns, kinds, strict=True)
        ]
        rows.append(f"<tr>{''.join(cells)}</tr>")
    caption = escape(block.caption)
    return (
        f'<div class="pt-scroll" role="region" tabindex="0" aria-label="{caption}">'
        f'<table class="pt-table"><caption>{caption}</caption>'
        f"<thead><tr>{''.join(heads)}</tr></thead><tbody>{''.join(rows)}</tbody></table></div>"
    )


def folded_table(block: Table) -> str:
    """The same, folded away until it is asked for."""
    return (
        f'<details class="pt-details"><summary>Numbers: {escape(block.caption)}</summary>'
        f"{open_table(block)}</details>"
    )
